/**
 * The ReplicaSets of a Deployment: which is the new one, their order, and the annotations that carry
 * revisions and sizes.
 *
 * Models: kubernetes pkg/controller/deployment/util/deployment_util.go, sync.go;
 *         pkg/controller/controller_utils.go (sort orders) (v1.36)
 */
import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../../api/generated/types.ts';
import { compareText } from '../../../api/meta/go-text.ts';
import { equalJson } from '../../../api/meta/json.ts';
import type { Input } from '../../../api/meta/object.ts';
import { newControllerRef } from '../../../api/meta/owner-references.ts';
import { parseTime } from '../../../api/meta/time.ts';

export const POD_TEMPLATE_HASH = 'pod-template-hash'; // apps.DefaultDeploymentUniqueLabelKey
export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_BITS = 64;
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
export const ROLLBACK_TO = 'deprecated.deployment.rollback.to';

/** Upstream skipCopyAnnotation. */
export const NOT_COPIED: ReadonlySet<string> = new Set([
  LAST_APPLIED,
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  ROLLBACK_TO,
]);

const MAX_REVISION_HISTORY_CHARS = 2_000; // maxRevHistoryLengthInChars, sync.go
const SUBDOMAIN_MAX_CHARS = 253; // validation.DNS1123SubdomainMaxLength
const MAX_INT32 = 2_147_483_647;

export type Annotations = Readonly<Record<string, string>>;

/** Oldest first; the name decides between those of one second. */
export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const x = parseTime(a.metadata.creationTimestamp);
  const y = parseTime(b.metadata.creationTimestamp);
  return x - y || compareText(a.metadata.name, b.metadata.name);
}

const size = (rs: ReplicaSet): number => rs.spec.replicas ?? 1;

export function bySizeOlder(a: ReplicaSet, b: ReplicaSet): number {
  return size(b) - size(a) || byAge(a, b);
}

export function bySizeNewer(a: ReplicaSet, b: ReplicaSet): number {
  return size(b) - size(a) || byAge(b, a);
}

/** Lowest revision first; equal or unreadable revisions by age. */
export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const x = revisionOf(a);
  const y = revisionOf(b);
  if (x === undefined || y === undefined || x === y) return byAge(a, b);
  return x < y ? -1 : 1;
}

/** 0 without the annotation, undefined when it is no number. Anybody can write any 64 bits there. */
export function revisionOf(rs: ReplicaSet): bigint | undefined {
  const text = rs.metadata.annotations?.[REVISION];
  return text === undefined ? 0n : parseRevision(text);
}

export function parseRevision(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const revision = BigInt(text.replace(/^\+/, ''));
  return revision === BigInt.asIntN(REVISION_BITS, revision) ? revision : undefined;
}

/** The revision after those of |sets|, as 64 bits count on. */
export function nextRevision(sets: readonly ReplicaSet[]): bigint {
  let max = 0n;
  for (const rs of sets) {
    const revision = revisionOf(rs) ?? 0n;
    if (revision > max) max = revision;
  }
  return BigInt.asIntN(REVISION_BITS, max + 1n);
}

/** A count kept in an annotation; undefined when it is missing or no count. */
export function countAnnotation(rs: ReplicaSet, key: string): number | undefined {
  const text = rs.metadata.annotations?.[key];
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const count = Number(text);
  return count <= MAX_INT32 ? count : undefined;
}

/** Upstream EqualIgnoreHash. */
export function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return equalJson(a.spec, b.spec) && equalJson(metaWithoutHash(a), metaWithoutHash(b));
}

function metaWithoutHash(template: PodTemplateSpec): object {
  const { labels, ...rest } = template.metadata;
  if (labels === undefined) return rest;
  const { [POD_TEMPLATE_HASH]: _hash, ...others } = labels;
  return { ...rest, labels: others };
}

/** The oldest ReplicaSet with the Deployment's template, and all the others in order of age. */
export function splitReplicaSets(
  d: Deployment,
  sets: readonly ReplicaSet[],
): { readonly newSet: ReplicaSet | undefined; readonly oldSets: ReplicaSet[] } {
  const sorted = [...sets].sort(byAge);
  const newSet = sorted.find((rs) => sameTemplate(rs.spec.template, d.spec.template));
  return { newSet, oldSets: sorted.filter((rs) => rs !== newSet) };
}

/**
 * Upstream SetNewReplicaSetAnnotations without the counts: the Deployment's annotations, the
 * revision, and the revisions this ReplicaSet has had when it is rolled back to. Answers
 * |annotations| itself when nothing changes.
 */
export function newSetAnnotations(
  d: Deployment,
  annotations: Annotations,
  revision: bigint,
): Annotations {
  const next: Record<string, string> = { ...annotations };
  let changed = false;
  for (const [key, value] of Object.entries(d.metadata.annotations ?? {})) {
    if (NOT_COPIED.has(key) || next[key] === value) continue;
    next[key] = value;
    changed = true;
  }
  const old = annotations[REVISION];
  const before = old === undefined || old === '' ? 0n : parseRevision(old);
  if (before === undefined) return annotations;
  if (before < revision) {
    next[REVISION] = String(revision);
    changed = true;
    if (old !== undefined) addToHistory(next, old);
  }
  return changed ? next : annotations;
}

function addToHistory(annotations: Record<string, string>, old: string): void {
  const history = annotations[REVISION_HISTORY] ?? '';
  if (history === '') {
    annotations[REVISION_HISTORY] = old;
    return;
  }
  const revisions = history.split(',');
  let total = history.length + old.length + 1;
  while (total > MAX_REVISION_HISTORY_CHARS && revisions.length > 0) {
    total -= (revisions.shift() ?? '').length + 1;
  }
  if (total <= MAX_REVISION_HISTORY_CHARS) {
    annotations[REVISION_HISTORY] = [...revisions, old].join(',');
  }
}

/** With the Deployment's size and its limit; answers |annotations| itself when nothing changes. */
export function withCounts(annotations: Annotations, desired: number, max: number): Annotations {
  if (
    annotations[DESIRED_REPLICAS] === String(desired) &&
    annotations[MAX_REPLICAS] === String(max)
  ) {
    return annotations;
  }
  return { ...annotations, [DESIRED_REPLICAS]: String(desired), [MAX_REPLICAS]: String(max) };
}

/** `web-6b89d9595`; a long Deployment name is cut so that the whole fits. */
export function replicaSetName(deployment: string, hash: string): string {
  return `${deployment.slice(0, SUBDOMAIN_MAX_CHARS - 1 - hash.length)}-${hash}`;
}

/** The ReplicaSet for the Deployment's present template. */
export function newReplicaSet(
  d: Deployment,
  hash: string,
  replicas: number,
  annotations: Annotations,
): Input<ReplicaSet> {
  const labels = { ...d.spec.template.metadata.labels, [POD_TEMPLATE_HASH]: hash };
  const selector = {
    ...d.spec.selector,
    matchLabels: { ...d.spec.selector.matchLabels, [POD_TEMPLATE_HASH]: hash },
  };
  const minReady = d.spec.minReadySeconds ?? 0;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: replicaSetName(d.metadata.name, hash),
      namespace: d.metadata.namespace,
      labels,
      annotations,
      ownerReferences: [newControllerRef(d)],
    },
    spec: {
      replicas,
      ...(minReady === 0 ? {} : { minReadySeconds: minReady }),
      selector,
      template: {
        metadata: { ...d.spec.template.metadata, labels },
        spec: d.spec.template.spec,
      },
    },
  };
}

/** Old ReplicaSets beyond revisionHistoryLimit that have no Pods, lowest revision first. */
export function surplusReplicaSets(d: Deployment, oldSets: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = d.spec.revisionHistoryLimit;
  if (limit === undefined || limit === MAX_INT32) return [];
  const alive = oldSets.filter((rs) => rs.metadata.deletionTimestamp === undefined);
  const surplus = alive.length - limit;
  if (surplus <= 0) return [];
  return alive
    .sort(byRevision)
    .slice(0, surplus)
    .filter(
      (rs) =>
        rs.status.replicas === 0 &&
        rs.spec.replicas === 0 &&
        (rs.metadata.generation ?? 0) <= (rs.status.observedGeneration ?? 0),
    );
}
