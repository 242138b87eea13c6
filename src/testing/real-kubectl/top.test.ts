/** `kubectl top` and the API it reads, with the real kubectl. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KUBECTL, ServedCluster } from './served-cluster.ts';

const SECOND_US = 1_000_000;

const served = new ServedCluster({ nodes: 1, complete: true });
const kubectl = served.kubectl.bind(served);

/** The examples of "Assign CPU Resources" and "Assign Memory Resources". */
const DEMOS = `
apiVersion: v1
kind: Pod
metadata: { name: cpu-demo, namespace: demo, labels: { app: cpu } }
spec:
  containers:
  - name: cpu-demo-ctr
    image: vish/stress
    resources: { limits: { cpu: "1" }, requests: { cpu: "0.5" } }
    args: ["-cpus", "2"]
---
apiVersion: v1
kind: Pod
metadata: { name: memory-demo, namespace: demo, labels: { app: memory } }
spec:
  containers:
  - name: memory-demo-ctr
    image: polinux/stress
    resources: { requests: { memory: 100Mi }, limits: { memory: 200Mi } }
    command: [stress]
    args: ["--vm", "1", "--vm-bytes", "150M", "--vm-hang", "1"]
`;

/** It has no node, and never gets one. */
const NOWHERE = `
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: early }
spec:
  nodeSelector: { none: such }
  containers: [{ name: web, image: nginx }]
`;

function pass(seconds: number): void {
  const { kernel } = served.cluster;
  kernel.runUntil(kernel.now + seconds * SECOND_US);
}

function rows(table: string): readonly (readonly string[])[] {
  const lines = table.trimEnd().split('\n');
  return lines.map((line) => line.trim().split(/\s{2,}/));
}

describe.skipIf(KUBECTL === '')('kubectl top', () => {
  beforeAll(async () => {
    await served.start();
    await kubectl('create namespace demo');
  }, 60_000);
  afterAll(() => served.stop());

  it('tells of nodes what their containers use', async () => {
    const [header, ...nodes] = rows(await kubectl('top node'));
    expect(header).toEqual(['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)']);
    expect(nodes.map(([name]) => name)).toEqual(['cp-1', 'node-1']);
    for (const row of nodes) {
      expect(row.slice(1).join(' ')).toMatch(/^\d+m \d+% \d+Mi \d+%$/);
    }
  });

  it('knows nothing of a Pod before there are two readings', async () => {
    await kubectl('create namespace early');
    await kubectl('apply -f -', { stdin: NOWHERE });
    expect(await served.refused('top pod -n early web')).toBe(
      'Error from server (NotFound): podmetrics.metrics.k8s.io "early/web" not found\n',
    );
    expect(await served.refused('top pod -n early')).toBe('error: metrics not available yet\n');
    expect(await served.refused('top pod -n demo nobody')).toBe(
      'Error from server (NotFound): pods "nobody" not found\n',
    );
    expect(await served.refused('top node nobody')).toBe(
      'Error from server (NotFound): nodes "nobody" not found\n',
    );
  });

  it('tells what containers use, as their limits allow', async () => {
    await kubectl('apply -f -', { stdin: DEMOS });
    await kubectl('wait -n demo --for=condition=Ready pod --all --timeout=60s');
    pass(45);
    const [header, ...pods] = rows(await kubectl('top pod -n demo'));
    expect(header).toEqual(['NAME', 'CPU(cores)', 'MEMORY(bytes)']);
    const [cpu, memory] = pods;
    expect(cpu?.[0]).toBe('cpu-demo');
    expect(Number.parseInt(cpu?.[1] ?? '', 10)).toBeGreaterThan(950);
    expect(Number.parseInt(cpu?.[1] ?? '', 10)).toBeLessThan(1_050);
    expect(memory?.[0]).toBe('memory-demo');
    expect(Number.parseInt(memory?.[2] ?? '', 10)).toBeGreaterThanOrEqual(150);
    expect(Number.parseInt(memory?.[2] ?? '', 10)).toBeLessThan(165);
    const containers = rows(await kubectl('top pod -A --containers -l app=cpu'));
    expect(containers.map((row) => row.slice(0, 3))).toEqual([
      ['NAMESPACE', 'POD', 'NAME'],
      ['demo', 'cpu-demo', 'cpu-demo-ctr'],
    ]);
    const sorted = rows(await kubectl('top pod -n demo --sort-by=memory --no-headers'));
    expect(sorted.map(([name]) => name)).toEqual(['memory-demo', 'cpu-demo']);
    const [, node] = rows(await kubectl('top node node-1'));
    expect(Number.parseInt(node?.[1] ?? '', 10)).toBeGreaterThan(950);
  });

  it('reads an API that can be read by hand', async () => {
    const list = rows(await kubectl('get pods.metrics.k8s.io -n demo'));
    expect(list[0]).toEqual(['NAME', 'CPU', 'MEMORY', 'WINDOW']);
    expect(list[1]?.[3]).toBe('15s');
    expect(rows(await kubectl('get nodes.metrics.k8s.io')).map(([name]) => name)).toEqual([
      'NAME',
      'cp-1',
      'node-1',
    ]);
    const raw = '/apis/metrics.k8s.io/v1beta1/namespaces/demo/pods/memory-demo';
    const one = JSON.parse(await kubectl(`get --raw ${raw}`));
    expect(one).toEqual({
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: {
        name: 'memory-demo',
        namespace: 'demo',
        creationTimestamp: expect.stringMatching(/Z$/),
        labels: { app: 'memory', 'topology.kubernetes.io/zone': 'a' },
      },
      timestamp: expect.stringMatching(/Z$/),
      window: '15s',
      containers: [
        {
          name: 'memory-demo-ctr',
          usage: {
            cpu: expect.stringMatching(/^\d+[num]?$/),
            memory: expect.stringMatching(/^\d+[KM]i$/),
          },
        },
      ],
    });
    const services = rows(await kubectl('get apiservice v1beta1.metrics.k8s.io --no-headers'));
    expect(services[0]?.slice(0, 3)).toEqual(['v1beta1.metrics.k8s.io', 'Local', 'True']);
    expect(rows(await kubectl('api-resources --api-group=metrics.k8s.io --no-headers'))).toEqual([
      ['nodes', 'metrics.k8s.io/v1beta1', 'false', 'NodeMetrics'],
      ['pods', 'metrics.k8s.io/v1beta1', 'true', 'PodMetrics'],
    ]);
  });

  it('may be used by those who may view', async () => {
    await kubectl('create rolebinding viewers -n demo --clusterrole=view --user=jane');
    const can = async (who: string): Promise<string> => {
      const asked = `auth can-i list pods.metrics.k8s.io -n demo --as ${who}`;
      return (await served.run(asked.split(' '))).stdout;
    };
    expect(await can('jane')).toBe('yes\n');
    expect(await can('john')).toBe('no\n');
  });

  it('forgets the Pods of a node whose kubelet is gone', async () => {
    served.cluster.machines.get('node-1')?.stopKubelet();
    pass(16);
    expect(await served.refused('top pod -n demo cpu-demo')).toContain('not found');
    served.cluster.machines.get('node-1')?.kubelet.start();
    pass(35);
    expect(await kubectl('top pod -n demo cpu-demo --no-headers')).toContain('cpu-demo');
  });
});
