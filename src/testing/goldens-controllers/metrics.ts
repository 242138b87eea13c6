/** The stand-in for metrics-server of the recordings: every Pod uses the same, read a second ago. */
import type { Pod } from '../../api/generated/types.ts';
import type { NodeUsage, PodUsage, UsageSource } from '../../api/kinds/metrics/usage.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import type { Plane } from '../stand-in/plane.ts';

const NANO_CORES_PER_MILLI = 1_000_000;
const BYTES_PER_MI = 1024 * 1024;
const WINDOW_US = 1_000_000; // goldens/controllers/README.md

export class StandInMetrics implements UsageSource {
  plane: Plane | null = null;
  #milli: number | null = null;
  #mi = 0;
  #running = true;

  /** `every running pod uses 100m cpu, 100Mi memory`; false when it is said otherwise. */
  tell(words: string): boolean {
    const [, running, milli, mi] =
      /^every (running )?pod uses (\d+)m(?: cpu)?, (\d+)Mi/.exec(words) ?? [];
    if (milli === undefined) return false;
    this.#running = running !== undefined;
    this.#milli = Number(milli);
    this.#mi = Number(mi);
    return true;
  }

  node(): NodeUsage | null {
    return null;
  }

  pod(uid: string): PodUsage | null {
    if (this.#milli === null || !this.plane) return null;
    const { server, kernel } = this.plane;
    const pods = server.objects('', 'pods', '') as unknown as readonly Pod[];
    const pod = pods.find((p) => p.metadata.uid === uid);
    if (!pod || (this.#running && pod.status.phase !== 'Running')) return null;
    return {
      timestamp: rfc3339(kernel.nowMs),
      windowUs: WINDOW_US,
      containers: pod.spec.containers.map(({ name }) => ({
        name,
        cpuNanoCores: (this.#milli ?? 0) * NANO_CORES_PER_MILLI,
        memoryBytes: this.#mi * BYTES_PER_MI,
      })),
    };
  }
}
