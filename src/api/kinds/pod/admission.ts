/**
 * Admission plugins that concern Pods, in the API server's order.
 *
 * Models:     plugin/pkg/admission: serviceaccount, nodetaint does not concern Pods, priority,
 *             defaulttolerationseconds, runtimeclass, podtopologylabels (v1.36)
 * Simplified: LimitRanger, PodSecurity and ResourceQuota are not there yet
 */
import type { Node, Pod, PriorityClass, RuntimeClass, Toleration } from '../../generated/types.ts';
import type { AdmissionContext, AdmissionPlugin } from '../../meta/define-kind.ts';
import { goQuote } from '../../meta/go-text.ts';
import { equalJson } from '../../meta/json.ts';
import type { Draft } from '../../meta/object.ts';
import { type ApiError, forbidden } from '../../meta/status.ts';
import { defaultPriorityClass } from '../priority-class.ts';
import { serviceAccountPlugin } from './service-account-admission.ts';

const PODS = { group: '', plural: 'pods' };

/** Upstream admission.NewForbidden: generated names are not made yet. */
export function podForbidden(pod: Draft<Pod> | Pod, message: string): ApiError {
  const { name, generateName } = pod.metadata;
  return forbidden(PODS, name || generateName || '', message);
}

const SCHEDULING_GROUP = 'scheduling.k8s.io';

interface ResolvedPriority {
  readonly name: string;
  readonly value: number;
  readonly preemption: 'Never' | 'PreemptLowerPriority';
}

function defaultPriority(context: AdmissionContext): ResolvedPriority {
  const found = defaultPriorityClass(context.list(SCHEDULING_GROUP, 'priorityclasses', ''));
  if (found === undefined) return { name: '', value: 0, preemption: 'PreemptLowerPriority' };
  return resolved(found);
}

function resolved({ metadata, value = 0, preemptionPolicy }: PriorityClass): ResolvedPriority {
  return { name: metadata.name, value, preemption: preemptionPolicy ?? 'PreemptLowerPriority' };
}

function namedPriority(pod: Draft<Pod>, name: string, context: AdmissionContext): ResolvedPriority {
  const found = context.lookup(SCHEDULING_GROUP, 'priorityclasses', '', name);
  if (found !== undefined) return resolved(found as unknown as PriorityClass);
  throw podForbidden(pod, `no PriorityClass with name ${name} was found`);
}

const priorityPlugin: AdmissionPlugin<Pod> = {
  name: 'Priority',
  admit(pod, old, context) {
    const { spec } = pod;
    if (old !== null) {
      if (spec.priority === undefined && old.spec.priority !== undefined) {
        spec.priority = old.spec.priority;
      }
      if (spec.preemptionPolicy === undefined && old.spec.preemptionPolicy !== undefined) {
        spec.preemptionPolicy = old.spec.preemptionPolicy;
      }
      return;
    }
    const wanted = spec.priorityClassName ?? '';
    const { name, value, preemption } =
      wanted === '' ? defaultPriority(context) : namedPriority(pod, wanted, context);
    if (name !== '') spec.priorityClassName = name;
    const computed = 'priority admission controller computed';
    const from = 'from the given PriorityClass name';
    if (spec.priority !== undefined && spec.priority !== value) {
      const text = `the integer value of priority (${spec.priority}) must not be provided in pod spec`;
      throw podForbidden(pod, `${text}; ${computed} ${value} ${from}`);
    }
    spec.priority = value;
    if ((spec.preemptionPolicy ?? preemption) !== preemption) {
      const text =
        `the string value of PreemptionPolicy (${spec.preemptionPolicy}) ` +
        'must not be provided in pod spec';
      throw podForbidden(pod, `${text}; ${computed} ${preemption} ${from}`);
    }
    spec.preemptionPolicy = preemption;
  },
};

const TOLERATION_SECONDS = 300; // --default-not-ready-toleration-seconds and its sibling
const NODE_TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

function tolerates({ key = '', effect }: Draft<Toleration>, taint: string): boolean {
  return (key === taint || key === '') && (effect ?? 'NoExecute') === 'NoExecute';
}

function defaultToleration(key: string): Toleration {
  const rule = { operator: 'Exists', effect: 'NoExecute' } as const;
  return Object.freeze({ key, ...rule, tolerationSeconds: TOLERATION_SECONDS });
}

/** The same in every Pod: all of them share these. */
const DEFAULT_TOLERATIONS: Readonly<Record<string, Toleration>> = Object.fromEntries(
  NODE_TAINTS.map((key) => [key, defaultToleration(key)]),
);

const tolerationSecondsPlugin: AdmissionPlugin<Pod> = {
  name: 'DefaultTolerationSeconds',
  admit({ spec }) {
    const given = spec.tolerations ?? [];
    const missing = NODE_TAINTS.filter((taint) => !given.some((t) => tolerates(t, taint)));
    if (missing.length === 0) return;
    spec.tolerations = [...given, ...missing.map((key) => DEFAULT_TOLERATIONS[key] as Toleration)];
  },
};

const runtimeClassPlugin: AdmissionPlugin<Pod> = {
  name: 'RuntimeClass',
  admit(pod, old, context) {
    const name = pod.spec.runtimeClassName;
    if (old !== null || name === undefined) return;
    const found = context.lookup('node.k8s.io', 'runtimeclasses', '', name);
    if (found === undefined) {
      throw podForbidden(pod, `pod rejected: RuntimeClass ${goQuote(name)} not found`);
    }
    applyRuntimeClass(pod, found as unknown as RuntimeClass);
  },
};

function applyRuntimeClass(pod: Draft<Pod>, { overhead, scheduling }: RuntimeClass): void {
  const { spec } = pod;
  const fixed = overhead?.podFixed;
  if (overhead !== undefined) {
    if (spec.overhead !== undefined && !equalJson(spec.overhead, fixed)) {
      const text = "Pod's Overhead doesn't match RuntimeClass's defined Overhead";
      throw podForbidden(pod, `pod rejected: ${text}`);
    }
    if (fixed !== undefined) spec.overhead = { ...fixed };
  }
  for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value) {
      const text = `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; `;
      throw podForbidden(pod, `${text}pod.spec.nodeSelector[${key}] = ${own}`);
    }
    (spec.nodeSelector ??= {})[key] = value;
  }
  for (const toleration of scheduling?.tolerations ?? []) {
    if (spec.tolerations?.some((t) => equalJson(t, toleration)) === true) continue;
    (spec.tolerations ??= []).push({ ...toleration } as Draft<Toleration>);
  }
}

const TOPOLOGY_LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** The labels of the node that its Pods get too. */
export function topologyLabels(
  nodeName: string,
  context: AdmissionContext,
): Readonly<Record<string, string>> {
  const node = context.lookup('', 'nodes', '', nodeName) as Node | undefined;
  const labels: Record<string, string> = {};
  for (const key of TOPOLOGY_LABELS) {
    const value = node?.metadata.labels?.[key];
    if (value !== undefined) labels[key] = value;
  }
  return labels;
}

const topologyLabelsPlugin: AdmissionPlugin<Pod> = {
  name: 'PodTopologyLabels',
  admit(pod, old, context) {
    const name = pod.spec.nodeName ?? '';
    if (old !== null || name === '') return;
    const labels = topologyLabels(name, context);
    if (Object.keys(labels).length > 0) pod.metadata.labels = { ...pod.metadata.labels, ...labels };
  },
};

export const podAdmission: readonly AdmissionPlugin<Pod>[] = [
  serviceAccountPlugin(podForbidden),
  priorityPlugin,
  tolerationSecondsPlugin,
  runtimeClassPlugin,
  topologyLabelsPlugin,
];
