/**
 * A StatefulSet's order: its places, who holds them with which claims and revision, which one everything
 * waits for, which one is replaced next. The steps are the controller's own.
 */
import type {
  ControllerRevision,
  PersistentVolumeClaim,
  Pod,
  StatefulSet,
} from '../../../api/generated/types.ts';
import { objectRef } from '../../../api/meta/object.ts';
import { isPodAvailable, isPodReady, isPodTerminal } from '../../../api/meta/pod-state.ts';
import type { OrdinalPlace, OrdinalWorkings, PlaceState } from '../../../port/protocol-workings.ts';
import {
  claimName,
  inRange,
  ordinalOf,
  podName,
  type Replica,
  replicasOf,
  revisionOf,
  startOrdinal,
} from '../../controllers/statefulset/identity.ts';
import { nextForUpdate } from '../../controllers/statefulset/plan.ts';
import { type Definition, keepsOwned, MAX_TOLD, type World } from './world.ts';

export const ordinals: Definition = {
  kinds: ['ControllerRevision', 'Pod', 'PersistentVolumeClaim'],
  namespaced: true,
  keeps(subject) {
    const owned = keepsOwned();
    const set = subject as unknown as StatefulSet;
    const templates = set.spec.volumeClaimTemplates ?? [];
    const heads = templates.map((t) => `${t.metadata.name}-${set.metadata.name}-`);
    return (object, uids) =>
      object.kind === 'PersistentVolumeClaim'
        ? heads.some((head) => object.metadata.name.startsWith(head))
        : owned(object, uids);
  },
  look: lookAtOrdinals,
};

export function lookAtOrdinals(world: World): OrdinalWorkings {
  const set = world.subject as unknown as StatefulSet;
  const pods = new Map(
    (world.all('Pod') as unknown as readonly Pod[]).map((pod) => [ordinalOf(pod), pod]),
  );
  const numbers = new Map(
    (world.all('ControllerRevision') as unknown as readonly ControllerRevision[]).map((r) => [
      r.metadata.name,
      r.revision,
    ]),
  );
  const claims = new Map(world.all('PersistentVolumeClaim').map((c) => [c.metadata.name, c]));
  const start = startOrdinal(set);
  const wanted = Array.from({ length: replicasOf(set) }, (_, i) => start + i);
  const condemned = [...pods.keys()].filter((n) => !inRange(n, set)).sort((a, b) => a - b);
  const places = [...wanted, ...condemned].map((ordinal): OrdinalPlace => {
    const pod = pods.get(ordinal);
    return {
      ordinal,
      pod: `Pod/${set.metadata.namespace ?? ''}/${podName(set, ordinal)}`,
      state: placeState(set, pod, world.nowMs),
      revision: pod ? (numbers.get(revisionOf(pod)) ?? 0) : 0,
      claims: (set.spec.volumeClaimTemplates ?? []).flatMap((t) => {
        const claim = claims.get(claimName(set, t, ordinal)) as unknown as
          | PersistentVolumeClaim
          | undefined;
        if (!claim) return [];
        const { status, spec } = claim;
        return [
          { ref: objectRef(claim), phase: status?.phase ?? '', volume: spec.volumeName ?? '' },
        ];
      }),
      condemned: !inRange(ordinal, set),
    };
  });
  const { type = 'RollingUpdate', rollingUpdate } = set.spec.updateStrategy;
  const partition = rollingUpdate?.partition ?? 0;
  return {
    type: 'ordinals',
    ref: objectRef(world.subject),
    policy: set.spec.podManagementPolicy ?? 'OrderedReady',
    strategy: type,
    partition,
    desired: replicasOf(set),
    minReadySeconds: set.spec.minReadySeconds ?? 0,
    currentRevision: numbers.get(set.status.currentRevision ?? '') ?? 0,
    updateRevision: numbers.get(set.status.updateRevision ?? '') ?? 0,
    places: places.slice(0, MAX_TOLD),
    more: Math.max(0, places.length - MAX_TOLD),
    waitsFor: waitsFor(set, places),
    held: heldBack(set, places, numbers.get(set.status.updateRevision ?? '') ?? 0),
    nextUpdate: nextUpdate(set, pods, world.nowMs),
  };
}

export function placeState(set: StatefulSet, pod: Pod | undefined, nowMs: number): PlaceState {
  if (!pod) return 'missing';
  if (pod.metadata.deletionTimestamp !== undefined) return 'terminating';
  if (isPodTerminal(pod)) return 'failed';
  if (pod.status.phase === 'Pending') return 'pending';
  if (!isPodReady(pod)) return 'unready';
  return isPodAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs) ? 'available' : 'soaking';
}

/** In order: the first place that is not filled and available; then those that go, from the top. */
function waitsFor(set: StatefulSet, places: readonly OrdinalPlace[]): OrdinalWorkings['waitsFor'] {
  if (set.spec.podManagementPolicy === 'Parallel') return null;
  const first =
    places.find((p) => !p.condemned && p.state !== 'available') ??
    places.filter((p) => p.condemned).at(-1);
  return first ? { ordinal: first.ordinal, why: first.state } : null;
}

function heldBack(
  set: StatefulSet,
  places: readonly OrdinalPlace[],
  update: number,
): OrdinalWorkings['held'] {
  const { type, rollingUpdate } = set.spec.updateStrategy;
  const old = places.filter((p) => p.revision !== 0 && p.revision !== update);
  if (type === 'OnDelete') return old.length > 0 ? { by: 'OnDelete', count: old.length } : null;
  const below = startOrdinal(set) + (rollingUpdate?.partition ?? 0);
  const count = old.filter((p) => p.ordinal < below).length;
  return count > 0 ? { by: 'partition', count } : null;
}

function nextUpdate(
  set: StatefulSet,
  pods: ReadonlyMap<number, Pod>,
  nowMs: number,
): number | null {
  const start = startOrdinal(set);
  const replicas = Array.from({ length: replicasOf(set) }, (_, i): Replica => {
    const pod = pods.get(start + i);
    return {
      ordinal: start + i,
      name: podName(set, start + i),
      revision: pod ? revisionOf(pod) : (set.status.updateRevision ?? ''),
      pod,
      draft: undefined,
    };
  });
  return nextForUpdate(set, replicas, set.status.updateRevision ?? '', nowMs)?.ordinal ?? null;
}
