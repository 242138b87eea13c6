/** The official JavaScript client against `serve`: lists, an informer, and leader election on a Lease. */
import path from 'node:path';
import {
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  V1MicroTime,
  type V1ConfigMap,
  type V1Lease,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServedCluster } from './served-cluster.ts';

const served = new ServedCluster({ nodes: 1, pace: 1 });
const config = new KubeConfig();
const namespace = 'default';

beforeAll(async () => {
  await served.start();
  config.loadFromFile(path.join(served.dir, 'kubeconfig'));
});
afterAll(() => served.stop());

describe('@kubernetes/client-node', () => {
  it('creates, lists page by page, and understands refusals', async () => {
    const core = config.makeApiClient(CoreV1Api);
    for (const name of ['a', 'b', 'c']) {
      await core.createNamespacedConfigMap({ namespace, body: { metadata: { name } } });
    }
    const names: string[] = [];
    let next: string | undefined;
    do {
      const page = await core.listNamespacedConfigMap({
        namespace,
        limit: 2,
        ...(next === undefined ? {} : { _continue: next }),
      });
      names.push(...page.items.map((item) => item.metadata?.name ?? ''));
      next = page.metadata?._continue;
    } while (next);
    expect(names).toEqual(expect.arrayContaining(['a', 'b', 'c']));
    await expect(core.readNamespacedConfigMap({ namespace, name: 'none' })).rejects.toMatchObject({
      code: 404,
    });
  });

  it('sees changes through its informer', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const list = () => core.listNamespacedConfigMap({ namespace });
    const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list);
    const seen: string[] = [];
    const gone = new Promise<void>((resolve) => {
      const note = (verb: string) => (object: V1ConfigMap) => {
        if (object.metadata?.name === 'seen') seen.push(verb);
        if (verb === 'delete' && object.metadata?.name === 'seen') resolve();
      };
      for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, note(verb));
    });
    await informer.start();
    expect(informer.get('a', namespace)?.metadata?.name).toBe('a');
    const metadata = { name: 'seen' };
    await core.createNamespacedConfigMap({ namespace, body: { metadata } });
    await core.replaceNamespacedConfigMap({
      namespace,
      name: 'seen',
      body: { metadata, data: { k: 'v' } },
    });
    await core.deleteNamespacedConfigMap({ namespace, name: 'seen' });
    await gone;
    expect(seen).toEqual(['add', 'update', 'delete']);
    await informer.stop();
  });

  it('elects one leader, and another when it is gone', async () => {
    const leases = config.makeApiClient(CoordinationV1Api);
    const one = new Candidate(leases, 'one');
    const two = new Candidate(leases, 'two');
    const first = await Promise.all([one.tryOnce(), two.tryOnce()]);
    expect(first.filter(Boolean)).toHaveLength(1);
    const [leader, other] = first[0] ? [one, two] : [two, one];
    for (let round = 0; round < 3; round++) {
      expect(await leader.tryOnce()).toBe(true);
      expect(await other.tryOnce()).toBe(false);
    }
    // The leader falls silent: its lease runs out.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await other.tryOnce()).toBe(true);
    expect(await leader.tryOnce()).toBe(false);
    const lease = await leases.readNamespacedLease({ namespace, name: 'leader' });
    expect(lease.spec).toMatchObject({ holderIdentity: other.name, leaseTransitions: 1 });
  });
});

/** Holds a Lease of one second as client-go's resource lock does: by updates that may not overtake. */
class Candidate {
  readonly name: string;
  readonly #leases: CoordinationV1Api;

  constructor(leases: CoordinationV1Api, name: string) {
    this.#leases = leases;
    this.name = name;
  }

  /** True when it leads now. */
  async tryOnce(): Promise<boolean> {
    const now = new V1MicroTime();
    const spec = {
      holderIdentity: this.name,
      leaseDurationSeconds: 1,
      renewTime: now,
      leaseTransitions: 0,
    };
    const lease = await this.#read();
    if (!lease) {
      const body = { metadata: { name: 'leader' }, spec: { ...spec, acquireTime: now } };
      return this.#worked(this.#leases.createNamespacedLease({ namespace, body }));
    }
    const held = lease.spec ?? {};
    const isMine = held.holderIdentity === this.name;
    const renewed = new Date(held.renewTime ?? 0).getTime();
    if (!isMine && renewed + 1_000 > Date.now()) return false;
    const next: V1Lease = {
      ...lease,
      spec: {
        ...held,
        ...spec,
        leaseTransitions: (held.leaseTransitions ?? 0) + (isMine ? 0 : 1),
      },
    };
    return this.#worked(
      this.#leases.replaceNamespacedLease({ namespace, name: 'leader', body: next }),
    );
  }

  async #read(): Promise<V1Lease | null> {
    try {
      return await this.#leases.readNamespacedLease({ namespace, name: 'leader' });
    } catch (error) {
      if ((error as { code?: number }).code === 404) return null;
      throw error;
    }
  }

  /** Somebody else was quicker: 409. */
  async #worked(write: Promise<V1Lease>): Promise<boolean> {
    try {
      await write;
      return true;
    } catch (error) {
      if ((error as { code?: number }).code === 409) return false;
      throw error;
    }
  }
}
