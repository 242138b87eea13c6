/** A Pod opened: its containers over time, its machines, what it waits for, its files. */
import { describe, expect, it } from 'vitest';
import type { MachineGraph, PodInside, PodLane } from '../../port/protocol-pod.ts';
import { FakePage } from '../../testing/page/fake-page.ts';

const REF = 'Pod/default/story';

const STORY = `apiVersion: v1
kind: Pod
metadata: { name: story }
spec:
  terminationGracePeriodSeconds: 3
  initContainers:
    - { name: first, image: busybox:1.36, command: [sh, -c, "sleep 2"] }
    - { name: helper, image: busybox:1.36, restartPolicy: Always, command: [sleep, "100000"] }
    - { name: second, image: busybox:1.36, command: [sh, -c, "sleep 1"] }
  containers:
    - { name: main, image: busybox:1.36, command: [sh, -c, "echo hello > /tmp/f; sleep 100000"] }
    - { name: crash, image: busybox:1.36, command: [sh, -c, "sleep 1; exit 3"] }
`;

const PROBED = `apiVersion: v1
kind: Pod
metadata: { name: story }
spec:
  containers:
    - name: main
      image: busybox:1.36
      command: [sh, -c, "sleep 9; touch /tmp/ready; sleep 100000"]
      readinessProbe: { exec: { command: [cat, /tmp/ready] }, periodSeconds: 2 }
`;

const HOOKED = `apiVersion: v1
kind: Pod
metadata: { name: story }
spec:
  containers:
    - name: main
      image: busybox:1.36
      command: [sh, -c, "trap 'exit 0' TERM; while true; do sleep 1; done"]
      lifecycle:
        postStart: { exec: { command: [touch, /tmp/started] } }
        preStop: { sleep: { seconds: 2 } }
`;

function opened(): FakePage {
  const page = FakePage.started();
  page.ask({ type: 'pace', pace: '10x' });
  page.ask({ type: 'open-pod', pod: REF });
  page.apply(STORY);
  return page;
}

function inside(page: FakePage): PodInside {
  if (page.pod === null) throw new Error('nothing has been told of the Pod');
  return page.pod;
}

const NO_LANE: PodLane = { name: '', kind: 'app', image: '', segments: [], ticks: [] };

/** Before the Pod is there, its lanes are empty. */
function lane(page: FakePage, name: string): PodLane {
  return page.pod?.lanes.find((l) => l.name === name) ?? NO_LANE;
}

function kinds(page: FakePage, name: string): readonly string[] {
  return lane(page, name).segments.map((s) => s.kind);
}

function runs(page: FakePage, name: string): PodLane['segments'] {
  return lane(page, name).segments.filter((s) => s.kind === 'run');
}

function waitingForCrash(page: FakePage): boolean {
  return page.pod?.waits.some((w) => w.kind === 'crash' && w.container === 'crash') ?? false;
}

describe('a Pod opened', () => {
  it('shows its containers one after the other, side by side, and across', () => {
    const page = opened();
    page.until(() => waitingForCrash(page));
    expect(inside(page).lanes.map((l) => `${l.kind} ${l.name}`)).toEqual([
      'pod ',
      'init first',
      'sidecar helper',
      'init second',
      'app main',
      'app crash',
    ]);
    const [first] = runs(page, 'first');
    const [helper] = runs(page, 'helper');
    const [second] = runs(page, 'second');
    const [main] = runs(page, 'main');
    expect(first).toMatchObject({ exitCode: 0, failed: false, attempt: 1 });
    expect((first?.to ?? 0) - (first?.from ?? 0)).toBeGreaterThanOrEqual(2_000_000);
    expect(helper?.from).toBeGreaterThan(first?.to ?? Number.POSITIVE_INFINITY);
    expect(helper?.to).toBeNull();
    expect(second?.from).toBeGreaterThan(helper?.from ?? Number.POSITIVE_INFINITY);
    expect(main?.from).toBeGreaterThan(second?.to ?? Number.POSITIVE_INFINITY);
    expect(kinds(page, 'first')).toEqual(['pull', 'create', 'run']);
    expect(kinds(page, '').slice(0, 2)).toEqual(['sandbox', 'run']);
  });

  it('counts a crash and its back-off', () => {
    const page = opened();
    page.until(() => waitingForCrash(page));
    const crashed = runs(page, 'crash');
    expect(crashed.at(-1)).toMatchObject({ exitCode: 3, failed: true, attempt: crashed.length });
    expect(lane(page, 'crash').segments.at(-1)).toMatchObject({ kind: 'back-off', to: null });
    const wait = inside(page).waits.find((w) => w.container === 'crash');
    expect(wait?.until).toBeGreaterThan(page.now.at);
    expect(wait?.until).toBeLessThanOrEqual(page.now.at + 10_000_000);
    page.until(() => runs(page, 'crash').length > crashed.length);
    const closed = lane(page, 'crash').segments.findLast((s) => s.kind === 'back-off');
    expect(closed?.to).toBeGreaterThanOrEqual(wait?.until ?? Number.POSITIVE_INFINITY);
  });

  it('says where its machines stand and how they came there', () => {
    const page = opened();
    page.until(() => waitingForCrash(page));
    const machines = inside(page).machines;
    expect(machines?.pod).toMatchObject({ state: 'running', from: 'starting', event: 'STARTED' });
    expect(machines?.init.state).toBe('initialized');
    const crash = machines?.containers.find((c) => c.name === 'crash');
    expect(crash).toMatchObject({ state: 'crashBackOff', event: 'BACK_OFF' });
    const at = runs(page, 'first')[0]?.from ?? 0;
    page.ask({ type: 'seek', at: at + 500_000 });
    page.sendFrame();
    expect(inside(page).machines?.pod.state).toBe('initializing');
    expect(inside(page).machines?.containers[0]).toMatchObject({ name: 'first', state: 'running' });
    expect(runs(page, 'main')).toEqual([]);
    expect(runs(page, 'first')).toMatchObject([{ to: null }]);
  });

  it('shows machines whose transitions lead to states that exist', () => {
    const graphs = FakePage.started().ask({ type: 'machines' });
    expect(graphs.map((g) => g.id)).toEqual(['pod', 'init', 'container']);
    const astray = (graph: MachineGraph): readonly string[] => {
      const names = new Set(graph.states.map((s) => s.name));
      const ends = graph.moves.flatMap((m) => [m.to, ...(m.from === '' ? [] : [m.from])]);
      return [graph.initial, ...ends].filter((name) => !names.has(name));
    };
    expect(graphs.flatMap(astray)).toEqual([]);
    const container = graphs.find((g) => g.id === 'container');
    expect(container?.moves).toContainEqual({
      from: 'stopping',
      event: 'after.gracePeriod',
      to: 'killing',
      actions: [],
    });
  });

  it('kills a container, and its pause container, by command', () => {
    const page = opened();
    page.until(() => runs(page, 'main').length === 1);
    page.run({ type: 'kill-container', pod: REF, container: 'main' });
    page.until(() => runs(page, 'main').length === 2);
    expect(runs(page, 'main')[0]).toMatchObject({ exitCode: 137, failed: true });
    page.run({ type: 'kill-sandbox', pod: REF });
    page.until(() => runs(page, '').length === 2);
    page.until(() => runs(page, 'first').length === 2);
    const again = page.run({ type: 'kill-container', pod: REF, container: 'none' });
    expect(again.stderr).toBe('error: container "none" of Pod/default/story does not run\n');
  });

  it('counts the grace period of a Pod that is deleted', () => {
    const page = opened();
    page.until(() => runs(page, 'main').length === 1);
    page.ask({ type: 'pace', pace: '1x' });
    page.run({ type: 'delete', object: REF });
    page.until(() => lane(page, 'main').segments.some((s) => s.kind === 'stop'));
    const { at } = page.now;
    const wait = inside(page).waits.find((w) => w.kind === 'grace');
    expect(wait?.until).toBeGreaterThan(at - 1_000_000);
    expect(wait?.until).toBeLessThanOrEqual(at + 3_000_000);
    page.until(() => inside(page).uid === '');
    expect(lane(page, 'main').segments.at(-1)).toMatchObject({ kind: 'stop', exitCode: 137 });
    expect(lane(page, '').segments.at(-1)?.to).not.toBeNull();
  });

  it('ticks with the probes, and says when they run next', () => {
    const page = FakePage.started();
    page.ask({ type: 'pace', pace: '10x' });
    page.ask({ type: 'open-pod', pod: REF });
    page.apply(PROBED);
    page.until(() => inside(page).probes.some((p) => p.inARow >= 2));
    const [probe] = inside(page).probes;
    expect(probe).toMatchObject({
      container: 'main',
      probe: 'readiness',
      what: 'exec cat /tmp/ready',
      periodSeconds: 2,
      failureThreshold: 3,
      lastRun: 'failure',
      result: 'failure',
    });
    expect(probe?.nextAt).toBeGreaterThan(page.now.at - 2_000_000);
    page.until(() => lane(page, 'main').ticks.some((t) => t.ok));
    const oks = lane(page, 'main').ticks.map((t) => t.ok);
    expect(oks.indexOf(true)).toBeGreaterThanOrEqual(2);
    expect(lane(page, 'main').ticks[0]?.message).toContain("can't open '/tmp/ready'");
    page.until(() => inside(page).probes[0]?.result === 'success');
  });

  it('draws hooks beside the run that they belong to', () => {
    const page = FakePage.started();
    page.ask({ type: 'pace', pace: '10x' });
    page.ask({ type: 'open-pod', pod: REF });
    page.apply(HOOKED);
    const hooks = (): PodLane['segments'] =>
      lane(page, 'main').segments.filter((s) => s.kind === 'hook');
    page.until(() => hooks()[0]?.to != null);
    expect(hooks()).toMatchObject([{ note: 'PostStart', failed: false }]);
    page.run({ type: 'delete', object: REF });
    page.until(() => inside(page).uid === '');
    expect(hooks().map((h) => h.note)).toEqual(['PostStart', 'PreStop']);
    const [, preStop] = hooks();
    expect((preStop?.to ?? 0) - (preStop?.from ?? 0)).toBeGreaterThanOrEqual(2_000_000);
  });

  it('shows files of a container', () => {
    const page = opened();
    page.until(() => runs(page, 'main').length === 1);
    page.wait(1_000);
    const files = (path: string, container = 'main') =>
      page.ask({ type: 'files', pod: REF, container, path });
    const root = files('/etc/../');
    expect(root).toMatchObject({ type: 'directory', path: '/' });
    const names = root.type === 'directory' ? root.rows.map((row) => row.name) : [];
    expect(names).toEqual(expect.arrayContaining(['bin', 'etc', 'tmp']));
    expect(files('/tmp/f')).toMatchObject({ type: 'file', text: 'hello\n', size: 6, cut: false });
    expect(files('/nowhere')).toMatchObject({ type: 'none', message: 'no-such-file' });
    expect(files('/', 'other')).toMatchObject({ type: 'none', message: 'not-started' });
  });
});
