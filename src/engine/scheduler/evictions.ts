/**
 * Makes room for a Pod: tells the Pods that have to go why, and deletes them, beside the scheduling of
 * others. Until the last deletion has begun, the Pod that needs the room is not tried.
 *
 * Models: pkg/scheduler/framework/preemption executor.go (v1.36)
 * Writes: Pod status (DisruptionTarget, nominatedNodeName), Pod delete, Events
 */
import type { Pod as PodObject } from '../../api/generated/types.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { keyOf } from '../../api/meta/object.ts';
import { isApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import { isRefusal } from '../client/refusal.ts';
import type { Client } from '../client/typed-client.ts';
import type { EventRecorder } from '../client/events.ts';
import type { Lookup } from './lookup.ts';
import type { Nominator } from './nominator.ts';
import { patchStatus } from './pod-status.ts';
import { priorityOf } from './what-if.ts';

export interface EvictionContext {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly lookup: Lookup;
  readonly nominator: Nominator;
  /** A Pod that is about to be bound needs no deletion: it goes back to wait. True when that worked. */
  cancelBinding(pod: PodObject): boolean;
  /** Evicting failed: the Pod is tried again, else it might wait for ever. */
  activate(pod: PodObject): void;
}

export class Evictions {
  /** By uid of the Pod that needs room: the last Pod that goes for it, null before its turn. */
  #running = new Map<string, PodObject | null>();

  /** False once the last victim's deletion can be seen: its end may come before our call returns. */
  isRunning(uid: string, lookup: Lookup): boolean {
    const last = this.#running.get(uid);
    if (last === undefined) return false;
    if (last === null) return true;
    const seen = lookup.pod(keyOf(last));
    return seen !== undefined && seen.metadata.deletionTimestamp === undefined;
  }

  /** What has to be done, or null when all victims are on their way already. Running from now on. */
  begin(
    pod: PodObject,
    node: string,
    victims: readonly PodObject[],
    context: EvictionContext,
  ): Proc | null {
    const left = victims.filter((v) => v.metadata.deletionTimestamp === undefined);
    if (left.length === 0) return null;
    this.#running.set(pod.metadata.uid, null);
    return this.#run(pod, node, left, context);
  }

  *#run(
    pod: PodObject,
    node: string,
    victims: readonly PodObject[],
    context: EvictionContext,
  ): Proc {
    const { uid } = pod.metadata;
    let failed = false;
    try {
      yield* this.#takeBackPromises(pod, node, context);
      const last = victims.at(-1) as PodObject;
      const { kernel } = context.client.server;
      // All but the last go at the same time.
      const others = victims
        .slice(0, -1)
        .map((v) => kernel.spawn('preempt', evict(v, pod, node, context), { joined: true }));
      for (const other of others) {
        const outcome = yield* other.finished();
        if (!outcome.ok || !outcome.value) failed = true;
      }
      if (failed) return;
      this.#running.set(uid, last);
      failed = !(yield* evict(last, pod, node, context));
    } finally {
      this.#running.delete(uid);
      if (failed) context.activate(pod);
    }
  }

  /** Pods of lower priority that were promised room there may find it elsewhere. */
  *#takeBackPromises(pod: PodObject, node: string, context: EvictionContext): Proc {
    for (const other of [...context.nominator.on(node).values()]) {
      if (priorityOf(other) >= priorityOf(pod)) continue;
      try {
        yield* patchStatus(context.client, other, null, '');
      } catch (error) {
        // Not grave: the promise is taken back when that Pod is tried again.
        if (!isRefusal(error)) throw error;
      }
    }
  }
}

/** True when |victim| is gone or going. */
function* evict(
  victim: PodObject,
  pod: PodObject,
  node: string,
  context: EvictionContext,
): Proc<boolean> {
  const { client } = context;
  let message = `Preempted by pod ${pod.metadata.uid} on node ${node}`;
  if (context.cancelBinding(victim)) {
    message += ' (in kube-scheduler memory).';
  } else {
    const { namespace = '', name } = victim.metadata;
    const why = `${pod.spec.schedulerName ?? ''}: preempting to accommodate a higher priority pod`;
    try {
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message: why,
      } as const;
      yield* patchStatus(client, victim, condition, null);
      yield* client.delete(Pod, namespace, name);
    } catch (error) {
      if (isApiError(error, 'NotFound')) return true;
      if (!isRefusal(error)) throw error;
      return false;
    }
  }
  context.events.record(victim, {
    type: 'Normal',
    reason: 'Preempted',
    message,
    action: 'Preempting',
    related: pod,
  });
  return true;
}
