/**
 * The two kinds of patches that a mutation's expression can evaluate to.
 *
 * Models: k8s.io/apiserver pkg/admission/plugin/policy/mutating/patch json_patch.go, smd.go;
 *         pkg/cel/mutation/dynamic/objects.go (v1.36)
 */
import { toJson } from '../../../api/cel/json-values.ts';
import { CelList, CelMap, CelStruct, type CelValue } from '../../../api/cel/values.ts';
import { apiVersionOf, type AnyKind } from '../../../api/meta/define-kind.ts';
import { goQuote } from '../../../api/meta/go-text.ts';
import {
  jsonPatch,
  JsonPatchError,
  type JsonPatchOperation,
} from '../../../api/meta/json-patch.ts';
import { typedError } from '../../../api/meta/typed-check.ts';
import { mergeTyped } from '../../../api/meta/typed-merge.ts';
import { formOf, isMap, partShape, shapeOf, type Shape } from '../../../api/meta/typed-shape.ts';

/** The mutation cannot be made; the policy's failurePolicy decides. */
export class MutationError extends Error {
  override readonly name = 'MutationError';
}

/** Objects must be named after the fields they are given to: `Object.spec` for spec. */
function wrongNames(value: CelValue, path: string): string[] {
  if (value instanceof CelList) return [...value].flatMap((item) => wrongNames(item, path));
  if (value instanceof CelMap) {
    return value.keys().flatMap((key) => wrongNames(value.find(key) ?? null, path));
  }
  if (!(value instanceof CelStruct)) return [];
  const own =
    value.typeName === path
      ? []
      : [
          `unexpected type name ${goQuote(value.typeName)}, expected ${goQuote(path)}, which matches ` +
            'field name path from root Object type',
        ];
  const inner = [...value.fields].flatMap(([name, field]) => wrongNames(field, `${path}.${name}`));
  return [...own, ...inner];
}

function checkNames(value: CelStruct): void {
  const errors = wrongNames(value, value.typeName);
  if (errors.length > 0) throw new MutationError(`type mismatch: ${errors.join('\n')}`);
}

function operationOf(value: CelValue): JsonPatchOperation {
  if (!(value instanceof CelStruct)) {
    throw new MutationError(
      'type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch',
    );
  }
  const { fields } = value;
  const content = fields.get('value');
  if (content instanceof CelStruct) checkNames(content);
  const from = fields.get('from');
  return {
    op: fields.get('op') ?? '',
    path: fields.get('path') ?? '',
    ...(from ? { from } : {}),
    ...(content === undefined ? {} : { value: toJson(content) }),
  };
}

/** |object| after the list of JSONPatch{…} that |value| is; itself where a test of it fails. */
export function patchedByOperations(object: unknown, value: CelValue): unknown {
  if (!(value instanceof CelList)) {
    throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array');
  }
  let patched = object;
  for (const operation of [...value].map(operationOf)) {
    try {
      patched = jsonPatch(patched, [operation]);
    } catch (error) {
      if (!(error instanceof JsonPatchError)) throw error;
      if (error.failedTest) return object;
      throw new MutationError(`JSON Patch: ${inapplicable(operation)}`);
    }
  }
  return patched;
}

/** Upstream's library says of nearly every failure that something is not there. */
function inapplicable({ op, path }: JsonPatchOperation): string {
  const at = op === 'replace' ? String(path) : goQuote(String(path));
  return `${String(op)} operation does not apply: doc is missing path: ${at}: missing value`;
}

/** Paths of lists, maps and structs that would be replaced as a whole. */
function atomics(shape: Shape, value: unknown, path: string): string[] {
  const form = formOf(shape, value);
  if (form === 'map' && isMap(value) && shape.map !== null) {
    const { map } = shape;
    const inner = Object.entries(value).flatMap(([key, part]) =>
      map.named(key) === undefined ? [] : atomics(partShape(map, key), part, `${path}.${key}`),
    );
    return map.atomic ? [path, ...inner] : inner;
  }
  if (form !== 'list' || !Array.isArray(value) || shape.list === null) return [];
  const { item, keys } = shape.list;
  const inner = value.flatMap((part, i) => atomics(item, part, `${path}[${i}]`));
  return keys === 'atomic' ? [path, ...inner] : inner;
}

/** |object| merged with the Object{…} that |value| is, as server-side apply merges. */
export function patchedByConfiguration(object: unknown, value: CelValue, kind: AnyKind): unknown {
  if (!(value instanceof CelStruct)) {
    throw new MutationError('unsupported return type from ApplyConfiguration expression');
  }
  checkNames(value);
  const named = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  const configuration = { ...(toJson(value) as object), ...named };
  const problem = typedError(kind.schema, configuration);
  if (problem !== '') {
    throw new MutationError(
      `error applying patch: failed to convert patch object to typed object: ${problem}`,
    );
  }
  const shape = shapeOf(kind.schema);
  const whole = atomics(shape, configuration, '');
  if (whole.length > 0) {
    throw new MutationError(
      'error applying patch: invalid ApplyConfiguration: ' +
        `may not mutate atomic arrays, maps or structs: ${whole.join(', ')}`,
    );
  }
  return mergeTyped(shape, object, configuration);
}
