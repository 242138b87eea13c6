/**
 * ReplicaSet: keeps a number of equal Pods.
 *
 * Models: pkg/registry/apps/replicaset strategy.go, pkg/apis/apps/v1 defaults.go, pkg/apis/apps/
 *         validation ValidateReplicaSet* (v1.36)
 */
import type { ReplicaSet as ReplicaSetType } from '../generated/types.ts';
import { AGE_COLUMN, containerImages, containerNames, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { checkImmutable, checkNonNegative } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { keepPart, raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import { formatLabelSelector } from '../meta/selectors.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { dropDisabledPodFields } from './pod/drop-disabled.ts';
import { podTemplateWarnings } from './pod/warnings.ts';
import { scaleRules } from './workload/scale.ts';
import { ownerNameWarnings, validateSelectorAndTemplate } from './workload/template.ts';

export type ReplicaSet = ReplicaSetType;

function validateSpec(rs: ReplicaSet, old: ReplicaSet | undefined, errors: FieldErrors): void {
  const { spec } = rs;
  checkNonNegative(spec.replicas, 'spec.replicas', errors);
  checkNonNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  validateSelectorAndTemplate(spec, old?.spec, errors);
}

function validateStatus({ status }: ReplicaSet, errors: FieldErrors): void {
  const fields = [
    'replicas',
    'fullyLabeledReplicas',
    'readyReplicas',
    'availableReplicas',
    'observedGeneration',
    'terminatingReplicas',
  ] as const;
  for (const field of fields) checkNonNegative(status[field], `status.${field}`, errors);
  const detail = 'cannot be greater than status.replicas';
  for (const field of ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    const value = status[field] ?? 0;
    if (value > status.replicas) errors.invalid(`status.${field}`, value, detail);
  }
  const available = status.availableReplicas ?? 0;
  if (available > (status.readyReplicas ?? 0)) {
    errors.invalid('status.availableReplicas', available, 'cannot be greater than readyReplicas');
  }
}

const COLUMNS: readonly Column<ReplicaSet>[] = [
  NAME_COLUMN,
  {
    name: 'Desired',
    type: 'integer',
    description:
      'Replicas is the number of desired pods. This is a pointer to distinguish between explicit ' +
      'zero and unspecified. Defaults to 1. More info: ' +
      'https://kubernetes.io/docs/concepts/workloads/controllers/replicaset',
    cell: (rs) => rs.spec.replicas ?? 0,
  },
  {
    name: 'Current',
    type: 'integer',
    description:
      'Replicas is the most recently observed number of non-terminating pods. More info: ' +
      'https://kubernetes.io/docs/concepts/workloads/controllers/replicaset',
    cell: (rs) => rs.status.replicas,
  },
  {
    name: 'Ready',
    type: 'integer',
    description:
      'The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.',
    cell: (rs) => rs.status.readyReplicas ?? 0,
  },
  AGE_COLUMN,
  {
    name: 'Containers',
    type: 'string',
    priority: 1,
    description: 'Names of each container in the template.',
    cell: (rs) => containerNames(rs.spec.template?.spec?.containers),
  },
  {
    name: 'Images',
    type: 'string',
    priority: 1,
    description: 'Images referenced by each container in the template.',
    cell: (rs) => containerImages(rs.spec.template?.spec?.containers),
  },
  {
    name: 'Selector',
    type: 'string',
    priority: 1,
    description:
      'Selector is a label query over pods that should match the replica count. Label keys and ' +
      'values that must match in order to be controlled by this replica set. It must match the ' +
      "pod template's labels. More info: " +
      'https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
    cell: (rs) => formatLabelSelector(rs.spec.selector),
  },
];

export const ReplicaSet = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.ReplicaSet',

  defaults(rs) {
    rs.spec ??= {} as typeof rs.spec;
    rs.spec.replicas ??= 1;
    rs.spec.template ??= { metadata: {}, spec: { containers: [] } };
    defaultPodTemplate(rs.spec.template);
  },
  prepareForCreate(rs) {
    rs.status = { replicas: 0 };
    rs.metadata.generation = 1;
    dropDisabledPodFields(rs.spec.template.spec, undefined);
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
    dropDisabledPodFields(next.spec.template.spec, old.spec.template.spec);
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate(rs, errors) {
    validateSpec(rs, undefined, errors);
  },
  validateUpdate(next, old, errors) {
    validateSpec(next, old, errors);
    checkImmutable(next.spec.selector, old.spec.selector, 'spec.selector', errors);
  },
  warnings(rs, old) {
    if (old !== null && old.metadata.generation === rs.metadata.generation) return [];
    const names = old === null ? ownerNameWarnings(rs.metadata.name) : [];
    const { template } = rs.spec;
    return [...names, ...podTemplateWarnings(template, old?.spec.template, 'spec.template')];
  },
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
    },
    validateUpdate(next, _old, errors) {
      validateStatus(next, errors);
    },
  },
  scale: scaleRules(),
  columns: COLUMNS,
});
