/** The recorded requests of goldens/node/flow: our controllers make the same kinds of request. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Deployment } from '../api/kinds/deployment.ts';
import { Cluster } from '../engine/cluster.ts';
import type { Proc } from '../kernel/process.ts';
import { ADMIN } from './stand-in/plane.ts';

interface Request {
  readonly user: string;
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string | null;
}

const ACTORS = ['deployment-controller', 'replicaset-controller', 'generic-garbage-collector'];
const KINDS: Readonly<Record<string, string>> = {
  Deployment: 'deployments',
  ReplicaSet: 'replicasets',
  Pod: 'pods',
  Event: 'events',
};

const recording = JSON.parse(
  readFileSync(new URL('./goldens/node/flow/flow-1.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, { readonly requests: readonly Request[] }>>;

/** What each controller asks for, in the order in which it first does. */
function recorded(part: string): Record<string, string[]> {
  const lines: Record<string, string[]> = {};
  for (const r of recording[part]?.requests ?? []) {
    const actor = r.user.replace('system:serviceaccount:kube-system:', '');
    if (!ACTORS.includes(actor)) continue;
    const list = (lines[actor] ??= []);
    const line = `${r.verb} ${r.resource}${r.subresource ? `/${r.subresource}` : ''}`;
    if (!list.includes(line)) list.push(line);
  }
  return lines;
}

function own(cluster: Cluster, since: number): Record<string, string[]> {
  const lines: Record<string, string[]> = {};
  for (const span of cluster.kernel.trace.from(since + 1)) {
    if (span.kind !== 'request' || !ACTORS.includes(span.from)) continue;
    const list = (lines[span.from] ??= []);
    const [verb = '', subresource] = span.name.split(' ');
    const resource = KINDS[span.object.split('/')[0] ?? ''] ?? span.object;
    const line = `${verb} ${resource}${subresource ? `/${subresource}` : ''}`;
    if (!list.includes(line)) list.push(line);
  }
  return lines;
}

const sorted = (lines: Record<string, string[]>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(lines).map(([actor, list]) => [actor, [...list].sort()]));

const SECONDS = 1_000_000;

it('apply, change and delete a Deployment as the recorded cluster does', () => {
  const node = (name: string) => ({ name, cpu: '2', memory: '24Gi', pods: 110, zone: '' });
  const nodes = [node('node-1'), node('node-2')];
  const cluster = new Cluster({ seed: 1, epoch: '2026-01-01T00:00:00Z', nodes, stopped: [] });
  const { kernel } = cluster;
  const client = cluster.client(ADMIN);
  const run = (body: Proc<unknown>, seconds: number): Record<string, string[]> => {
    const since = kernel.trace.lastId;
    kernel.spawn('kubectl', body);
    kernel.runUntil(kernel.now + seconds * SECONDS);
    return own(cluster, since);
  };
  const containers = (image: string) => [{ name: 'nginx', image, resources: {} }];
  const manifest = {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          terminationGracePeriodSeconds: 5,
          initContainers: [
            {
              name: 'init',
              image: 'busybox:1.36',
              command: ['sh', '-c', 'sleep 2'],
              resources: {},
            },
          ],
          containers: containers('nginx:1.25'),
        },
      },
    },
  };
  const applied = run(client.create(Deployment, manifest), 20);
  const first = recorded('auditApply');
  expect(sorted(applied)).toEqual(sorted(first));
  expect(applied['deployment-controller']).toEqual(first['deployment-controller']);

  const patch = { spec: { template: { spec: { containers: containers('nginx:1.26') } } } };
  const patched = run(client.patch(Deployment, 'default', 'web', patch, { type: 'strategic' }), 40);
  expect(sorted(patched)).toEqual(sorted(recorded('auditRollingUpdate')));

  const options = { propagationPolicy: 'Background' } as const;
  const deleted = run(client.delete(Deployment, 'default', 'web', options), 20);
  expect(deleted['generic-garbage-collector']).toEqual(
    recorded('auditDelete')['generic-garbage-collector'],
  );
});
