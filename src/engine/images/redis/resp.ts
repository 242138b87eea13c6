/** RESP, the protocol of redis: values as they travel, and as redis-cli shows them. */
import { goQuote } from '../../../api/meta/go-text.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { InputStream } from '../../node/runtime/open-file.ts';
import { utf8Length } from '../../node/runtime/text.ts';

export type Reply =
  | { readonly type: 'status'; readonly text: string }
  | { readonly type: 'error'; readonly text: string }
  | { readonly type: 'integer'; readonly value: number }
  | { readonly type: 'bulk'; readonly text: string | null }
  | { readonly type: 'array'; readonly items: readonly Reply[] };

export const OK: Reply = { type: 'status', text: 'OK' };
export const NIL: Reply = { type: 'bulk', text: null };

export function error(text: string): Reply {
  return { type: 'error', text };
}

export function integer(value: number): Reply {
  return { type: 'integer', value };
}

export function bulk(text: string): Reply {
  return { type: 'bulk', text };
}

export function list(texts: readonly (string | null)[]): Reply {
  return { type: 'array', items: texts.map((text) => ({ type: 'bulk', text })) };
}

export function encode(reply: Reply): string {
  switch (reply.type) {
    case 'status':
      return `+${reply.text}\r\n`;
    case 'error':
      return `-${reply.text}\r\n`;
    case 'integer':
      return `:${reply.value}\r\n`;
    case 'bulk':
      return reply.text === null ? '$-1\r\n' : `$${utf8Length(reply.text)}\r\n${reply.text}\r\n`;
    case 'array':
      return `*${reply.items.length}\r\n${reply.items.map(encode).join('')}`;
  }
}

export function encodeCommand(words: readonly string[]): string {
  return encode(list(words));
}

/** The next value of a stream; null at its end. */
export function* readReply(input: InputStream): Proc<Reply | null> {
  const line = yield* readLine(input);
  if (line === null) return null;
  const rest = line.slice(1);
  switch (line[0]) {
    case '+':
      return { type: 'status', text: rest };
    case '-':
      return { type: 'error', text: rest };
    case ':':
      return { type: 'integer', value: Number(rest) };
    case '$':
      return yield* readBulk(input, Number(rest));
    case '*': {
      const items: Reply[] = [];
      for (let i = 0; i < Number(rest); i++) {
        const item = yield* readReply(input);
        if (item === null) return null;
        items.push(item);
      }
      return { type: 'array', items };
    }
    default:
      return error(`Protocol error, got ${goQuote(line[0] ?? '')} as reply type byte`);
  }
}

function* readBulk(input: InputStream, bytes: number): Proc<Reply | null> {
  if (bytes < 0) return NIL;
  let text = '';
  while (utf8Length(text) < bytes) {
    const line = yield* input.readLine();
    if (line === null) return null;
    text += line;
  }
  // A text that ends just before a line's end has that of the protocol behind it.
  if (utf8Length(text) === bytes) yield* input.readLine();
  else text = text.replace(/\r\n$/, '');
  return bulk(text);
}

function* readLine(input: InputStream): Proc<string | null> {
  const line = yield* input.readLine();
  return line === null ? null : line.replace(/\r?\n$/, '');
}

/** The words of the next command, in either of its forms; null at the end. */
export function* readCommand(input: InputStream): Proc<readonly string[] | null> {
  const line = yield* readLine(input);
  if (line === null) return null;
  if (!line.startsWith('*')) return splitWords(line);
  const words: string[] = [];
  for (let i = 0; i < Number(line.slice(1)); i++) {
    const item = yield* readReply(input);
    if (item === null || item.type !== 'bulk') return null;
    words.push(item.text ?? '');
  }
  return words;
}

/** Words of a line, quoted ones as one. */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/"((?:\\.|[^"\\])*)"|'([^']*)'|(\S+)/gs)) {
    const [, double, single, bare] = match;
    words.push(double === undefined ? (single ?? bare ?? '') : unescaped(double));
  }
  return words;
}

function unescaped(text: string): string {
  const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  return text.replace(/\\(.)/gs, (_, letter: string) => letters[letter] ?? letter);
}

/** As redis-cli prints it: in full on a terminal, bare into a pipe. */
export function shown(reply: Reply, full: boolean, indent = ''): string {
  switch (reply.type) {
    case 'status':
      return `${reply.text}\n`;
    case 'error':
      return full ? `(error) ${reply.text}\n` : `${reply.text}\n`;
    case 'integer':
      return full ? `(integer) ${reply.value}\n` : `${reply.value}\n`;
    case 'bulk':
      if (reply.text === null) return full ? '(nil)\n' : '\n';
      return full ? `${goQuote(reply.text)}\n` : `${reply.text}\n`;
    case 'array':
      return shownItems(reply.items, full, indent);
  }
}

function shownItems(items: readonly Reply[], full: boolean, indent: string): string {
  if (items.length === 0) return full ? '(empty array)\n' : '\n';
  if (!full) return items.map((item) => shown(item, false)).join('');
  const width = String(items.length).length;
  return items
    .map((item, i) => {
      const number = `${String(i + 1).padStart(width)}) `;
      const lead = i === 0 ? '' : indent;
      return `${lead}${number}${shown(item, true, `${indent}${' '.repeat(number.length)}`)}`;
    })
    .join('');
}
