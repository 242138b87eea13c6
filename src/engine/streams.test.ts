/** Exec and attach as the page uses them: commands of a run, by number; replayed to the same trace. */
import { describe, expect, it } from 'vitest';
import type { StreamInput, StreamOutput } from '../api/meta/node-dial.ts';
import { kinds } from '../api/kinds/index.ts';
import { programsFor } from '../kubectl/programs.ts';
import type { Command, CommandResult } from '../port/protocol.ts';
import { Session } from './session.ts';

const POD = `apiVersion: v1
kind: Pod
metadata: { name: p }
spec:
  containers:
    - { name: c, image: 'busybox:1.36', command: [sleep, '3600'] }
    - { name: echo, image: 'busybox:1.36', stdin: true, command: [sh, -c, 'while read l; do echo got $l; done; sleep 3600'] }
`;

function begin(): Session {
  const node = { name: 'node-1', cpu: '4', memory: '8Gi', pods: 110, zone: 'a' };
  const config = { seed: 7, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped: [] };
  const session = new Session(config, programsFor(kinds), { freeze: true });
  give(session, { type: 'apply', file: 'p.yaml', text: POD });
  runFor(session, 20);
  return session;
}

function runFor({ cluster: { kernel } }: Session, seconds: number): void {
  kernel.runUntil(kernel.now + seconds * 1e6);
}

function give(session: Session, command: Command): CommandResult {
  let result: CommandResult | null = null;
  session.give(command, (r) => {
    result = r;
  });
  const { kernel } = session.cluster;
  kernel.runUntil(() => result !== null, { maxTime: kernel.now + 60e6 });
  if (!result) throw new Error(`${command.type} did not end`);
  return result;
}

const EXEC = { type: 'open-stream', pod: 'Pod/default/p', stdin: true, tty: false } as const;

function open(session: Session, command: Command): { id: number; outputs: StreamOutput[] } {
  const { stream: id = 0, stderr } = give(session, command);
  expect(stderr).toBe('');
  const outputs: StreamOutput[] = [];
  session.streams.listen(id, (output) => outputs.push(output));
  return { id, outputs };
}

function type(session: Session, stream: number, ...inputs: StreamInput[]): void {
  for (const input of inputs) give(session, { type: 'stream-input', stream, input });
  runFor(session, 1);
}

describe('streams of a run', () => {
  it('ask for each command where a person types, and outlive ^C', () => {
    const session = begin();
    const { id, outputs } = open(session, { ...EXEC, argv: ['sh'], container: 'c', tty: true });
    runFor(session, 1);
    const lines = [
      'cd /tmp\n',
      'echo a$(\n',
      'echo b)\n',
      'sleep 100\n',
      '\u0003',
      'test -t 0 && exit 4\n',
    ];
    for (const text of lines) type(session, id, { type: 'stdin', text });
    const text = outputs.map((o) => (o.type === 'stdout' ? o.text : '')).join('');
    expect(text.replaceAll('\r', '')).toBe(
      '/ # cd /tmp\n/tmp # echo a$(\n> echo b)\nab\n/tmp # sleep 100\n^C\n/tmp # test -t 0 && exit 4\n',
    );
    expect(outputs.at(-1)).toMatchObject({ status: { details: { causes: [{ message: '4' }] } } });
  });

  it('carry both directions and the exit code', () => {
    const session = begin();
    const argv = ['sh', '-c', 'read a; echo got $a; echo bad >&2; exit 3'];
    const { id, outputs } = open(session, { ...EXEC, container: 'c', argv });
    type(session, id, { type: 'stdin', text: 'one\n' });
    const texts = (name: string): string =>
      outputs.map((o) => (o.type === name && 'text' in o ? o.text : '')).join('');
    expect(texts('stdout')).toBe('got one\n');
    expect(texts('stderr')).toBe('bad\n');
    const last = outputs.at(-1);
    expect(last?.type === 'status' && last.status.details?.causes).toEqual([
      { reason: 'ExitCode', message: '3' },
    ]);
  });

  it('are refused in the words of the server', () => {
    const session = begin();
    const refused = give(session, { ...EXEC, argv: ['ls'] });
    expect(refused.stderr).toBe(
      'error: a container name must be specified for pod p, choose one of: [c echo]\n',
    );
    const gone = give(session, { ...EXEC, pod: 'Pod/default/q', argv: ['ls'] });
    expect(gone.stderr).toBe('error: pods "q" not found\n');
  });

  it('end with the client who goes, and are the same when the run is opened again', () => {
    const session = begin();
    const attached = open(session, { ...EXEC, container: 'echo', argv: null });
    type(session, attached.id, { type: 'stdin', text: 'hello\n' });
    type(session, attached.id, { type: 'close' });
    expect(attached.outputs).toEqual([{ type: 'stdout', text: 'got hello\n' }]);
    const shell = open(session, { ...EXEC, container: 'c', argv: ['sh'], tty: true });
    type(session, shell.id, { type: 'stdin', text: 'echo $((6*7))\r' });
    expect(shell.outputs.map((o) => ('text' in o ? o.text : o.type)).join('')).toContain('42\r\n');
    const run = session.save();
    const again = Session.open(run, programsFor(kinds), { freeze: true });
    expect(again.cluster.kernel.trace.hash).toBe(run.hash);
    expect(again.streams.open).toEqual([shell.id]);
    expect(again.streams.get(attached.id)).toBeUndefined();
  });
});
