/**
 * Light colouring of YAML and JSON for reading: splits a line into tokens. Not a parser; what it
 * does not know stays plain.
 */
export interface Token {
  readonly sort: 'plain' | 'key' | 'string' | 'number' | 'comment';
  readonly text: string;
}

const YAML_KEY = /^(\s*(?:- )*)("[^"]*"|'[^']*'|[\w./$-][\w./$ -]*?)(:)(?=\s|$)/;
const NUMBER = /^-?\d+(\.\d+)?$|^(true|false|null|~)$/;

export function highlightYaml(line: string): readonly Token[] {
  if (/^\s*#/.test(line)) return [{ sort: 'comment', text: line }];
  const key = YAML_KEY.exec(line);
  if (key === null) {
    const item = /^(\s*(?:- )+)(.*)$/.exec(line);
    if (item === null) return [{ sort: 'plain', text: line }];
    return [{ sort: 'plain', text: item[1] ?? '' }, ...yamlValue(item[2] ?? '')];
  }
  const rest = line.slice(key[0].length);
  return [
    { sort: 'plain', text: key[1] ?? '' },
    { sort: 'key', text: key[2] ?? '' },
    { sort: 'plain', text: ':' },
    ...yamlValue(rest),
  ];
}

function yamlValue(text: string): Token[] {
  const comment = /\s+#.*$/.exec(text);
  const value = comment === null ? text : text.slice(0, comment.index);
  const tokens: Token[] = [];
  const trimmed = value.trim();
  if (trimmed !== '') {
    const sort = NUMBER.test(trimmed) ? 'number' : /^[|>[{&*!]/.test(trimmed) ? 'plain' : 'string';
    tokens.push({ sort, text: value });
  } else if (value !== '') {
    tokens.push({ sort: 'plain', text: value });
  }
  if (comment !== null) tokens.push({ sort: 'comment', text: comment[0] });
  return tokens;
}

const JSON_TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/g;

export function highlightJson(line: string): readonly Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of line.matchAll(JSON_TOKEN)) {
    if (match.index > end) tokens.push({ sort: 'plain', text: line.slice(end, match.index) });
    const [all, quoted, colon] = match;
    if (quoted === undefined) tokens.push({ sort: 'number', text: all });
    else if (colon === undefined) tokens.push({ sort: 'string', text: all });
    else tokens.push({ sort: 'key', text: quoted }, { sort: 'plain', text: colon });
    end = match.index + all.length;
  }
  if (end < line.length) tokens.push({ sort: 'plain', text: line.slice(end) });
  return tokens;
}
