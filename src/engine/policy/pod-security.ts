/**
 * PodSecurity: Pods live up to the security level that their namespace's labels ask for. Workloads
 * whose Pods would not are let through with a warning.
 *
 * Models:     k8s.io/pod-security-admission admission admission.go, plugin/pkg/admission/security/
 *             podsecurity (v1.36)
 * Simplified: nothing is exempt, as by default; there is no audit log that would tell of audit levels
 */
import type { Namespace, ObjectMeta, Pod, PodSpec } from '../../api/generated/types.ts';
import type { AdmissionContext, ServerPlugin } from '../../api/meta/define-kind.ts';
import { compareText } from '../../api/meta/go-text.ts';
import { equalJson } from '../../api/meta/json.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { forbidden, internalError, invalid } from '../../api/meta/status.ts';
import {
  compareLevels,
  detailText,
  isFullyPrivileged,
  type LabelledPolicy,
  type LevelVersion,
  levelText,
  type Policy,
  policyOf,
  reasonText,
  violations,
} from './pod-security/levels.ts';

const MAX_PODS_TO_CHECK = 3000; // defaultNamespaceMaxPodsToCheck

interface PodParts {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
}

/** Any object that makes Pods, or is one. */
interface Workload {
  readonly template?: PodParts;
  readonly spec?: {
    readonly template?: PodParts;
    readonly jobTemplate?: { readonly spec: { readonly template: PodParts } };
  };
}

/** Policies by stored namespace: its labels are read once. */
const policies = new WeakMap<KubeObject, LabelledPolicy>();

function policyOfNamespace(context: AdmissionContext): LabelledPolicy {
  const namespace = context.lookup('', 'namespaces', '', context.namespace);
  if (namespace === undefined) {
    throw internalError(`failed to lookup namespace "${context.namespace}"`);
  }
  let policy = policies.get(namespace);
  if (!policy) policies.set(namespace, (policy = policyOf(namespace.metadata.labels)));
  return policy;
}

function warnIfViolated(wanted: LevelVersion, pod: PodParts, context: AdmissionContext): void {
  const found = violations(wanted, pod.metadata, pod.spec);
  if (found.length === 0) return;
  context.warn(`would violate PodSecurity "${levelText(wanted)}": ${detailText(found)}`);
}

function validatePod(pod: Pod, old: Pod | null, context: AdmissionContext): void {
  const { policy, errors } = policyOfNamespace(context);
  if (errors.none && isFullyPrivileged(policy)) return;
  if (old !== null && context.operation === 'UPDATE' && !isSignificant(pod.spec, old.spec)) return;
  const found = violations(policy.enforce, pod.metadata, pod.spec);
  if (found.length > 0) {
    const text = `violates PodSecurity "${levelText(policy.enforce)}": ${detailText(found)}`;
    throw forbidden(context.kind, pod.metadata.name, text);
  }
  warnIfViolated(policy.warn, pod, context);
}

function validateWorkload(object: Workload, context: AdmissionContext): void {
  const { policy, errors } = policyOfNamespace(context);
  const isOpen = policy.warn.level === 'privileged' && policy.audit.level === 'privileged';
  if (errors.none && isOpen) return;
  const template =
    object.template ?? object.spec?.template ?? object.spec?.jobTemplate?.spec.template;
  if (template !== undefined) warnIfViolated(policy.warn, template, context);
}

interface Imaged {
  readonly name: string;
  readonly image?: string;
}

/** Other changes cannot make a Pod less secure than it was admitted. */
export function isSignificant(next: PodSpec, old: PodSpec): boolean {
  for (const field of ['containers', 'initContainers'] as const) {
    const now = next[field] ?? [];
    const before = old[field] ?? [];
    if (now.length !== before.length) return true;
    if (now.some((container, i) => container.image !== before[i]?.image)) return true;
  }
  const before = (old.ephemeralContainers ?? []) as readonly Imaged[];
  return ((next.ephemeralContainers ?? []) as readonly Imaged[]).some(({ name, image }) => {
    const known = before.find((c) => c.name === name);
    return known === undefined || known.image !== image;
  });
}

function validateNamespace(next: Namespace, old: Namespace | null, context: AdmissionContext) {
  const { policy, errors } = policyOf(next.metadata.labels);
  const { name } = next.metadata;
  const before = old === null ? null : policyOf(old.metadata.labels);
  if (!errors.none && (before === null || !equalJson(errors.list, before.errors.list))) {
    throw invalid(context.kind, name, errors.list);
  }
  if (before === null || !isTighter(policy, before.policy)) return;
  const pods = context.list('', 'pods', name) as readonly Pod[];
  for (const text of podWarnings(name, policy.enforce, pods)) context.warn(text);
}

/** Whether Pods that were fine until now may no longer be. */
function isTighter({ enforce: next }: Policy, { enforce: old }: Policy): boolean {
  if (next.level === 'privileged') return false;
  return next.version !== old.version || compareLevels(next.level, old.level) > 0;
}

/** Pods without a controller and one of each controller come first. */
function prioritized(pods: readonly Pod[]): readonly Pod[] {
  const seen = new Set<string>();
  const first: Pod[] = [];
  const others: Pod[] = [];
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.find((r) => r.controller)?.uid;
    (owner !== undefined && seen.has(owner) ? others : first).push(pod);
    if (owner !== undefined) seen.add(owner);
  }
  return [...first, ...others];
}

/** What the client is told of Pods that are there already. */
export function podWarnings(
  namespace: string,
  enforce: LevelVersion,
  pods: readonly Pod[],
): readonly string[] {
  const checked = prioritized(pods).slice(0, MAX_PODS_TO_CHECK);
  const byReason = new Map<string, { first: string; count: number }>();
  for (const { metadata, spec } of checked) {
    const reason = reasonText(violations(enforce, metadata, spec));
    if (reason === '') continue;
    const known = byReason.get(reason) ?? { first: metadata.name, count: 0 };
    const first = compareText(metadata.name, known.first) < 0 ? metadata.name : known.first;
    byReason.set(reason, { first, count: known.count + 1 });
  }
  const out: string[] = [];
  if (checked.length < pods.length) {
    const share = `the first ${checked.length} of ${pods.length} existing pods`;
    out.push(`new PodSecurity enforce level only checked against ${share}`);
  }
  if (byReason.size > 0) {
    const level = `the new PodSecurity enforce level "${levelText(enforce)}"`;
    out.push(`existing pods in namespace "${namespace}" violate ${level}`);
  }
  const lines = [...byReason].map(([reason, { first, count }]) => {
    if (count === 1) return `${first}: ${reason}`;
    const others = count === 2 ? '1 other pod' : `${count - 1} other pods`;
    return `${first} (and ${others}): ${reason}`;
  });
  return [...out, ...lines.sort(compareText)];
}

export const podSecurity: ServerPlugin = {
  name: 'PodSecurity',
  operations: ['CREATE', 'UPDATE'],
  resources: [
    { group: '', plural: 'namespaces' },
    { group: '', plural: 'pods' },
    { group: '', plural: 'replicationcontrollers' },
    { group: '', plural: 'podtemplates' },
    { group: 'apps', plural: 'replicasets' },
    { group: 'apps', plural: 'deployments' },
    { group: 'apps', plural: 'statefulsets' },
    { group: 'apps', plural: 'daemonsets' },
    { group: 'batch', plural: 'jobs' },
    { group: 'batch', plural: 'cronjobs' },
  ],
  subresources: ['ephemeralcontainers', 'resize'],
  validate(object, old, context) {
    const { plural } = context.kind;
    if (plural === 'namespaces') {
      validateNamespace(object as unknown as Namespace, old as Namespace | null, context);
    } else if (plural === 'pods') {
      validatePod(object as unknown as Pod, old as Pod | null, context);
    } else {
      validateWorkload(object as Workload, context);
    }
  },
};
