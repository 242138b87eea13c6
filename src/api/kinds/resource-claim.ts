/**
 * ResourceClaim: a wish for devices, and the devices that it got.
 *
 * Models: pkg/registry/resource/resourceclaim strategy.go, pkg/apis/resource v1 defaults.go, validation
 *         (v1.36)
 */
import type { ResourceV1ResourceClaim } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { IMMUTABLE_ERROR } from '../meta/field-checks.ts';
import { FieldPath } from '../meta/field-path.ts';
import { setOf } from '../meta/field-set.ts';
import { equalJson } from '../meta/json.ts';
import { keepPart, resetMetaForStatus } from '../meta/kind-parts.ts';
import type { Draft } from '../meta/object.ts';
import { checkAdminAccess } from './dynamic-resources/admin-access.ts';
import { defaultClaimSpec, validateClaimSpec } from './dynamic-resources/claim-spec.ts';
import { validateClaimStatus } from './dynamic-resources/claim-status.ts';
import { internalClaimSpec } from './dynamic-resources/internal-json.ts';
import { RESOURCE_GROUP } from './dynamic-resources/lists.ts';

export type ResourceClaim = ResourceV1ResourceClaim;

/** What drivers say of devices goes with the devices. */
function dropDeallocated(next: Draft<ResourceClaim>, old: ResourceClaim): void {
  const { devices } = next.status;
  if (devices === undefined || old.status.allocation === undefined) return;
  const idOf = (d: { driver: string; pool: string; device: string; shareID?: string }): string =>
    JSON.stringify([d.driver, d.pool, d.device, d.shareID ?? '']);
  const kept = new Set((next.status.allocation?.devices.results ?? []).map(idOf));
  const gone = new Set(
    (old.status.allocation.devices.results ?? []).map(idOf).filter((id) => !kept.has(id)),
  );
  if (gone.size === 0) return;
  const left = devices.filter((device) => !gone.has(idOf(device)));
  if (left.length > 0) next.status.devices = left;
  else delete next.status.devices;
}

function state({ metadata, status }: ResourceClaim): string {
  const deleted = metadata.deletionTimestamp !== undefined;
  const states = deleted ? ['deleted'] : [];
  if (status.allocation !== undefined) {
    states.push('allocated');
    if ((status.reservedFor ?? []).length > 0) states.push('reserved');
  } else if (!deleted) states.push('pending');
  return states.join(',');
}

export const ResourceClaim = defineKind<ResourceClaim>({
  group: RESOURCE_GROUP,
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  singular: 'resourceclaim',
  namespaced: true,
  schema: 'io.k8s.api.resource.v1.ResourceClaim',
  resets: { status: setOf([['f:metadata'], ['f:spec']]) },
  deleteReturnsObject: true,
  allocate({ metadata, spec }, old, context) {
    if (old === null) checkAdminAccess(spec, metadata.name ?? '', context);
  },
  defaults(claim) {
    claim.spec ??= {} as typeof claim.spec;
    defaultClaimSpec(claim.spec);
    claim.status ??= {};
  },
  prepareForCreate(claim) {
    claim.status = {};
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
  },
  validate({ spec }, errors) {
    validateClaimSpec(spec, FieldPath.of('spec'), errors);
  },
  validateUpdate(next, old, errors) {
    if (equalJson(next.spec, old.spec)) return;
    errors.invalid('spec', internalClaimSpec(next.spec), IMMUTABLE_ERROR);
  },
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
      resetMetaForStatus(next, old);
      dropDeallocated(next, old);
    },
    validateUpdate: validateClaimStatus,
  },
  columns: [
    NAME_COLUMN,
    {
      name: 'State',
      type: 'string',
      description: 'A summary of the current state (allocated, pending, reserved, etc.).',
      cell: state,
    },
    AGE_COLUMN,
  ],
});
