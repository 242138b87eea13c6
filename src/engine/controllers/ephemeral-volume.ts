/**
 * Ephemeral volume controller: makes the claims that Pods describe in their own volumes, owned by the
 * Pod, so that they go with it.
 *
 * Models:     kubernetes pkg/controller/volume/ephemeral controller.go (v1.36)
 * Watches:    Pod (primary), PersistentVolumeClaim
 * Writes:     PersistentVolumeClaim create; Events
 * Simplified: nothing known
 */
import type { Pod as PodObject, Volume } from '../../api/generated/types.ts';
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { claimNameOf, claimNames } from '../../api/kinds/pod/claims.ts';
import { type Input, keyFor, keyOf } from '../../api/meta/object.ts';
import { newControllerRef } from '../../api/meta/owner-references.ts';
import { isApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
  Retry,
} from '../client/controller.ts';

const BY_CLAIM = 'claim';
const WORKERS = 5; // --concurrent-ephemeralvolume-syncs

export function ephemeralVolumeController(): ControllerDefinition<PodObject> {
  return defineController<PodObject>({
    name: 'ephemeral-volume-controller',
    eventSource: 'ephemeral_volume',
    primary: Pod,
    ownHandlers: true,
    workers: WORKERS,
    start({ informers, queue }) {
      const pods = informers.for(Pod);
      pods.addIndex(BY_CLAIM, claimNames);
      // Volumes of a Pod never change, and the garbage collector sees to claims of Pods that are gone.
      pods.addHandler({
        onAdd(pod) {
          if (wantsClaims(pod)) queue.add(keyOf(pod));
        },
      });
      informers.for(PersistentVolumeClaim).addHandler({
        onDelete(claim) {
          for (const pod of pods.by(BY_CLAIM, keyOf(claim)).values()) {
            if (wantsClaims(pod)) queue.add(keyOf(pod));
          }
        },
      });
    },
    *reconcile(key, context) {
      const pod = context.get(Pod, key);
      if (!pod || pod.metadata.deletionTimestamp !== undefined) return;
      for (const volume of pod.spec.volumes ?? []) {
        if (volume.ephemeral !== undefined) yield* provide(pod, volume, context);
      }
    },
  });
}

function wantsClaims({ metadata, spec }: PodObject): boolean {
  if (spec.volumes === undefined || metadata.deletionTimestamp !== undefined) return false;
  return spec.volumes.some((volume) => volume.ephemeral !== undefined);
}

/** Sees to it that there is a claim for |volume|, and that it was made for this Pod. */
function* provide(pod: PodObject, volume: Volume, context: ControllerContext): Proc {
  const name = claimNameOf(pod, volume) ?? '';
  const key = keyFor(pod.metadata.namespace, name);
  const known = context.get(PersistentVolumeClaim, key);
  context.note(`the claim ${name}`, known ? 'it' : 'none');
  if (!known) {
    try {
      yield* context.client.create(PersistentVolumeClaim, claimFor(pod, volume));
    } catch (error) {
      if (!isApiError(error)) throw error;
      refuse(pod, volume, `create PVC ${name}: ${error.message}`, context);
    }
    return;
  }
  const owners = known.metadata.ownerReferences ?? [];
  if (owners.some((o) => o.controller === true && o.uid === pod.metadata.uid)) return;
  const why = `PVC ${key} was not created for pod ${keyOf(pod)} (pod is not owner)`;
  refuse(pod, volume, why, context);
}

/** Tells it, and has it tried again. */
function refuse(pod: PodObject, volume: Volume, why: string, context: ControllerContext): never {
  const message = `ephemeral volume ${volume.name}: ${why}`;
  context.events.record(pod, { type: 'Warning', reason: 'FailedBinding', message });
  throw new Retry(`pod ${keyOf(pod)}, ${message}`);
}

/** Pure: the claim that |volume| of |pod| describes. */
export function claimFor(
  pod: PodObject,
  { name, ephemeral }: Volume,
): Input<PersistentVolumeClaim> {
  const template = ephemeral?.volumeClaimTemplate;
  const { annotations, labels } = template?.metadata ?? {};
  const { namespace } = pod.metadata;
  return {
    metadata: {
      name: `${pod.metadata.name}-${name}`,
      ...(namespace === undefined ? {} : { namespace }),
      ownerReferences: [newControllerRef(pod)],
      ...(annotations === undefined ? {} : { annotations }),
      ...(labels === undefined ? {} : { labels }),
    },
    spec: template?.spec ?? { resources: {} },
  };
}
