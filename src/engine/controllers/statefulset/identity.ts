/**
 * Names, ordinals and volumes of a StatefulSet's Pods.
 *
 * Models: kubernetes pkg/controller/statefulset/stateful_set_utils.go (v1.36)
 */
import type {
  PersistentVolumeClaim,
  Pod,
  PodTemplateSpec,
  StatefulSet,
  Volume,
} from '../../../api/generated/types.ts';
import type { Input } from '../../../api/meta/object.ts';
import { isPodAvailable, isPodReady } from '../../../api/meta/pod-state.ts';
import { podFromTemplate } from '../../client/pod-template.ts';

export const REVISION_LABEL = 'controller-revision-hash'; // apps.StatefulSetRevisionLabel
const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name'; // apps.StatefulSetPodNameLabel
const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index'; // apps.PodIndexLabel
const POD_NAME = /^(.*)-([0-9]+)$/s; // statefulPodRegex
const MAX_ORDINAL = 2_147_483_647;

export function parseName(name: string): { parent: string; ordinal: number } {
  const match = POD_NAME.exec(name);
  const ordinal = Number(match?.[2] ?? '-1');
  return { parent: match?.[1] ?? '', ordinal: ordinal <= MAX_ORDINAL ? ordinal : -1 };
}

export function ordinalOf(pod: { readonly metadata: { readonly name: string } }): number {
  return parseName(pod.metadata.name).ordinal;
}

export function startOrdinal(set: StatefulSet): number {
  return set.spec.ordinals?.start ?? 0;
}

export function replicasOf(set: StatefulSet): number {
  return set.spec.replicas ?? 1;
}

export function inRange(ordinal: number, set: StatefulSet): boolean {
  const start = startOrdinal(set);
  return ordinal >= start && ordinal < start + replicasOf(set);
}

export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

export function claimName(
  set: StatefulSet,
  template: PersistentVolumeClaim,
  ordinal: number,
): string {
  return `${template.metadata.name}-${podName(set, ordinal)}`;
}

export function revisionOf(pod: Pod): string {
  return pod.metadata.labels?.[REVISION_LABEL] ?? '';
}

/** One place in the StatefulSet: the Pod that holds it, or the one to be made for it. */
export interface Replica {
  readonly ordinal: number;
  readonly name: string;
  readonly revision: string;
  /** Undefined while it has not been created. */
  readonly pod: Pod | undefined;
  readonly draft: Input<Pod> | undefined;
}

export function replicaOf(pod: Pod): Replica {
  const { name } = pod.metadata;
  return { ordinal: ordinalOf(pod), name, revision: revisionOf(pod), pod, draft: undefined };
}

export function isUnavailable({ pod }: Replica, minReadySeconds: number, nowMs: number): boolean {
  if (!pod || pod.metadata.deletionTimestamp !== undefined) return true;
  return !isPodAvailable(pod, minReadySeconds, nowMs);
}

export function isRunningAndReady(pod: Pod): boolean {
  return pod.status.phase === 'Running' && isPodReady(pod);
}

/** The Pod of |ordinal| as |template| describes it. */
export function draftPod(
  set: StatefulSet,
  template: PodTemplateSpec,
  revision: string,
  ordinal: number,
): Replica {
  const made = podFromTemplate(set, template);
  const name = podName(set, ordinal);
  const labels = { ...identityLabels(template.metadata.labels, name, ordinal) };
  const { serviceName } = set.spec;
  const volumes = volumesWithClaims(set, template.spec.volumes ?? [], ordinal);
  const hasVolumes = volumes.length > 0;
  const draft: Input<Pod> = {
    ...made,
    metadata: { ...made.metadata, name, labels: { ...labels, [REVISION_LABEL]: revision } },
    spec: {
      ...template.spec,
      ...(hasVolumes ? { volumes } : {}),
      hostname: name,
      ...(serviceName ? { subdomain: serviceName } : {}),
    },
  };
  return { ordinal, name, revision, pod: undefined, draft };
}

type Labels = Readonly<Record<string, string>>;

function identityLabels(labels: Labels | undefined, name: string, ordinal: number): Labels {
  return { ...labels, [POD_NAME_LABEL]: name, [POD_INDEX_LABEL]: String(ordinal) };
}

/** Volumes of the claims first; they take the place of volumes of the same name. */
function volumesWithClaims(
  set: StatefulSet,
  volumes: readonly Volume[],
  ordinal: number,
): readonly Volume[] {
  const templates = set.spec.volumeClaimTemplates ?? [];
  const claimed = templates.map(
    (template): Volume => ({
      name: template.metadata.name,
      persistentVolumeClaim: { claimName: claimName(set, template, ordinal) },
    }),
  );
  const names = new Set(claimed.map((volume) => volume.name));
  return [...claimed, ...volumes.filter((volume) => !names.has(volume.name))];
}

/** Pods that were as this specification wants them: every round looks at all of them again. */
const correct = new WeakMap<Pod, StatefulSet['spec']>();

/** The Pod with its identity and volumes as they should be; undefined when they are. */
export function correctedPod(set: StatefulSet, pod: Pod): Pod | undefined {
  if (correct.get(pod) === set.spec) return undefined;
  const { parent, ordinal } = parseName(pod.metadata.name);
  if (ordinal < 0) return undefined;
  const name = podName(set, ordinal);
  const identity =
    parent === set.metadata.name && pod.metadata.labels?.[POD_NAME_LABEL] === pod.metadata.name;
  const storage = storageMatches(set, pod, ordinal);
  if (identity && storage) {
    correct.set(pod, set.spec);
    return undefined;
  }
  const labels = identity
    ? pod.metadata.labels
    : identityLabels(pod.metadata.labels, name, ordinal);
  return {
    ...pod,
    metadata: { ...pod.metadata, ...(labels ? { labels } : {}) },
    spec: storage
      ? pod.spec
      : { ...pod.spec, volumes: volumesWithClaims(set, pod.spec.volumes ?? [], ordinal) },
  };
}

export function storageMatches(set: StatefulSet, pod: Pod, ordinal: number): boolean {
  return (set.spec.volumeClaimTemplates ?? []).every((template) => {
    const volume = pod.spec.volumes?.find((v) => v.name === template.metadata.name);
    return volume?.persistentVolumeClaim?.claimName === claimName(set, template, ordinal);
  });
}

/** A claim as it is to be created. */
export function claimDraft(
  set: StatefulSet,
  template: PersistentVolumeClaim,
  name: string,
): Input<PersistentVolumeClaim> {
  const labels = { ...template.metadata.labels, ...set.spec.selector.matchLabels };
  const hasLabels = Object.keys(labels).length > 0;
  const { annotations, finalizers } = template.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace: set.metadata.namespace,
      ...(hasLabels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
    },
    spec: template.spec,
    // The template carries the status that defaulting gave it.
    ...(template.status ? { status: template.status } : {}),
  } as Input<PersistentVolumeClaim>;
}
