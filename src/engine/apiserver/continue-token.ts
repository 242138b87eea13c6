/**
 * Continue tokens of paged lists: where a list goes on, and at which revision.
 *
 * Models: k8s.io/apiserver pkg/storage/continue.go (v1.36)
 */
import { JsonSyntaxError, parseJson } from '../../api/meta/json-text.ts';
import { badRequest } from '../../api/meta/status.ts';
import { decodeBase64, encodeBase64 } from '../../api/meta/utf8.ts';

const VERSION = 'meta.k8s.io/v1';

interface Token {
  readonly v: string;
  readonly rv: number;
  readonly start: string;
}

/** Stands in a token whose revision is gone: whatever is there now will do. */
export const ANY_REVISION = -1;

export function encodeContinue(revision: number, lastKey: string, prefix: string): string {
  const token: Token = {
    v: VERSION,
    rv: revision,
    start: `${lastKey.slice(prefix.length)}\u0000`,
  };
  return encodeBase64(JSON.stringify(token))
    .replaceAll('=', '')
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

/** `revision` undefined = the newest. */
export function decodeContinue(
  text: string,
  prefix: string,
): { revision: number | undefined; key: string } {
  const token = parseToken(text);
  if (token.v !== VERSION) {
    throw bad(`server does not recognize this encoded version ${token.v ?? ''}`);
  }
  if (!token.start) throw bad(`encoded start key empty (version ${VERSION})`);
  if (typeof token.rv !== 'number' || token.rv === 0) {
    throw bad(`incorrect encoded start resourceVersion (version ${VERSION})`);
  }
  const revision = token.rv === ANY_REVISION ? undefined : token.rv;
  return { revision, key: prefix + token.start.replace(/\u0000$/, '') };
}

function parseToken(text: string): Partial<Token> {
  try {
    const json = decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
    return (parseJson(json).value ?? {}) as Partial<Token>;
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw bad(error.message);
    if (error instanceof RangeError) throw bad(error.message);
    throw error;
  }
}

function bad(why: string): Error {
  return badRequest(`invalid continue token: continue key is not valid: ${why}`);
}
