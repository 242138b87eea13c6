/**
 * Lease: who holds something and since when: nodes' heartbeats and leader election.
 *
 * Models: pkg/registry/coordination/lease, pkg/apis/coordination/validation validation.go (v1.36)
 */
import type { Lease as LeaseType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { checkQualifiedName, checkSupported } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import type { Draft } from '../meta/object.ts';

export type Lease = LeaseType;

const STRATEGIES = ['OldestEmulationVersion'];

function validate({ spec }: Lease, errors: FieldErrors): void {
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = spec ?? {};
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    errors.invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0');
  }
  if (leaseTransitions !== undefined && leaseTransitions < 0) {
    const detail = 'must be greater than or equal to 0';
    errors.invalid('spec.leaseTransitions', leaseTransitions, detail);
  }
  if (strategy !== undefined) validateStrategy(strategy, errors);
  if (preferredHolder && !strategy) {
    errors.forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined');
  }
}

/** One of Kubernetes' own, or somebody's with a domain. */
function validateStrategy(strategy: string, errors: FieldErrors): void {
  // Upstream's path has the field twice.
  const path = 'spec.strategy.strategy';
  if (strategy.includes('/')) checkQualifiedName(strategy, path, errors);
  else checkSupported(strategy, STRATEGIES, path, errors);
}

/** Coordinated leader election is off: its fields stay only where they are already. */
function dropElection(next: Draft<Lease>, old: Lease | null): void {
  if (next.spec === undefined) return;
  if (old?.spec?.strategy === undefined) delete next.spec.strategy;
  if (old?.spec?.preferredHolder === undefined) delete next.spec.preferredHolder;
}

export const Lease = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  namespaced: true,
  schema: 'io.k8s.api.coordination.v1.Lease',
  ownMeta: 'generic',
  createOnUpdate: true,
  updateNeedsVersion: true,
  prepareForCreate(lease) {
    dropElection(lease, null);
  },
  prepareForUpdate: dropElection,
  validate,
  validateUpdate(next, _old, errors) {
    validate(next, errors);
  },
  heartbeat: true,
  columns: [
    NAME_COLUMN,
    {
      name: 'Holder',
      type: 'string',
      description:
        'holderIdentity contains the identity of the holder of a current lease. If Coordinated ' +
        'Leader Election is used, the holder identity must be equal to the elected ' +
        'LeaseCandidate.metadata.name field.',
      cell: (lease) => lease.spec?.holderIdentity ?? '',
    },
    AGE_COLUMN,
  ],
});
