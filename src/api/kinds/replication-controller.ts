/**
 * ReplicationController: what there was before ReplicaSets.
 *
 * Models:     pkg/registry/core/replicationcontroller strategy.go, pkg/apis/core/v1 defaults.go,
 *             pkg/apis/core/validation ValidateReplicationController* (v1.36)
 * Simplified: nothing known
 */
import type { ReplicationController as ReplicationControllerType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { checkNonNegative } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { equalJson } from '../meta/json.ts';
import { keepPart, raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import type { Draft } from '../meta/object.ts';
import { selectorFromLabels } from '../meta/selectors.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { dropDisabledPodFields } from './pod/drop-disabled.ts';
import { podOptions } from './pod/options.ts';
import { validatePodTemplateSpec } from './pod/validation.ts';
import { podTemplateWarnings } from './pod/warnings.ts';
import { containerColumns, formatLabels } from './workload/columns.ts';
import { scaleRules } from './workload/scale.ts';
import { complainOfLabels, validateLongRunning } from './workload/selector.ts';
import { checkCounts, checkWithinReplicas } from './workload/status.ts';
import { ownerNameWarnings } from './workload/template.ts';

export type ReplicationController = ReplicationControllerType;

const SPEC = FieldPath.of('spec');
const NON_CONVERTIBLE = 'non-convertible.kubernetes.io'; // core NonConvertibleAnnotationPrefix
const PARTS = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;

function setDefaults(rc: Draft<ReplicationController>): void {
  const spec = (rc.spec ??= {});
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined) {
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    if (Object.keys(rc.metadata.labels ?? {}).length === 0) rc.metadata.labels = { ...labels };
  }
  spec.replicas ??= 1;
  if (spec.template !== undefined) defaultPodTemplate(spec.template);
}

function dropDisabled(
  rc: Draft<ReplicationController>,
  old: ReplicationController | undefined,
): void {
  const { template } = rc.spec;
  if (template !== undefined) dropDisabledPodFields(template.spec, old?.spec.template?.spec);
}

function validateSpec(
  { spec }: ReplicationController,
  old: ReplicationController | undefined,
  errors: FieldErrors,
): void {
  checkNonNegative(spec.minReadySeconds, SPEC.child('minReadySeconds'), errors);
  const selector = selectorFromLabels(spec.selector);
  if (selector.empty) errors.required(SPEC.child('selector'));
  if (spec.replicas === undefined) errors.required(SPEC.child('replicas'));
  else checkNonNegative(spec.replicas, SPEC.child('replicas'), errors);
  const { template } = spec;
  const path = SPEC.child('template');
  if (template === undefined) {
    errors.required(path);
    return;
  }
  if (!selector.matches(template.metadata?.labels)) complainOfLabels(template, path, errors);
  const before = old?.spec.template;
  const options = podOptions(false, before?.spec, before?.metadata);
  validatePodTemplateSpec(template, path, errors, options);
  validateLongRunning(template, path, 'ReplicationController', errors);
}

/** Marks of a conversion that lost something: what it lost may not be changed. */
function validateNonConvertible(
  next: ReplicationController,
  old: ReplicationController,
  errors: FieldErrors,
): void {
  for (const [key, value] of Object.entries(old.metadata.annotations ?? {})) {
    const parts = key.split('/');
    if (!key.startsWith(NON_CONVERTIBLE) || parts.length !== 2) continue;
    const field = parts[1] ?? '';
    if (!field.includes('selector')) {
      const message = `Not found: ${JSON.stringify(value)}: unknown non-convertible field`;
      errors.add('FieldValueNotFound', field, message);
    } else if (!equalJson(next.spec.selector, old.spec.selector)) {
      const detail = 'cannot update non-convertible selector';
      errors.invalid('spec.selector', next.spec.selector, detail);
    }
  }
}

function validateStatus({ status }: ReplicationController, errors: FieldErrors): void {
  checkCounts(status, ['replicas', ...PARTS, 'observedGeneration'], errors);
  checkWithinReplicas(status, PARTS, errors);
  const available = status.availableReplicas ?? 0;
  if (available > (status.readyReplicas ?? 0)) {
    errors.invalid('status.availableReplicas', available, 'cannot be greater than readyReplicas');
  }
}

const RC_PAGE =
  'More info: https://kubernetes.io/docs/concepts/workloads/controllers/' +
  'replicationcontroller#what-is-a-replicationcontroller';

const COLUMNS: readonly Column<ReplicationController>[] = [
  NAME_COLUMN,
  {
    name: 'Desired',
    type: 'integer',
    description:
      'Replicas is the number of desired replicas. This is a pointer to distinguish between ' +
      `explicit zero and unspecified. Defaults to 1. ${RC_PAGE}`,
    cell: ({ spec }) => spec.replicas ?? 0,
  },
  {
    name: 'Current',
    type: 'integer',
    description: `Replicas is the most recently observed number of replicas. ${RC_PAGE}`,
    cell: ({ status }) => status.replicas,
  },
  {
    name: 'Ready',
    type: 'integer',
    description: 'The number of ready replicas for this replication controller.',
    cell: ({ status }) => status.readyReplicas ?? 0,
  },
  AGE_COLUMN,
  ...containerColumns<ReplicationController>(({ spec }) => spec.template?.spec.containers),
  {
    name: 'Selector',
    type: 'string',
    priority: 1,
    description:
      'Selector is a label query over pods that should match the Replicas count. If Selector ' +
      'is empty, it is defaulted to the labels present on the Pod template. Label keys and ' +
      'values that must match in order to be controlled by this replication controller, if ' +
      'empty defaulted to labels on Pod template. More info: ' +
      'https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
    cell: ({ spec }) => formatLabels(spec.selector),
  },
];

export const ReplicationController = defineKind<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ReplicationController',
  defaultPropagation: 'Orphan',
  nameRule: 'longName',
  anyGenerateName: true,

  defaults: setDefaults,
  prepareForCreate(rc) {
    rc.status = { replicas: 0 };
    rc.metadata.generation = 1;
    dropDisabled(rc, undefined);
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
    dropDisabled(next, old);
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate(rc, errors) {
    validateSpec(rc, undefined, errors);
  },
  validateUpdate(next, old, errors) {
    validateSpec(next, old, errors);
    validateNonConvertible(next, old, errors);
  },
  warnings(rc, old) {
    if (old === null) {
      const names = ownerNameWarnings(rc.metadata.name);
      return [...names, ...podTemplateWarnings(rc.spec.template, undefined, 'spec.template')];
    }
    if (old.metadata.generation === rc.metadata.generation) return [];
    // Upstream hands the two templates over in the wrong order and so warns about the old one.
    return podTemplateWarnings(old.spec.template, rc.spec.template, 'spec.template');
  },
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
    },
    validateUpdate(next, _old, errors) {
      validateStatus(next, errors);
    },
  },
  scale: scaleRules(true),
  selectableFields: ({ status }) => ({ 'status.replicas': String(status.replicas) }),
  columns: COLUMNS,
});
