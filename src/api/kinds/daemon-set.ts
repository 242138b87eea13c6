/**
 * DaemonSet: one Pod on every node, or on those that fit.
 *
 * Models:     pkg/registry/apps/daemonset strategy.go, pkg/apis/apps/v1 defaults.go, conversion.go,
 *             pkg/apis/apps/validation ValidateDaemonSet* (v1.36)
 * Simplified: nothing known
 */
import type {
  DaemonSet as DaemonSetType,
  DaemonSetSpec,
  DaemonSetUpdateStrategy,
  RollingUpdateDaemonSet,
} from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { checkImmutable, checkNonNegative } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { goQuote, sortedByKey } from '../meta/go-text.ts';
import { equalJson } from '../meta/json.ts';
import { keepPart, raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import type { Draft } from '../meta/object.ts';
import { formatLabelSelector, validateLabelSelector } from '../meta/selectors.ts';
import { badRequest } from '../meta/status.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { dropDisabledPodFields } from './pod/drop-disabled.ts';
import { podOptions, type PodValidationOptions } from './pod/options.ts';
import { validatePodTemplateSpec } from './pod/validation.ts';
import { podTemplateWarnings } from './pod/warnings.ts';
import { containerColumns, formatLabels } from './workload/columns.ts';
import {
  plainNumber,
  validateAtMost100Percent,
  validateIntOrPercent,
} from './workload/int-or-percent.ts';
import {
  complainOfLabels,
  isEmptySelector,
  validateLongRunning,
  workingSelector,
} from './workload/selector.ts';
import { checkCollisionCount, checkCounts } from './workload/status.ts';

export type DaemonSet = DaemonSetType;

const DEFAULT_HISTORY = 10; // apps/v1 defaults.go
const STRATEGIES = ['RollingUpdate', 'OnDelete'];
const SPEC = FieldPath.of('spec');

/** Where apps/v1 keeps what earlier versions had as spec.templateGeneration. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';
const INTEGER = /^[+-]?[0-9]+$/;

function templateGeneration(set: Draft<DaemonSet> | DaemonSet): number {
  const text = set.metadata.annotations?.[TEMPLATE_GENERATION];
  if (text === undefined) return 0;
  if (!INTEGER.test(text)) {
    const cause = `strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`;
    throw badRequest(`DaemonSet in version "v1" cannot be handled as a DaemonSet: ${cause}`);
  }
  return Number(text);
}

function setTemplateGeneration(set: Draft<DaemonSet>, generation: number): void {
  const annotations = { ...set.metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
  set.metadata.annotations = sortedByKey(annotations);
}

function setDefaults(set: Draft<DaemonSet>): void {
  const spec = (set.spec ??= {} as Draft<DaemonSet>['spec']);
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ??= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rolling = (strategy.rollingUpdate ??= {});
    rolling.maxUnavailable ??= 1;
    rolling.maxSurge ??= 0;
  } else if (strategy.rollingUpdate !== undefined) {
    // The internal type cannot leave them out.
    strategy.rollingUpdate.maxUnavailable ??= 0;
    strategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= DEFAULT_HISTORY;
  spec.template ??= { metadata: {}, spec: { containers: [] } };
  defaultPodTemplate(spec.template);
  setTemplateGeneration(set, templateGeneration(set));
}

function validateSpec(
  spec: DaemonSetSpec,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  // What a client leaves out has been decoded as null.
  const selector = (spec.selector as DaemonSetSpec['selector'] | null) ?? undefined;
  const selectorAt = SPEC.child('selector');
  const templateAt = SPEC.child('template');
  const allowInvalidValues = options.allowInvalidSelectorValues;
  validateLabelSelector(selector, selectorAt, errors, { allowInvalidValues });
  if (workingSelector(selector)?.matches(spec.template.metadata?.labels) === false) {
    complainOfLabels(spec.template, templateAt, errors);
  }
  if (selector !== undefined && isEmptySelector(selector)) {
    errors.invalid(selectorAt, selector, 'empty selector is invalid for daemonset');
  }
  validatePodTemplateSpec(spec.template, templateAt, errors, options);
  validateLongRunning(spec.template, templateAt, 'DaemonSet', errors);
  checkNonNegative(spec.minReadySeconds, SPEC.child('minReadySeconds'), errors);
  validateStrategy(spec.updateStrategy, SPEC.child('updateStrategy'), errors);
  checkNonNegative(spec.revisionHistoryLimit, SPEC.child('revisionHistoryLimit'), errors);
}

function validateStrategy(
  { type = '' as 'OnDelete', rollingUpdate }: DaemonSetUpdateStrategy,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (type === 'OnDelete') return;
  if (type !== 'RollingUpdate') {
    errors.notSupported(path, internalStrategy(type, rollingUpdate), STRATEGIES);
  } else if (rollingUpdate === undefined) errors.required(path.child('rollingUpdate'));
  else validateRolling(rollingUpdate, path.child('rollingUpdate'), errors);
}

/** Messages show the server's internal form of the strategy, which has no JSON names. */
function internalStrategy(type: string, rolling: RollingUpdateDaemonSet | undefined): unknown {
  if (rolling === undefined) return { Type: type, RollingUpdate: null };
  const { maxUnavailable = 0, maxSurge = 0 } = rolling;
  return { Type: type, RollingUpdate: { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge } };
}

function validateRolling(
  { maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDaemonSet,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const unavailableAt = path.child('maxUnavailable');
  const surgeAt = path.child('maxSurge');
  validateIntOrPercent(maxUnavailable, unavailableAt, errors);
  validateIntOrPercent(maxSurge, surgeAt, errors);
  validateAtMost100Percent(maxUnavailable, unavailableAt, errors);
  validateAtMost100Percent(maxSurge, surgeAt, errors);
  const hasUnavailable = plainNumber(maxUnavailable) !== 0;
  const hasSurge = plainNumber(maxSurge) !== 0;
  if (hasUnavailable && hasSurge) {
    errors.invalid(surgeAt, maxSurge, 'may not be set when maxUnavailable is non-zero');
  } else if (!hasUnavailable && !hasSurge) {
    errors.required(unavailableAt, 'cannot be 0 when maxSurge is 0');
  }
}

const STATUS_COUNTS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
] as const;

const DAEMONSET_PAGE =
  'More info: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/';

const COLUMNS: readonly Column<DaemonSet>[] = [
  NAME_COLUMN,
  {
    name: 'Desired',
    type: 'integer',
    description:
      'The total number of nodes that should be running the daemon pod (including nodes ' +
      `correctly running the daemon pod). ${DAEMONSET_PAGE}`,
    cell: ({ status }) => status.desiredNumberScheduled,
  },
  {
    name: 'Current',
    type: 'integer',
    description:
      'The number of nodes that are running at least 1 daemon pod and are supposed to run ' +
      `the daemon pod. ${DAEMONSET_PAGE}`,
    cell: ({ status }) => status.currentNumberScheduled,
  },
  {
    name: 'Ready',
    type: 'integer',
    description:
      'numberReady is the number of nodes that should be running the daemon pod and have one ' +
      'or more of the daemon pod running with a Ready Condition.',
    cell: ({ status }) => status.numberReady,
  },
  {
    name: 'Up-to-date',
    type: 'integer',
    description: 'The total number of nodes that are running updated daemon pod',
    cell: ({ status }) => status.updatedNumberScheduled ?? 0,
  },
  {
    name: 'Available',
    type: 'integer',
    description:
      'The number of nodes that should be running the daemon pod and have one or more of the ' +
      'daemon pod running and available (ready for at least spec.minReadySeconds)',
    cell: ({ status }) => status.numberAvailable ?? 0,
  },
  {
    name: 'Node Selector',
    type: 'string',
    description:
      'NodeSelector is a selector which must be true for the pod to fit on a node. Selector ' +
      "which must match a node's labels for the pod to be scheduled on that node. More info: " +
      'https://kubernetes.io/docs/concepts/configuration/assign-pod-node/',
    cell: ({ spec }) => formatLabels(spec.template.spec.nodeSelector),
  },
  AGE_COLUMN,
  ...containerColumns<DaemonSet>(({ spec }) => spec.template.spec.containers),
  {
    name: 'Selector',
    type: 'string',
    priority: 1,
    description:
      'A label query over pods that are managed by the daemon set. Must match in order to be ' +
      "controlled. It must match the pod template's labels. More info: " +
      'https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
    cell: ({ spec }) => formatLabelSelector(spec.selector),
  },
];

export const DaemonSet = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.DaemonSet',

  defaults: setDefaults,
  prepareForCreate(set) {
    set.status = {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    };
    set.metadata.generation = 1;
    setTemplateGeneration(set, Math.max(1, templateGeneration(set)));
    dropDisabledPodFields(set.spec.template.spec, undefined);
  },
  prepareForUpdate(next, old) {
    dropDisabledPodFields(next.spec.template.spec, old.spec.template.spec);
    keepPart(next, old, 'status');
    const changed = !equalJson(next.spec.template, old.spec.template);
    setTemplateGeneration(next, templateGeneration(old) + (changed ? 1 : 0));
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate({ spec }, errors) {
    validateSpec(spec, podOptions(false, undefined, undefined), errors);
  },
  validateUpdate({ spec }, old, errors) {
    const { selector, template } = old.spec;
    const options = podOptions(false, template.spec, template.metadata);
    const allowInvalidSelectorValues =
      options.allowInvalidSelectorValues || workingSelector(selector) === undefined;
    checkImmutable(spec.selector, selector, 'spec.selector', errors);
    validateSpec(spec, { ...options, allowInvalidSelectorValues }, errors);
  },
  warnings(set, old) {
    if (old !== null && templateGeneration(old) === templateGeneration(set)) return [];
    return podTemplateWarnings(set.spec.template, old?.spec.template, 'spec.template');
  },
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
      setTemplateGeneration(next, templateGeneration(old));
    },
    validateUpdate({ status }, old, errors) {
      checkCounts(status, STATUS_COUNTS, errors);
      checkCollisionCount(status, old.status, errors);
    },
  },
  columns: COLUMNS,
});
