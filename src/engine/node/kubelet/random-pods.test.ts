/**
 * Whatever Pods consist of and whatever happens to them: app containers start after the init
 * containers are done, no container outlives its Pod, restart counts only grow, and what has ended
 * stays ended.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContainerStatus, Pod as PodObject } from '../../../api/generated/types.ts';
import type { AnyKind } from '../../../api/meta/define-kind.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import type { Input } from '../../../api/meta/object.ts';
import { ApiError } from '../../../api/meta/status.ts';
import { Cluster } from '../../cluster.ts';
import type { Machine } from '../machine.ts';
import { isTerminal } from './phase.ts';

const SECOND = 1_000_000;
/** Longer than a back-off or two, and than any grace period here. */
const SETTLE_SECONDS = 90;

type Spec = Input<PodObject['spec']>;
type ContainerSpec = NonNullable<Spec['containers']>[number];
type Exec = { readonly exec: { readonly command: readonly string[] } };

const exec = (script: string): Exec => ({ exec: { command: ['sh', '-c', script] } });

const scripts = fc.oneof(
  fc.constantFrom('exit 0', 'exit 1', 'sleep 1', 'sleep 4; exit 3', 'sleep 12'),
  // Fails the first time only.
  fc.constant('[ -e /v/$HOSTNAME-$ME ] && exit 0; touch /v/$HOSTNAME-$ME; exit 1'),
);
const services = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('sleep 3600', 'trap "exit 0" TERM; sleep 3600 & wait') },
  { weight: 1, arbitrary: fc.constantFrom('sleep 7; exit 1', 'exit 2') },
);
const hook = fc.constantFrom(exec('true'), exec('exit 1'), exec('sleep 2'), {
  sleep: { seconds: 1 },
});
const hooks = fc.option(fc.record({ postStart: hook, preStop: hook }, { requiredKeys: [] }), {
  nil: undefined,
});
const probe = fc
  .constantFrom(exec('true'), exec('false'), exec('[ -e /v/up ]'))
  .map((action) => ({ ...action, periodSeconds: 2, failureThreshold: 2 }));
const probes = fc.record(
  { livenessProbe: probe, readinessProbe: probe, startupProbe: probe },
  { requiredKeys: [] },
);
const rules = fc.constantFrom(
  {},
  {},
  { restartPolicy: 'Never' },
  { restartPolicy: 'OnFailure' },
  {
    restartPolicy: 'Never',
    restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }],
  },
);

const container = (name: string, script: string, more: object): ContainerSpec => ({
  name,
  image: 'busybox:1.36',
  command: ['sh', '-c', script],
  env: [{ name: 'ME', value: name }],
  volumeMounts: [{ name: 'v', mountPath: '/v' }],
  ...more,
});

const init = fc.oneof(
  fc.tuple(scripts, rules).map(([script, policy]) => ({ script, more: { ...policy } })),
  fc.tuple(services, hooks, probes).map(([script, lifecycle, own]) => ({
    script,
    more: { restartPolicy: 'Always', ...own, ...(lifecycle ? { lifecycle } : {}) },
  })),
);
const app = fc
  .tuple(fc.oneof(services, scripts), hooks, probes, rules)
  .map(([script, lifecycle, own, policy]) => ({
    script,
    more: { ...policy, ...own, ...(lifecycle ? { lifecycle } : {}) },
  }));

const specs: fc.Arbitrary<Spec> = fc
  .record({
    inits: fc.array(init, { maxLength: 4 }),
    apps: fc.array(app, { minLength: 1, maxLength: 2 }),
    restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never'),
    grace: fc.constantFrom(1, 4),
    deadline: fc.option(fc.constantFrom(5, 20), { nil: undefined }),
  })
  .map(({ inits, apps, restartPolicy, grace, deadline }) => ({
    restartPolicy,
    terminationGracePeriodSeconds: grace,
    ...(deadline === undefined ? {} : { activeDeadlineSeconds: deadline }),
    volumes: [{ name: 'v', emptyDir: {} }],
    initContainers: inits.map((c, i) => container(`i${i}`, c.script, c.more)),
    containers: apps.map((c, i) => container(`a${i}`, c.script, c.more)),
  }));

const act = fc.oneof(
  { weight: 4, arbitrary: specs.map((spec) => ({ type: 'create' as const, spec })) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('delete' as const),
      pod: fc.nat(4),
      grace: fc.constantFrom(undefined, 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constantFrom('kubelet', 'power', 'sandboxes' as const) }),
  },
);
const acts = fc.array(fc.tuple(fc.integer({ min: 1, max: 9_000 }), act), {
  minLength: 1,
  maxLength: 8,
});

type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;

class World {
  readonly cluster: Cluster;
  readonly machine: Machine;
  readonly faults: string[] = [];
  #created = 0;
  readonly #last = new Map<string, PodObject>();

  constructor(seed: number) {
    const node = { name: 'node-1', cpu: '8', memory: '16Gi', pods: 110, zone: '' };
    this.cluster = new Cluster(
      { seed, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped: [] },
      { freeze: true, traceCapacity: 300_000 },
    );
    this.machine = this.cluster.machines.get('node-1') as Machine;
    this.machine.runtime.images.preload('busybox:1.36');
    this.#watch();
  }

  run(seconds: number): void {
    const { kernel } = this.cluster;
    kernel.runUntil(kernel.now + seconds * SECOND);
  }

  do(action: Act): void {
    const { kernel } = this.cluster;
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
    const client = this.cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
    const onError = (error: unknown): void => expect(error).toBeInstanceOf(ApiError);
    if (action.type === 'create') {
      const metadata = { name: `p${this.#created++}`, namespace: 'default' };
      kernel.spawn('create', client.create(Pod, { metadata, spec: action.spec }), { onError });
    } else if (action.type === 'delete') {
      const grace = action.grace === undefined ? {} : { gracePeriodSeconds: action.grace };
      kernel.spawn('delete', client.delete(Pod, 'default', `p${action.pod}`, grace), { onError });
    } else if (action.type === 'kubelet') {
      this.machine.stopKubelet();
      this.machine.kubelet.start();
    } else if (action.type === 'power') {
      this.machine.stop();
      this.machine.start();
    } else {
      for (const { uid } of this.machine.runtime.pods()) this.machine.runtime.killSandbox(uid);
    }
  }

  #watch(): void {
    const { server } = this.cluster;
    server.watches.open({
      resource: server.registry.of(Pod as unknown as AnyKind),
      namespace: 'default',
      since: server.store.revision,
      actor: 'test',
      scope: { name: 'test', alive: true },
      onEvent: ({ type, object }) => this.#saw(type, object as PodObject),
      onClose: () => undefined,
    });
  }

  #saw(type: string, pod: PodObject): void {
    const { name, uid } = pod.metadata;
    const before = this.#last.get(uid);
    this.#last.set(uid, pod);
    if (type === 'DELETED') {
      const left = this.running(uid);
      if (left.length > 0) this.faults.push(`${name} is gone, and ${left.join()} runs`);
    }
    if (!before) return;
    if (isTerminal(before.status.phase) && pod.status.phase !== before.status.phase) {
      this.faults.push(`${name} goes from ${before.status.phase} to ${pod.status.phase}`);
    }
    const counts = new Map(statuses(before).map((s) => [s.name, s.restartCount]));
    for (const s of statuses(pod)) {
      if (s.restartCount >= (counts.get(s.name) ?? 0)) continue;
      this.faults.push(`${name} ${s.name}: ${s.restartCount} after ${counts.get(s.name)} restarts`);
    }
  }

  running(uid: string): readonly string[] {
    const { containers } = this.machine.runtime.status(uid);
    return [...containers.values()].filter((c) => c.state === 'running').map((c) => c.name);
  }

  pods(): readonly PodObject[] {
    const items = this.cluster.server.store.range('/registry/pods/default/');
    return items.map((i) => i.value.object as unknown as PodObject);
  }

  /** What the trace says of the order in which containers started. */
  orders(): readonly string[] {
    const specs = new Map([...this.#last.values()].map((p) => [p.metadata.name, p.spec]));
    const done = new Map<string, Set<string>>();
    const wrong: string[] = [];
    for (const span of this.cluster.kernel.trace.from(1)) {
      const name = /^Pod\/default\/(.*)$/.exec(span.object)?.[1] ?? '';
      const spec = specs.get(name);
      if (!spec) continue;
      if (span.name === 'RunPodSandbox' || !done.has(name)) done.set(name, new Set());
      if (span.kind !== 'container') continue;
      const { container: own, exitCode } = span.detail as { container: string; exitCode?: number };
      const c = spec.initContainers?.find((i) => i.name === own);
      const stays = c?.restartPolicy === 'Always';
      if (c && (stays ? span.name === 'Started' : exitCode === 0)) done.get(name)?.add(own);
      if (c || span.name !== 'Started') continue;
      const missing = (spec.initContainers ?? []).filter((i) => !done.get(name)?.has(i.name));
      for (const m of missing) wrong.push(`${name} ${own} started before ${m.name} was done`);
    }
    return wrong;
  }
}

function statuses({ status }: PodObject): readonly ContainerStatus[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
}

describe('random Pods', () => {
  it('keep the promises of Pods', () => {
    fc.assert(
      fc.property(fc.nat(1_000), acts, (seed, list) => {
        const world = new World(seed);
        for (const [ms, action] of list) {
          world.run(ms / 1_000);
          world.do(action);
        }
        world.run(SETTLE_SECONDS);
        expect(world.faults).toEqual([]);
        expect(world.orders()).toEqual([]);
        const known = new Set<string>();
        for (const pod of world.pods()) {
          known.add(pod.metadata.uid);
          if (isTerminal(pod.status.phase)) expect(world.running(pod.metadata.uid)).toEqual([]);
        }
        for (const { uid } of world.machine.runtime.pods()) expect(known).toContain(uid);
      }),
      { numRuns: 20 },
    );
  });
});
