/** A run is its seed, its configuration and its commands: replaying gives the same bytes. */
import { describe, expect, it } from 'vitest';
import type { Deployment, Pod } from '../api/generated/types.ts';
import { kinds } from '../api/kinds/index.ts';
import { programsFor } from '../kubectl/programs.ts';
import type { Command, CommandResult, RunConfig } from '../port/protocol.ts';
import { Session } from './session.ts';

const CONFIG: RunConfig = {
  seed: 7,
  epoch: '2026-01-01T00:00:00Z',
  nodes: [1, 2, 3].map((n) => ({
    name: `node-${n}`,
    cpu: '4',
    memory: '8Gi',
    pods: 110,
    zone: 'abc'[n - 1] as string,
  })),
  stopped: [],
};

function manifest(replicas: number, image = 'busybox:1.36'): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      initContainers:
        - { name: init, image: 'busybox:1.36', command: [sh, -c, 'echo init; sleep 1'] }
      containers:
        - { name: main, image: '${image}', command: [sh, -c, 'echo up; sleep 3600'] }
`;
}

const newSession = (config = CONFIG): Session =>
  new Session(config, programsFor(kinds), { freeze: true });

function give(session: Session, command: Command): CommandResult {
  let result: CommandResult | null = null;
  session.give(command, (r) => {
    result = r;
  });
  session.cluster.kernel.runUntil(() => result !== null, {
    maxTime: session.cluster.kernel.now + 60e6,
  });
  if (!result) throw new Error(`${command.type} did not end`);
  return result;
}

const apply = (text: string): Command => ({ type: 'apply', file: 'web.yaml', text });

function objects<T>(session: Session, plural: string): T[] {
  return session.cluster.server.store
    .range(`/registry/${plural}/`)
    .map((kv) => kv.value.object as T);
}

function runFor(session: Session, seconds: number): void {
  const { kernel } = session.cluster;
  kernel.runUntil(kernel.now + seconds * 1e6);
}

/** Everything that happens in a lively minute: rollout, scaling, deletion, a node lost and one added. */
function lively(session: Session): void {
  give(session, apply(manifest(10)));
  runFor(session, 15);
  give(session, apply(manifest(12, 'busybox:1.28')));
  runFor(session, 20);
  const [pod] = objects<Pod>(session, 'pods');
  give(session, { type: 'delete', object: `Pod/default/${pod?.metadata.name ?? ''}` });
  give(session, { type: 'stop', component: 'kubelet/node-2' });
  give(session, {
    type: 'add-node',
    node: { name: 'node-9', cpu: '8', memory: '16Gi', pods: 110, zone: 'b' },
  });
  runFor(session, 120);
  give(session, { type: 'start', component: 'kubelet/node-2' });
  give(session, { type: 'scale', object: 'Deployment/default/web', replicas: 30 });
  runFor(session, 60);
}

describe('replay', () => {
  it('gives the same trace, byte for byte, over more than 10,000 events', () => {
    const session = newSession();
    lively(session);
    const run = session.save();
    expect(run.step).toBeGreaterThan(10_000);
    // Through text, as a file would go.
    const again = Session.open(JSON.parse(JSON.stringify(run)) as typeof run, programsFor(kinds));
    expect(again.cluster.kernel.trace.hash).toBe(run.hash);
    expect(again.save()).toEqual(run);
    expect(objects(again, 'pods')).toEqual(objects(session, 'pods'));
  });

  it('differs with the seed', () => {
    const hash = (seed: number): string => {
      const session = newSession({ ...CONFIG, seed });
      give(session, apply(manifest(2)));
      runFor(session, 5);
      return session.save().hash;
    };
    expect(hash(1)).toBe(hash(1));
    expect(hash(1)).not.toBe(hash(2));
  });

  it('goes on after opening as the original goes on', () => {
    const session = newSession();
    give(session, apply(manifest(3)));
    runFor(session, 3);
    const again = Session.open(session.save(), programsFor(kinds));
    for (const s of [session, again]) runFor(s, 10);
    expect(again.cluster.kernel.trace.hash).toBe(session.cluster.kernel.trace.hash);
  });
});

describe('a Deployment', () => {
  it('comes up, heals, scales and goes', () => {
    const session = newSession();
    expect(give(session, apply(manifest(3))).stdout).toBe('deployment.apps/web created\n');
    runFor(session, 10);
    const web = (): Deployment | undefined => objects<Deployment>(session, 'deployments')[0];
    expect(web()?.status.readyReplicas).toBe(3);
    expect(give(session, apply(manifest(3))).stdout).toBe('deployment.apps/web unchanged\n');

    const [victim] = objects<Pod>(session, 'pods');
    give(session, { type: 'delete', object: `Pod/default/${victim?.metadata.name ?? ''}` });
    runFor(session, 20);
    expect(web()?.status.readyReplicas).toBe(3);
    expect(objects<Pod>(session, 'pods').map((p) => p.metadata.uid)).not.toContain(
      victim?.metadata.uid,
    );

    expect(give(session, apply(manifest(5))).stdout).toBe('deployment.apps/web configured\n');
    runFor(session, 10);
    expect(web()?.status.readyReplicas).toBe(5);

    expect(give(session, { type: 'delete', object: 'Deployment/default/web' }).stdout).toBe(
      'deployment.apps "web" deleted from default namespace\n',
    );
    runFor(session, 30);
    expect(objects(session, 'replicasets')).toEqual([]);
    expect(objects(session, 'pods')).toEqual([]);
  });

  it('stays Pending, and says why, when the scheduler is stopped', () => {
    const session = newSession({ ...CONFIG, stopped: ['kube-scheduler'] });
    give(session, apply(manifest(2)));
    runFor(session, 10);
    const pods = objects<Pod>(session, 'pods');
    expect(pods.map((p) => [p.status.phase, p.spec.nodeName])).toEqual([
      ['Pending', undefined],
      ['Pending', undefined],
    ]);
  });
});

describe('commands', () => {
  it('one kubectl runs after the other, as in a shell', () => {
    const session = newSession();
    const said: string[] = [];
    for (let i = 0; i < 2; i++)
      session.give(apply(manifest(1)), (r) => said.push(r.stdout + r.stderr));
    runFor(session, 5);
    expect(said).toEqual(['deployment.apps/web created\n', 'deployment.apps/web unchanged\n']);
  });
});

describe('bad input', () => {
  const cases: readonly [string, string, RegExp][] = [
    [
      'broken YAML',
      'a: b: c',
      /error parsing web.yaml: error converting YAML to JSON: yaml: line 1/,
    ],
    ['no kind', 'metadata: {}', /Kind' is missing/],
    [
      'unknown kind',
      'apiVersion: v1\nkind: Pud\nmetadata: {name: a}',
      /no matches for kind "Pud" in version "v1"/,
    ],
    ['empty', '', /no objects passed to apply/],
    [
      'wrong type',
      manifest(1).replace('replicas: 1', 'replicas: many'),
      /json: cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32/,
    ],
    [
      'unknown field',
      manifest(1).replace('spec:\n  replicas', 'spec:\n  paws: 4\n  replicas'),
      /strict decoding error: unknown field "spec\.paws"/,
    ],
  ];
  it.each(cases)('%s is refused with its place', (_name, text, wanted) => {
    const result = give(newSession(), apply(text));
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(wanted);
    expect(result.problems[0]).toMatchObject({ severity: 'error' });
    expect(result.problems[0]?.line).toBeGreaterThan(0);
  });

  it('a bad quantity is shown where it stands', () => {
    const text = manifest(1).replace(
      "command: [sh, -c, 'echo up; sleep 3600'] }",
      "command: [sh, -c, 'echo up; sleep 3600'], resources: {\n            limits: { cpu: lots } } }",
    );
    const [problem] = give(newSession(), apply(text)).problems;
    expect(problem?.message).toContain('quantities must match');
    expect(text.split('\n')[(problem?.line ?? 0) - 1]).toContain('cpu: lots');
  });

  it('one bad document does not keep the others from being applied', () => {
    const text = `${manifest(1)}---\napiVersion: v1\nkind: Pod\nmetadata: {name: bad}\nspec: {}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n`;
    const result = give(newSession(), apply(text));
    expect(result.stdout).toBe('deployment.apps/web created\nconfigmap/good created\n');
    expect(result.stderr).toContain('The Pod "bad" is invalid: spec.containers: Required value');
  });
});
