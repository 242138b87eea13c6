/** Runs of chaos that once went wrong, made small. Each was a bug, told here. */
import { describe, expect, it } from 'vitest';
import type { Plan, Workload } from './plan.ts';
import { runPlan } from './run.ts';

const deployment: Workload = {
  kind: 'Deployment',
  at: 0,
  replicas: 1,
  served: false,
  other: false,
};

const FOUND: readonly [string, Plan][] = [
  [
    'a kubelet whose request for a token is refused goes on with the next round of the Pod',
    {
      seed: 1,
      nodes: 1,
      workloads: [deployment],
      edits: [],
      faults: [
        { fault: 'refuse writes', at: 0, seconds: 3, oneOf: 2, answer: 'Conflict' },
        { fault: 'stop', at: 3, component: 'kube-apiserver', node: 0, seconds: 1 },
      ],
    },
  ],
];

describe('chaos that was', () => {
  it.each(FOUND)('%s', (_name, plan) => {
    expect(runPlan(plan, true).problems).toEqual([]);
  });
});
