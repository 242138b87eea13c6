/** A cluster with disks, for tests of storage. */
import type { Pod as PodObject } from '../api/generated/types.ts';
import { Event } from '../api/kinds/event.ts';
import { PersistentVolumeClaim } from '../api/kinds/persistent-volume-claim.ts';
import { Pod } from '../api/kinds/pod.ts';
import { StatefulSet } from '../api/kinds/stateful-set.ts';
import { StorageClass } from '../api/kinds/storage-class.ts';
import type { Input, KubeObject } from '../api/meta/object.ts';
import type { Kind } from '../api/meta/define-kind.ts';
import type { Proc } from '../kernel/process.ts';
import type { NodeSpec } from '../port/protocol.ts';
import type { Client } from '../engine/client/typed-client.ts';
import { Cluster } from '../engine/cluster.ts';
import type { FileSystem } from '../engine/node/runtime/program.ts';
import { DRIVER } from '../engine/storage/names.ts';

const SECOND = 1_000_000;
export const MERGE = { type: 'merge' } as const;
const IMAGE = 'busybox:1.36';

export function node(name: string, zone: string): NodeSpec {
  return { name, cpu: '4', memory: '8Gi', pods: 110, zone, preloaded: [IMAGE] };
}

export class World {
  readonly cluster: Cluster;
  readonly client: Client;

  constructor(nodes: readonly NodeSpec[] = [node('node-1', 'a'), node('node-2', 'a')], seed = 1) {
    const epoch = '2026-01-01T00:00:00Z';
    this.cluster = new Cluster(
      { seed, epoch, nodes, stopped: [], storage: true },
      { freeze: true },
    );
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
    this.client = this.cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
  }

  do<T>(work: Proc<T>): T {
    const { kernel } = this.cluster;
    const process = kernel.spawn('test', work, { joined: true });
    kernel.runUntil(() => process.done);
    const { outcome } = process;
    if (!outcome) throw new Error('the call never ended');
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  }

  run(seconds: number): void {
    const { kernel } = this.cluster;
    kernel.runUntil(kernel.now + seconds * SECOND);
  }

  get<T extends KubeObject>(kind: Kind<T>, name: string): T {
    return this.do(this.client.get(kind, kind.namespaced ? 'default' : '', name));
  }

  list<T extends KubeObject>(kind: Kind<T>): readonly T[] {
    return this.do(this.client.list(kind)).items;
  }

  class(name: string, more: object = {}): void {
    const spec = { provisioner: DRIVER, volumeBindingMode: 'Immediate' as const, ...more };
    this.do(this.client.create(StorageClass, { metadata: { name }, ...spec }));
  }

  claim(name: string, storageClassName = 'now', more: object = {}): void {
    const resources = { requests: { storage: '1Gi' } };
    const accessModes = ['ReadWriteOnce' as const];
    const spec = { accessModes, resources, storageClassName, ...more };
    const metadata = { name, namespace: 'default' };
    this.do(this.client.create(PersistentVolumeClaim, { metadata, spec }));
  }

  /** A Pod that sleeps, with the claim at /data. */
  pod(name: string, claimName: string, more: Partial<Input<PodObject['spec']>> = {}): void {
    const volumeMounts = [{ name: 'data', mountPath: '/data' }];
    const command = ['sleep', '100000'];
    const containers = [{ name: 'c', image: IMAGE, command, volumeMounts }];
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName } }];
    const spec = { containers, volumes, terminationGracePeriodSeconds: 0, ...more };
    this.do(this.client.create(Pod, { metadata: { name, namespace: 'default' }, spec }));
  }

  /** Spread over zones, each Pod with a claim of the default class at /data. */
  statefulSet(name: string, replicas: number): void {
    const labels = { app: name };
    const selector = { matchLabels: labels };
    const resources = { requests: { storage: '1Gi' } };
    const accessModes = ['ReadWriteOnce' as const];
    const template = {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 0,
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'topology.kubernetes.io/zone',
            whenUnsatisfiable: 'DoNotSchedule' as const,
            labelSelector: selector,
          },
        ],
        containers: [
          {
            name: 'c',
            image: IMAGE,
            command: ['sleep', '100000'],
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          },
        ],
      },
    };
    const spec = {
      replicas,
      selector,
      serviceName: name,
      podManagementPolicy: 'Parallel' as const,
      template,
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes, resources } }],
    };
    const metadata = { name, namespace: 'default' };
    this.do(this.client.create(StatefulSet, { metadata, spec }));
  }

  files(name: string): FileSystem {
    const pod = this.get(Pod, name);
    const machine = this.cluster.machines.get(pod.spec.nodeName ?? '');
    const fs = machine?.runtime.container(pod.metadata.uid, 'c')?.fs;
    if (!fs) throw new Error(`${name} does not run: ${this.events(name).join('\n')}`);
    return fs;
  }

  events(name: string): readonly string[] {
    return this.list(Event)
      .filter((e) => e.involvedObject.name === name)
      .map(
        (e) => `${e.source.component ?? e.reportingComponent} ${e.type} ${e.reason}: ${e.message}`,
      );
  }
}
