/**
 * A cluster in a cloud: its machines are rented, and cloud-controller-manager speaks of them to the
 * cloud.
 *
 * Models:     cloud-controller-manager (k8s.io/cloud-provider app, v0.36) with a provider of ours
 * Simplified: one instance, which is no Pod
 */
import { Event } from '../api/kinds/event.ts';
import type { NodeSpec } from '../port/protocol.ts';
import type { ApiServer } from './apiserver/server.ts';
import { PretendCloud, type Rented } from './cloud/cloud.ts';
import { cloudControllers } from './cloud/index.ts';
import { UNINITIALIZED } from './cloud/node-controller.ts';
import type { Component } from './components.ts';
import { ControllerManager, type ManagerProcess } from './controller-manager.ts';
import { ElectedComponent } from './masters/elected-component.ts';
import type { Machine } from './node/machine.ts';

const NAME = 'cloud-controller-manager';
const PROCESS: ManagerProcess = {
  name: NAME,
  user: {
    name: `system:serviceaccount:kube-system:${NAME}`,
    groups: [
      'system:serviceaccounts',
      'system:serviceaccounts:kube-system',
      'system:authenticated',
    ],
  },
  serviceAccounts: false,
};

export class CloudSide {
  readonly cloud: PretendCloud;
  readonly component: Component;

  constructor(server: ApiServer, machines: ReadonlyMap<string, Machine>) {
    this.cloud = new PretendCloud(server.kernel, () => rented(machines));
    const controllers = cloudControllers(this.cloud);
    const manager = new ControllerManager(server, controllers, Event, PROCESS);
    const { name, user } = PROCESS;
    const election = { lease: name, name, host: 'cp-1', user, eventSource: name };
    this.component = new ElectedComponent(server, manager, election);
  }

  /** What a kubelet of the cloud registers with: nobody is put there before the cloud has spoken. */
  specOf(spec: NodeSpec): NodeSpec {
    const taint = { key: UNINITIALIZED, value: 'true', effect: 'NoSchedule' } as const;
    return { ...spec, taints: [...(spec.taints ?? []), taint] };
  }
}

function* rented(machines: ReadonlyMap<string, Machine>): Generator<Rented> {
  for (const { info, name, runtime, spec } of machines.values()) {
    const { address, machineId } = info;
    const { zone, cpu, memory } = spec;
    yield { name, address, machineId, zone, cpu, memory, running: runtime.running };
  }
}
