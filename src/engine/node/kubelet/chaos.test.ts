/** Whatever is stopped, killed and deleted meanwhile: the node heals, and no assertion of it fails. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pod } from '../../../api/kinds/pod.ts';
import type { Input } from '../../../api/meta/object.ts';
import { ApiError } from '../../../api/meta/status.ts';
import { Cluster } from '../../cluster.ts';
import type { Machine } from '../machine.ts';

const SECOND = 1_000_000;

type Spec = Input<Pod['spec']>;

const SPECS: readonly Spec[] = [
  { containers: [{ name: 'c', image: 'nginx:1.25' }] },
  {
    initContainers: [
      { name: 'i', image: 'busybox:1.36', command: ['sleep', '1'] },
      { name: 's', image: 'busybox:1.36', command: ['sleep', '3600'], restartPolicy: 'Always' },
    ],
    containers: [
      { name: 'a', image: 'busybox:1.36', command: ['sh', '-c', 'sleep 7; exit 1'] },
      { name: 'b', image: 'nginx:1.25' },
    ],
  },
  {
    restartPolicy: 'Never',
    containers: [{ name: 'c', image: 'busybox:1.36', command: ['sleep', '4'] }],
  },
  { containers: [{ name: 'c', image: 'nginx:none' }], terminationGracePeriodSeconds: 3 },
];

const act = fc.oneof(
  fc.record({ type: fc.constant('create' as const), spec: fc.nat(SPECS.length - 1) }),
  fc.record({
    type: fc.constant('delete' as const),
    pod: fc.nat(9),
    grace: fc.constantFrom(0, 1, 30),
  }),
  fc.record({ type: fc.constantFrom('kubelet' as const, 'power' as const, 'sandboxes' as const) }),
);
const acts = fc.array(fc.tuple(fc.integer({ min: 1, max: 9_000 }), act), { maxLength: 14 });

type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;

class Chaos {
  readonly cluster: Cluster;
  readonly machine: Machine;
  #created = 0;

  constructor(seed: number) {
    const node = { name: 'node-1', cpu: '8', memory: '16Gi', pods: 110, zone: '' };
    this.cluster = new Cluster(
      { seed, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped: [] },
      { freeze: true },
    );
    this.machine = this.cluster.machines.get('node-1') as Machine;
  }

  do(action: Act): void {
    const { kernel } = this.cluster;
    const client = this.cluster.client({
      user: { name: 'kubernetes-admin', groups: ['system:masters'] },
      agent: 'kubectl',
      actor: 'kubectl',
    });
    const refused = (error: unknown): void => expect(error).toBeInstanceOf(ApiError);
    switch (action.type) {
      case 'create': {
        const metadata = { name: `p${this.#created++}`, namespace: 'default' };
        const pod = { metadata, spec: SPECS[action.spec] };
        kernel.spawn('create', client.create(Pod, pod), { onError: refused });
        return;
      }
      case 'delete': {
        const options = { gracePeriodSeconds: action.grace };
        const body = client.delete(Pod, 'default', `p${action.pod}`, options);
        kernel.spawn('delete', body, { onError: refused });
        return;
      }
      case 'kubelet':
        if (this.machine.kubelet.running) this.machine.stopKubelet();
        else this.machine.start();
        return;
      case 'power':
        if (this.machine.runtime.running) this.machine.stop();
        else this.machine.start();
        return;
      case 'sandboxes':
        for (const { uid } of this.machine.runtime.pods()) this.machine.runtime.killSandbox(uid);
    }
  }

  pods(): readonly Pod[] {
    const items = this.cluster.server.store.range('/registry/pods/default/');
    return items.map((i) => i.value.object as unknown as Pod);
  }
}

describe('chaos', () => {
  it('heals', () => {
    fc.assert(
      fc.property(fc.nat(1_000), acts, (seed, list) => {
        const chaos = new Chaos(seed);
        const { kernel } = chaos.cluster;
        for (const [ms, action] of list) {
          kernel.runUntil(kernel.now + ms * 1_000);
          chaos.do(action);
        }
        chaos.machine.start();
        // Longer than the node controller needs to trust the node again, and than any back-off so far.
        kernel.runUntil(kernel.now + 400 * SECOND);
        for (const pod of chaos.pods()) {
          expect(pod.metadata.deletionTimestamp).toBeUndefined();
          const bad = pod.spec.containers.some((c) => c.image === 'nginx:none');
          const phases = bad ? ['Pending'] : ['Running', 'Succeeded', 'Failed'];
          expect(phases).toContain(pod.status.phase);
        }
        const known = new Set(chaos.pods().map((p) => p.metadata.uid));
        for (const { uid } of chaos.machine.runtime.pods()) expect(known).toContain(uid);
      }),
      { numRuns: 40 },
    );
  });
});
