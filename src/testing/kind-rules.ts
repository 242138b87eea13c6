/** Runs the rules of one kind on an object, as the API server does around its store. */
import { decodeObject } from '../api/meta/decode.ts';
import type { AdmissionContext, AnyKind } from '../api/meta/define-kind.ts';
import { FieldErrors } from '../api/meta/field-errors.ts';
import { cloneJson } from '../api/meta/json.ts';
import { jsonMergePatch } from '../api/meta/merge-patch.ts';
import type { Draft, KubeObject } from '../api/meta/object.ts';

type Loose = Draft<KubeObject> & Record<string, unknown>;

/** The parts of the context that rules of kinds look at. */
function context(others: readonly unknown[]): AdmissionContext {
  return {
    now: '2026-01-01T00:00:00Z',
    random: (length: number) => 'b'.repeat(length),
    user: 'admin',
    operation: 'CREATE',
    subresource: '',
    dryRun: false,
    lookup: () => undefined,
    list: () => others as readonly KubeObject[],
    warn: () => {},
  } as unknown as AdmissionContext;
}

/** |fields| as after decoding, defaulting, admission and preparing for creation. */
export function created(kind: unknown, fields: object, others: readonly unknown[] = []): Loose {
  const rules = kind as AnyKind;
  const { object } = decodeObject(rules.schema, cloneJson({ metadata: { name: 'a' }, ...fields }));
  const draft = object as unknown as Loose;
  rules.defaults?.(draft);
  for (const plugin of rules.admission ?? []) plugin.admit?.(draft, null, context(others));
  rules.prepareForCreate?.(draft, context(others));
  return draft;
}

function linesOf(errors: FieldErrors): string[] {
  return errors.list.map((e) => `${e.field}: ${e.message}`);
}

export function createErrors(kind: unknown, fields: object): string[] {
  const errors = new FieldErrors();
  (kind as AnyKind).validate?.(created(kind, fields) as unknown as KubeObject, errors);
  return linesOf(errors);
}

/** What is wrong with the merge patch |change| of an object made from |fields|. */
export function updateErrors(kind: unknown, fields: object, change: object): string[] {
  const rules = kind as AnyKind;
  const old = created(kind, fields) as unknown as KubeObject;
  const next = jsonMergePatch(cloneJson(old), change) as Loose;
  rules.prepareForUpdate?.(next, old, context([]));
  const errors = new FieldErrors();
  rules.validateUpdate?.(next as unknown as KubeObject, old, errors);
  return linesOf(errors);
}

export function createWarnings(kind: unknown, fields: object): readonly string[] {
  const object = created(kind, fields) as unknown as KubeObject;
  return (kind as AnyKind).warnings?.(object, null) ?? [];
}
