/** What a person who applied workloads still waits for, in one line each. */
import type { Deployment, Pod, ReplicaSet } from '../api/generated/types.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { Cluster } from '../engine/cluster.ts';

export function unfinishedWorkloads(cluster: Cluster): readonly string[] {
  const { store } = cluster.server;
  const all = <T extends KubeObject>(plural: string): T[] =>
    store.range(`/registry/${plural}/`).map((kv) => kv.value.object as T);
  const lines: string[] = [];
  for (const d of all<Deployment>('deployments')) {
    const wanted = d.spec.replicas ?? 1;
    const available = d.status.availableReplicas ?? 0;
    const current = d.status.observedGeneration === d.metadata.generation;
    if (current && available >= wanted && (d.status.updatedReplicas ?? 0) >= wanted) continue;
    lines.push(`Deployment ${where(d)}: ${available} of ${wanted} available`);
  }
  for (const rs of all<ReplicaSet>('replicasets')) {
    if (rs.metadata.ownerReferences?.some((r) => r.controller)) continue;
    const wanted = rs.spec.replicas ?? 1;
    const available = rs.status.availableReplicas ?? 0;
    if (available < wanted)
      lines.push(`ReplicaSet ${where(rs)}: ${available} of ${wanted} available`);
  }
  const stopped = cluster
    .components()
    .filter((c) => !c.running)
    .map((c) => c.name);
  for (const pod of all<Pod>('pods')) {
    if (isDone(pod)) continue;
    lines.push(`Pod ${where(pod)}: ${stateOf(pod)}`);
  }
  if (lines.length > 0 && stopped.length > 0) lines.push(`stopped: ${stopped.join(', ')}`);
  return lines;
}

function isDone(pod: Pod): boolean {
  if (pod.status.phase === 'Succeeded') return true;
  return pod.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;
}

function stateOf(pod: Pod): string {
  if (!pod.spec.nodeName) {
    const message = pod.status.conditions?.find((c) => c.type === 'PodScheduled')?.message;
    return message ? `Pending, ${message}` : 'Pending, no node has been chosen';
  }
  const statuses = [
    ...(pod.status.initContainerStatuses ?? []),
    ...(pod.status.containerStatuses ?? []),
  ];
  const waiting = statuses.find((s) => s.state?.waiting)?.state?.waiting;
  const on = `on ${pod.spec.nodeName}`;
  return waiting
    ? `${waiting.reason ?? 'waiting'} ${on}`
    : `${pod.status.phase ?? 'Pending'} ${on}, not ready`;
}

function where(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
