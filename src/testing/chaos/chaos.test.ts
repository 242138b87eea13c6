/** Chaos in CI; `npm run chaos` plays more of it. */
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../api/generated/types.ts';
import { chaos } from './chaos.ts';
import { problems } from './judge.ts';
import type { Plan } from './plan.ts';
import { runPlan } from './run.ts';
import { World } from './world.ts';

const RUNS = 500;
const SEED = 1;
const PATIENCE_MS = 900_000;

const calm: Plan = {
  seed: 7,
  nodes: 2,
  workloads: [{ kind: 'Deployment', at: 0, replicas: 3, served: true, other: false }],
  edits: [],
  faults: [],
};

describe('chaos', () => {
  it(`ends well in ${RUNS} runs, each the same when it is played again`, {
    timeout: PATIENCE_MS,
  }, () => {
    expect(chaos({ count: RUNS, seed: SEED })).toBeUndefined();
  });

  it('another seed is another run', () => {
    expect(runPlan({ ...calm, seed: 8 }).hash).not.toBe(runPlan(calm).hash);
  });

  it('is seen while it lasts', () => {
    const world = new World(calm, true);
    const metadata = { name: 'w' };
    const selector = { matchLabels: { app: 'w' } };
    const template = {
      metadata: { labels: { app: 'w' } },
      spec: { containers: [{ name: 'app', image: 'nginx:1.27' }] },
    };
    const spec = { replicas: 2, selector, template };
    world.request('POST', '/apis/apps/v1/namespaces/default/deployments', { metadata, spec });
    world.plane.run(20);
    expect(problems(world)).toEqual([]);
    world.component('replicaset-controller')?.stop();
    const [pod] = world.all<Pod>('pods');
    world.request('DELETE', `/api/v1/namespaces/default/pods/${pod?.metadata.name ?? ''}`);
    world.plane.run(60);
    expect(problems(world).join('\n')).toContain('has Pods 1, not 2');
    world.healAll();
    world.plane.run(20);
    expect(problems(world)).toEqual([]);
  });
});
