/** What the parts of one kubelet share. */
import type { Scope } from '../../../kernel/event-queue.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { Rng } from '../../../kernel/rng.ts';
import { rfc3339 } from '../../../api/meta/time.ts';
import type { EventRecorder } from '../../client/events.ts';
import type { Client } from '../../client/typed-client.ts';
import type { Containerd } from '../runtime/containerd.ts';
import type { PodIdentity } from '../runtime/runtime-types.ts';
import type { ImageRecords } from './image-records.ts';
import type { ContainerKind, PodRecord } from './pod-record.ts';
import type { Prober } from './probe-results.ts';
import type { ReferencedObjects } from './references.ts';
import type { NodeVolumes } from './volumes/node-volumes.ts';

export interface KubeletContext {
  readonly kernel: Kernel;
  readonly rng: Rng;
  readonly scope: Scope;
  readonly client: Client;
  readonly events: EventRecorder;
  readonly runtime: Containerd;
  readonly volumes: NodeVolumes;
  readonly references: ReferencedObjects;
  readonly imageRecords: ImageRecords;
  /** maxParallelImagePulls; 1: serializeImagePulls. */
  readonly parallelPulls: number;
  readonly probes: Prober;
  /** `node-1`. */
  readonly node: string;
  /** `kubelet/node-1`: who acts, in the trace. */
  readonly actor: string;
  readonly hostIP: string;
  /** The Pods' network, as the kubelet has seen it last. */
  readonly network: { readonly ready: boolean };
  /** What the node can give to Pods. */
  readonly allocatable: Readonly<Record<string, string>>;
  /** Mirrors of static Pods. */
  readonly mirrors: { reconcile(p: PodRecord): Proc; terminated(): void };
}

/** RFC 3339 of a moment of virtual time. */
export function timeText(kernel: Kernel, us: number): string {
  return rfc3339(kernel.epochMs + Math.floor(us / 1_000));
}

export function nowText(kernel: Kernel): string {
  return rfc3339(kernel.nowMs);
}

/** wait.Jitter: between |us| and |us| × (1 + |percent|/100). */
export function jittered(rng: Rng, us: number, percent: number): number {
  return us + Math.floor((us * percent * rng.int(1_001)) / 100_000);
}

const FIELDS: Readonly<Record<ContainerKind, string>> = {
  init: 'initContainers',
  sidecar: 'initContainers',
  app: 'containers',
  ephemeral: 'ephemeralContainers',
};

/** An Event about a Pod or one of its containers. */
export function recordPodEvent(
  context: KubeletContext,
  p: PodRecord,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  container?: { readonly kind: ContainerKind; readonly name: string },
): void {
  const list = FIELDS[container?.kind ?? 'app'];
  const fieldPath = container ? { fieldPath: `spec.${list}{${container.name}}` } : {};
  context.events.record(p.pod, { type, reason, message, ...fieldPath });
}

/** A container is ended whose Pod nobody knows any more: all there is are the runtime's labels. */
export function recordOrphanEvent(
  context: KubeletContext,
  { namespace, name, uid }: PodIdentity,
  container: string,
): void {
  const metadata = { namespace, name, uid, resourceVersion: '', creationTimestamp: '' };
  context.events.record(
    { apiVersion: 'v1', kind: 'Pod', metadata },
    {
      type: 'Normal',
      reason: 'Killing',
      message: `Stopping container ${container}`,
      fieldPath: `spec.containers{${container}}`,
    },
  );
}

/** Go's text of a duration, cut to milliseconds: `26ms`, `5.813s`, `1m2.5s`. */
export function goDuration(us: number): string {
  const ms = Math.floor(us / 1_000);
  if (ms === 0) return '0s';
  if (ms < 1_000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = String((ms % 60_000) / 1_000);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
