/**
 * Creating and deleting Pods on behalf of an object, with the Events that tell of it.
 *
 * Models: kubernetes pkg/controller/controller_utils.go RealPodControl, slowStartBatch (v1.36)
 */
import type { Pod as PodObject } from '../../api/generated/types.ts';
import { Pod } from '../../api/kinds/pod.ts';
import type { Input, KubeObject } from '../../api/meta/object.ts';
import { hasStatusCause, isApiError } from '../../api/meta/status.ts';
import { type Outcome, type Proc, all } from '../../kernel/process.ts';
import { type ControllerContext, Retry } from './controller.ts';
import { isRefusal } from './refusal.ts';

const SLOW_START_FIRST = 1; // controller.SlowStartInitialBatchSize

export function* createPod(
  owner: KubeObject,
  draft: Input<PodObject>,
  context: ControllerContext,
): Proc<PodObject> {
  try {
    const pod = yield* context.client.create(Pod, draft);
    const message = `Created pod: ${pod.metadata.name}`;
    context.events.record(owner, { type: 'Normal', reason: 'SuccessfulCreate', message });
    return pod;
  } catch (error) {
    // In a namespace that goes away every create fails: nothing to report.
    if (isRefusal(error) && !hasStatusCause(error, 'NamespaceTerminating')) {
      const message = `Error creating: ${error.message}`;
      context.events.record(owner, { type: 'Warning', reason: 'FailedCreate', message });
    }
    throw error;
  }
}

/** Throws NotFound when it is gone already, and Retry for any other refusal. */
export function* deletePod(
  owner: KubeObject,
  namespace: string,
  name: string,
  context: ControllerContext,
): Proc {
  try {
    yield* context.client.delete(Pod, namespace, name);
    const message = `Deleted pod: ${name}`;
    context.events.record(owner, { type: 'Normal', reason: 'SuccessfulDelete', message });
  } catch (error) {
    if (!isRefusal(error) || isApiError(error, 'NotFound')) throw error;
    const message = `Error deleting: ${error.message}`;
    context.events.record(owner, { type: 'Warning', reason: 'FailedDelete', message });
    throw new Retry(`unable to delete pods: ${error.message}`);
  }
}

/**
 * Bodies in batches of 1, 2, 4 …, so that a refused one stops the flood early. Answers the failures,
 * and how many bodies were never begun.
 */
export function* slowStart(
  bodies: readonly Proc<unknown>[],
  context: ControllerContext,
): Proc<{ failures: unknown[]; skipped: number }> {
  let begun = 0;
  for (let size = SLOW_START_FIRST; begun < bodies.length; size *= 2) {
    const batch = bodies.slice(begun, begun + size);
    begun += batch.length;
    const failures = failuresOf(yield* all(context.kernel, 'Pod', batch));
    if (failures.length > 0) return { failures, skipped: bodies.length - begun };
  }
  return { failures: [], skipped: 0 };
}

/** What was refused or failed; anything else is a programmer's error and stops the run. */
export function failuresOf(outcomes: readonly Outcome<unknown>[]): unknown[] {
  const failures: unknown[] = [];
  for (const outcome of outcomes) {
    if (outcome.ok) continue;
    if (!isRefusal(outcome.error) && !(outcome.error instanceof Retry)) throw outcome.error;
    failures.push(outcome.error);
  }
  return failures;
}
