/**
 * Which Nodes a DaemonSet's Pods belong on, and the Pod that is made for one of them.
 *
 * Models: kubernetes pkg/controller/daemon/daemon_controller.go (NodeShouldRunDaemonPod),
 *         pkg/controller/daemon/util/daemonset_util.go (v1.36)
 */
import type {
  Affinity,
  DaemonSet,
  Node,
  Pod,
  PodSpec,
  Toleration,
} from '../../../api/generated/types.ts';
import { matchesRequired } from '../../../api/meta/node-selector.ts';
import type { Input } from '../../../api/meta/object.ts';
import { toleratedBy } from '../../../api/meta/taints.ts';
import { podFromTemplate } from '../../client/pod-template.ts';

export const HASH_LABEL = 'controller-revision-hash'; // apps.DefaultDaemonSetUniqueLabelKey
const GENERATION_LABEL = 'pod-template-generation'; // DaemonSetTemplateGenerationKey
const GENERATION = 'deprecated.daemonset.template.generation'; // DeprecatedTemplateGeneration
const INTEGER = /^[+-]?\d+$/;
const NODE_NAME_FIELD = 'metadata.name';

/** Daemon Pods stay on nodes in trouble, and go to nodes that are cordoned or short of something. */
const DAEMON_TOLERATIONS: readonly Toleration[] = [
  ...['not-ready', 'unreachable'].map((name) => toleration(name, 'NoExecute')),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((name) =>
    toleration(name, 'NoSchedule'),
  ),
];
const HOST_NETWORK_TOLERATION = toleration('network-unavailable', 'NoSchedule');

function toleration(name: string, effect: 'NoExecute' | 'NoSchedule'): Toleration {
  return { key: `node.kubernetes.io/${name}`, operator: 'Exists', effect };
}

/** Upstream AddOrUpdateDaemonPodTolerations. */
export function daemonTolerations(spec: PodSpec): readonly Toleration[] {
  const wanted =
    spec.hostNetwork === true
      ? [...DAEMON_TOLERATIONS, HOST_NETWORK_TOLERATION]
      : DAEMON_TOLERATIONS;
  const tolerations = [...(spec.tolerations ?? [])];
  for (const next of wanted) {
    const same = (t: Toleration): boolean =>
      t.key === next.key &&
      t.effect === next.effect &&
      (t.operator ?? 'Equal') === next.operator &&
      (t.value ?? '') === '';
    const at = tolerations.findIndex(same);
    if (at < 0) tolerations.push(next);
    else tolerations[at] = next;
  }
  return tolerations;
}

export interface Fit {
  /** A Pod is to be made where there is none. */
  readonly run: boolean;
  /** A Pod that is there may stay. */
  readonly stay: boolean;
}

export function nodeFit(ds: DaemonSet, node: Node): Fit {
  const { spec } = ds.spec.template;
  const { name, labels = {} } = node.metadata;
  const none = { run: false, stay: false };
  if (spec.nodeName && spec.nodeName !== name) return none;
  if (!matchesRequired(spec, { name, labels })) return none;
  const tolerations = daemonTolerations(spec);
  const against = (node.spec.taints ?? []).filter(
    (t) => t.effect !== 'PreferNoSchedule' && !toleratedBy(tolerations, t),
  );
  if (against.length === 0) return { run: true, stay: true };
  return { run: false, stay: !against.some((t) => t.effect === 'NoExecute') };
}

/** Where a Pod runs, or is meant to; undefined when it does not say. */
export function targetNode(pod: Pod): string | undefined {
  if (pod.spec.nodeName) return pod.spec.nodeName;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const term of required?.nodeSelectorTerms ?? []) {
    for (const { key, operator, values = [] } of term.matchFields ?? []) {
      if (key !== NODE_NAME_FIELD || operator !== 'In') continue;
      return values.length === 1 ? values[0] : undefined;
    }
  }
  return undefined;
}

/** Old clusters counted templates; who still asks for it gets the label. */
function templateGeneration(ds: DaemonSet): string | undefined {
  const text = ds.metadata.annotations?.[GENERATION];
  return text !== undefined && INTEGER.test(text) ? String(BigInt(text)) : undefined;
}

export function isUpdated(ds: DaemonSet, pod: Pod, hash: string): boolean {
  const { labels = {} } = pod.metadata;
  const generation = templateGeneration(ds);
  return (
    labels[HASH_LABEL] === hash ||
    (generation !== undefined && labels[GENERATION_LABEL] === generation)
  );
}

/** The scheduler brings it to |node|: its affinity names no other. */
export function daemonPod(ds: DaemonSet, node: string, hash: string): Input<Pod> {
  const { template } = ds.spec;
  const generation = templateGeneration(ds);
  const made = podFromTemplate(ds, template);
  return {
    ...made,
    metadata: {
      ...made.metadata,
      labels: {
        ...template.metadata.labels,
        ...(generation === undefined ? {} : { [GENERATION_LABEL]: generation }),
        [HASH_LABEL]: hash,
      },
    },
    spec: {
      ...template.spec,
      tolerations: daemonTolerations(template.spec),
      affinity: affinityTo(template.spec.affinity, node),
    },
  };
}

function affinityTo(affinity: Affinity | undefined, node: string): Affinity {
  const matchFields = [{ key: NODE_NAME_FIELD, operator: 'In' as const, values: [node] }];
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
    },
  };
}
