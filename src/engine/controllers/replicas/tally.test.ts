import { describe, expect, it } from 'vitest';
import type { Pod, ReplicaSet } from '../../../api/generated/types.ts';
import { Rng } from '../../../kernel/rng.ts';
import { PodTally } from './tally.ts';

const NOW = Date.parse('2026-01-01T00:10:00Z');

function replicaSet(
  uid: string,
  minReadySeconds: number,
  labels: Record<string, string>,
): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: uid, namespace: 'x', uid },
    spec: {
      minReadySeconds,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels } },
    },
    status: { replicas: 0 },
  } as unknown as ReplicaSet;
}

function randomPod(rng: Rng, uid: string): Pod {
  const owner = rng.pick(['a', 'b', '']);
  const ready = rng.int(2) === 0;
  return {
    metadata: {
      name: uid,
      namespace: 'x',
      uid,
      labels: { app: rng.pick(['web', 'web', 'web', 'other']), ...(rng.int(2) ? { v: '2' } : {}) },
      ...(owner === ''
        ? {}
        : { ownerReferences: [{ kind: 'ReplicaSet', name: owner, uid: owner, controller: true }] }),
      ...(rng.int(5) === 0 ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    status: {
      phase: rng.pick(['Pending', 'Running', 'Running', 'Failed']),
      conditions: ready
        ? [
            {
              type: 'Ready',
              status: 'True',
              lastTransitionTime: new Date(NOW - rng.int(60) * 1000).toISOString(),
            },
          ]
        : [],
    },
  } as unknown as Pod;
}

describe('running counts', () => {
  it.each([1, 2, 3, 4, 5])('equal a count from scratch, seed %s', (seed) => {
    const rng = new Rng(seed, 'tally');
    const pods = new Map<string, Pod>();
    const running = new PodTally();
    let sets = [replicaSet('a', 0, { app: 'web' }), replicaSet('b', 30, { app: 'web', v: '2' })];
    const ownedBy = (uid: string) => (): Iterable<Pod> =>
      [...pods.values()].filter((p) => p.metadata.ownerReferences?.[0]?.uid === uid);
    const list = (from: PodTally, rs: ReplicaSet): unknown => [
      from.counts(rs, ownedBy(rs.metadata.uid), NOW),
      from
        .misfits(rs, ownedBy(rs.metadata.uid))
        .map((p) => p.metadata.uid)
        .sort(),
      from.msToNextAvailable(rs, NOW),
    ];

    for (let step = 0; step < 400; step++) {
      const uid = `p${rng.int(30)}`;
      const old = pods.get(uid);
      const next = old && rng.int(4) === 0 ? undefined : randomPod(rng, uid);
      if (next) pods.set(uid, next);
      else pods.delete(uid);
      running.observe(old, next);
      if (rng.int(40) === 0) {
        // The ReplicaSet itself changes.
        sets = [replicaSet('a', rng.int(2) * 20, { app: 'web' }), sets[1] as ReplicaSet];
      }
      if (rng.int(10) !== 0) continue;
      const fresh = new PodTally();
      for (const rs of sets) expect(list(running, rs)).toEqual(list(fresh, rs));
    }
  });

  it('forgets what is gone', () => {
    const tally = new PodTally();
    const rs = replicaSet('a', 0, { app: 'web' });
    const pod = randomPod(new Rng(1, 'x'), 'p');
    tally.observe(undefined, pod);
    tally.forget('a');
    tally.observe(pod, undefined);
    expect(tally.counts(rs, () => [], NOW).active).toBe(0);
  });
});
