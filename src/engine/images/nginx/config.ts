/** The part of nginx's configuration language that is understood. Pure. */

export interface Location {
  readonly exact: boolean;
  readonly prefix: string;
  readonly root?: string;
  readonly index?: readonly string[];
  readonly returns?: { readonly status: number; readonly body: string };
}

export interface Server {
  readonly ports: readonly number[];
  readonly root: string;
  readonly index: readonly string[];
  readonly locations: readonly Location[];
  readonly returns?: { readonly status: number; readonly body: string };
}

const DEFAULT_ROOT = '/etc/nginx/html';
const DEFAULT_INDEX = ['index.html'];

interface Directive {
  readonly words: readonly string[];
  readonly block: readonly Directive[] | null;
}

/** A configuration that cannot be read: the words of nginx, without the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** All servers of a configuration file. Throws ConfigError. */
export function parseServers(text: string): Server[] {
  const servers: Server[] = [];
  const visit = (directives: readonly Directive[]): void => {
    for (const { words, block } of directives) {
      if (words[0] === 'server' && block) servers.push(serverOf(block));
      else if (words[0] === 'http' && block) visit(block);
    }
  };
  visit(parseDirectives(text));
  return servers;
}

function serverOf(block: readonly Directive[]): Server {
  const ports: number[] = [];
  for (const { words } of block) {
    if (words[0] !== 'listen') continue;
    const port = /(?:^|:)(\d+)$/.exec(words[1] ?? '')?.[1];
    if (port !== undefined && !ports.includes(Number(port))) ports.push(Number(port));
  }
  const returns = returnOf(block);
  return {
    ports: ports.length > 0 ? ports : [80],
    root: valueOf(block, 'root') ?? DEFAULT_ROOT,
    index: wordsOf(block, 'index') ?? DEFAULT_INDEX,
    locations: block.filter(({ words }) => words[0] === 'location').map(locationOf),
    ...(returns ? { returns } : {}),
  };
}

function locationOf({ words, block }: Directive): Location {
  const inner = block ?? [];
  const exact = words[1] === '=';
  const root = valueOf(inner, 'root');
  const index = wordsOf(inner, 'index');
  const returns = returnOf(inner);
  return {
    exact,
    prefix: (exact || words[1] === '^~' ? words[2] : words[1]) ?? '/',
    ...(root === undefined ? {} : { root }),
    ...(index ? { index } : {}),
    ...(returns ? { returns } : {}),
  };
}

function wordsOf(block: readonly Directive[], name: string): readonly string[] | undefined {
  return block.find(({ words }) => words[0] === name)?.words.slice(1);
}

function valueOf(block: readonly Directive[], name: string): string | undefined {
  return wordsOf(block, name)?.[0];
}

function returnOf(block: readonly Directive[]): { status: number; body: string } | undefined {
  const words = wordsOf(block, 'return');
  if (!words) return undefined;
  const [status = '', body = ''] = words;
  return /^\d{3}$/.test(status) ? { status: Number(status), body } : { status: 302, body: status };
}

function parseDirectives(text: string): Directive[] {
  const tokens = text.match(/#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|[^\s{};"']+/g) ?? [];
  const stack: Directive[][] = [[]];
  let words: string[] = [];
  for (const token of tokens) {
    const current = stack.at(-1) as Directive[];
    if (token.startsWith('#')) continue;
    if (token === ';') {
      if (words.length === 0) throw new ConfigError('unexpected ";"');
      current.push({ words, block: null });
      words = [];
    } else if (token === '{') {
      const block: Directive[] = [];
      current.push({ words, block });
      stack.push(block);
      words = [];
    } else if (token === '}') {
      if (stack.length === 1 || words.length > 0) throw new ConfigError('unexpected "}"');
      stack.pop();
    } else
      words.push(
        /^["']/.test(token)
          ? token
              .slice(1, -1)
              .replace(/\\(["'\\])/g, '$1')
              .replace(/\\n/g, '\n')
          : token,
      );
  }
  if (stack.length > 1 || words.length > 0)
    throw new ConfigError('unexpected end of file, expecting ";" or "}"');
  return stack[0] as Directive[];
}
