/**
 * A stand-in for metrics-server: every running Pod uses what a test says. The window is one second, as
 * in the recordings under goldens/controllers (see its README).
 */
import type { NodeUsage, PodUsage, UsageSource } from '../../api/kinds/metrics/usage.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { bytes, milliCpu } from '../../api/meta/quantity.ts';
import type { Plane } from './plane.ts';

const WINDOW_US = 1_000_000;
const NANOS_PER_MILLI = 1_000_000;

export class Readings implements UsageSource {
  #plane: Plane | null = null;
  #cpu = '';
  #memory = '';

  /** The control plane whose Pods are measured. */
  connect(plane: Plane): void {
    this.#plane = plane;
  }

  /** What the only container of every Pod uses from now on. */
  set(cpu: string, memory: string): void {
    this.#cpu = cpu;
    this.#memory = memory;
  }

  node(): NodeUsage | null {
    return null;
  }

  pod(uid: string): PodUsage | null {
    const plane = this.#plane;
    if (!plane || this.#cpu === '') return null;
    const resource = plane.server.registry.of(Pod);
    const pod = plane.server.store
      .range(resource.prefix)
      .find(({ value }) => value.object.metadata.uid === uid)?.value.object as Pod | undefined;
    if (pod?.status.phase !== 'Running') return null;
    const usage = {
      cpuNanoCores: milliCpu(this.#cpu) * NANOS_PER_MILLI,
      memoryBytes: bytes(this.#memory),
    };
    const containers = pod.spec.containers.map(({ name }) => ({ name, ...usage }));
    return { timestamp: plane.server.nowText, windowUs: WINDOW_US, containers };
  }
}
