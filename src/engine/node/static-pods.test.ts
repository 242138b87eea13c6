/** Static Pods: the file of the documentation's example, its mirror, and what happens to both. */
import { describe, expect, it } from 'vitest';
import type { Pod as PodObject } from '../../api/generated/types.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { Cluster } from '../cluster.ts';
import type { Client } from '../client/typed-client.ts';
import type { Machine } from './machine.ts';

/** kubernetes.io/docs/tasks/configure-pod-container/static-pod, word for word. */
const STATIC_WEB = `apiVersion: v1
kind: Pod
metadata:
  name: static-web
  labels:
    role: myrole
spec:
  containers:
    - name: web
      image: nginx
      ports:
        - name: web
          containerPort: 80
          protocol: TCP
`;
const PATH = '/etc/kubernetes/manifests/static-web.yaml';
const SECOND_US = 1_000_000;

class Setup {
  readonly cluster: Cluster;
  readonly machine: Machine;
  readonly client: Client;

  constructor(stopped: readonly string[] = []) {
    const node = { name: 'node-1', cpu: '2', memory: '24Gi', pods: 110, zone: '' };
    const config = { seed: 3, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped };
    this.cluster = new Cluster(config, { freeze: true });
    this.machine = this.cluster.machines.get('node-1') as Machine;
    this.machine.runtime.images.preload('nginx:latest');
    this.machine.runtime.images.preload('busybox:1.36');
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
    this.client = this.cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
  }

  run(seconds: number): void {
    this.cluster.kernel.runUntil(this.cluster.kernel.now + seconds * SECOND_US);
  }

  pod(name = 'static-web-node-1'): PodObject | undefined {
    const pods = this.cluster.server.objects('', 'pods', 'default') as readonly PodObject[];
    return pods.find((p) => p.metadata.name === name);
  }

  write(text: string, path = PATH): void {
    const failure = this.machine.files.write(path, text, false);
    if (failure !== null) throw new Error(`${path}: ${failure}`);
  }

  remove(gracePeriodSeconds?: number): void {
    const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    const { kernel } = this.cluster;
    kernel.spawn('delete', this.client.delete(Pod, 'default', 'static-web-node-1', options));
  }

  get containerId(): string | undefined {
    return this.pod()?.status.containerStatuses?.[0]?.containerID;
  }
}

describe('static Pods', () => {
  it('run, and have a mirror that says where they come from', () => {
    const setup = new Setup();
    setup.write(STATIC_WEB);
    setup.run(10);
    const pod = setup.pod();
    expect(pod?.status.phase).toBe('Running');
    expect(pod?.spec.tolerations).toEqual([{ operator: 'Exists', effect: 'NoExecute' }]);
    const { annotations = {}, ownerReferences = [], uid } = pod?.metadata ?? {};
    expect(annotations['kubernetes.io/config.source']).toBe('file');
    expect(annotations['kubernetes.io/config.hash']).toMatch(/^[0-9a-f]{32}$/);
    expect(annotations['kubernetes.io/config.mirror']).toBe(
      annotations['kubernetes.io/config.hash'],
    );
    expect(annotations['kubernetes.io/config.hash']).not.toBe(uid);
    expect(ownerReferences[0]).toMatchObject({ kind: 'Node', name: 'node-1', controller: true });
    expect(pod?.spec.serviceAccountName).toBeUndefined();
    expect(pod?.status.observedGeneration).toBeUndefined();
  });

  it('come back when their mirror is deleted, while the container runs on', () => {
    const setup = new Setup();
    setup.write(STATIC_WEB);
    setup.run(10);
    const uid = setup.pod()?.metadata.uid;
    const container = setup.containerId;
    expect(container).toBeDefined();
    setup.remove();
    setup.run(5);
    expect(setup.pod()?.metadata.uid).not.toBe(uid);
    expect(setup.pod()?.status.phase).toBe('Running');
    expect(setup.containerId).toBe(container);
  });

  it('come back at the resync when their mirror is deleted by force', () => {
    const setup = new Setup();
    setup.write(STATIC_WEB);
    setup.run(10);
    const container = setup.containerId;
    setup.remove(0);
    setup.run(50);
    expect(setup.pod()).toBeUndefined();
    setup.run(45);
    expect(setup.pod()?.status.phase).toBe('Running');
    expect(setup.containerId).toBe(container);
  });

  it('end with their file, and their mirror goes', () => {
    const setup = new Setup();
    setup.write(STATIC_WEB);
    setup.run(10);
    expect(setup.machine.files.remove(PATH)).toBeNull();
    setup.run(5);
    expect(setup.pod()).toBeUndefined();
    expect(setup.machine.runtime.pods()).toEqual([]);
  });

  it('are replaced when their file changes', () => {
    const setup = new Setup();
    setup.write(STATIC_WEB);
    setup.run(10);
    const hash = setup.pod()?.metadata.annotations?.['kubernetes.io/config.hash'];
    setup.write(STATIC_WEB.replace('role: myrole', 'role: other'));
    setup.run(60);
    expect(setup.pod()?.metadata.labels).toEqual({ role: 'other' });
    expect(setup.pod()?.metadata.annotations?.['kubernetes.io/config.hash']).not.toBe(hash);
    expect(setup.pod()?.status.phase).toBe('Running');
    expect(setup.machine.runtime.pods()).toHaveLength(1);
  });

  it('come back when the same file is put again while they end', () => {
    const setup = new Setup();
    setup.write(STATIC_WEB);
    setup.run(10);
    setup.machine.files.remove(PATH);
    setup.run(0.05);
    setup.write(STATIC_WEB);
    setup.run(30);
    expect(setup.pod()?.status.phase).toBe('Running');
    expect(setup.machine.runtime.pods()).toHaveLength(1);
  });

  it('are not made of hidden, broken or referring files, which hold nobody up', () => {
    const setup = new Setup();
    const secret = 'envFrom: [{secretRef: {name: s}}]';
    const refers = STATIC_WEB.replace('image: nginx', `image: nginx\n      ${secret}`);
    setup.write(STATIC_WEB.replace('static-web', 'hidden'), '/etc/kubernetes/manifests/.x.yaml');
    setup.write('a: [', '/etc/kubernetes/manifests/broken.yaml');
    setup.write(refers.replace('static-web', 'refers'), '/etc/kubernetes/manifests/refers.yaml');
    setup.write(STATIC_WEB);
    // The look of every 20 s would find the same again.
    setup.run(8);
    const notes = [...setup.cluster.kernel.trace.from(0)]
      .filter((s) => s.name === 'Could not process manifest file')
      .map((s) => String(s.detail?.['err']));
    expect(notes).toEqual([
      "/etc/kubernetes/manifests/broken.yaml: couldn't parse as pod(yaml: line 1: did not find expected node content), please check config file",
      'static pods may not reference secrets',
    ]);
    expect(setup.machine.runtime.pods().map((p) => p.name)).toEqual(['static-web-node-1']);
    expect(setup.pod()?.status.phase).toBe('Running');
  });

  it('run without an API server, and get their mirror when it comes', () => {
    const setup = new Setup(['kube-apiserver']);
    setup.write(STATIC_WEB);
    setup.run(10);
    const [running] = setup.machine.runtime.pods();
    expect(running?.name).toBe('static-web-node-1');
    const uid = running?.uid ?? '';
    expect(setup.machine.runtime.container(uid, 'web')?.info.state).toBe('running');
    setup.cluster.component('kube-apiserver')?.start();
    setup.run(120);
    expect(setup.pod()?.status.phase).toBe('Running');
    expect(setup.containerId).toContain(setup.machine.runtime.container(uid, 'web')?.info.id);
  });

  it('are taken over by a restarted kubelet', () => {
    const setup = new Setup();
    setup.write(STATIC_WEB);
    setup.run(10);
    const container = setup.containerId;
    const uid = setup.pod()?.metadata.uid;
    setup.machine.stopKubelet();
    setup.run(5);
    setup.machine.kubelet.start();
    setup.run(90);
    expect(setup.pod()?.metadata.uid).toBe(uid);
    expect(setup.containerId).toBe(container);
    setup.machine.stopKubelet();
    setup.machine.files.remove(PATH);
    setup.machine.kubelet.start();
    setup.run(10);
    expect(setup.pod()).toBeUndefined();
    expect(setup.machine.runtime.pods()).toEqual([]);
  });
});
