/**
 * StatefulSet: Pods that keep their name, their place in the order and their volumes.
 *
 * Models:     pkg/registry/apps/statefulset strategy.go, pkg/apis/apps/v1 defaults.go, conversion.go,
 *             pkg/apis/apps/validation ValidateStatefulSet* (v1.36)
 * Simplified: nothing known
 */
import type { StatefulSet as StatefulSetType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { goQuote } from '../meta/go-text.ts';
import { keepPart, raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import { validateMetaChange } from '../meta/object-meta-validation.ts';
import type { Draft } from '../meta/object.ts';
import { canonicalQuantity, milliCpu } from '../meta/quantity.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { dropDisabledPodFields } from './pod/drop-disabled.ts';
import { roundResourceList } from './pod/resources.ts';
import { podTemplateWarnings } from './pod/warnings.ts';
import { validateStatefulSet, validateStatefulSetUpdate } from './stateful-set/validation.ts';
import { containerColumns } from './workload/columns.ts';
import { scaleRules } from './workload/scale.ts';
import { checkCollisionCount, checkCounts, checkWithinReplicas } from './workload/status.ts';

export type StatefulSet = StatefulSetType;

const DEFAULT_HISTORY = 10; // apps/v1 defaults.go
const REPLICA_COUNTS = [
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'availableReplicas',
] as const;

function setDefaults(set: Draft<StatefulSet>): void {
  const spec = (set.spec ??= {} as Draft<StatefulSet>['spec']);
  spec.podManagementPolicy ??= 'OrderedReady';
  const strategy = (spec.updateStrategy ??= {});
  if (strategy.type === undefined) {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate !== undefined) {
    strategy.rollingUpdate.partition ??= 0;
  }
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
  retention.whenDeleted ??= 'Retain';
  retention.whenScaled ??= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= DEFAULT_HISTORY;
  spec.template ??= { metadata: {}, spec: { containers: [] } };
  defaultPodTemplate(spec.template);
  for (const claim of spec.volumeClaimTemplates ?? []) defaultClaim(claim);
  // Always written, although the OpenAPI does not say so.
  set.status ??= { replicas: 0 };
  set.status.availableReplicas ??= 0;
}

type Claim = NonNullable<Draft<StatefulSet>['spec']['volumeClaimTemplates']>[number];

function defaultClaim(claim: Claim): void {
  // Unchanged parts of a patched object are frozen: nothing is written twice.
  if (claim.apiVersion !== 'v1') claim.apiVersion = 'v1';
  if (claim.kind !== 'PersistentVolumeClaim') claim.kind = 'PersistentVolumeClaim';
  claim.spec.volumeMode ??= 'Filesystem';
  claim.status ??= {};
  claim.status.phase ??= 'Pending';
  const { limits, requests } = claim.spec.resources;
  for (const list of [limits, requests, claim.status.capacity, claim.status.allocatedResources]) {
    if (list !== undefined) roundResourceList(list);
  }
}

/** In place: the gate MaxUnavailableStatefulSet is off, but what is stored stays. */
function dropMaxUnavailable(set: Draft<StatefulSet>, old: StatefulSet | undefined): void {
  if (old?.spec.updateStrategy.rollingUpdate?.maxUnavailable !== undefined) return;
  delete set.spec.updateStrategy.rollingUpdate?.maxUnavailable;
}

/** |under| is upstream's last path element, which differs between create and update. */
function claimWarnings({ spec }: StatefulSet, under: string): readonly string[] {
  const warnings: string[] = [];
  spec.volumeClaimTemplates?.forEach((claim, i) => {
    for (const field of ['requests', 'limits'] as const) {
      const value = claim.spec.resources?.[field]?.['storage'];
      if (value === undefined || milliCpu(value) % 1000 === 0) continue;
      const path = `spec.volumeClaimTemplates[${i}]${under}.resources.${field}[storage]`;
      const shown = goQuote(canonicalQuantity(value));
      warnings.push(`${path}: fractional byte value ${shown} is invalid, must be an integer`);
    }
  });
  return warnings;
}

function warningsOf(set: StatefulSet, old: StatefulSet | null): readonly string[] {
  const { template, revisionHistoryLimit = 0 } = set.spec;
  const changed = old === null || old.metadata.generation !== set.metadata.generation;
  const warnings = changed
    ? [...podTemplateWarnings(template, old?.spec.template, 'spec.template')]
    : [];
  warnings.push(...claimWarnings(set, old === null ? '' : '.Spec'));
  if (revisionHistoryLimit < 0) {
    warnings.push(
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; ' +
        'a value >= 0 is recommended',
    );
  }
  return warnings;
}

function validateStatus(next: StatefulSet, old: StatefulSet, errors: FieldErrors): void {
  const { status } = next;
  const counts = ['replicas', ...REPLICA_COUNTS, 'observedGeneration', 'collisionCount'] as const;
  checkCounts(status, counts, errors);
  checkWithinReplicas(status, REPLICA_COUNTS, errors);
  const available = status.availableReplicas ?? 0;
  if (available > (status.readyReplicas ?? 0)) {
    const detail = 'cannot be greater than status.readyReplicas';
    errors.invalid('status.availableReplicas', available, detail);
  }
  checkCollisionCount(status, old.status, errors);
  validateMetaChange(next.metadata, old.metadata, errors);
}

export const StatefulSet = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.StatefulSet',
  nameRule: 'dnsLabel',

  defaults: setDefaults,
  prepareForCreate(set) {
    set.status = { replicas: 0, availableReplicas: 0 };
    set.metadata.generation = 1;
    dropMaxUnavailable(set, undefined);
    dropDisabledPodFields(set.spec.template.spec, undefined);
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
    dropMaxUnavailable(next, old);
    dropDisabledPodFields(next.spec.template.spec, old.spec.template.spec);
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  warnings: warningsOf,
  status: {
    // Its own validation looks at metadata after the status.
    metaOnUpdate: 'none',
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
    },
    validateUpdate: validateStatus,
  },
  scale: scaleRules(),
  columns: [
    NAME_COLUMN,
    {
      name: 'Ready',
      type: 'string',
      description: 'Number of the pod with ready state',
      cell: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    },
    AGE_COLUMN,
    ...containerColumns<StatefulSet>(({ spec }) => spec.template.spec.containers),
  ],
});
