/** Playback, the past, questions: a page without a browser plays them over a fake wall clock. */
import { describe, expect, it } from 'vitest';
import type { Deployment, Pod } from '../../api/generated/types.ts';
import type { Pace } from '../../port/protocol.ts';
import { FakePage } from '../../testing/page/fake-page.ts';
import { deployment } from '../../testing/page/manifests.ts';

const WEB = 'Deployment/default/web';

function running(replicas = 3): FakePage {
  const page = FakePage.started();
  page.ask({ type: 'pace', pace: 'max' });
  page.apply(deployment(replicas));
  page.until(() => page.rows.get(WEB)?.replicas?.ready === replicas);
  return page;
}

const nodesOfPods = (page: FakePage): readonly string[] =>
  page.ofKind('Pod').map((row) => row.pod?.node ?? '');

describe('paces', () => {
  const cases: readonly [Pace, number, number][] = [
    ['1x', 1_000, 1],
    ['10x', 1_000, 10],
    // A cluster at rest: periodic work alone passes at the wall's pace.
    ['story', 1_000, 1],
    ['max', 1_000, 10],
  ];
  it.each(cases)('%s of a cluster at rest', (pace, ms, times) => {
    const page = FakePage.started();
    page.until(() => page.now.settled);
    page.ask({ type: 'pace', pace });
    const from = page.host.session?.cluster.kernel.now ?? 0;
    page.wait(ms);
    const passed = ((page.host.session?.cluster.kernel.now ?? 0) - from) / 1_000;
    expect(passed).toBeGreaterThan(ms * times * 0.9);
    expect(passed).toBeLessThan(ms * times * 1.2);
  });

  it('plays and pauses', () => {
    const page = FakePage.started();
    expect(page.now.playing).toBe(true);
    page.ask({ type: 'pause' });
    expect(page.now.playing).toBe(false);
    const { liveAt } = page.now;
    page.wait(1_000);
    page.sendFrame();
    expect(page.now.liveAt).toBe(liveAt);
    page.ask({ type: 'play' });
    page.wait(1_000);
    expect(page.now.liveAt).toBeGreaterThan(liveAt);
  });

  it('a sleeping laptop does not leap', () => {
    const page = FakePage.started();
    page.ask({ type: 'pace', pace: '1x' });
    const { liveAt } = page.now;
    page.tick(3_600_000);
    expect(page.now.liveAt - liveAt).toBeLessThan(1_000_000);
  });

  it('full speed comes to rest', () => {
    const page = running(10);
    expect(page.ofKind('Pod').every((row) => row.status === 'Running')).toBe(true);
  });
});

describe('step', () => {
  it('goes to each of the ten steps and stops there', () => {
    const page = FakePage.started();
    page.ask({ type: 'pause' });
    page.give({ type: 'apply', file: 'web.yaml', text: deployment(1) });
    const seen: number[] = [];
    for (let n = 0; n < 10; n++) {
      page.ask({ type: 'step', to: 'step' });
      expect(page.now.playing).toBe(false);
      seen.push(page.steps.at(-1)?.step ?? 0);
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('goes to the next drawn event', () => {
    const page = FakePage.started();
    page.ask({ type: 'pause' });
    page.give({ type: 'apply', file: 'web.yaml', text: deployment(1) });
    const moments: number[] = [];
    for (let n = 0; n < 12; n++) {
      page.ask({ type: 'step', to: 'event' });
      moments.push(page.now.at);
    }
    expect([...moments].sort((a, b) => a - b)).toEqual(moments);
    expect(new Set(moments).size).toBeGreaterThan(6);
    for (let n = 0; n < 5; n++) page.ask({ type: 'step-back', to: 'event' });
    expect(page.now.past).toBe(true);
    expect(moments).toContain(page.now.at);
  });

  it('goes back to the moments of earlier steps, and forward again to now', () => {
    const page = FakePage.started();
    page.ask({ type: 'pause' });
    page.give({ type: 'apply', file: 'web.yaml', text: deployment(1) });
    const moments: number[] = [];
    for (let n = 0; n < 10; n++) {
      page.ask({ type: 'step', to: 'step' });
      moments.push(page.now.at);
    }
    const live = page.now.liveAt;
    for (const at of [...new Set(moments)].reverse().slice(1)) {
      page.ask({ type: 'step-back', to: 'step' });
      expect(page.now).toMatchObject({ at, past: true, playing: false, liveAt: live });
    }
    page.ask({ type: 'step-back', to: 'step' });
    expect(page.now.at).toBe(0);
    const forward: number[] = [];
    while (page.now.past) {
      page.ask({ type: 'step', to: 'step' });
      forward.push(page.now.at);
    }
    expect(forward).toEqual([...new Set(moments)]);
    expect(page.now.liveAt).toBe(live);
  });
});

describe('the past', () => {
  it('shows rows, objects, YAML and counts of the moment of step 5', () => {
    const page = running();
    page.ask({ type: 'pause' });
    const pod = page.steps.find((s) => s.step === 5)?.object ?? '';
    page.ask({ type: 'watch', refs: [pod, WEB] });
    expect((page.objects.get(pod) as Pod).spec.nodeName).toMatch(/^node-/);
    const now = page.content;

    const fifth = page.steps.find((s) => s.step === 5);
    page.ask({ type: 'seek', at: fifth?.seen ?? 0 });
    expect(page.now).toMatchObject({ past: true, whole: true, playing: false });
    expect(nodesOfPods(page)).toEqual(['']);
    expect(page.ofKind('Pod').map((row) => row.status)).toEqual(['Pending']);
    expect(page.now.totals['Pod']).toBe(1);
    expect((page.objects.get(pod) as Pod).spec.nodeName).toBeUndefined();
    expect(page.ask({ type: 'export' })).not.toContain('nodeName:');

    page.ask({ type: 'seek', at: 0 });
    expect(page.ofKind('Pod')).toEqual([]);
    expect(page.now.totals['Pod'] ?? 0).toBe(0);
    expect(page.objects.get(pod)).toBeNull();
    expect(page.objects.get(WEB)).toBeNull();

    page.ask({ type: 'seek', at: null });
    expect(page.now.past).toBe(false);
    expect(page.content).toEqual(now);
    expect((page.objects.get(pod) as Pod).spec.nodeName).toMatch(/^node-/);
    expect(page.ask({ type: 'export' })).toContain('nodeName:');
  });

  it('any moment looks as it looked when it was now', () => {
    const page = FakePage.started();
    page.ask({ type: 'pause' });
    page.give({ type: 'apply', file: 'web.yaml', text: deployment(2) });
    const looks: { at: number; content: unknown }[] = [];
    for (let n = 0; n < 60; n++) {
      page.ask({ type: 'step', to: 'event' });
      looks.push({ at: page.now.at, content: withoutProgress(page.content) });
    }
    // Several events may share a moment: the last look at it counts.
    const last = new Map(looks.map((look) => [look.at, look.content]));
    for (const [at, content] of [...last].slice(0, -1)) {
      page.ask({ type: 'seek', at });
      expect({ at, content: withoutProgress(page.content) }).toEqual({ at, content });
    }
  });

  it('plays on from there to now, telling only what changes', () => {
    const page = running();
    const live = page.content;
    page.ask({ type: 'pace', pace: '10x' });
    page.ask({ type: 'seek', at: 0 });
    page.ask({ type: 'play' });
    const wholes: boolean[] = [];
    const counts = new Set<number>();
    page.until(() => {
      if (page.now.past) {
        wholes.push(page.now.whole);
        counts.add(page.ofKind('Pod').length);
      }
      return !page.now.past;
    });
    expect(wholes.filter((whole) => whole).length).toBeLessThan(wholes.length / 2);
    expect([...counts]).toContain(0);
    expect(page.now.playing).toBe(true);
    page.ask({ type: 'pause' });
    expect(rowsOf(live).map((row) => row.ref)).toEqual(rowsOf(page.content).map((row) => row.ref));
  });

  it('a command given there is carried out now', () => {
    const page = running();
    page.ask({ type: 'seek', at: 10_000 });
    expect(page.now.past).toBe(true);
    const result = page.give({ type: 'scale', object: WEB, replicas: 1 });
    expect(page.now).toMatchObject({ past: false, whole: true });
    page.ask({ type: 'play' });
    page.until(() => page.ofKind('Pod').length === 1);
    expect(result()?.stdout).toBe('deployment.apps/web scaled\n');
    const at = page.host.session?.log.entries.at(-1)?.at ?? 0;
    expect(at).toBeGreaterThan(1_000_000);
  });

  it('ends where history has been compacted, and says where', () => {
    const page = running();
    page.ask({ type: 'pace', pace: 'max' });
    page.until(() => page.now.liveAt > 900e6);
    expect(page.now.oldestAt).toBeGreaterThan(0);
    page.ask({ type: 'seek', at: 0 });
    expect(page.now.at).toBe(page.now.oldestAt);
    expect(page.ofKind('Pod')).toHaveLength(3);
  });
});

describe('runs', () => {
  it('begins again with the same seed and nothing applied', () => {
    const page = running();
    page.ask({ type: 'follow-logs', pod: page.ofKind('Pod')[0]?.ref ?? '', container: 'main' });
    page.ask({ type: 'reset' });
    expect(page.now).toMatchObject({ whole: true, at: 0, past: false });
    expect(page.ofKind('Deployment')).toEqual([]);
    expect(page.steps).toEqual([]);
    page.apply(deployment(2));
    page.until(() => page.rows.get(WEB)?.replicas?.ready === 2);
  });

  it('is saved and opened to the same hash, with its steps and its past', () => {
    const page = running();
    page.ask({ type: 'pause' });
    const run = page.ask({ type: 'save' });
    expect(run.hash).toBe(page.now.hash);

    const other = FakePage.started({ ...run.config, seed: 99 });
    expect(other.ask({ type: 'open', run })).toEqual({ hash: run.hash });
    expect(other.now).toMatchObject({ playing: false, whole: true, hash: run.hash, at: run.at });
    expect(other.content).toEqual(page.content);
    expect(other.steps).toEqual(page.steps);
    other.ask({ type: 'step-back', to: 'step' });
    page.ask({ type: 'step-back', to: 'step' });
    expect(other.now.at).toBe(page.now.at);
    expect(other.ask({ type: 'save' })).toEqual(run);
  });
});

describe('questions', () => {
  it('what is watched comes with every change, and null when it is gone', () => {
    const page = running();
    page.ask({ type: 'watch', refs: [WEB, 'Pod/default/nobody'] });
    expect((page.objects.get(WEB) as Deployment).metadata.managedFields?.length).toBeGreaterThan(0);
    expect(page.objects.get('Pod/default/nobody')).toBeNull();
    page.run({ type: 'scale', object: WEB, replicas: 4 });
    page.until(() => (page.objects.get(WEB) as Deployment).spec.replicas === 4);
    page.run({ type: 'delete', object: WEB });
    page.until(() => page.objects.get(WEB) === null);
  });

  it('a log is followed without a gap and without a line twice', () => {
    const page = running(1);
    page.ask({ type: 'follow-logs', pod: page.ofKind('Pod')[0]?.ref ?? '', container: 'main' });
    expect(page.log[0]).toBe('up');
    page.until(() => page.log.length > 5);
    expect(page.log.slice(1)).toEqual(page.log.slice(1).map(() => 'still here'));
    const { length } = page.log;
    page.ask({ type: 'unfollow-logs' });
    page.wait(2_000);
    expect(page.log).toHaveLength(length);
    page.log.length = 0;
    page.ask({ type: 'follow-logs', pod: page.ofKind('Pod')[0]?.ref ?? '', container: 'prepare' });
    expect(page.log).toEqual(['preparing', 'done']);
  });

  it('the scheduler says why a node was chosen, and why none was', () => {
    const page = running();
    const pod = page.ofKind('Pod')[0];
    const decision = page.ask({ type: 'decision', pod: pod?.ref ?? '' });
    expect(decision?.node).toBe(pod?.pod?.node);
    expect(decision?.rows.map((row) => row.node)).toEqual(['node-1', 'node-2', 'node-3']);
    for (const row of decision?.rows ?? []) {
      expect(Object.keys(row.verdicts)).toEqual(decision?.filters);
      expect(Object.keys(row.points)).toEqual(decision?.scores);
      expect(row.total).toBe(Object.values(row.points).reduce((a, b) => a + b, 0));
    }
    page.apply(deployment(1, 'big').replace('cpu: 10m', 'cpu: 64'));
    page.until(() => page.ofKind('Pod').length === 4 && page.now.settled);
    const big = page.ofKind('Pod').find((row) => row.name.startsWith('big-'))?.ref ?? '';
    const none = page.ask({ type: 'decision', pod: big });
    expect(none?.node).toBe('');
    expect(none?.message).toMatch(/^0\/3 nodes are available: 3 Insufficient cpu\./);
    expect(none?.rows[0]?.verdicts['NodeResourcesFit']).toBe('Insufficient cpu');
    expect(page.ask({ type: 'decision', pod: 'Pod/default/nobody' })).toBeNull();
  });

  it('a diff says what applying would change, and changes nothing', () => {
    const page = running();
    const { hash } = page.ask({ type: 'save' });
    const changed = page.ask({ type: 'diff', file: 'web.yaml', text: deployment(5) });
    expect(changed.text).toMatch(/^-\s+replicas: 3$/m);
    expect(changed.text).toMatch(/^\+\s+replicas: 5$/m);
    expect(page.ask({ type: 'diff', file: 'web.yaml', text: deployment(3) }).text).toBe('');
    expect(page.ask({ type: 'save' }).hash).toBe(hash);
  });

  it('components tell their queues and whether they run', () => {
    const page = running();
    const names = page.components.map((row) => row.name);
    for (const name of ['kube-apiserver', 'etcd', 'kube-scheduler', 'deployment-controller']) {
      expect(names).toContain(name);
    }
    expect(names).toContain('containerd/node-3');
    page.run({ type: 'stop', component: 'kube-scheduler' });
    page.until(() => page.components.find((r) => r.name === 'kube-scheduler')?.running === false);
    page.run({ type: 'start', component: 'kube-scheduler' });
    page.until(() => page.components.find((r) => r.name === 'kube-scheduler')?.running === true);
  });

  it('before a run there is an answer too', () => {
    const page = new FakePage();
    expect(() => page.ask({ type: 'save' })).toThrow('No run has been started.');
    expect(() => page.ask({ type: 'step', to: 'step' })).toThrow('No run has been started.');
    page.tick();
    expect(page.frames).toBe(0);
  });
});

type Rows = { readonly rows: readonly { readonly ref: string }[] };

function rowsOf(content: unknown): Rows['rows'] {
  return (content as Rows).rows;
}

/** How far a pull is goes on without being written: the past does not know it. */
function withoutProgress(content: unknown): unknown {
  return JSON.parse(JSON.stringify(content, (key, v) => (key === 'pulledPercent' ? null : v)));
}
