/**
 * JSON Patch (RFC 6902) as the server applies it, which is laxer than the RFC: a missing key may be
 * replaced or copied, a value may be left out, a pointer may lack its first slash.
 *
 * Models: gopkg.in/evanphx/json-patch.v4 patch.go, as used by k8s.io/apiserver pkg/endpoints/
 *         handlers/patch.go (v1.36)
 */
import { equalJson } from './json.ts';
import { setOwn } from './json-text.ts';

export interface JsonPatchOperation {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly from?: unknown;
  readonly value?: unknown;
}

/** The patch cannot be applied; upstream's answer does not tell clients why. */
export class JsonPatchError extends Error {
  override readonly name = 'JsonPatchError';
  /** A `test` found another value: the document is as it should not be, the patch is well. */
  readonly failedTest: boolean;
  constructor(message: string, failedTest = false) {
    super(message);
    this.failedTest = failedTest;
  }
}

const KNOWN_FIELDS = new Set(['op', 'path', 'from', 'value']);

type Container = Record<string, unknown> | unknown[];

/** Applies |operations| in order to a copy; parts that none of them touches stay shared. */
export function jsonPatch(source: unknown, operations: readonly JsonPatchOperation[]): unknown {
  let document = source;
  for (const operation of operations) document = apply(document, operation);
  return document;
}

/** `json patch unknown field "[1].unk"`, for strict field validation. */
export function unknownPatchFields(operations: readonly unknown[]): readonly string[] {
  const out: string[] = [];
  operations.forEach((operation, i) => {
    if (typeof operation !== 'object' || operation === null) return;
    for (const key of Object.keys(operation)) {
      if (!KNOWN_FIELDS.has(key)) out.push(`json patch unknown field "[${i}].${key}"`);
    }
  });
  return out;
}

function apply(document: unknown, operation: JsonPatchOperation): unknown {
  const path = pointer(operation.path);
  switch (operation.op) {
    case 'add':
      return edit(document, path, (into, key) => add(into, key, operation.value ?? null));
    case 'replace':
      return edit(document, path, (into, key) => replace(into, key, operation.value ?? null));
    case 'remove':
      return edit(document, path, remove);
    case 'move': {
      const from = pointer(operation.from);
      const value = read(document, from);
      if (value === undefined) throw new JsonPatchError('move of a missing value');
      const without = edit(document, from, remove);
      return edit(without, path, (into, key) => add(into, key, value));
    }
    case 'copy': {
      const value = read(document, pointer(operation.from));
      return edit(document, path, (into, key) => add(into, key, value ?? null));
    }
    case 'test':
      test(document, path, operation.value ?? null);
      return document;
    default:
      throw new JsonPatchError('unexpected kind of operation');
  }
}

/** `/a/b~1c` → ['a', 'b/c']; the text before the first slash does not count. */
function pointer(path: unknown): readonly string[] {
  if (typeof path !== 'string') throw new JsonPatchError('missing path');
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A copy of |document| with the container at the end of |path| changed by |change|. */
function edit(
  document: unknown,
  path: readonly string[],
  change: (into: Container, key: string) => void,
): unknown {
  // Upstream's container of the whole document has no key of its own: nothing happens.
  if (path.length === 0) return document;
  const copy = shallowCopy(document);
  let at = copy;
  for (const part of path.slice(0, -1)) {
    const key = Array.isArray(at) ? String(listIndex(at, part)) : part;
    const below = shallowCopy(child(at, key));
    setChild(at, key, below);
    at = below;
  }
  change(at, path.at(-1) as string);
  return copy;
}

function shallowCopy(value: unknown): Container {
  if (Array.isArray(value)) return [...(value as unknown[])];
  if (typeof value === 'object' && value !== null) return { ...(value as Record<string, unknown>) };
  throw new JsonPatchError('a part of the path does not exist');
}

function child(container: Container, key: string): unknown {
  if (Array.isArray(container)) return container[Number(key)];
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

function setChild(container: Container, key: string, value: unknown): void {
  if (Array.isArray(container)) container[Number(key)] = value;
  else setOwn(container, key, value);
}

/** An index of an item that exists; negative ones count from the end. */
function listIndex(list: readonly unknown[], part: string): number {
  if (!/^-?\d+$/.test(part)) throw new JsonPatchError(`bad index ${part}`);
  const index = Number(part) < 0 ? list.length + Number(part) : Number(part);
  if (index < 0 || index >= list.length) throw new JsonPatchError(`index ${part} out of bounds`);
  return index;
}

function add(into: Container, key: string, value: unknown): void {
  if (!Array.isArray(into)) {
    setOwn(into, key, value);
    return;
  }
  if (key === '-') {
    into.push(value);
    return;
  }
  if (!/^-?\d+$/.test(key)) throw new JsonPatchError(`bad index ${key}`);
  const index = Number(key) < 0 ? into.length + 1 + Number(key) : Number(key);
  if (index < 0 || index > into.length) throw new JsonPatchError(`index ${key} out of bounds`);
  into.splice(index, 0, value);
}

function replace(into: Container, key: string, value: unknown): void {
  if (Array.isArray(into)) into[listIndex(into, key)] = value;
  else setOwn(into, key, value);
}

function remove(into: Container, key: string): void {
  if (Array.isArray(into)) {
    into.splice(listIndex(into, key), 1);
    return;
  }
  if (!Object.hasOwn(into, key)) throw new JsonPatchError(`there is no key ${key} to remove`);
  delete into[key];
}

function read(document: unknown, path: readonly string[]): unknown {
  let at: unknown = document;
  for (const [i, part] of path.entries()) {
    if (Array.isArray(at)) at = at[listIndex(at, part)];
    else if (typeof at === 'object' && at !== null) at = child(at as Container, part);
    else throw new JsonPatchError('a part of the path does not exist');
    if (at === undefined && i < path.length - 1) {
      throw new JsonPatchError('a part of the path does not exist');
    }
  }
  return at;
}

function test(document: unknown, path: readonly string[], value: unknown): void {
  const found = read(document, path);
  if (found === undefined && value === null) return;
  if (!equalJson(found, value)) throw new JsonPatchError('test failed', true);
}
