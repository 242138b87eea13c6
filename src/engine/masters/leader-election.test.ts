/** Several masters: who leads, and how long it takes until the next one does. */
import { describe, expect, it } from 'vitest';
import type { Event, Lease, ReplicaSet } from '../../api/generated/types.ts';
import { kinds } from '../../api/kinds/index.ts';
import { Rng } from '../../kernel/rng.ts';
import { programsFor } from '../../kubectl/programs.ts';
import type { RunConfig } from '../../port/protocol.ts';
import { defaultRunConfig } from '../../port/run-config.ts';
import { nextSpec } from './leader-election.ts';
import { Session } from '../session.ts';

const MANAGER = 'kube-controller-manager';

class World {
  readonly session: Session;

  constructor(masters: number, more: Partial<RunConfig> = {}) {
    const config = { ...defaultRunConfig(), masters, ...more };
    this.session = new Session(config, programsFor(kinds), { freeze: true });
  }

  get seconds(): number {
    return this.session.cluster.kernel.now / 1e6;
  }

  all<T>(plural: string): readonly T[] {
    const { store } = this.session.cluster.server;
    return store.range(`/registry/${plural}/`).map((kv) => kv.value.object as T);
  }

  lease(name = MANAGER): Lease['spec'] | undefined {
    return this.all<Lease>('leases').find((l) => l.metadata.name === name)?.spec;
  }

  /** `cp-1`, `cp-2` … */
  holder(name = MANAGER): string {
    return this.lease(name)?.holderIdentity?.split('_')[0] ?? '';
  }

  detail(component: string): unknown {
    return this.session.cluster.component(component)?.detail?.['role'];
  }

  give(type: 'stop' | 'start', component: string): void {
    this.session.give({ type, component }, () => {});
    this.pass(0.001);
  }

  pass(seconds: number): void {
    const { kernel } = this.session.cluster;
    kernel.runUntil(kernel.now + seconds * 1e6);
  }

  /** Virtual seconds until |done|. */
  until(done: () => boolean, patience: number): number {
    const from = this.seconds;
    const { kernel } = this.session.cluster;
    const maxTime = kernel.now + patience * 1e6;
    if (!kernel.runUntil(done, { maxTime })) throw new Error(`not within ${patience} s`);
    return this.seconds - from;
  }
}

describe('what a candidate writes', () => {
  const times = { nowUs: 100_000_000, now: 'now' };
  const lease = (spec: object): Lease => ({ spec }) as Lease;
  const held = { holderIdentity: 'b', leaseDurationSeconds: 15, acquireTime: 'then' };

  it.each([
    ['there is none: takes it', null, { leaseTransitions: 0, acquireTime: 'now' }],
    ["another's, seen just now: waits", { lease: lease(held), atUs: 85_000_001 }, null],
    [
      "another's, unchanged for its duration: takes it",
      { lease: lease({ ...held, leaseTransitions: 3 }), atUs: 85_000_000 },
      { leaseTransitions: 4, acquireTime: 'now', renewTime: 'now' },
    ],
    [
      'given back: takes it at once',
      { lease: lease({ ...held, holderIdentity: '' }), atUs: 99_000_000 },
      { leaseTransitions: 1, acquireTime: 'now' },
    ],
    [
      'our own: renews it',
      { lease: lease({ ...held, holderIdentity: 'a', leaseTransitions: 3 }), atUs: 0 },
      { leaseTransitions: 3, acquireTime: 'then', renewTime: 'now' },
    ],
  ])('%s', (_, observed, expected) => {
    const got = nextSpec(observed, 'a', times);
    if (expected === null) expect(got).toBeNull();
    else expect(got).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, ...expected });
  });
});

describe('several masters', () => {
  it('one instance leads, and renews every two seconds', () => {
    const w = new World(2);
    expect([w.holder(), w.holder('kube-scheduler')]).toEqual(['cp-1', 'cp-1']);
    expect([w.detail(MANAGER), w.detail(`${MANAGER}/cp-2`)]).toEqual(['leader', 'standby']);
    const before = w.lease()?.renewTime;
    w.pass(2.1);
    expect(w.lease()?.renewTime).not.toBe(before);
    expect(w.lease()?.leaseTransitions).toBe(0);
  });

  it('another takes over when the leader is gone, and the gone one comes back as standby', () => {
    const w = new World(3);
    w.give('stop', MANAGER);
    w.session.give(
      {
        type: 'apply',
        file: 'a.yaml',
        text: `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: default}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: nginx}]}}}}`,
      },
      () => {},
    );
    const seconds = w.until(() => w.holder() !== 'cp-1', 30);
    // It was renewed up to two seconds before, and is looked at every 2 to 4.4 s.
    expect(seconds).toBeGreaterThan(13);
    expect(seconds).toBeLessThan(22);
    expect(w.lease()?.leaseTransitions).toBe(1);
    w.until(() => w.all<ReplicaSet>('replicasets').length === 1, 5);
    const events = w.all<Event>('events').filter((e) => e.reason === 'LeaderElection');
    const leader = w.lease()?.holderIdentity ?? '';
    expect(events.map((e) => [e.source?.component, e.message])).toContainEqual([
      MANAGER,
      `${leader} became leader`,
    ]);
    w.give('start', MANAGER);
    w.pass(20);
    expect(w.detail(MANAGER)).toBe('standby');
    expect(w.lease()?.holderIdentity).toBe(leader);
  });

  it('a leader that cannot renew stops leading, and is started again', () => {
    const w = new World(1);
    const before = w.lease()?.holderIdentity;
    w.give('stop', 'kube-apiserver');
    w.pass(9);
    expect(w.detail(MANAGER)).toBe('leader');
    w.pass(4);
    expect(w.detail(MANAGER)).not.toBe('leader');
    w.pass(20);
    w.give('start', 'kube-apiserver');
    w.until(() => w.detail(MANAGER) === 'leader', 40);
    expect(w.lease()?.holderIdentity).not.toBe(before);
    expect(w.lease()?.leaseTransitions).toBe(1);
  });

  it('a scheduler takes over as well', () => {
    const w = new World(2);
    w.give('stop', 'kube-scheduler');
    w.until(() => w.holder('kube-scheduler') === 'cp-2', 30);
    w.pass(0.1);
    expect(w.session.cluster.scheduler.running).toBe(true);
  });

  it('the first master may run its instances as static Pods', () => {
    const w = new World(2, { controlPlane: true });
    expect(w.holder()).toBe('cp-1');
    expect(w.detail(MANAGER)).toBe('leader');
    w.give('stop', MANAGER);
    w.until(() => w.holder() === 'cp-2', 40);
    w.give('start', MANAGER);
    w.until(() => w.detail(MANAGER) === 'standby', 30);
    w.give('stop', `${MANAGER}/cp-2`);
    w.until(() => w.holder() === 'cp-1', 40);
  });

  it('nobody is elected where a run does not ask for masters', () => {
    const session = new Session(defaultRunConfig(), programsFor(kinds), { freeze: true });
    const leases = session.cluster.server.store.range('/registry/leases/kube-system/');
    expect(leases.filter((kv) => kv.value.object.metadata.name.startsWith('kube-'))).toEqual([]);
  });

  it.each([1, 2, 3, 4])(
    'whatever stops, at most one works, and in the end one does (%s)',
    (seed) => {
      const w = new World(3, { seed });
      const rng = new Rng(seed, 'what stops');
      const instances = [MANAGER, `${MANAGER}/cp-2`, `${MANAGER}/cp-3`];
      const parts = [...instances, 'kube-apiserver'];
      const leaders = (): number => instances.filter((name) => w.detail(name) === 'leader').length;
      for (let i = 0; i < 30; i++) {
        w.give(rng.int(2) === 0 ? 'stop' : 'start', rng.pick(parts));
        for (let s = 0; s < 8; s++) {
          w.pass(1);
          expect(leaders()).toBeLessThan(2);
        }
      }
      for (const part of parts) w.give('start', part);
      w.pass(60);
      expect(leaders()).toBe(1);
      expect(w.detail(instances.find((name) => name.endsWith(w.holder())) ?? MANAGER)).toBe(
        'leader',
      );
    },
  );
});
