/**
 * What the scheduler writes into the status of Pods: why a Pod waits, the node it was promised, and
 * for whom another has to go.
 *
 * Models: pkg/scheduler/schedule_one.go updatePod; pkg/scheduler/util PatchPodStatus; pkg/api/v1/pod
 *         UpdatePodCondition (v1.36)
 */
import type { Pod as PodObject, PodCondition } from '../../api/generated/types.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import type { Proc } from '../../kernel/process.ts';
import type { Client } from '../client/typed-client.ts';

export interface ConditionInput {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** Writes nothing that is there already. |nominate| null leaves the promised node as it is. */
export function* patchStatus(
  client: Client,
  pod: PodObject,
  input: ConditionInput | null,
  nominate: string | null,
): Proc {
  const promised = pod.status.nominatedNodeName ?? '';
  const status: Record<string, unknown> = {};
  const condition = input ? changed(pod, input, rfc3339(client.server.kernel.nowMs)) : null;
  if (condition) status['conditions'] = [condition];
  if (nominate !== null && nominate !== promised) {
    status['nominatedNodeName'] = nominate === '' ? null : nominate;
  }
  if (Object.keys(status).length === 0) return;
  const { namespace = '', name } = pod.metadata;
  const options = { type: 'strategic', subresource: 'status' } as const;
  yield* client.patch(Pod, namespace, name, { status }, options);
}

/** The condition as it has to be written; null when the Pod has it. */
function changed(pod: PodObject, input: ConditionInput, now: string): PodCondition | null {
  const { type, status, reason, message } = input;
  const old = pod.status.conditions?.find((c) => c.type === type);
  const isSame = old?.status === status;
  if (isSame && old.reason === reason && old.message === message) return null;
  const { generation } = pod.metadata;
  return {
    type,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    status,
    reason,
    message,
    lastProbeTime: null,
    lastTransitionTime: isSame ? old.lastTransitionTime : now,
  } as unknown as PodCondition;
}
