/**
 * Users by bearer token, as kube-apiserver's --token-auth-file has them.
 *
 * Models: k8s.io/apiserver pkg/authentication/token/tokenfile (v1.36)
 */
import type { UserInfo } from '../../api/meta/authorization.ts';

const AUTHENTICATED = 'system:authenticated';

export const ANONYMOUS: UserInfo = {
  name: 'system:anonymous',
  groups: ['system:unauthenticated'],
};

/** `token,user,uid[,"group1,group2"]` in each line. */
export function parseTokens(text: string, file: string): Readonly<Record<string, UserInfo>> {
  const tokens: Record<string, UserInfo> = {};
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const cells = csvCells(line);
    const [token = '', name = '', uid = '', groups = ''] = cells;
    if (cells.length < 3 || token === '' || name === '') {
      throw new Error(
        `error: ${file}, line ${i + 1}: expected token,user,uid and perhaps "group1,group2"`,
      );
    }
    const named = groups.split(',').flatMap((g) => (g.trim() === '' ? [] : [g.trim()]));
    tokens[token] = {
      name,
      ...(uid === '' ? {} : { uid }),
      groups: [...named.filter((g) => g !== AUTHENTICATED), AUTHENTICATED],
    };
  }
  return tokens;
}

/** Cells of one line; a quoted one may hold commas, and quotes doubled. */
function csvCells(line: string): readonly string[] {
  const cell = /\s*(?:"((?:[^"]|"")*)"|([^,"]*)),/y;
  const text = `${line},`;
  const cells: string[] = [];
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (!found) return [];
    cells.push(found[1]?.replaceAll('""', '"') ?? (found[2] as string).trim());
  }
  return cells;
}
