/**
 * The control plane as static Pods of the node cp-1: files in its manifest folder, containers that the
 * kubelet there starts without any API server, programs that are the components. A component is
 * stopped by taking its file away and started by putting it back.
 *
 * Models: kubeadm init: phases control-plane, etcd, mark-control-plane (v1.36)
 * Writes: nodes (labels of the control-plane node)
 */
import { Node } from '../api/kinds/node.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type Proc, sleep } from '../kernel/process.ts';
import type { NodeSpec } from '../port/protocol.ts';
import { isRefusal } from './client/refusal.ts';
import type { Client } from './client/typed-client.ts';
import type { Component } from './components.ts';
import { manifestOf } from './images/control-plane-manifests.ts';
import {
  CONTROL_PLANE,
  type ControlPlaneHost,
  type ControlPlaneName,
  imageOf,
} from './images/control-plane.ts';
import { MANIFESTS } from './node/kubelet/file-source.ts';
import type { Machine } from './node/machine.ts';

export const CONTROL_PLANE_NODE = 'cp-1';

/** What kubeadm gives the node; labels of that prefix no kubelet may set itself. */
const LABELS = {
  'node-role.kubernetes.io/control-plane': '',
  'node.kubernetes.io/exclude-from-external-load-balancers': '',
};
const TAINT = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' } as const;
const MARK_RETRY_US = 500_000;

/** A machine for the control plane: tainted, else like the recorded ones. */
export function controlPlaneNode(): NodeSpec {
  return {
    name: CONTROL_PLANE_NODE,
    cpu: '4',
    memory: '8Gi',
    pods: 110,
    zone: '',
    taints: [TAINT],
    preloaded: CONTROL_PLANE.map(imageOf),
  };
}

export class ControlPlane implements ControlPlaneHost {
  readonly #kernel: Kernel;
  readonly #parts: ReadonlyMap<string, Component>;
  #machine: Machine | null = null;

  constructor(kernel: Kernel, parts: readonly Component[]) {
    this.#kernel = kernel;
    this.#parts = new Map(parts.map((part) => [part.name, part]));
  }

  /** Puts the manifests on the machine, but for those of |stopped| components. */
  install(machine: Machine, stopped: readonly string[]): void {
    this.#machine = machine;
    for (const name of CONTROL_PLANE) if (!stopped.includes(name)) this.#put(name);
    machine.runtime.onPowerOff = () => {
      for (const name of CONTROL_PLANE) this.stop(name);
    };
  }

  /** Of the components: stopped and started through their files. */
  components(): readonly Component[] {
    return CONTROL_PLANE.flatMap((name) => {
      const part = this.#parts.get(name);
      return part ? [this.#viaFile(name, part)] : [];
    });
  }

  /** The process of a component has come up. */
  start(name: ControlPlaneName): void {
    this.#outside(() => this.#parts.get(name)?.start());
  }

  stop(name: ControlPlaneName): void {
    const part = this.#parts.get(name);
    if (part?.running) this.#outside(() => part.stop());
  }

  isUp(name: ControlPlaneName): boolean {
    return this.#parts.get(name)?.running ?? false;
  }

  /** Gives the node its labels as soon as it is there. */
  *mark(client: Client): Proc {
    const patch = { metadata: { labels: LABELS } };
    for (;;) {
      try {
        yield* client.patch(Node, '', CONTROL_PLANE_NODE, patch, { type: 'strategic' });
        return;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        yield* sleep(MARK_RETRY_US);
      }
    }
  }

  /** A component's own work is nobody's child: it goes on in its own scope. */
  #outside(run: () => void): void {
    this.#kernel.with(this.#kernel.cause, true, null, run);
  }

  #viaFile(name: ControlPlaneName, part: Component): Component {
    return {
      name,
      get running() {
        return part.running;
      },
      get queue() {
        return part.queue;
      },
      get detail() {
        return part.detail ?? {};
      },
      start: () => this.#put(name),
      stop: () => void this.#machine?.files.remove(pathOf(name)),
    };
  }

  #put(name: ControlPlaneName): void {
    const machine = this.#machine;
    machine?.files.write(pathOf(name), manifestOf(name, machine.info.address), false);
  }
}

function pathOf(name: ControlPlaneName): string {
  return `${MANIFESTS}/${name}.yaml`;
}
