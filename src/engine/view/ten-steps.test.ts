/**
 * The ten steps against the recorded requests of a real cluster (goldens/node/flow): the same actors
 * make the same kinds of request on the same objects, in the same causal order.
 */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { kinds } from '../../api/kinds/index.ts';
import type { Span } from '../../kernel/trace.ts';
import { programsFor } from '../../kubectl/programs.ts';
import type { RunConfig, StepRow } from '../../port/protocol.ts';
import { Session } from '../session.ts';
import { inOrderOfTime, recogniseSteps, StepRecogniser } from './ten-steps.ts';

const FLOW = path.join(import.meta.dirname, '../../testing/goldens/node/flow');

interface Request {
  readonly user: string;
  readonly agent: string;
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string | null;
  readonly name: string | null;
  readonly code: number;
}

interface Flow {
  readonly manifests: readonly string[];
  readonly auditApply: { readonly requests: readonly Request[] };
}

function config(stopped: readonly string[]): RunConfig {
  return {
    seed: 3,
    epoch: '2026-01-01T00:00:00Z',
    nodes: ['node-1', 'node-2'].map((name) => ({
      name,
      cpu: '2',
      memory: '24Gi',
      pods: 110,
      zone: '',
    })),
    stopped,
  };
}

function run(
  text: string,
  stopped: readonly string[] = [],
): { session: Session; steps: readonly StepRow[]; spans: readonly Span[] } {
  const session = new Session(config(stopped), programsFor(kinds));
  const { kernel } = session.cluster;
  const recogniser = new StepRecogniser(
    (id) => kernel.trace.get(id),
    () => kernel.now,
  );
  const spans: Span[] = [];
  kernel.trace.onChange = (span) => {
    recogniser.onSpan(span);
    if (span.end < 0 || span.start === span.end) spans.push(span);
  };
  session.give({ type: 'apply', file: 'flow.yaml', text });
  kernel.runUntil(15e6);
  return { session, steps: inOrderOfTime(recogniser.steps), spans };
}

/** `deployment-controller create replicasets`: who does what to which kind of object. */
function kindsOfRequest(flow: Flow): Set<string> {
  const set = new Set<string>();
  for (const r of flow.auditApply.requests) {
    // The API server's own reads are not a client's; quota and limits come with the full API.
    if (r.agent.startsWith('kube-apiserver') || r.code >= 300) continue;
    const user = r.user.split(':').at(-1) ?? '';
    const actor = r.user.startsWith('system:node:')
      ? 'kubelet'
      : r.user === 'kubernetes-admin'
        ? 'kubectl'
        : user;
    set.add(`${actor} ${r.verb} ${r.resource}${r.subresource ? `/${r.subresource}` : ''}`);
  }
  return set;
}

function ourRequests(spans: readonly Span[]): Set<string> {
  const set = new Set<string>();
  for (const s of spans) {
    if (s.kind !== 'request' || s.from.startsWith('kube-apiserver')) continue;
    if (s.parent === 0 && s.from !== 'kubectl') continue; // heartbeats
    if (Number(s.detail?.['code'] ?? 0) >= 300) continue;
    const [verb, subresource] = s.name.split(' ');
    if (verb === 'watch') continue; // left out of the recording too
    const actor = s.from.startsWith('kubelet/') ? 'kubelet' : s.from;
    set.add(
      `${actor} ${verb} ${String(s.detail?.['resource'])}${subresource ? `/${subresource}` : ''}`,
    );
  }
  return set;
}

describe('against the real flow', () => {
  const flow = JSON.parse(fs.readFileSync(path.join(FLOW, 'flow-1.json'), 'utf8')) as Flow;

  it('the same actors make the same kinds of request', () => {
    const { spans } = run(flow.manifests[0] as string);
    const wanted = kindsOfRequest(flow);
    // kubectl looks for the namespace of the recording, which is `default` here.
    wanted.delete('kubectl get namespaces');
    expect([...ourRequests(spans)].sort()).toEqual([...wanted].sort());
  });

  it('in the same causal order', () => {
    const { steps } = run(flow.manifests[0] as string);
    // First request of each kind, in the recording.
    const order = flow.auditApply.requests
      .map((r) => `${r.verb} ${r.resource}${r.subresource ? `/${r.subresource}` : ''}`)
      .filter((r) =>
        ['create deployments', 'create replicasets', 'create pods', 'create pods/binding'].includes(
          r,
        ),
      );
    expect([...new Set(order)]).toEqual([
      'create deployments',
      'create replicasets',
      'create pods',
      'create pods/binding',
    ]);
    const firsts = [1, 3, 5, 7].map((n) => steps.findIndex((s) => s.step === n));
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
  });

  it('every step names the step that caused it', () => {
    const { steps } = run(flow.manifests[0] as string);
    for (const s of steps) {
      if (s.step === 1) expect(s.trigger).toBeNull();
      else {
        const cause = steps[s.trigger ?? -1];
        expect(cause?.step, `${s.step} ${s.object}`).toBe(s.step - 1);
        expect(cause?.at).toBeLessThanOrEqual(s.at);
      }
    }
    expect(steps.filter((s) => s.step === 10 && s.end !== null)).toHaveLength(3);
  });

  it('a finished trace gives the same steps as the running recogniser', () => {
    const { steps, spans } = run(flow.manifests[0] as string);
    const key = (s: StepRow): string => `${s.step} ${s.object} ${s.actor} ${s.revision} ${s.at}`;
    expect(recogniseSteps(spans).map(key)).toEqual(steps.map(key));
  });

  it('the ninth step lasts until the init containers have ended', () => {
    const { steps } = run(flow.manifests[0] as string);
    for (const s of steps.filter((r) => r.step === 9)) {
      expect((s.end ?? 0) - s.at).toBeGreaterThan(2e6); // sleep 2
    }
  });
});

describe('other shapes', () => {
  const pod =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: "busybox:1.36", command: [sleep, "60"]}]}\n';
  const deployment = (name: string, replicas: number): string =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec:\n  replicas: ${replicas}\n  selector: {matchLabels: {a: ${name}}}\n  template:\n    metadata: {labels: {a: ${name}}}\n    spec: {containers: [{name: c, image: "busybox:1.36", command: [sleep, "600"]}]}\n`;

  it('a bare Pod has steps 1 and 6 to 10', () => {
    const { steps } = run(pod);
    expect(steps.map((s) => s.step)).toEqual([1, 6, 7, 8, 9, 10]);
  });

  it.each([0, 1, 7])('%i replicas', (n) => {
    const { steps } = run(deployment('web', n));
    const count = (step: number): number => steps.filter((s) => s.step === step).length;
    expect([1, 2, 3, 4].map(count)).toEqual([1, 1, 1, 1]);
    expect([5, 6, 7, 8, 9, 10].map(count)).toEqual([n, n, n, n, n, n]);
  });

  it('several Deployments and other kinds in one file', () => {
    const { steps } = run(
      `${deployment('a', 2)}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---\n${deployment('b', 1)}`,
    );
    expect(steps.filter((s) => s.step === 1).map((s) => s.object)).toEqual([
      'Deployment/default/a',
      'Deployment/default/b',
    ]);
    expect(steps.filter((s) => s.step === 10)).toHaveLength(3);
  });

  it.each([
    ['kube-scheduler', 5],
    ['kube-controller-manager', 1],
    ['kubelet/node-1', 7],
  ])('goes on where it stood when %s is stopped and started again', (component, reached) => {
    const session = new Session(config([]), programsFor(kinds));
    const { kernel } = session.cluster;
    const recogniser = new StepRecogniser(
      (id) => kernel.trace.get(id),
      () => kernel.now,
    );
    kernel.trace.onChange = (span) => recogniser.onSpan(span);
    const others = component === 'kubelet/node-1' ? 'kubelet/node-2' : component;
    for (const c of new Set([component, others])) session.give({ type: 'stop', component: c });
    session.give({ type: 'apply', file: 'a.yaml', text: deployment('web', 2) });
    kernel.runUntil(5e6);
    expect(Math.max(...recogniser.steps.map((s) => s.step))).toBe(reached);
    for (const c of new Set([component, others])) session.give({ type: 'start', component: c });
    kernel.runUntil(60e6);
    const done = recogniser.steps.filter((s) => s.step === 10 && s.end !== null);
    expect(done).toHaveLength(2);
    expect(recogniser.steps.every((s) => s.step === 1 || s.trigger !== null)).toBe(true);
  });

  it('scaling begins the story of the Deployment anew', () => {
    const { session, steps } = run(deployment('web', 3));
    const { kernel } = session.cluster;
    const recogniser = new StepRecogniser(
      (id) => kernel.trace.get(id),
      () => kernel.now,
    );
    kernel.trace.onChange = (span) => recogniser.onSpan(span);
    session.give({ type: 'scale', object: 'Deployment/default/web', replicas: 5 });
    kernel.runUntil(kernel.now + 20e6);
    const count = (step: number): number => recogniser.steps.filter((s) => s.step === step).length;
    expect(steps.filter((s) => s.step === 10)).toHaveLength(3);
    expect([1, 2, 3, 4].map(count)).toEqual([1, 1, 1, 1]);
    expect([5, 10].map(count)).toEqual([2, 2]);
    expect(recogniser.steps.every((s) => s.step === 1 || s.trigger !== null)).toBe(true);
  });

  it('stops after step 5 without a scheduler', () => {
    const { steps } = run(deployment('web', 2), ['kube-scheduler']);
    expect(Math.max(...steps.map((s) => s.step))).toBe(5);
  });
});
