/**
 * PodDisruptionBudget: how many Pods of an application may be evicted at a time.
 *
 * Models:     pkg/registry/policy/poddisruptionbudget strategy.go, pkg/apis/policy/validation
 *             ValidatePodDisruptionBudget* (v1.36)
 * Simplified: nothing known
 */
import type {
  PodDisruptionBudget as PodDisruptionBudgetType,
  PodDisruptionBudgetSpec,
} from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { validateConditions } from '../meta/condition-validation.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { checkSupported } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { keepPart, raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import { validateLabelSelector } from '../meta/selectors.ts';
import { validateAtMost100Percent, validateIntOrPercent } from './workload/int-or-percent.ts';
import { workingSelector } from './workload/selector.ts';
import { checkCounts } from './workload/status.ts';

export type PodDisruptionBudget = PodDisruptionBudgetType;

const POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];
const SHARES = ['minAvailable', 'maxUnavailable'] as const;
const COUNTS = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;

/** Messages show the server's internal form of the spec, which has no JSON names. */
function internalSpec(spec: PodDisruptionBudgetSpec): unknown {
  return {
    MinAvailable: spec.minAvailable ?? null,
    Selector: spec.selector ?? null,
    MaxUnavailable: spec.maxUnavailable ?? null,
    UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
  };
}

function validateSpec(
  spec: PodDisruptionBudgetSpec,
  allowInvalidValues: boolean,
  errors: FieldErrors,
): void {
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    const detail = 'minAvailable and maxUnavailable cannot be both set';
    errors.invalid('spec', internalSpec(spec), detail);
  }
  for (const field of SHARES) {
    const value = spec[field];
    if (value === undefined) continue;
    validateIntOrPercent(value, `spec.${field}`, errors);
    validateAtMost100Percent(value, `spec.${field}`, errors);
  }
  validateLabelSelector(spec.selector, 'spec.selector', errors, { allowInvalidValues });
  const policy = spec.unhealthyPodEvictionPolicy;
  if (policy !== undefined) {
    checkSupported(policy, POLICIES, 'spec.unhealthyPodEvictionPolicy', errors);
  }
}

const COLUMNS: readonly Column<PodDisruptionBudget>[] = [
  NAME_COLUMN,
  {
    name: 'Min Available',
    type: 'string',
    description: 'The minimum number of pods that must be available.',
    cell: ({ spec }) => String(spec.minAvailable ?? 'N/A'),
  },
  {
    name: 'Max Unavailable',
    type: 'string',
    description: 'The maximum number of pods that may be unavailable.',
    cell: ({ spec }) => String(spec.maxUnavailable ?? 'N/A'),
  },
  {
    name: 'Allowed Disruptions',
    type: 'integer',
    description: 'Calculated number of pods that may be disrupted at this time.',
    cell: ({ status }) => status.disruptionsAllowed ?? 0,
  },
  AGE_COLUMN,
];

export const PodDisruptionBudget = defineKind<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  namespaced: true,
  schema: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  ownMeta: 'none',
  updateNeedsVersion: true,

  defaults(budget) {
    budget.spec ??= {};
    // Always written, although the OpenAPI does not say so.
    const status = (budget.status ??= {});
    for (const field of COUNTS) status[field] ??= 0;
  },
  prepareForCreate(budget) {
    budget.status = Object.fromEntries(COUNTS.map((field) => [field, 0]));
    budget.metadata.generation = 1;
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate({ spec }, errors) {
    validateSpec(spec, false, errors);
  },
  validateUpdate({ spec }, old, errors) {
    validateSpec(spec, workingSelector(old.spec.selector) === undefined, errors);
  },
  status: {
    metaOnUpdate: 'none',
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
    },
    validateUpdate({ status }, _old, errors) {
      validateConditions(status.conditions, 'status.conditions', errors);
      checkCounts(status, COUNTS, errors);
    },
  },
  columns: COLUMNS,
});
