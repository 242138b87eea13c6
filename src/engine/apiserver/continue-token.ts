/**
 * Continue tokens of paged lists: where a list goes on, and at which revision.
 *
 * Models: k8s.io/apiserver pkg/storage/continue.go (v1.36)
 */
import { decodeBase64, encodeBase64 } from '../../api/meta/utf8.ts';
import { badRequest } from '../../api/meta/status.ts';

interface Token {
  readonly v: string;
  readonly rv: number;
  readonly start: string;
}

export function encodeContinue(revision: number, lastKey: string, prefix: string): string {
  const token: Token = {
    v: 'meta.k8s.io/v1',
    rv: revision,
    start: `${lastKey.slice(prefix.length)}\u0000`,
  };
  return encodeBase64(JSON.stringify(token))
    .replaceAll('=', '')
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

export function decodeContinue(text: string, prefix: string): { revision: number; key: string } {
  let token: Partial<Token>;
  try {
    token = JSON.parse(
      decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/')),
    ) as Partial<Token>;
  } catch {
    throw badRequest('continue key is not valid: illegal base64 data');
  }
  if (
    token.v !== 'meta.k8s.io/v1' ||
    typeof token.rv !== 'number' ||
    typeof token.start !== 'string'
  ) {
    throw badRequest(
      `continue key is not valid: server does not recognize this encoded version "${token.v ?? ''}"`,
    );
  }
  return { revision: token.rv, key: prefix + token.start.replace(/\u0000$/, '') };
}
