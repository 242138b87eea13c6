/**
 * Deployment: a wanted number of Pods of one template, and how to get from one template to the next.
 *
 * Models: pkg/registry/apps/deployment strategy.go, pkg/apis/apps/v1 defaults.go, pkg/apis/apps/
 *         validation ValidateDeployment* (v1.36)
 */
import type {
  Deployment as DeploymentType,
  DeploymentStrategy,
  RollingUpdateDeployment,
} from '../generated/types.ts';
import { AGE_COLUMN, containerImages, containerNames, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { checkImmutable, checkNonNegative } from '../meta/field-checks.ts';
import { setOf } from '../meta/field-set.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { equalJson } from '../meta/json.ts';
import { keepPart, raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import type { Draft } from '../meta/object.ts';
import { formatLabelSelector } from '../meta/selectors.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { dropDisabledPodFields } from './pod/drop-disabled.ts';
import { podTemplateWarnings } from './pod/warnings.ts';
import {
  plainNumber,
  validateAtMost100Percent,
  validateIntOrPercent,
} from './workload/int-or-percent.ts';
import { scaleRules } from './workload/scale.ts';
import { checkCollisionCount } from './workload/status.ts';
import { ownerNameWarnings, validateSelectorAndTemplate } from './workload/template.ts';

export type Deployment = DeploymentType;

const DEFAULT_ROLLING_SHARE = '25%'; // apps/v1 defaults.go
const DEFAULT_HISTORY = 10;
const DEFAULT_PROGRESS_DEADLINE_SECONDS = 600;
const STRATEGIES = ['Recreate', 'RollingUpdate'];

function setDefaults(deployment: Draft<Deployment>): void {
  const spec = (deployment.spec ??= {} as Draft<Deployment>['spec']);
  spec.replicas ??= 1;
  const strategy = (spec.strategy ??= {});
  strategy.type ??= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rolling = (strategy.rollingUpdate ??= {});
    rolling.maxUnavailable ??= DEFAULT_ROLLING_SHARE;
    rolling.maxSurge ??= DEFAULT_ROLLING_SHARE;
  }
  spec.revisionHistoryLimit ??= DEFAULT_HISTORY;
  spec.progressDeadlineSeconds ??= DEFAULT_PROGRESS_DEADLINE_SECONDS;
  spec.template ??= { metadata: {}, spec: { containers: [] } };
  defaultPodTemplate(spec.template);
}

function validateRolling(rolling: RollingUpdateDeployment, errors: FieldErrors): void {
  const path = 'spec.strategy.rollingUpdate';
  const { maxUnavailable = 0, maxSurge = 0 } = rolling;
  validateIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors);
  validateIntOrPercent(maxSurge, `${path}.maxSurge`, errors);
  if (plainNumber(maxUnavailable) === 0 && plainNumber(maxSurge) === 0) {
    const detail = 'may not be 0 when `maxSurge` is 0';
    errors.invalid(`${path}.maxUnavailable`, maxUnavailable, detail);
  }
  validateAtMost100Percent(maxUnavailable, `${path}.maxUnavailable`, errors);
}

function validateStrategy(strategy: DeploymentStrategy, errors: FieldErrors): void {
  const path = 'spec.strategy';
  const { type, rollingUpdate } = strategy;
  if (type === 'Recreate') {
    if (rollingUpdate === undefined) return;
    const detail = "may not be specified when strategy `type` is 'Recreate'";
    errors.forbidden(`${path}.rollingUpdate`, detail);
  } else if (type === 'RollingUpdate') {
    if (rollingUpdate !== undefined) validateRolling(rollingUpdate, errors);
  } else errors.notSupported(path, internalStrategy(strategy), STRATEGIES);
}

/** Messages show the server's internal form of the strategy, which has no JSON names. */
function internalStrategy({ type, rollingUpdate }: DeploymentStrategy): unknown {
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  return {
    Type: type ?? '',
    RollingUpdate:
      rollingUpdate === undefined ? null : { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge },
  };
}

function validateSpec(
  { spec }: Deployment,
  old: Deployment | undefined,
  errors: FieldErrors,
): void {
  checkNonNegative(spec.replicas, 'spec.replicas', errors);
  validateSelectorAndTemplate(spec, old?.spec, errors);
  validateStrategy(spec.strategy, errors);
  checkNonNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  checkNonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', errors);
  const deadline = spec.progressDeadlineSeconds;
  if (deadline === undefined) return;
  const path = 'spec.progressDeadlineSeconds';
  checkNonNegative(deadline, path, errors);
  if (deadline <= (spec.minReadySeconds ?? 0)) {
    errors.invalid(path, deadline, 'must be greater than minReadySeconds');
  }
}

function validateStatus(next: Deployment, old: Deployment, errors: FieldErrors): void {
  const { status } = next;
  const fields = [
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
    'terminatingReplicas',
    'collisionCount',
  ] as const;
  for (const field of fields) checkNonNegative(status[field], `status.${field}`, errors);
  const detail = 'cannot be greater than status.replicas';
  for (const field of ['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    const value = status[field] ?? 0;
    if (value > (status.replicas ?? 0)) errors.invalid(`status.${field}`, value, detail);
  }
  const available = status.availableReplicas ?? 0;
  if (available > (status.readyReplicas ?? 0)) {
    errors.invalid('status.availableReplicas', available, 'cannot be greater than readyReplicas');
  }
  checkCollisionCount(status, old.status, errors);
}

const COLUMNS: readonly Column<Deployment>[] = [
  NAME_COLUMN,
  {
    name: 'Ready',
    type: 'string',
    description: 'Number of the pod with ready state',
    cell: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
  },
  {
    name: 'Up-to-date',
    type: 'string',
    description:
      'Total number of non-terminating pods targeted by this deployment that have the desired ' +
      'template spec.',
    cell: ({ status }) => status.updatedReplicas ?? 0,
  },
  {
    name: 'Available',
    type: 'string',
    description:
      'Total number of available non-terminating pods (ready for at least minReadySeconds) ' +
      'targeted by this deployment.',
    cell: ({ status }) => status.availableReplicas ?? 0,
  },
  AGE_COLUMN,
  {
    name: 'Containers',
    type: 'string',
    priority: 1,
    description: 'Names of each container in the template.',
    cell: ({ spec }) => containerNames(spec.template.spec?.containers),
  },
  {
    name: 'Images',
    type: 'string',
    priority: 1,
    description: 'Images referenced by each container in the template.',
    cell: ({ spec }) => containerImages(spec.template.spec?.containers),
  },
  {
    name: 'Selector',
    type: 'string',
    priority: 1,
    description:
      'Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ' +
      "ones affected by this deployment. It must match the pod template's labels.",
    cell: ({ spec }) => formatLabelSelector(spec.selector),
  },
];

export const Deployment = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.Deployment',

  defaults: setDefaults,
  prepareForCreate(deployment) {
    deployment.status = {};
    deployment.metadata.generation = 1;
    dropDisabledPodFields(deployment.spec.template.spec, undefined);
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
    dropDisabledPodFields(next.spec.template.spec, old.spec.template.spec);
    // Annotations are copied to the ReplicaSets, so a change of them is one of the wanted state.
    const annotations = !equalJson(next.metadata.annotations, old.metadata.annotations);
    raiseGeneration(next, old, annotations || specChanged(next, old));
  },
  validate(deployment, errors) {
    validateSpec(deployment, undefined, errors);
  },
  validateUpdate(next, old, errors) {
    validateSpec(next, old, errors);
    checkImmutable(next.spec.selector, old.spec.selector, 'spec.selector', errors);
  },
  warnings(deployment, old) {
    if (old !== null && old.metadata.generation === deployment.metadata.generation) return [];
    const names = old === null ? ownerNameWarnings(deployment.metadata.name) : [];
    const { template } = deployment.spec;
    return [...names, ...podTemplateWarnings(template, old?.spec.template, 'spec.template')];
  },
  resets: { status: setOf([['f:spec'], ['f:metadata', 'f:labels']]) },
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
      const { labels } = old.metadata;
      if (labels === undefined) delete next.metadata.labels;
      else next.metadata.labels = labels;
    },
    validateUpdate: validateStatus,
  },
  scale: scaleRules(),
  columns: COLUMNS,
});
