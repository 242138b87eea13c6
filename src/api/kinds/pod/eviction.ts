/**
 * The subresource `eviction` of Pods: a deletion that respects disruption budgets.
 *
 * Models:     pkg/registry/core/pod/storage eviction.go, k8s.io/component-helpers
 *             apps/poddisruptionbudget helpers.go (v1.36)
 * Writes:     the condition DisruptionTarget of the Pod, then its deletion; the budget's status
 * Simplified: nothing else writes while an eviction is decided, so that nothing is tried again
 */
import type {
  Condition,
  Eviction,
  Pod,
  PodCondition,
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
  Preconditions,
} from '../../generated/types.ts';
import type { ActionResult, AdmissionContext, SubresourceAction } from '../../meta/define-kind.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import { sortedByKey } from '../../meta/go-text.ts';
import type { Draft, KubeObject } from '../../meta/object.ts';
import { isPodReady, isPodTerminal } from '../../meta/pod-state.ts';
import { compileStoredSelector } from '../../meta/selectors.ts';
import {
  type ApiError,
  badRequest,
  conflict,
  failure,
  forbidden,
  invalid,
  plainError,
} from '../../meta/status.ts';

const MAX_DISRUPTED_PODS = 2000; // MaxDisruptedPodSize
const RETRY_AFTER_SECONDS = 10; // createTooManyRequestsError
const POLICY = 'policy';
const BUDGETS = 'poddisruptionbudgets';
/** As upstream names them in messages. */
const POD = { group: '', plural: 'Pod' };
const BUDGET = { group: POLICY, plural: 'poddisruptionbudget' };
const ALLOWED = 'DisruptionAllowed';

type DeleteOptions = NonNullable<Eviction['deleteOptions']>;

function refuseEviction(cause: string, retryAfterSeconds = 0): ApiError {
  const message = "Cannot evict pod as it would violate the pod's disruption budget.";
  return failure(429, 'TooManyRequests', message, {
    causes: [{ reason: 'DisruptionBudget', message: cause }],
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  });
}

/** Pods that are no longer or not yet part of what the budget protects. */
function needsNoBudget(pod: Pod): boolean {
  if (isPodTerminal(pod) || pod.status.phase === 'Pending') return true;
  return pod.metadata.deletionTimestamp !== undefined;
}

function budgetsOf(pod: Pod, context: AdmissionContext): readonly PodDisruptionBudget[] {
  const namespace = pod.metadata.namespace ?? '';
  const all = context.list(POLICY, BUDGETS, namespace) as readonly KubeObject[];
  return (all as readonly PodDisruptionBudget[]).filter(({ spec }) =>
    compileStoredSelector(spec.selector).matches(pod.metadata.labels),
  );
}

/** A Pod that is not ready is no loss, where the budget says so or has enough without it. */
function unhealthyMayGo({ spec, status }: PodDisruptionBudget, pod: Pod): boolean {
  if (isPodReady(pod)) return false;
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status;
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

/** Why a budget that allows nothing does so. */
function exhaustedText({ metadata, status }: PodDisruptionBudget): string {
  const { conditions = [], currentHealthy = 0, desiredHealthy = 0 } = status;
  const condition = conditions.find((c) => c.type === ALLOWED);
  const said = condition?.status === 'False' ? (condition.message ?? '') : '';
  const closed = `The disruption budget ${metadata.name} does not allow evicting pods currently`;
  if (said !== '' && condition?.reason === 'SyncFailed') {
    return `${closed} because it failed sync: ${said}`;
  }
  if (currentHealthy <= desiredHealthy) {
    const needs = `needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
    return `The disruption budget ${metadata.name} ${needs}`;
  }
  return said === '' ? closed : `${closed} (${condition?.reason ?? ''}): ${said}`;
}

/** Upstream checkAndDecrement; answers the budget's status after this eviction. */
function statusAfter(
  budget: PodDisruptionBudget,
  podName: string,
  now: string,
): PodDisruptionBudgetStatus {
  const { metadata, status } = budget;
  const { name } = metadata;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    const text = `The disruption budget ${name} is still being processed by the server.`;
    throw refuseEviction(text, RETRY_AFTER_SECONDS);
  }
  const allowed = status.disruptionsAllowed ?? 0;
  if (allowed < 0) throw forbidden(BUDGET, name, 'pdb disruptions allowed is negative');
  if (Object.keys(status.disruptedPods ?? {}).length > MAX_DISRUPTED_PODS) {
    const why = 'too many evictions not confirmed by PDB controller';
    throw forbidden(BUDGET, name, `DisruptedPods map too big - ${why}`);
  }
  if (allowed === 0) throw refuseEviction(exhaustedText(budget));
  return {
    ...status,
    disruptionsAllowed: allowed - 1,
    disruptedPods: sortedByKey({ ...status.disruptedPods, [podName]: now }),
    ...(allowed === 1 ? { conditions: withExhausted(status, now) } : {}),
  };
}

/** Upstream UpdateDisruptionAllowedCondition once nothing is allowed any more. */
function withExhausted(
  { conditions = [], observedGeneration }: PodDisruptionBudgetStatus,
  now: string,
): readonly Condition[] {
  const known = conditions.find((c) => c.type === ALLOWED);
  const condition: Condition = {
    type: ALLOWED,
    status: 'False',
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    lastTransitionTime: known?.status === 'False' ? known.lastTransitionTime : now,
    reason: 'InsufficientPods',
    message: '',
  };
  if (known === undefined) return [...conditions, condition];
  return conditions.map((c) => (c === known ? condition : c));
}

/** In place: upstream UpdatePodCondition. */
function markDisrupted(pod: Draft<Pod>, now: string): void {
  const conditions = [...(pod.status.conditions ?? [])];
  const i = conditions.findIndex((c) => c.type === 'DisruptionTarget');
  const known = conditions[i];
  const condition = {
    ...(known?.observedGeneration === undefined
      ? {}
      : { observedGeneration: known.observedGeneration }),
    type: 'DisruptionTarget',
    status: 'True',
    // Never set by anything, yet always written.
    lastProbeTime: null as unknown as string,
    lastTransitionTime: known?.status === 'True' ? (known.lastTransitionTime ?? now) : now,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  } as Draft<PodCondition>;
  if (i < 0) conditions.push(condition);
  else conditions[i] = condition;
  pod.status.conditions = conditions;
}

function checkPreconditions({ uid, resourceVersion }: Preconditions, pod: Draft<Pod>): void {
  const { metadata } = pod;
  const check = (what: string, wanted: string | undefined, is: string, why: string): void => {
    if (!wanted || wanted === is) return;
    const text = `the ${what} in the precondition (${wanted}) does not match`;
    const rest = `the ${what} in record (${is}). The object might have been ${why}`;
    throw conflict(POD, metadata.name, `${text} ${rest}`);
  };
  check('UID', uid, metadata.uid, 'deleted and then recreated');
  check('ResourceVersion', resourceVersion, metadata.resourceVersion, 'modified');
}

/** Upstream propagateDryRun: the request and the options inside may both ask for it. */
function isDryRun({ dryRun = [] }: DeleteOptions, context: AdmissionContext): boolean {
  if (context.dryRun && dryRun.length > 0 && dryRun.join(' ') !== 'All') {
    const both = `[All] and [${dryRun.join(' ')}]`;
    throw plainError(`Non-matching dry-run options in request and content: ${both}`);
  }
  return context.dryRun || dryRun.length > 0;
}

function removal(options: DeleteOptions, dryRun: boolean): NonNullable<ActionResult['remove']> {
  const { gracePeriodSeconds, orphanDependents, preconditions = {} } = options;
  const { uid, resourceVersion } = preconditions;
  const orphan = orphanDependents === true ? 'Orphan' : 'Background';
  const policy = options.propagationPolicy ?? (orphanDependents === undefined ? '' : orphan);
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(policy === '' ? {} : { propagationPolicy: policy as 'Orphan' }),
    ...(uid === undefined ? {} : { uid }),
    // The condition was written since: the version was compared before that.
    ...(resourceVersion === undefined || !dryRun ? {} : { resourceVersion }),
    ...(dryRun ? { dryRun } : {}),
  };
}

function validateOptions(options: DeleteOptions, name: string): void {
  const field = 'ignoreStoreReadErrorWithClusterBreakingPotential';
  if (options[field] !== true) return;
  const errors = new FieldErrors();
  const detail = 'can not be set for pod eviction, try after removing the option';
  errors.invalid(`deleteOptions.${field}`, true, detail);
  throw invalid({ group: POLICY, kind: 'Eviction' }, name, errors.list);
}

/** Two budgets for one Pod: an answer that says failure, although the request itself went well. */
const MORE_THAN_ONE = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message:
    'This pod has more than one PodDisruptionBudget, which the eviction subresource does not ' +
    'support.',
  code: 500,
};

export const podEviction: SubresourceAction<Pod> = {
  bodyGroup: POLICY,
  bodyVersion: 'v1',
  bodyKind: 'Eviction',
  bodySchema: 'io.k8s.api.policy.v1.Eviction',
  create(body, draft, context) {
    const { metadata, deleteOptions: options = {} } = body as unknown as Eviction;
    const pod = draft as Pod;
    const { name } = pod.metadata;
    if (metadata?.name !== name) {
      throw badRequest('name in URL does not match name in Eviction object');
    }
    validateOptions(options, name);
    const dryRun = isDryRun(options, context);
    const budgets = needsNoBudget(pod) ? [] : budgetsOf(pod, context);
    if (budgets.length > 1) return { changed: false, answer: MORE_THAN_ONE };
    const budget = budgets[0];
    if (budget !== undefined && !unhealthyMayGo(budget, pod)) {
      const status = statusAfter(budget, name, context.now);
      const next = { ...budget, status };
      if (!dryRun) context.updateStatus(POLICY, BUDGETS, next);
    }
    const remove = removal(options, dryRun);
    if (dryRun) return { changed: false, answer: undefined, remove };
    checkPreconditions(options.preconditions ?? {}, draft);
    markDisrupted(draft, context.now);
    return { changed: true, answer: undefined, remove };
  },
};
