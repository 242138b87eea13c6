/**
 * podFailurePolicy and successPolicy of a Job.
 *
 * Models: kubernetes pkg/controller/job pod_failure_policy.go, success_policy.go (v1.36)
 */
import type {
  ContainerStatus,
  Job,
  Pod,
  PodFailurePolicyRule,
} from '../../../api/generated/types.ts';
import { type Indexes, parseIndexes } from './indexes.ts';

export interface FailureVerdict {
  readonly action?: PodFailurePolicyRule['action'];
  /** Whether the failure counts towards the limits. */
  readonly counts: boolean;
  /** Set when the whole Job is to fail. */
  readonly message?: string;
}

/** What the first rule that matches says of a failed Pod. */
export function failureVerdict(job: Job, pod: Pod): FailureVerdict {
  const rules = job.spec.podFailurePolicy?.rules ?? [];
  for (const [at, rule] of rules.entries()) {
    const what = rule.onExitCodes ? exitCodeText(rule, pod) : conditionText(rule, pod);
    if (what === undefined) continue;
    const { action } = rule;
    if (action !== 'FailJob') return { action, counts: action !== 'Ignore' };
    return { action, counts: true, message: `${what} matching ${action} rule at index ${at}` };
  }
  return { counts: true };
}

function exitCodeText({ onExitCodes }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status;
  const matches = ({ name, state }: ContainerStatus): boolean => {
    const code = state?.terminated?.exitCode ?? 0;
    const { containerName, operator, values } = onExitCodes ?? {};
    if (code === 0 || (containerName !== undefined && containerName !== name)) return false;
    return (values ?? []).includes(code) === (operator === 'In');
  };
  const status = [...containerStatuses, ...initContainerStatuses].find(matches);
  if (!status) return undefined;
  const { namespace = '', name } = pod.metadata;
  const code = status.state?.terminated?.exitCode;
  return `Container ${status.name} for pod ${namespace}/${name} failed with exit code ${code}`;
}

function conditionText(
  { onPodConditions = [] }: PodFailurePolicyRule,
  pod: Pod,
): string | undefined {
  const condition = (pod.status.conditions ?? []).find((c) =>
    onPodConditions.some((p) => p.type === c.type && (p.status ?? 'True') === c.status),
  );
  if (!condition) return undefined;
  const { namespace = '', name } = pod.metadata;
  return `Pod ${namespace}/${name} has condition ${condition.type}`;
}

/** The message of the first rule that |succeeded| fulfils. */
export function successMessage(job: Job, succeeded: Indexes): string | undefined {
  if (succeeded.size === 0) return undefined;
  const completions = job.spec.completions ?? 0;
  for (const [at, rule] of (job.spec.successPolicy?.rules ?? []).entries()) {
    const message = `Matched rules at index ${at}`;
    const { succeededIndexes, succeededCount } = rule;
    if (succeededIndexes === undefined) {
      if (succeededCount !== undefined && succeeded.size >= succeededCount) return message;
      continue;
    }
    const required = parseIndexes(succeededIndexes, completions);
    if (required.size === 0) continue;
    let contained = 0;
    for (const index of required) if (succeeded.has(index)) contained++;
    if (contained === required.size) return message;
    if (succeededCount !== undefined && contained >= succeededCount) return message;
  }
  return undefined;
}
