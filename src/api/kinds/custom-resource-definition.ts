/**
 * CustomResourceDefinition: makes a kind at run time.
 *
 * Models:     k8s.io/apiextensions-apiserver pkg/registry/customresourcedefinition strategy.go,
 *             pkg/apis/apiextensions/v1 defaults.go, conversion.go (v1.36)
 * Simplified: conversion by webhook is stored and refused when it is needed (engine)
 */
import type { CustomResourceDefinition as Definition } from '../generated/types.ts';
import { normalize } from '../custom/normal-form.ts';
import { formatWarnings } from '../custom/format-warnings.ts';
import { customKinds } from '../custom/custom-kind.ts';
import { NAME_COLUMN } from '../meta/columns.ts';
import { type AnyKind, defineKind } from '../meta/define-kind.ts';
import { equalJson } from '../meta/json.ts';
import type { Draft } from '../meta/object.ts';
import { isEstablished, withCondition } from './custom-resource-definition/conditions.ts';
import { validateDefinition, validateStatus } from './custom-resource-definition/validation.ts';

/** Deletes the custom resources before the definition goes. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

const WEBHOOK_PORT = 443; // SetDefaults_ServiceReference

export const CustomResourceDefinition = defineKind<Definition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  storageVersion: 'v1beta1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  schema: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  ownMeta: 'generic',
  updateNeedsVersion: true,
  deleteReturnsObject: true,

  defaults(object) {
    const { names } = object.spec;
    if (!names.singular) names.singular = (names.kind ?? '').toLowerCase();
    if (!names.listKind && names.kind) names.listKind = `${names.kind}List`;
    object.spec.conversion ??= { strategy: 'None' };
    const service = object.spec.conversion.webhook?.clientConfig?.service;
    if (service) service.port ??= WEBHOOK_PORT;
    for (const { schema } of object.spec.versions ?? []) normalize(schema?.openAPIV3Schema);
    ordered(object);
  },

  prepareForCreate(object) {
    object.metadata.generation = 1;
    const storage = object.spec.versions?.find((v) => v.storage);
    object.status = {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: storage ? [storage.name] : null,
    } as unknown as Draft<Definition>['status'];
    if (object.spec.preserveUnknownFields === false) delete object.spec.preserveUnknownFields;
  },

  prepareForUpdate(next, old) {
    next.status = old.status as Draft<Definition>['status'];
    if (next.spec.preserveUnknownFields === false && !old.spec.preserveUnknownFields) {
      delete next.spec.preserveUnknownFields;
    }
    const storage = next.spec.versions?.find((v) => v.storage)?.name;
    const known = next.status.storedVersions ?? [];
    if (storage !== undefined && !known.includes(storage)) {
      next.status = { ...next.status, storedVersions: [...known, storage] };
    }
    if (!equalJson(next.spec, old.spec)) {
      next.metadata.generation = (old.metadata.generation ?? 0) + 1;
    }
  },

  validate(object, errors) {
    validateDefinition(object, null, errors);
  },
  validateUpdate(next, old, errors) {
    validateDefinition(next, old, errors);
  },

  warnings: formatWarnings,

  status: {
    prepareForUpdate(next, old) {
      next.spec = old.spec as Draft<Definition>['spec'];
    },
    validateUpdate: (next, _, errors) => {
      validateStatus(next, errors);
    },
  },

  // The first DELETE only marks it; it goes when its custom resources have gone.
  blocksDeletion: (object) => object.metadata.deletionTimestamp === undefined,
  prepareForDelete(object) {
    const { finalizers = [] } = object.metadata;
    if (!finalizers.includes(CLEANUP_FINALIZER)) {
      object.metadata.finalizers = [...finalizers, CLEANUP_FINALIZER];
    }
    object.status.conditions = withCondition(
      object.status.conditions,
      {
        type: 'Terminating',
        status: 'True',
        reason: 'InstanceDeletionPending',
        message:
          'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
      },
      object.metadata.deletionTimestamp ?? '',
    ) as Draft<Definition>['status']['conditions'] & {};
  },

  definesKinds(object) {
    return isEstablished(object) ? customKinds(object) : NONE;
  },

  columns: [
    NAME_COLUMN,
    {
      name: 'Created At',
      type: 'date',
      description:
        'CreationTimestamp is a timestamp representing the server time when this object was created. ' +
        'It is not guaranteed to be set in happens-before order across separate operations. Clients ' +
        'may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the ' +
        'system. Read-only. Null for lists. More info: ' +
        'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
      cell: (object) => object.metadata.creationTimestamp,
    },
  ],
});

const NONE: readonly AnyKind[] = [];

/** `names` in the order of the Go struct, wherever defaults were added. */
function ordered(object: Draft<Definition>): void {
  const { plural, singular, shortNames, kind, listKind, categories } = object.spec.names;
  object.spec.names = {
    plural,
    ...(singular === undefined ? {} : { singular }),
    ...(shortNames === undefined ? {} : { shortNames }),
    kind,
    ...(listKind === undefined ? {} : { listKind }),
    ...(categories === undefined ? {} : { categories }),
  };
}
