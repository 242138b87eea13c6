/**
 * Namespace: where other objects live. It stays, Terminating, until its finalizers are gone.
 *
 * Models: pkg/registry/core/namespace strategy.go and storage, pkg/apis/core/validation
 *         ValidateNamespace* (v1.36)
 */
import type { Namespace as NamespaceType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { keepPart } from '../meta/kind-parts.ts';
import { isQualifiedName } from '../meta/names.ts';
import type { Draft } from '../meta/object.ts';

export type Namespace = NamespaceType;

const NAME_LABEL = 'kubernetes.io/metadata.name';
const FINALIZER = 'kubernetes';
const STANDARD_FINALIZERS = new Set([FINALIZER, 'orphan', 'foregroundDeletion']);

/** The label repeats the name, whatever the client says. */
function setNameLabel(namespace: Draft<Namespace>): void {
  const { metadata } = namespace;
  if (!metadata.name || metadata.labels?.[NAME_LABEL] === metadata.name) return;
  metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
}

function validateFinalizer(finalizer: string, path: string, errors: FieldErrors): void {
  for (const message of isQualifiedName(finalizer)) errors.invalid(path, finalizer, message);
  if (!finalizer.includes('/') && !STANDARD_FINALIZERS.has(finalizer)) {
    const detail = 'name is neither a standard finalizer name nor is it fully qualified';
    errors.invalid(path, finalizer, detail);
  }
}

function validate(namespace: Namespace, errors: FieldErrors): void {
  for (const finalizer of namespace.spec.finalizers ?? []) {
    validateFinalizer(finalizer, 'spec.finalizers', errors);
  }
}

export const Namespace = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  namespaced: false,
  schema: 'io.k8s.api.core.v1.Namespace',
  metaOnUpdate: 'wholeFirst',
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  nameRule: 'dnsLabel',
  isNamespace: true,

  defaults(namespace) {
    namespace.spec ??= {};
    namespace.status ??= {};
    setNameLabel(namespace);
    namespace.status.phase ??= 'Active';
  },
  prepareForCreate(namespace) {
    namespace.status = { phase: 'Active' };
    const finalizers = namespace.spec.finalizers ?? [];
    if (!finalizers.includes(FINALIZER)) namespace.spec.finalizers = [...finalizers, FINALIZER];
    setNameLabel(namespace);
  },
  prepareForUpdate(next, old) {
    keepFinalizers(next, old);
    keepPart(next, old, 'status');
    setNameLabel(next);
  },
  validate,
  validateUpdate(next, _old, errors) {
    validate(next, errors);
  },
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
    },
    validateUpdate(next, _old, errors) {
      const phase = next.status.phase ?? '';
      if (next.metadata.deletionTimestamp === undefined) {
        if (phase === 'Active') return;
        const detail = "may only be 'Active' if `deletionTimestamp` is empty";
        errors.invalid('status.Phase', phase, detail);
      } else if (phase !== 'Terminating') {
        const detail = "may only be 'Terminating' if `deletionTimestamp` is not empty";
        errors.invalid('status.Phase', phase, detail);
      }
    },
  },
  subresources: {
    finalize: {
      prepareForUpdate(next, old) {
        keepPart(next, old, 'status');
      },
      validateUpdate(next, _old, errors) {
        (next.spec.finalizers ?? []).forEach((finalizer, i) => {
          validateFinalizer(finalizer, `spec.finalizers[${i}]`, errors);
        });
      },
    },
  },

  selectableFields: (namespace) => ({ 'status.phase': namespace.status.phase ?? '' }),
  prepareForDelete(namespace) {
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  },
  blocksDeletion: (namespace) => (namespace.spec.finalizers ?? []).length > 0,
  deleteReturnsObject: true,

  columns: [
    NAME_COLUMN,
    {
      name: 'Status',
      type: 'string',
      description: 'The status of the namespace',
      cell: (namespace) => namespace.status.phase ?? '',
    },
    AGE_COLUMN,
  ],
});

function keepFinalizers(next: Draft<Namespace>, old: Namespace): void {
  const finalizers = old.spec.finalizers;
  next.spec = { ...next.spec };
  if (finalizers === undefined) delete next.spec.finalizers;
  else next.spec.finalizers = [...finalizers];
}
