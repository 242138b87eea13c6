/**
 * Validation of whole objects: the kind's own rules and the shared ones for metadata, in upstream's
 * order.
 *
 * Models: k8s.io/apiserver/pkg/registry/rest create.go BeforeCreate, update.go BeforeUpdate (v1.36)
 */
import type { AnyKind, SubresourceRules } from './define-kind.ts';
import type { FieldErrors } from './field-errors.ts';
import type { KubeObject } from './object.ts';
import {
  validateMetaCreate,
  validateMetaShared,
  validateMetaUpdate,
} from './object-meta-validation.ts';

export function validateNew(object: KubeObject, kind: AnyKind, errors: FieldErrors): void {
  if (kind.ownMeta !== 'none') validateMetaCreate(object.metadata, kind, errors);
  kind.validate?.(object, errors);
  // Where the kind has looked at metadata, the shared rules find nothing more, but for generateName.
  const more = kind.ownMeta === 'none' || kind.anyGenerateName === true;
  if (more && errors.none) validateMetaShared(object.metadata, kind, errors);
}

/** |rules| are those of a subresource, null for the object itself. */
export function validateChanged(
  next: KubeObject,
  old: KubeObject,
  kind: AnyKind,
  rules: SubresourceRules<KubeObject> | null,
  errors: FieldErrors,
): void {
  const own = rules
    ? rules.metaOnUpdate
    : (kind.metaOnUpdate ?? (kind.ownMeta === 'none' ? 'none' : undefined));
  validateMetaUpdate(next.metadata, old.metadata, kind, errors, own);
  if (rules) rules.validateUpdate?.(next, old, errors);
  else if (kind.validateUpdate) kind.validateUpdate(next, old, errors);
  else kind.validate?.(next, errors);
}
