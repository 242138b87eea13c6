/**
 * Validation of metadata, the same for all kinds: names by the kind's rule, labels, annotations,
 * owners, finalizers, and what may never change.
 *
 * Models: k8s.io/apimachinery/pkg/api/validation objectmeta.go, k8s.io/apiserver/pkg/registry/rest
 *         create.go, update.go, kubernetes pkg/apis/core/validation validation.go (v1.36)
 */
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '../generated/types.ts';
import type { AnyKind, MetaOnUpdate } from './define-kind.ts';
import type { FieldErrors } from './field-errors.ts';
import { byteLength, goQuote } from './go-text.ts';
import { ipComplaints } from './ip.ts';
import { equalJson } from './json.ts';
import { validateAnnotations, validateLabels } from './labels.ts';
import { isDNS1035Label, isDNS1123Label, isDNS1123Subdomain, isQualifiedName } from './names.ts';

export const FIELD_IMMUTABLE = 'field is immutable';

const MANAGER_MAX_CHARACTERS = 128; // meta/v1/validation FieldManagerMaxLength
const SUBRESOURCE_MAX_BYTES = 256; // MaxSubresourceNameLength, meta/v1/validation
const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

export type NameRule = NonNullable<AnyKind['nameRule']>;

/** What is wrong with |name|; |prefix| when it is a generateName. */
export function nameErrors(rule: NameRule, name: string, prefix = false): readonly string[] {
  switch (rule) {
    case 'pathSegment':
      return pathSegmentErrors(name, prefix);
    case 'ip':
      return ipComplaints(name);
    case 'dnsLabel':
      return isDNS1123Label(prefix ? withoutTrailingDash(name) : name);
    case 'dns1035':
      return isDNS1035Label(prefix ? withoutTrailingDash(name) : name);
    case 'longName':
      // The declarative rule counts the same, but calls it bytes.
      return isDNS1123Subdomain(name).map((text) => text.replace(/ characters$/, ' bytes'));
    case 'dnsSubdomain':
      return isDNS1123Subdomain(prefix ? withoutTrailingDash(name) : name);
  }
}

/** A prefix may end in a dash; then it is checked as if a letter stood for the last two characters. */
function withoutTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

function pathSegmentErrors(name: string, prefix: boolean): readonly string[] {
  if (!prefix && (name === '.' || name === '..')) return [`may not be '${name}'`];
  return ['/', '%'].filter((c) => name.includes(c)).map((c) => `may not contain '${c}'`);
}

/** Upstream core ValidateObjectMeta: what a kind's own validation has to say of metadata. */
export function validateMetaCreate(meta: ObjectMeta, kind: AnyKind, errors: FieldErrors): void {
  const rule = kind.nameRule ?? 'dnsSubdomain';
  if (kind.anyGenerateName !== true) validateGenerateName(meta, rule, errors);
  validateName(meta, rule, errors);
  validateCommon(meta, kind.namespaced, errors);
  if (kind.ownMeta !== 'generic') validateFinalizerNames(meta, errors);
}

/** Upstream core ValidateObjectMetaUpdate: what may change. */
export function validateMetaChange(
  next: ObjectMeta,
  old: ObjectMeta,
  errors: FieldErrors,
  kind?: AnyKind,
): void {
  validateChange(next, old, errors);
  if (kind?.ownMeta !== 'generic') validateFinalizerNames(next, errors);
}

/** Upstream ValidateObjectMetaAccessor as the shared code calls it for all kinds. */
export function validateMetaShared(
  meta: ObjectMeta,
  { namespaced }: AnyKind,
  errors: FieldErrors,
): void {
  validateGenerateName(meta, 'pathSegment', errors);
  validateName(meta, 'pathSegment', errors);
  validateCommon(meta, namespaced, errors);
}

/**
 * metadata on update. Upstream looks at it in the shared code and, as |own| says, once or twice more
 * in the kind's; what it finds stands as often among the causes.
 */
export function validateMetaUpdate(
  next: ObjectMeta,
  old: ObjectMeta,
  kind: AnyKind,
  errors: FieldErrors,
  own: MetaOnUpdate = 'change',
): void {
  if (sameParts(next, old)) return;
  validateMetaShared(next, kind, errors);
  validateChange(next, old, errors);
  if (own === 'wholeFirst') validateMetaCreate(next, kind, errors);
  if (own !== 'whole' && own !== 'none') validateMetaChange(next, old, errors, kind);
  if (own === 'whole' || own === 'both') validateMetaCreate(next, kind, errors);
}

/** Nothing was replaced: what was valid still is. Most updates of status end here. */
function sameParts(next: ObjectMeta, old: ObjectMeta): boolean {
  if (next === old) return true;
  const a = next as Readonly<Record<string, unknown>>;
  const b = old as Readonly<Record<string, unknown>>;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function validateFinalizerNames(meta: ObjectMeta, errors: FieldErrors): void {
  (meta.finalizers ?? []).forEach((finalizer, i) => {
    if (finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer)) return;
    const detail = 'name is neither a standard finalizer name nor is it fully qualified';
    errors.invalid(`metadata.finalizers[${i}]`, finalizer, detail);
  });
}

function validateGenerateName(meta: ObjectMeta, rule: NameRule, errors: FieldErrors): void {
  if (!meta.generateName) return;
  for (const message of nameErrors(rule, meta.generateName, true)) {
    errors.invalid('metadata.generateName', meta.generateName, message);
  }
}

function validateName(meta: ObjectMeta, rule: NameRule, errors: FieldErrors): void {
  if (!meta.name) errors.required('metadata.name', 'name or generateName is required');
  else {
    for (const message of nameErrors(rule, meta.name)) {
      errors.invalid('metadata.name', meta.name, message);
    }
  }
}

function validateCommon(meta: ObjectMeta, namespaced: boolean, errors: FieldErrors): void {
  if (!namespaced) {
    if (meta.namespace) errors.forbidden('metadata.namespace', 'not allowed on this type');
  } else if (!meta.namespace) {
    errors.required('metadata.namespace');
  } else {
    for (const message of isDNS1123Label(meta.namespace)) {
      errors.invalid('metadata.namespace', meta.namespace, message);
    }
  }
  if ((meta.generation ?? 0) < 0) {
    const detail = 'must be greater than or equal to 0';
    errors.invalid('metadata.generation', meta.generation, detail);
  }
  validateLabels(meta.labels, 'metadata.labels', errors);
  validateAnnotations(meta.annotations, 'metadata.annotations', errors);
  validateOwners(meta.ownerReferences ?? [], errors);
  validateFinalizers(meta.finalizers ?? [], errors);
  validateManagedFields(meta.managedFields ?? [], errors);
}

function validateChange(next: ObjectMeta, old: ObjectMeta, errors: FieldErrors): void {
  if (old.deletionTimestamp) {
    const known = new Set(old.finalizers ?? []);
    const extra = [...new Set(next.finalizers ?? [])].filter((f) => !known.has(f)).sort();
    if (extra.length > 0) {
      const list = `[]string{${extra.map(goQuote).join(', ')}}`;
      errors.forbidden(
        'metadata.finalizers',
        'no new finalizers can be added if the object is being deleted, ' +
          `found new finalizers ${list}`,
      );
    }
  }
  if ((next.generation ?? 0) < (old.generation ?? 0)) {
    errors.invalid('metadata.generation', next.generation ?? 0, 'must not be decremented');
  }
  immutable('name', next.name ?? '', old.name ?? '', errors);
  immutable('namespace', next.namespace ?? '', old.namespace ?? '', errors);
  immutable('uid', next.uid ?? '', old.uid ?? '', errors);
  immutable('creationTimestamp', next.creationTimestamp, old.creationTimestamp, errors);
  immutable('deletionTimestamp', next.deletionTimestamp, old.deletionTimestamp, errors);
  immutable(
    'deletionGracePeriodSeconds',
    next.deletionGracePeriodSeconds,
    old.deletionGracePeriodSeconds,
    errors,
  );
  validateLabels(next.labels, 'metadata.labels', errors);
  validateAnnotations(next.annotations, 'metadata.annotations', errors);
  validateOwners(next.ownerReferences ?? [], errors);
  validateManagedFields(next.managedFields ?? [], errors);
}

function immutable(field: string, next: unknown, old: unknown, errors: FieldErrors): void {
  if (!equalJson(next, old)) errors.invalid(`metadata.${field}`, next, FIELD_IMMUTABLE);
}

function validateOwners(owners: readonly OwnerReference[], errors: FieldErrors): void {
  const path = 'metadata.ownerReferences';
  let controller = '';
  for (const owner of owners) {
    // As Go parses it: with two slashes or more there is no telling.
    const parts = owner.apiVersion.split('/');
    const version = parts.length > 2 ? '' : (parts.at(-1) ?? '');
    if (version === '') {
      errors.invalid(`${path}.apiVersion`, owner.apiVersion, 'version must not be empty');
    }
    if (owner.kind === '') errors.invalid(`${path}.kind`, owner.kind, 'must not be empty');
    if (owner.name === '') errors.invalid(`${path}.name`, owner.name, 'must not be empty');
    if (owner.uid === '') errors.invalid(`${path}.uid`, owner.uid, 'must not be empty');
    if (owner.apiVersion === 'v1' && owner.kind === 'Event') {
      errors.invalid(path, owner, '/v1, Kind=Event is disallowed from being an owner');
    }
    if (owner.controller !== true) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller === '') controller = name;
    else {
      errors.invalid(
        path,
        owners,
        'Only one reference can have Controller set to true. ' +
          `Found "true" in references for ${controller} and ${name}`,
      );
    }
  }
}

function validateFinalizers(finalizers: readonly string[], errors: FieldErrors): void {
  const path = 'metadata.finalizers';
  for (const finalizer of finalizers) {
    for (const message of isQualifiedName(finalizer)) errors.invalid(path, finalizer, message);
  }
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    const detail = 'finalizer orphan and foregroundDeletion cannot be both set';
    errors.invalid(path, finalizers, detail);
  }
}

/** Entries that a client has written itself. */
export function validateManagedFields(
  entries: readonly ManagedFieldsEntry[],
  errors: FieldErrors,
): void {
  entries.forEach((entry, i) => {
    const path = `metadata.managedFields[${i}]`;
    const operation = entry.operation ?? '';
    if (operation !== 'Apply' && operation !== 'Update') {
      errors.invalid(`${path}.operation`, operation, 'must be `Apply` or `Update`');
    }
    if (entry.fieldsType && entry.fieldsType !== 'FieldsV1') {
      errors.invalid(`${path}.fieldsType`, entry.fieldsType, 'must be `FieldsV1`');
    }
    validateFieldManager(entry.manager ?? '', `${path}.manager`, errors);
    if (byteLength(entry.subresource ?? '') > SUBRESOURCE_MAX_BYTES) {
      errors.tooLong(`${path}.subresource`, SUBRESOURCE_MAX_BYTES);
    }
  });
}

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** The name of a field manager, in managedFields and in the options of a request. */
export function validateFieldManager(manager: string, path: string, errors: FieldErrors): void {
  if (manager.length > MANAGER_MAX_CHARACTERS) errors.tooLong(path, MANAGER_MAX_CHARACTERS);
  let at = 0;
  for (const character of manager) {
    if (!PRINTABLE.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      errors.invalid(path, manager, `invalid character U+${code} (at position ${at})`);
    }
    at += character.length;
  }
}
