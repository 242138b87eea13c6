/** What crosses the port: plain data, one frame at a time, and the same told by changes as at once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakePage } from '../../testing/page/fake-page.ts';
import { deployment, pauses } from '../../testing/page/manifests.ts';
import { defaultRunConfig } from '../../port/run-config.ts';
import type { Command } from '../../port/protocol.ts';
import { MAX_EVENT_ROWS, MAX_POD_ROWS } from './framer.ts';

/** Objects, arrays and primitives only; no undefined that JSON would lose, no class, no function. */
function plainness(value: unknown, path: string): readonly string[] {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return [];
  if (Array.isArray(value)) return value.flatMap((v, i) => plainness(v, `${path}[${i}]`));
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.entries(value).flatMap(([k, v]) => plainness(v, `${path}.${k}`));
  }
  return [`${path}: ${typeof value}`];
}

/** What a page knows that has been told change by change, beside one that is told everything now. */
function expectSameAsAtOnce(page: FakePage): void {
  page.sendFrame();
  const told = page.content;
  // A look at the past and back: everything is told at once.
  page.ask({ type: 'seek', at: 0 });
  page.ask({ type: 'seek', at: null });
  expect(page.now.whole).toBe(true);
  expect(page.content).toEqual(told);
}

describe('the port', () => {
  it('carries plain data only', () => {
    const page = FakePage.started();
    page.ask({ type: 'pace', pace: 'max' });
    page.apply(deployment(2));
    page.until(() => page.rows.get('Deployment/default/web')?.replicas?.ready === 2);
    const pod = page.ofKind('Pod')[0]?.ref ?? '';
    page.ask({ type: 'watch', refs: [pod] });
    page.ask({ type: 'decision', pod });
    page.ask({ type: 'why', ref: pod, container: 'main' });
    page.ask({ type: 'export' });
    page.ask({ type: 'save' });
    page.ask({ type: 'diff', file: 'x', text: deployment(4) });
    page.ask({ type: 'step-back', to: 'step' });
    for (const [i, message] of page.messages.entries()) {
      expect(plainness(message, `message ${i}`)).toEqual([]);
    }
    expect(page.messages.length).toBeGreaterThan(10);
  });

  it('sends the next frame only when the last one was seen', () => {
    const page = FakePage.started();
    page.busy = true;
    page.apply(deployment(1));
    const { frames } = page;
    page.wait(5_000);
    expect(page.frames).toBeLessThanOrEqual(frames + 1);
    const { liveAt } = page.now;
    // What happened meanwhile comes with the next frame.
    page.catchUp();
    page.tick();
    expect(page.now.liveAt).toBeGreaterThan(liveAt);
    expect(page.ofKind('Deployment')).toHaveLength(1);
    expectSameAsAtOnce(page);
  });

  it('a frame of a busy page stays small', () => {
    const page = FakePage.started();
    page.ask({ type: 'pace', pace: 'max' });
    page.busy = true;
    page.run({ type: 'apply', file: 'a', text: deployment(60) });
    page.wait(20_000);
    page.catchUp();
    page.tick();
    expect(page.now.spans.length).toBeLessThanOrEqual(2_000);
    expect(page.now.spansDropped).toBeGreaterThan(0);
  });
});

describe('rows', () => {
  const commands: fc.Arbitrary<Command> = fc.oneof(
    fc.record({
      type: fc.constant('apply' as const),
      file: fc.constant('a.yaml'),
      text: fc
        .tuple(fc.integer({ min: 0, max: 6 }), fc.constantFrom('web', 'api'))
        .map(([n, name]) => deployment(n, name)),
    }),
    fc.record({
      type: fc.constant('scale' as const),
      object: fc.constantFrom('Deployment/default/web', 'Deployment/default/api'),
      replicas: fc.integer({ min: 0, max: 8 }),
    }),
    fc.record({
      type: fc.constant('delete' as const),
      object: fc.constantFrom('Deployment/default/web', 'Deployment/default/api', 'Node//node-2'),
    }),
    fc.record({
      type: fc.constantFrom('stop' as const, 'start' as const),
      component: fc.constantFrom('kubelet/node-1', 'kube-scheduler', 'replicaset-controller'),
    }),
  );

  it('told by changes are those told at once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000 }),
        fc.array(fc.tuple(commands, fc.integer({ min: 0, max: 3_000 })), { maxLength: 8 }),
        (seed, acts) => {
          const page = FakePage.started(defaultRunConfig(seed));
          page.ask({ type: 'pace', pace: '10x' });
          for (const [command, ms] of acts) {
            page.give(command);
            page.wait(ms);
          }
          page.wait(100);
          page.ask({ type: 'pause' });
          expectSameAsAtOnce(page);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('beyond a number of Pods are folded into counts, and come back when there is room', () => {
    const nodes = defaultRunConfig(1, 8);
    const page = FakePage.started(nodes, { freeze: false });
    page.ask({ type: 'pace', pace: 'max' });
    page.apply(pauses(900));
    const count = (): number =>
      page.folded.reduce((n, f) => n + f.count, page.ofKind('Pod').length);
    page.until(() => page.rows.get('Deployment/default/many')?.replicas?.ready === 880);
    expect(page.ofKind('Pod')).toHaveLength(MAX_POD_ROWS);
    expect(count()).toBe(900);
    expect(page.now.totals['Pod']).toBe(900);
    expect(page.folded.find((f) => f.node === '' && f.status === 'Pending')?.count).toBeGreaterThan(
      0,
    );
    expect(page.ofKind('Event')).toHaveLength(MAX_EVENT_ROWS);
    page.ask({ type: 'pause' });
    expectSameAsAtOnce(page);
    page.ask({ type: 'play' });
    page.run({ type: 'scale', object: 'Deployment/default/many', replicas: 20 });
    page.until(() => page.now.totals['Pod'] === 20);
    expect(page.ofKind('Pod')).toHaveLength(20);
    expect(page.folded).toEqual([]);
    page.ask({ type: 'pause' });
    expectSameAsAtOnce(page);
  });
});
