/** What containers and nodes used within a window: where the kinds of metrics.k8s.io get it from. */
import type { Column } from '../../meta/define-kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import { binaryQuantity, nanoQuantity } from '../../meta/quantity.ts';
import type { DefinitionSchema } from '../../meta/schema.ts';

const MICROS_PER_SECOND = 1_000_000;

export interface Usage {
  readonly cpuNanoCores: number;
  readonly memoryBytes: number;
}

/** When it was measured, and over which time the CPU's rate is. */
export interface Window {
  /** RFC 3339. */
  readonly timestamp: string;
  readonly windowUs: number;
}

export interface NodeUsage extends Window, Usage {}

export interface PodUsage extends Window {
  readonly containers: readonly (Usage & { readonly name: string })[];
}

/** Null: there are no two readings of it yet, or no longer. */
export interface UsageSource {
  node(name: string): NodeUsage | null;
  pod(uid: string): PodUsage | null;
}

/** A ResourceList. */
export interface UsageList {
  readonly cpu: string;
  readonly memory: string;
}

export function usageList({ cpuNanoCores, memoryBytes }: Usage): UsageList {
  return { cpu: nanoQuantity(cpuNanoCores), memory: binaryQuantity(memoryBytes) };
}

/** Go's text of a duration that is shorter than a minute. */
export function windowText(us: number): string {
  return `${us / MICROS_PER_SECOND}s`;
}

/** pkg/api/table.go of metrics-server. |usage| is that of the whole object. */
export function usageColumns<T extends KubeObject & { readonly window: string }>(
  usage: (object: T) => UsageList,
): readonly Column<T>[] {
  return [
    {
      name: 'Name',
      type: 'string',
      format: 'name',
      description: 'Name of the resource',
      cell: ({ metadata }) => metadata.name,
    },
    {
      name: 'cpu',
      type: 'string',
      format: 'quantity',
      cell: (object) => usage(object).cpu,
    },
    {
      name: 'memory',
      type: 'string',
      format: 'quantity',
      cell: (object) => usage(object).memory,
    },
    { name: 'Window', type: 'string', format: 'duration', cell: ({ window }) => window },
  ];
}

const USAGE = { t: 'map', i: { t: 'quantity' } } as const;
const COMMON = {
  apiVersion: { t: 'string' },
  kind: { t: 'string' },
  metadata: { r: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', s: 1 },
  timestamp: { t: 'time' },
  window: { t: 'string' },
} as const;

/** k8s.io/metrics pkg/apis/metrics/v1beta1 types.go. */
export const NODE_METRICS: DefinitionSchema = { p: { ...COMMON, usage: USAGE } };
const CONTAINER_METRICS: DefinitionSchema = { p: { name: { t: 'string' }, usage: USAGE } };
export const POD_METRICS: DefinitionSchema = {
  p: { ...COMMON, containers: { t: 'array', i: { r: CONTAINER_METRICS } } },
};
