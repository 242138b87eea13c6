/** A container that no Pod stands for: Kubernetes leaves it alone, and the page can see it. */
import { describe, expect, it } from 'vitest';
import type { NodeContainerRow } from '../../port/protocol-node.ts';
import type { Cluster } from '../cluster.ts';
import { FakePage } from '../../testing/page/fake-page.ts';

const SECOND = 1_000_000;
const NODE = 'node-1';

const RUN = {
  type: 'run-alien-container',
  node: NODE,
  name: 'backup',
  image: 'docker.io/library/busybox:1.36',
  argv: ['sh', '-c', 'while true; do sleep 60; done'],
} as const;

const POD = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  nodeName: node-1
  containers: [{ name: main, image: "nginx:1.27" }]
`;

function begun(): FakePage {
  const page = FakePage.started();
  page.ask({ type: 'pace', pace: 'max' });
  return page;
}

function cluster(page: FakePage): Cluster {
  const { session } = page.host;
  if (!session) throw new Error('there is no run');
  return session.cluster;
}

function containers(page: FakePage): readonly NodeContainerRow[] {
  return page.ask({ type: 'node-containers', node: NODE });
}

function alien(page: FakePage): NodeContainerRow | undefined {
  return containers(page).find((row) => row.namespace !== 'k8s.io');
}

function pass(page: FakePage, seconds: number): void {
  const end = cluster(page).kernel.now + seconds * SECOND;
  page.until(() => cluster(page).kernel.now >= end);
}

describe('a container beside Kubernetes', () => {
  it('is seen among those of Pods', () => {
    const page = begun();
    expect(page.run(RUN).stdout).toBe('container "backup" runs on node "node-1"\n');
    page.apply(POD);
    page.until(() => page.rows.get('Pod/default/web')?.status === 'Running');
    expect(alien(page)).toEqual({
      namespace: 'default',
      id: 'backup',
      name: 'backup',
      image: 'docker.io/library/busybox:1.36',
      state: 'running',
      pod: '',
    });
    const web = containers(page).find((row) => row.name === 'main');
    expect(web).toMatchObject({ namespace: 'k8s.io', state: 'running', pod: 'Pod/default/web' });
    // Its image is in another namespace than those that the Node lists.
    const machine = cluster(page).machines.get(NODE);
    expect(machine?.runtime.images.find('busybox:1.36')).toBeUndefined();
    expect(machine?.runtime.host.usedMemoryBytes).toBeGreaterThan(0);
  });

  it('is left alone by a kubelet that works, starts again and collects images', () => {
    const page = begun();
    page.run(RUN);
    page.apply(POD);
    page.until(() => page.rows.get('Pod/default/web')?.status === 'Running');
    page.run({ type: 'delete', object: 'Pod/default/web' });
    page.run({ type: 'configure-kubelet', node: NODE, settings: {} });
    pass(page, 30);
    page.run({
      type: 'occupy-node',
      node: NODE,
      diskBytes: Number.MAX_SAFE_INTEGER,
      memoryBytes: 0,
    });
    const images = cluster(page).machines.get(NODE)?.runtime.images;
    page.until(() => images?.find('nginx:1.27') === undefined);
    expect(alien(page)?.state).toBe('running');
    expect(containers(page)).toHaveLength(1);
  });

  it('ends with the power, and is not started again', () => {
    const page = begun();
    page.run(RUN);
    page.run({ type: 'reboot-node', node: NODE });
    pass(page, 60);
    expect(alien(page)?.state).toBe('exited');
    expect(page.run({ type: 'remove-alien-container', node: NODE, name: 'backup' }).exitCode).toBe(
      0,
    );
    expect(alien(page)).toBeUndefined();
  });

  it('gives memory back when it is removed', () => {
    const page = begun();
    page.run(RUN);
    const host = cluster(page).machines.get(NODE)?.runtime.host;
    expect(host?.processes).toBeGreaterThan(0);
    page.run({ type: 'remove-alien-container', node: NODE, name: 'backup' });
    pass(page, 1);
    expect([host?.processes, host?.usedMemoryBytes]).toEqual([0, 0]);
  });

  it.each([
    [{ ...RUN, node: 'nobody' }, 'there is no node "nobody"'],
    [{ ...RUN, name: 'Not A Name' }, 'a container cannot be named "Not A Name": '],
    [{ ...RUN, image: 'no-such-image:1' }, 'failed to pull and unpack image'],
    [{ ...RUN, argv: ['/no/such/program'] }, 'no such file or directory'],
    [
      { type: 'remove-alien-container', node: NODE, name: 'x' } as const,
      'there is no container "x"',
    ],
  ])('is refused in words: %#', (command, words) => {
    const page = begun();
    const { exitCode, stderr } = page.run(command);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(words);
    expect(containers(page)).toEqual([]);
  });

  it('cannot have the name of another', () => {
    const page = begun();
    page.run(RUN);
    expect(page.run(RUN).stderr).toBe('error: container "backup": already exists\n');
  });
});
