/** Crashes, limits, bad files and bad input: each has a clear message, and the page goes on. */
import { describe, expect, it } from 'vitest';
import type { Command, RunFile } from '../../port/protocol.ts';
import { FakePage } from '../../testing/page/fake-page.ts';
import { deployment, pauses } from '../../testing/page/manifests.ts';
import type { Session } from '../session.ts';
import type { HostOptions } from './host.ts';

const WEB = 'Deployment/default/web';

/** A fault in the engine itself, three seconds into every run. */
const FAULTY: HostOptions = {
  begun: (session: Session) => {
    session.cluster.kernel.after(3_000_000, () => {
      throw new Error('the fault of the test');
    });
  },
};

function crashed(): FakePage {
  const page = FakePage.started(undefined, FAULTY);
  page.ask({ type: 'pace', pace: 'max' });
  page.give({ type: 'apply', file: 'web.yaml', text: deployment(2) });
  for (let n = 0; n < 1_000 && !page.crash; n++) page.tick();
  return page;
}

describe('an engine assertion', () => {
  it('stops the run, with seed and step and the run so far', () => {
    const { crash, host } = crashed();
    expect(crash?.message).toMatch(/^the fault of the test \(seed 1, step \d+, t=3000000 µs\)$/);
    expect(crash?.run).toMatchObject({ format: 'kubeglass-run', crash: crash?.message });
    expect(crash?.run.commands).toHaveLength(1);
    expect(host.active).toBe(false);
    expect(host.pump(100)).toBe(false);
  });

  it('is told once, and further commands are refused', () => {
    const page = crashed();
    page.host.pump(33);
    page.sendFrame();
    expect(page.now.playing).toBe(false);
    expect(page.messages.filter((m) => m.type === 'crashed')).toHaveLength(1);
    const late = page.give({ type: 'scale', object: WEB, replicas: 1 });
    expect(late).toThrow('The run has stopped. Start a new cluster.');
  });

  it('opens again at the event before, and happens again', () => {
    const { run, message } = crashed().crash as { run: RunFile; message: string };
    const page = FakePage.started(undefined, FAULTY);
    page.ask({ type: 'open', run });
    expect(page.now).toMatchObject({ playing: false, past: false });
    expect(page.host.session?.cluster.kernel.steps).toBe(run.step - 1);
    expect(page.ofKind('Pod')).toHaveLength(2);
    page.ask({ type: 'step-back', to: 'step' });
    expect(page.now.past).toBe(true);
    page.ask({ type: 'seek', at: null });
    page.ask({ type: 'play' });
    for (let n = 0; n < 100 && !page.crash; n++) page.tick();
    expect(page.crash?.message).toBe(message);
    expect(page.crash?.run).toEqual(run);
  });

  it('in a step is told as well', () => {
    const page = FakePage.started(undefined, FAULTY);
    page.give({ type: 'apply', file: 'web.yaml', text: deployment(1) });
    for (let n = 0; n < 40 && !page.crash; n++) {
      try {
        page.ask({ type: 'step', to: 'step' });
      } catch (error) {
        expect((error as Error).message).toContain('the fault of the test');
      }
    }
    expect(page.crash?.message).toContain('the fault of the test');
  });

  it('does not outlive a reset', () => {
    const page = crashed();
    page.ask({ type: 'reset' });
    page.ask({ type: 'play' });
    page.crash = null;
    page.wait(200);
    expect(page.now).toMatchObject({ playing: true });
  });
});

describe('memory', () => {
  it('above the limit pauses the run with a way on; Play goes on', () => {
    const page = FakePage.started(undefined, { freeze: false, memoryLimitMb: 3 });
    page.ask({ type: 'pace', pace: 'max' });
    page.give({ type: 'apply', file: 'many.yaml', text: pauses(1_000) });
    for (let n = 0; n < 1_000 && page.memory === null; n++) page.tick();
    expect(page.memory).toMatch(
      /^The run holds about \d+ MB and is paused\. Delete or scale something down, reset, or press Play to go on for another 500 MB\.$/,
    );
    page.sendFrame();
    expect(page.now.playing).toBe(false);
    page.ask({ type: 'play' });
    expect(page.now.playing).toBe(true);
    page.until(() => page.now.totals['Pod'] === 1_000 && page.now.settled);
    expect(page.messages.filter((m) => m.type === 'memory')).toHaveLength(1);
    // As many as the nodes take; the others wait, and say why.
    const running = page.ofKind('Pod').filter((row) => row.status === 'Running').length;
    expect(
      running + page.folded.filter((f) => f.node !== '').reduce((n, f) => n + f.count, 0),
    ).toBe(330);
    const decision = page.ask({
      type: 'decision',
      pod: page.ofKind('Pod').find((row) => row.pod?.node === '')?.ref ?? '',
    });
    expect(decision?.message).toContain('0/3 nodes are available: 3 Too many pods');
  });
});

describe('a run file', () => {
  const saved = (): RunFile => {
    const page = FakePage.started();
    page.apply(deployment(1));
    return page.ask({ type: 'save' });
  };
  const good = saved();
  const cases: readonly [string, unknown, RegExp][] = [
    ['no object', 42, /not a saved run of Kubeglass/],
    ['another format', { format: 'har', version: 1 }, /not a saved run of Kubeglass/],
    ['another version', { ...good, version: 2 }, /saved in version 2 .* reads version 1/],
    ['no commands', { ...good, commands: undefined }, /damaged: commands is not a list/],
    ['no seed', { ...good, config: { ...good.config, seed: '1' } }, /config\.seed is not a whole/],
    [
      'no time',
      { ...good, config: { ...good.config, epoch: 'noon' } },
      /config\.epoch is not a time/,
    ],
    [
      'a node without memory',
      { ...good, config: { ...good.config, nodes: [{ name: 'a', cpu: '1' }] } },
      /config\.nodes\[0\]\.memory is not a text/,
    ],
    [
      'an unknown command',
      { ...good, commands: [{ at: 0, step: 0, command: { type: 'explode' } }] },
      /commands\[0\]\.command\.type is "explode", which is no command/,
    ],
    [
      'a command after the end',
      { ...good, commands: good.commands.map((c) => ({ ...c, step: good.step + 1 })) },
      /commands\[0\]\.step is later than the end/,
    ],
    [
      'a command at an impossible time',
      { ...good, commands: good.commands.map((c) => ({ ...c, at: 3_600_000_000 })) },
      /cannot be repeated; it is damaged or was saved by another version/,
    ],
  ];
  it.each(cases)('that is damaged is refused: %s', (_name, run, wanted) => {
    const page = FakePage.started();
    page.apply(deployment(1));
    const { hash } = page.ask({ type: 'save' });
    expect(() => page.ask({ type: 'open', run: run as RunFile })).toThrow(wanted);
    // The run that was open goes on.
    expect(page.ask({ type: 'save' }).hash).toBe(hash);
    expect(page.crash).toBeNull();
    expect(page.now.playing).toBe(true);
  });
});

describe('bad commands', () => {
  const node = { name: 'node-9', cpu: '4', memory: '8Gi', pods: 110, zone: '' };
  const cases: readonly [string, Command, RegExp][] = [
    [
      'unknown component',
      { type: 'stop', component: 'kube-proxy' },
      /there is no component "kube-proxy"; there are: kube-apiserver, /,
    ],
    [
      'etcd',
      { type: 'stop', component: 'etcd' },
      /etcd can be stopped by itself only where it runs on cp-1/,
    ],
    [
      'a node twice',
      { type: 'add-node', node: { ...node, name: 'node-1' } },
      /there is a node "node-1" already/,
    ],
    [
      'a node with a bad name',
      { type: 'add-node', node: { ...node, name: 'Node 9' } },
      /a node cannot be named "Node 9": /,
    ],
    [
      'a node with bad memory',
      { type: 'add-node', node: { ...node, memory: 'much' } },
      /"much" is not an amount of memory/,
    ],
    [
      'a node with no CPU',
      { type: 'add-node', node: { ...node, cpu: '0' } },
      /"0" is not an amount of cpu/,
    ],
    [
      'removal of an unknown node',
      { type: 'remove-node', node: 'node-9' },
      /nodes "node-9" not found/,
    ],
    [
      'an unknown object',
      { type: 'delete', object: 'Pod/default/nobody' },
      /pods "nobody" not found/,
    ],
    ['scaling the unknown', { type: 'scale', object: WEB, replicas: 3 }, /not found/],
    ['an unknown kind', { type: 'delete', object: 'Pud/default/a' }, /Pud/],
    [
      'too much text',
      { type: 'apply', file: 'a.yaml', text: `# ${'x'.repeat(5 * 1024 * 1024)}` },
      /at most 5 MB can be applied/,
    ],
    [
      'deep nesting',
      { type: 'apply', file: 'a.yaml', text: `a: ${'['.repeat(20_000)}` },
      /exceeded max depth/,
    ],
    [
      'deep lists',
      { type: 'apply', file: 'a.yaml', text: `a:\n  ${'- '.repeat(20_000)}` },
      /exceeded max depth/,
    ],
    ['a bomb', { type: 'apply', file: 'a.yaml', text: bomb() }, /Excessive alias count/],
  ];
  it.each(cases)('%s', (_name, command, wanted) => {
    const page = FakePage.started();
    page.ask({ type: 'pace', pace: 'max' });
    const result = page.run(command);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(wanted);
    expect(page.crash).toBeNull();
  });

  it('5 MB of text that can be read are applied', () => {
    const page = FakePage.started();
    page.ask({ type: 'pace', pace: 'max' });
    const comment = `# ${'x'.repeat(1_000)}\n`.repeat(5_200);
    expect(page.apply(comment + deployment(1))).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('brackets in texts are no nesting', () => {
    const page = FakePage.started();
    page.ask({ type: 'pace', pace: 'max' });
    const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: "${'['.repeat(500)}"\n  b: |\n    ${'{ '.repeat(500)}\n`;
    expect(page.apply(text)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('what nobody answers is said as kubectl says it', () => {
    const page = FakePage.started();
    page.ask({ type: 'pace', pace: 'max' });
    page.run({ type: 'stop', component: 'kube-apiserver' });
    const result = page.apply(deployment(1));
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toBe(
      'The connection to the server kube-apiserver:6443 was refused - did you specify the right host or port?\n',
    );
  });

  it('a diff of broken text tells where, and an export that is too large is refused', () => {
    const page = FakePage.started(undefined, { freeze: false });
    const { text, problems } = page.ask({ type: 'diff', file: 'a.yaml', text: 'a: b: c' });
    expect(text).toBe('');
    expect(problems[0]).toMatchObject({ severity: 'error', line: 1 });
  });
});

function bomb(): string {
  const level = (name: string, of: string): string =>
    `${name}: &${name} [${Array.from({ length: 9 }, () => of).join(',')}]\n`;
  const names = 'abcdefghi'.split('');
  return `kind: Pod\n${names.map((name, i) => level(name, i === 0 ? 'lol' : `*${names[i - 1]}`)).join('')}`;
}
