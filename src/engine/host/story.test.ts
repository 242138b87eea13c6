/** Story: slow enough to follow where messages fly, quick where nothing moves. */
import { describe, expect, it } from 'vitest';
import type { StepRow } from '../../port/protocol.ts';
import { FakePage } from '../../testing/page/fake-page.ts';
import { BAD_IMAGE, BARE_POD, FIRST_EXAMPLE } from '../../testing/page/manifests.ts';
import { type Moment, storyRate, tellingOf } from './pace.ts';

const MOMENT: Moment = { settled: false, quietUs: 0, sinceStepUs: 1e9, pods: 3 };

/** Real milliseconds that a quiet stretch takes. */
function quietMs(lengthUs: number): number {
  let ms = 0;
  for (let quietUs = 0; quietUs < lengthUs; ) {
    const { usPerMs, holdsUs } = storyRate({ ...MOMENT, quietUs });
    const stretch = Math.min(holdsUs, lengthUs - quietUs);
    ms += stretch / usPerMs;
    quietUs += stretch;
  }
  return ms;
}

describe('the pace of Story', () => {
  it.each([
    ['a step', { sinceStepUs: 0 }, 2],
    ['other messages', {}, 12],
    ['other messages of a hundred Pods', { pods: 100 }, 120],
    ['nothing but periodic work', { settled: true, quietUs: 1e9 }, 1_000],
    ['a second of quiet', { quietUs: 1e6 }, 30_000],
  ])('%s', (_name, moment, usPerMs) => {
    expect(storyRate({ ...MOMENT, ...moment }).usPerMs).toBe(usPerMs);
  });

  it.each([10e3, 1e6, 10e6, 300e6, 3_600e6])('%d us of quiet take less than a second', (us) => {
    expect(quietMs(us)).toBeGreaterThan(200);
    expect(quietMs(us)).toBeLessThan(1_000);
  });

  it('tells the first three of each step slowly, in every story', () => {
    const row = (step: number, seen: number): StepRow => ({
      step,
      at: seen,
      seen,
      actor: '',
      object: '',
      revision: null,
      trigger: null,
      span: 0,
      end: null,
    });
    const steps = [1, 2, 5, 5, 5, 5, 9, 1, 5].map((step, i) => row(step, i));
    expect(tellingOf(steps)).toEqual({ slow: [0, 1, 2, 3, 4, 7, 8], pods: 1 });
  });
});

describe('Story plays', () => {
  function applied(text: string): { page: FakePage; from: number } {
    const page = FakePage.started();
    page.wait(2_000);
    page.give({ type: 'apply', file: 'a.yaml', text });
    return { page, from: page.wallMs };
  }

  it('the default example in 10 to 40 seconds, each of the first steps in about one', () => {
    const { page, from } = applied(FIRST_EXAMPLE);
    const { kernel } = page.host.session?.cluster ?? {};
    const before = kernel?.trace.lastId ?? 0;
    page.tick();
    // The first request is on its way with the first pump.
    const fresh = [...(kernel?.trace.from(before - 1) ?? [])];
    expect(fresh.some((s) => s.kind === 'request' && s.from === 'kubectl')).toBe(true);

    const begun = new Map<number, number>();
    const running = (): boolean => page.rows.get('Deployment/default/web')?.replicas?.ready === 3;
    const took = page.until(() => {
      for (const { step } of page.steps) if (!begun.has(step)) begun.set(step, page.wallMs - from);
      return running();
    });
    expect(took).toBeGreaterThan(10_000);
    expect(took).toBeLessThan(40_000);
    const times = [...begun.values()];
    expect([...begun.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(times[0]).toBeLessThan(2_000);
    // Eight steps from the Apply to the kubelet.
    expect(times[7]).toBeGreaterThan(5_000);
    expect(times[7]).toBeLessThan(12_000);
  });

  it('a bare Pod in less than 20 seconds', () => {
    const { page } = applied(BARE_POD);
    const took = page.until(() => page.rows.get('Pod/default/solo')?.status === 'Running');
    expect(took).toBeLessThan(20_000);
  });

  it('back-offs of five minutes in a few seconds', () => {
    const { page } = applied(BAD_IMAGE);
    page.until(() => (page.now.liveAt ?? 0) > 400e6);
    const from = page.now.liveAt;
    const took = page.until(() => page.now.liveAt - from > 600e6);
    expect(took).toBeLessThan(40_000);
  });

  it('the past as it did when it was the present', () => {
    const { page } = applied(BARE_POD);
    const running = (): boolean => page.rows.get('Pod/default/solo')?.status === 'Running';
    page.until(running);
    const end = page.now.liveAt;
    page.ask({ type: 'seek', at: page.steps[0]?.at ?? 0 });
    page.ask({ type: 'play' });
    const took = page.until(() => page.now.at >= end);
    expect(took).toBeGreaterThan(4_000);
    expect(took).toBeLessThan(20_000);
  });
});
