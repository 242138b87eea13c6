/**
 * What a Job does to its Pods, one request each.
 *
 * Models: kubernetes pkg/controller/job/job_controller.go deleteActivePods, deleteJobPods, manageJob,
 *         removeTrackingFinalizerFromPods (v1.36)
 * Writes: Pod create, patch, delete; Events
 */
import type { Job, Pod as PodObject } from '../../../api/generated/types.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { type ObjectKey, keyOf } from '../../../api/meta/object.ts';
import { hasStatusCause, isApiError } from '../../../api/meta/status.ts';
import { type Proc, all } from '../../../kernel/process.ts';
import type { ControllerContext } from '../../client/controller.ts';
import { createPod, deletePod, failuresOf } from '../../client/pod-control.ts';
import type { JobMemory } from './memory.ts';
import { UNTRACK, draftPod, isTracked } from './pods.ts';

const STRATEGIC = { type: 'strategic' } as const;

export class JobPods {
  readonly #key: ObjectKey;
  readonly #context: ControllerContext;
  readonly #memory: JobMemory;

  constructor(key: ObjectKey, context: ControllerContext, memory: JobMemory) {
    this.#key = key;
    this.#context = context;
    this.#memory = memory;
  }

  *create(job: Job, index: number | undefined, replaced: PodObject | undefined): Proc {
    try {
      const pod = yield* createPod(job, draftPod(job, index, replaced), this.#context);
      this.#memory.store.wrote(job, Pod, pod);
    } catch (error) {
      if (hasStatusCause(error, 'NamespaceTerminating')) return;
      this.#context.expectations.creationSeen(this.#key);
      throw error;
    }
  }

  /** It will count as failed when it has ended. */
  *delete(job: Job, pod: PodObject): Proc {
    const { namespace = '', name } = pod.metadata;
    try {
      yield* deletePod(job, namespace, name, this.#context);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }

  /** It will not count as failed: the finalizer goes first. */
  *remove(job: Job, pod: PodObject): Proc {
    const { namespace = '', name } = pod.metadata;
    try {
      if (isTracked(pod)) {
        yield* this.#context.client.patch(Pod, namespace, name, UNTRACK, STRATEGIC);
      }
      yield* deletePod(job, namespace, name, this.#context);
    } catch (error) {
      this.#context.expectations.deletionSeen(this.#key, keyOf(pod));
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }

  /** Takes the finalizers off; answers the uids of the Pods that have lost them. */
  *untrack(pods: readonly PodObject[]): Proc<string[]> {
    if (pods.length === 0) return [];
    const { client, kernel } = this.#context;
    this.#memory.expectUntracked(this.#key, pods);
    const bodies = pods.map((pod) => {
      const { namespace = '', name } = pod.metadata;
      return client.patch(Pod, namespace, name, UNTRACK, STRATEGIC);
    });
    const outcomes = yield* all(kernel, 'untrack Pod', bodies);
    failuresOf(outcomes);
    const done: string[] = [];
    pods.forEach((pod, i) => {
      const outcome = outcomes[i];
      if (outcome?.ok || isApiError(outcome?.error, 'NotFound')) done.push(pod.metadata.uid);
      if (!outcome?.ok) this.#memory.untracked(this.#key, pod.metadata.uid);
    });
    return done;
  }
}
