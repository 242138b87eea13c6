/**
 * What `kubectl apply` sends: the patch that takes the live object to the manifest, deleting only
 * what an earlier apply had set. With a schema it is a strategic merge patch, without one a JSON
 * merge patch: lists are then replaced as wholes.
 *
 * Models: k8s.io/apimachinery pkg/util/strategicpatch CreateThreeWayMergePatch,
 *         pkg/util/jsonmergepatch CreateThreeWayJSONMergePatch (v1.36)
 */
import { equalJson } from '../api/meta/json.ts';
import type { FieldSchema, SchemaRef } from '../api/meta/schema.ts';
import { fieldOf, strategyOf } from '../api/meta/strategic-merge.ts';

type Json = Record<string, unknown>;

/** |original| is what was applied last ({} if never), |schema| the definition; null = there is none. */
export function threeWayPatch(
  schema: SchemaRef | null,
  original: Json,
  modified: Json,
  current: Json,
): Json {
  const s: FieldSchema = schema === null ? {} : { r: schema };
  const changes = diffMap(current, modified, s, false);
  const deletions = diffMap(original, modified, s, true);
  return mergePatches(deletions, changes, s);
}

/**
 * Patch from |from| to |to|. With |deletionsOnly| just what disappears; without it just what is
 * added or changed.
 */
function diffMap(from: Json, to: Json, schema: FieldSchema, deletionsOnly: boolean): Json {
  const patch: Json = {};
  for (const key of Object.keys(from)) {
    if (Object.hasOwn(to, key)) continue;
    if (deletionsOnly) patch[key] = null;
  }
  for (const [key, next] of Object.entries(to)) {
    const field = fieldOf(schema, key);
    if (!Object.hasOwn(from, key)) {
      if (!deletionsOnly) patch[key] = next;
      continue;
    }
    diffValue(patch, key, from[key], next, field, deletionsOnly);
  }
  return patch;
}

function diffValue(
  patch: Json,
  key: string,
  old: unknown,
  next: unknown,
  field: FieldSchema | undefined,
  deletionsOnly: boolean,
): void {
  const strategy = strategyOf(field);
  if (isObject(old) && isObject(next) && !strategy.includes('replace')) {
    const inner = diffMap(old, next, field ?? {}, deletionsOnly);
    if (strategy.includes('retainKeys') && !deletionsOnly && !equalJson(old, next)) {
      inner['$retainKeys'] = Object.keys(next).sort();
    }
    if (Object.keys(inner).length > 0) patch[key] = inner;
    return;
  }
  if (Array.isArray(old) && Array.isArray(next) && strategy.includes('merge')) {
    diffList(patch, key, old, next, field, deletionsOnly);
    return;
  }
  if (!deletionsOnly && !equalJson(old, next)) patch[key] = next;
}

function diffList(
  patch: Json,
  key: string,
  old: readonly unknown[],
  next: readonly unknown[],
  field: FieldSchema | undefined,
  deletionsOnly: boolean,
): void {
  const mergeKey = field?.mk;
  if (mergeKey === undefined) {
    const gone = old.filter((o) => !next.some((n) => equalJson(o, n)));
    const added = next.filter((n) => !old.some((o) => equalJson(o, n)));
    if (deletionsOnly && gone.length > 0) patch[`$deleteFromPrimitiveList/${key}`] = gone;
    if (!deletionsOnly && added.length > 0) patch[key] = added;
    if (!deletionsOnly && added.length > 0) patch[`$setElementOrder/${key}`] = next;
    return;
  }
  const keyOf = (v: unknown): unknown => (isObject(v) ? v[mergeKey] : undefined);
  const items: Json[] = [];
  for (const item of next) {
    const before = old.find((o) => equalJson(keyOf(o), keyOf(item)));
    if (before === undefined) {
      if (!deletionsOnly) items.push(item as Json);
      continue;
    }
    const inner = diffMap(before as Json, item as Json, field?.i ?? {}, deletionsOnly);
    if (Object.keys(inner).length > 0) items.push({ ...inner, [mergeKey]: keyOf(item) });
  }
  if (deletionsOnly) {
    for (const o of old) {
      if (next.some((n) => equalJson(keyOf(o), keyOf(n)))) continue;
      items.push({ $patch: 'delete', [mergeKey]: keyOf(o) });
    }
  }
  if (items.length === 0) return;
  patch[key] = items;
  patch[`$setElementOrder/${key}`] = next.map((n) => ({ [mergeKey]: keyOf(n) }));
}

/** Both patches in one; where both speak of a list, items are joined by merge key. */
function mergePatches(a: Json, b: Json, schema: FieldSchema): Json {
  const result: Json = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const mine = result[key];
    const field = fieldOf(schema, key);
    if (isObject(mine) && isObject(value)) {
      result[key] = mergePatches(mine, value, field ?? {});
    } else if (Array.isArray(mine) && Array.isArray(value) && field?.mk !== undefined) {
      result[key] = mergeItems(mine, value, field.mk, field.i ?? {});
    } else {
      result[key] = value;
    }
  }
  return result;
}

function mergeItems(
  a: readonly unknown[],
  b: readonly unknown[],
  mergeKey: string,
  schema: FieldSchema,
): unknown[] {
  const result = [...a] as Json[];
  for (const item of b as Json[]) {
    const at = result.findIndex((r) => equalJson(r[mergeKey], item[mergeKey]));
    if (at < 0) result.push(item);
    else result[at] = mergePatches(result[at] as Json, item, schema);
  }
  return result;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
