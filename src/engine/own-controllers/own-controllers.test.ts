/** Controllers of the reader's own in a cluster, in virtual time. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Event, Pod } from '../../api/generated/types.ts';
import { kinds } from '../../api/kinds/index.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { programsFor } from '../../kubectl/programs.ts';
import type { Command, CommandResult } from '../../port/protocol.ts';
import type { OwnControllerRow, OwnLogLine } from '../../port/protocol-own.ts';
import { defaultRunConfig } from '../../port/run-config.ts';
import { nodeSandbox } from '../../sandbox/node.ts';
import { Session } from '../session.ts';

const OPTIONS = { freeze: true, sandbox: nodeSandbox };
const SECOND = 1_000_000;

interface Own {
  readonly metadata: KubeObject['metadata'];
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

class Run {
  readonly session: Session;

  constructor(nodes = 3) {
    this.session = new Session(defaultRunConfig(1, nodes), programsFor(kinds), OPTIONS);
  }

  give(command: Command): CommandResult {
    let result: CommandResult | null = null;
    this.session.give(command, (r) => (result = r));
    this.until(() => result !== null);
    return result as unknown as CommandResult;
  }

  apply(text: string): void {
    const { stderr } = this.give({ type: 'apply', file: 'a.yaml', text });
    if (stderr !== '') throw new Error(stderr);
  }

  start(name: string, source: string, account = `default/${name}`): CommandResult {
    const own = { name, language: 'typescript', source, serviceAccount: account } as const;
    return this.give({ type: 'controller', ...own });
  }

  until(done: () => boolean, seconds = 120): void {
    const { kernel } = this.session.cluster;
    const limit = kernel.now + seconds * SECOND;
    kernel.runUntil(done, { maxTime: limit });
    if (!done())
      throw new Error(`not after ${seconds} s: ${this.lines.map((l) => l.text).join('\n')}`);
  }

  wait(seconds: number): void {
    const { kernel } = this.session.cluster;
    kernel.runUntil(kernel.now + seconds * SECOND);
  }

  objects<T = Own>(prefix: string): readonly T[] {
    const { store } = this.session.cluster.server;
    return store.range(`/registry/${prefix}/`).map((kv) => kv.value.object as unknown as T);
  }

  get lines(): readonly OwnLogLine[] {
    return this.session.cluster.ownControllers.shown(0).lines;
  }

  row(name: string): OwnControllerRow {
    const { controllers } = this.session.cluster.ownControllers.shown(0);
    return controllers.find((c) => c.name === name) as OwnControllerRow;
  }
}

const example = (path: string): string =>
  fs.readFileSync(new URL(`../../examples/${path}`, import.meta.url), 'utf8');

/** A controller of ConfigMaps whose reconcile has |body|, with all rights. */
function onConfigMaps(body: string, more = ''): string {
  return `export default {
  for: 'v1/ConfigMap',${more}
  async reconcile(request: { namespace: string; name: string }, { client, log, event, note }) {
    if (request.namespace !== 'default' || request.name !== 'a') return;
    ${body}
  },
};`;
}

const RIGHTS = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: own }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects: [{ kind: ServiceAccount, name: own, namespace: default }]
`;
const CONFIG_MAP = `
apiVersion: v1
kind: ConfigMap
metadata: { name: a, namespace: default }
`;

function running(body: string, more = ''): Run {
  const run = new Run(0);
  run.apply(RIGHTS);
  expect(run.start('own', onConfigMaps(body, more))).toMatchObject({ stderr: '', exitCode: 0 });
  run.apply(CONFIG_MAP);
  run.wait(2);
  return run;
}

describe('the example of a group of Pods', () => {
  it('starts them when all can run, and not before', () => {
    const run = new Run();
    const name = 'pod-group-controller';
    expect(run.start(name, example('pod-group/controller.ts')).exitCode).toBe(0);
    run.wait(1);
    expect(run.row(name)).toMatchObject({ state: 'starting' });
    expect(run.row(name).message).toContain('no matches for kind "kubeglass.dev/v1/PodGroup"');
    run.apply(example('pod-group/setup.yaml'));
    run.apply(example('pod-group/sample.yaml'));
    const group = (): Own => run.objects('podgroups.kubeglass.dev')[0] as Own;
    run.until(() => group().status?.['phase'] === 'Waiting');
    expect(group().status?.['message']).toBe('there is room for 3 of 4 Pods');
    run.wait(60);
    const pods = (): readonly Pod[] => run.objects<Pod>('pods/default');
    expect(pods().map((pod) => pod.spec?.nodeName)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);

    const node = { name: 'node-4', cpu: '4', memory: '8Gi', pods: 110, zone: '' };
    run.give({ type: 'add-node', node });
    run.until(() => group().status?.['phase'] === 'Started');
    run.until(() => pods().every((pod) => pod.status?.phase === 'Running'));
    expect(new Set(pods().map((pod) => pod.spec?.nodeName)).size).toBe(4);
    const events = run.objects<Event>('events/default').filter((e) => e.source?.component === name);
    expect(events.map(({ reason, message }) => `${reason} ${message}`)).toEqual([
      'GroupStarted All 4 Pods can run: gates removed',
    ]);
    expect(run.row(name)).toMatchObject({ state: 'running', restarts: 0, failed: 0, message: '' });
  });
});

describe('the example of a website', () => {
  it('makes, mends and follows what it owns, and leaves nothing behind', () => {
    const run = new Run();
    run.apply(example('website/setup.yaml'));
    expect(run.start('website-controller', example('website/controller.ts')).exitCode).toBe(0);
    run.apply(example('website/sample.yaml'));
    const site = (): Own => run.objects('websites.kubeglass.dev')[0] as Own;
    run.until(() => site().status?.['readyReplicas'] === 2);
    expect(site().status?.['address']).toBe('http://shop.default.svc');

    run.give({ type: 'scale', object: 'Deployment/default/shop', replicas: 5 });
    run.until(() => run.objects('deployments/default')[0]?.spec?.['replicas'] === 2);
    run.give({ type: 'delete', object: 'Service/default/shop' });
    run.until(() => run.objects('services/default').some((s) => s.metadata.name === 'shop'));

    run.apply(example('website/sample.yaml').replace('replicas: 2', 'replicas: 3'));
    run.until(() => site().status?.['readyReplicas'] === 3);
    run.give({ type: 'delete', object: 'Website/default/shop' });
    run.until(() => run.objects('pods/default').length === 0);
    expect(run.objects('deployments/default')).toEqual([]);
    // What goes while it is being looked at is told; nothing else went wrong.
    const errors = run.lines.filter((line) => line.level === 'error');
    expect(errors.filter(({ text }) => !text.includes('"shop" not found'))).toEqual([]);
  });
});

describe('rights', () => {
  it('are those of the service account, in the words of the server', () => {
    const run = new Run(0);
    run.start('own', onConfigMaps('log(1);'));
    run.wait(3);
    const refusal =
      'configmaps is forbidden: User "system:serviceaccount:default:own" cannot list resource "configmaps" in API group "" at the cluster scope';
    expect(run.row('own')).toMatchObject({ state: 'starting', message: refusal });
    expect(run.lines.map((l) => l.text)).toEqual([`waiting: ${refusal}`]);
    run.apply(RIGHTS);
    run.until(() => run.row('own').state === 'running');
  });

  it('refusals reach the program as errors it can catch', () => {
    const run = running(`try {
      await client.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } });
    } catch (error) { log(error.name, error.code, error.message); }
    try {
      await client.create({ apiVersion: 'v1', kind: 'Nothing', metadata: { name: 'x' } });
    } catch (error) { log(error.reason, error.message); }
    log(await client.get('v1/Pod', { namespace: 'default', name: 'none' }));
    await client.delete('v1/Secret', { namespace: 'default', name: 'none' });`);
    expect(run.lines.slice(0, 4).map((l) => l.text)).toEqual([
      'ApiError 400 an empty namespace may not be set during creation',
      'NotFound no matches for kind "Nothing" in version "v1"',
      'null',
      'ApiError: secrets "none" not found',
    ]);
    expect(run.lines[3]).toMatchObject({ level: 'error', line: 12, key: 'default/a' });
  });
});

describe('what goes wrong', () => {
  it('a program with a mistake is refused with its line, and the old one goes on', () => {
    const run = running('log("old");');
    const bad = run.start('own', 'const a = 1;\nexport default { for: };');
    expect(bad).toMatchObject({ exitCode: 1, problems: [{ line: 2 }] });
    expect(run.start('own', 'export default { for: "Pod", reconcile() {} };').stderr).toContain(
      '"for" names no kind',
    );
    expect(run.row('own').state).toBe('running');
    expect(run.start('kube-scheduler', onConfigMaps('')).stderr).toContain('choose another name');
    expect(run.start('Own', onConfigMaps('')).stderr).toContain('cannot be named "Own"');
    expect(run.start('own2', onConfigMaps(''), 'own').stderr).toContain('namespace/name');
  });

  it('an exception is tried again after a back-off that grows', () => {
    const run = running('throw new Error("no " + request.name);');
    const at = run.lines.map((line) => line.at);
    expect(run.lines[0]).toMatchObject({ text: 'Error: no a', line: 5, level: 'error' });
    expect(at.length).toBeGreaterThan(5);
    expect(at.length).toBeLessThan(12);
    expect(run.row('own').failed).toBe(at.length);
  });

  it('an endless loop ends the program, which starts again after a while', () => {
    const run = running('for (;;) {}');
    expect(run.row('own')).toMatchObject({ state: 'crashed', restarts: 0 });
    expect(run.row('own').message).toContain('steps without waiting');
    run.wait(12);
    expect(run.row('own').restarts).toBe(1);
    run.wait(300);
    expect(run.row('own').restarts).toBeLessThan(7);
    // What is put in its place runs.
    run.start('own', onConfigMaps('log("better");'));
    run.until(() => run.lines.some((line) => line.text === 'better'));
    expect(run.row('own')).toMatchObject({ state: 'running', restarts: 0 });
  });

  it('waiting for nothing, too many requests and forgotten ones are told', () => {
    expect(running('await new Promise(() => {});').lines[0]?.text).toContain('never comes');
    const many = running(
      'await Promise.all(Array.from({ length: 101 }, () => client.list("v1/Pod")));',
    );
    expect(many.lines[0]?.text).toBe('more than 100 requests under way at once');
    const forgotten = running(`void client.list("v1/Pod");`);
    expect(forgotten.lines[0]?.text).toContain('did not await');
  });

  it('memory without end ends the program, a mistake in "wakes" is told, a loop there ends it too', () => {
    const greedy = running('const all = []; for (;;) all.push("x".repeat(1000) + all.length);');
    expect(greedy.row('own')).toMatchObject({ state: 'crashed' });
    expect(greedy.row('own').message).toContain('32 MiB');
    const watching = (wakes: string): Run =>
      running(
        'log("reconciled");',
        `watches: [{ kind: 'v1/Namespace', wakes: (o) => { ${wakes} } }],`,
      );
    const wrong = watching('return o.nothing.there;');
    expect(wrong.lines[0]).toMatchObject({ level: 'error', line: 2 });
    expect(wrong.lines[0]?.text).toContain('in "wakes": TypeError');
    expect(wrong.lines.some((line) => line.text === 'reconciled')).toBe(true);
    expect(watching('return 5;').lines[0]?.text).toContain('it answered no list');
    expect(watching('for (;;) {}').row('own').state).toBe('crashed');
  });

  it('an API server that goes away is an error like any other', () => {
    const run = running(`try {
      for (let n = 0; n < 300; n++) await client.list('v1/Pod');
    } catch (error) { log(error.code, error.reason); }`);
    run.give({ type: 'stop', component: 'kube-apiserver' });
    run.until(() => run.lines.length > 0);
    expect(run.lines[0]?.text).toBe('503 ServiceUnavailable');
  });

  it('stopped in the middle and started again, it goes on from what there is', () => {
    const run = running(`for (let n = 0; n < 60; n++) {
        const name = 'made-' + n;
        if (await client.get('v1/Secret', { namespace: 'default', name })) continue;
        await client.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default' } });
      }
      log('all');`);
    const made = (): number => run.objects('secrets/default').length;
    run.until(() => made() > 20);
    run.give({ type: 'stop', component: 'own' });
    run.wait(20);
    expect(made()).toBeLessThan(60);
    run.give({ type: 'start', component: 'own' });
    run.until(() => run.lines.some((line) => line.text === 'all'));
    expect(made()).toBe(60);
    expect(run.lines.filter((line) => line.level === 'error')).toEqual([]);
  });

  it('a controller that wakes itself does bounded work', () => {
    const run = running(`const map = await client.get('v1/ConfigMap', request);
      await client.update({ ...map, data: { n: String(Number(map.data?.n ?? 0) + 1) } });`);
    const before = run.session.cluster.server.served;
    run.wait(10);
    // Twenty requests a second of its own; each wakes the few others that watch ConfigMaps.
    expect(run.session.cluster.server.served - before).toBeLessThan(300);
    expect(run.session.cluster.kernel.settled).toBe(false);
  });
});

describe('as a component', () => {
  it('is stopped, started, replaced and removed', () => {
    const run = running('log("one");');
    const names = (): string[] => run.session.cluster.components().map((c) => c.name);
    expect(names()).toContain('own');
    run.give({ type: 'stop', component: 'own' });
    const { length } = run.lines;
    run.apply(`${CONFIG_MAP}\ndata: { a: b }`);
    run.wait(5);
    expect(run.lines.length).toBe(length);
    run.give({ type: 'start', component: 'own' });
    run.until(() => run.lines.length > length);
    expect(run.start('own', onConfigMaps('log("two");')).stdout).toContain('replaced');
    run.until(() => run.lines.some((line) => line.text === 'two'));
    expect(run.give({ type: 'remove-controller', name: 'own' }).stdout).toContain('removed');
    expect(names()).not.toContain('own');
    expect(run.give({ type: 'remove-controller', name: 'own' }).stderr).toContain('there is no');
  });

  it('its reconcile is a span with what it noted, and its writes follow from it', () => {
    const run = running(`note('a Pod', 'none');
      await client.apply({ apiVersion: 'v1', kind: 'ConfigMap',
        metadata: { name: 'b', namespace: 'default' }, data: { from: 'a' } });`);
    const { trace } = run.session.cluster.kernel;
    const spans = [...trace.from(trace.firstId)];
    const work = spans.find(
      (s) => s.kind === 'work' && s.from === 'own' && s.object.endsWith('/a'),
    );
    expect(work?.detail).toMatchObject({ wanted: 'a Pod', seen: 'none' });
    const write = spans.find(
      (s) => s.kind === 'request' && s.from === 'own' && s.parent === work?.id,
    );
    expect(write).toMatchObject({ name: 'patch', object: 'ConfigMap/default/b' });
  });

  it('a definition that is made anew is found again', () => {
    const run = new Run(0);
    run.apply(example('website/setup.yaml'));
    run.start('website-controller', example('website/controller.ts'));
    run.until(() => run.row('website-controller').state === 'running');
    run.give({ type: 'delete', object: 'CustomResourceDefinition//websites.kubeglass.dev' });
    run.until(() => run.row('website-controller').state === 'starting');
    run.apply(example('website/setup.yaml'));
    run.until(() => run.row('website-controller').state === 'running');
    run.apply(example('website/sample.yaml'));
    run.until(() => run.objects('deployments/default').length === 1);
    expect(run.row('website-controller').restarts).toBe(0);
  });

  it('comes back after the API server was away', () => {
    const run = running('log("seen");');
    run.give({ type: 'stop', component: 'kube-apiserver' });
    run.wait(5);
    run.give({ type: 'start', component: 'kube-apiserver' });
    run.wait(10);
    const { length } = run.lines;
    run.apply(`${CONFIG_MAP}\ndata: { a: b }`);
    run.until(() => run.lines.length > length);
    expect(run.row('own')).toMatchObject({ state: 'running', restarts: 0 });
  });
});

it('a saved run has its controllers, and repeats them byte for byte', () => {
  const run = new Run();
  run.apply(example('pod-group/setup.yaml'));
  run.start('pod-group-controller', example('pod-group/controller.ts'));
  run.start(
    'dice',
    `export default { for: 'v1/Node', async reconcile(r, { log, client }) {
    const node = await client.get('v1/Node', r);
    await client.patch('v1/Node', r, { metadata: { labels: { dice: String(Math.random()).slice(2) } } });
    if (node.metadata.labels.dice === undefined) return { requeueAfter: Math.random() * 10 };
  } };`,
    'kube-system/generic-garbage-collector',
  );
  run.apply(example('pod-group/sample.yaml'));
  run.give({ type: 'add-node', node: { name: 'n', cpu: '4', memory: '8Gi', pods: 9, zone: '' } });
  run.wait(12);
  const saved = run.session.save();
  const again = Session.open(saved, programsFor(kinds), OPTIONS);
  expect(again.cluster.kernel.trace.hash).toBe(saved.hash);
  expect(again.cluster.ownControllers.shown(0)).toEqual(
    run.session.cluster.ownControllers.shown(0),
  );
});
