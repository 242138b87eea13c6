/** Names of the cluster, asked by programs in Pods and answered by CoreDNS in its own. */
import { describe, expect, it } from 'vitest';
import { Pod } from '../api/kinds/pod.ts';
import { Service } from '../api/kinds/service.ts';
import type { Proc } from '../kernel/process.ts';
import { ADMIN } from './apiserver/rest/handle.ts';
import { Cluster } from './cluster.ts';

const NODE = { name: 'node-1', cpu: '4', memory: '8Gi', pods: 110, zone: '' };
const SECOND = 1_000_000;

/** What a Pod prints that runs |script| in a cluster with names, a Service `db` and itself. */
function printed(script: string, image = 'busybox:1.36', more: object = {}): readonly string[] {
  const config = {
    ...more,
    seed: 5,
    epoch: '2026-01-01T00:00:00Z',
    nodes: [NODE],
    stopped: [],
    dns: true,
  };
  const cluster = new Cluster(config, { freeze: true });
  const { kernel } = cluster;
  const client = cluster.client({ user: ADMIN, agent: 'kubectl', actor: 'kubectl' });
  const namespace = 'default';
  function* create(): Proc {
    const spec = { ports: [{ name: 'sql', port: 80, targetPort: 5432 }] };
    yield* client.create(Service, { metadata: { name: 'db', namespace }, spec });
    const headless = { clusterIP: 'None', selector: { app: 'p' } };
    yield* client.create(Service, { metadata: { name: 'all', namespace }, spec: headless });
    const other = { type: 'ExternalName', externalName: 'example.com' } as const;
    yield* client.create(Service, { metadata: { name: 'ext', namespace }, spec: other });
    const metadata = { name: 'p', namespace, labels: { app: 'p' } };
    const command = ['sh', '-c', `sleep 5; ${script}; sleep 1000`];
    const containers = [{ name: 'c', image, command }];
    yield* client.create(Pod, { metadata, spec: { containers } });
  }
  kernel.spawn('objects', create());
  kernel.runUntil(60 * SECOND);
  return cluster.logs('default/p', 'c').map((line) => line.text);
}

const SERVER = ['Server:\t\t10.96.0.10', 'Address:\t10.96.0.10:53', ''];

describe('CoreDNS', () => {
  it.each([
    ['db.default.svc.cluster.local', /^Address: 10\.96\.\d+\.\d+$/],
    ['kubernetes.default.svc.cluster.local', /^Address: 10\.96\.0\.1$/],
    ['all.default.svc.cluster.local', /^Address: 10\.244\.\d+\.\d+$/],
    ['10.96.0.1', /^1\.0\.96\.10\.in-addr\.arpa\tname = kubernetes\.default\.svc\.cluster\.local$/],
    ['10-244-0-9.default.pod.cluster.local', /^Address: 10\.244\.0\.9$/],
    [
      'ext.default.svc.cluster.local',
      /^ext\.default\.svc\.cluster\.local\tcanonical name = example\.com$/,
    ],
    [
      'nothing.default.svc.cluster.local',
      /^\*\* server can't find nothing\.default\.svc.*: NXDOMAIN$/,
    ],
    [
      '-type=srv _sql._tcp.db.default.svc.cluster.local',
      /^_sql\._tcp\.db.*\tservice = 0 100 80 db\.default\.svc\.cluster\.local$/,
    ],
  ])('answers nslookup %s', (question, line) => {
    const lines = printed(`nslookup ${question}`);
    expect(lines.slice(0, 3)).toEqual(SERVER);
    expect(lines.some((text) => line.test(text))).toBe(true);
  });

  it('is found along the search path by programs, and by the nslookup of busybox 1.28', () => {
    expect(printed('wget -T 2 -qO- http://db/')[0]).toMatch(/can't connect .*\(10\.96\.\d+\.\d+\)/);
    expect(printed('nslookup db; echo $?', 'busybox:1.28').at(-1)).toBe('0');
    expect(printed('nslookup db; echo $?').at(-1)).toBe('1');
  });
});

describe('the API server', () => {
  it.each([false, true])(
    'answers in Pods through its Service (on a machine: %s)',
    (controlPlane) => {
      const image = 'registry.k8s.io/e2e-test-images/agnhost:2.53';
      const lines = printed('/agnhost inclusterclient --poll-interval 1', image, { controlPlane });
      expect(lines.filter((line) => line.includes('calling /healthz')).length).toBeGreaterThan(5);
      expect(lines.filter((line) => line.includes('failed'))).toEqual([]);
    },
  );
});
