/**
 * Where the autoscaler reads what Pods use: the metrics APIs, asked through its client as anybody
 * would.
 *
 * Models:     kubernetes pkg/controller/podautoscaler/metrics/client.go (v1.36); k8s.io/metrics
 *             pkg/client (v0.36)
 * Simplified: custom.metrics.k8s.io and external.metrics.k8s.io are served by nobody, which is what
 *             the autoscaler says; what it would do with their answers is there
 */
import type { AutoscalingV2CrossVersionObjectReference as ObjectReference } from '../../../api/generated/types.ts';
import type { LabelSelector } from '../../../api/generated/types.ts';
import type { PodMetrics } from '../../../api/kinds/metrics/pod-metrics.ts';
import type { Kind } from '../../../api/meta/define-kind.ts';
import { milliCpu } from '../../../api/meta/quantity.ts';
import type { Selector } from '../../../api/meta/selectors.ts';
import { isApiError } from '../../../api/meta/status.ts';
import { parseTime } from '../../../api/meta/time.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { Client } from '../../client/typed-client.ts';

const NOT_SERVED = 'the server could not find the requested resource';
const MS_PER_SECOND = 1_000;
const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;

/** No replica count can be had; the message is what Events and conditions say. */
export class MetricFailure extends Error {
  override readonly name = 'MetricFailure';
}

/** What one Pod uses, in thousandths, and over which time. */
export interface Sample {
  readonly value: number;
  readonly timestampMs: number;
  readonly windowMs: number;
}

/** By name of the Pod. */
export type Samples = ReadonlyMap<string, Sample>;

/** Each throws MetricFailure when there is nothing to be had. Values are in thousandths. */
export interface MetricsClient {
  /** |container| is empty for whole Pods. */
  resource(
    resource: string,
    namespace: string,
    selector: Selector,
    container: string,
  ): Proc<Samples>;
  pods(
    metric: string,
    namespace: string,
    selector: Selector,
    metricSelector: LabelSelector | undefined,
  ): Proc<Samples>;
  object(
    metric: string,
    namespace: string,
    object: ObjectReference,
    metricSelector: LabelSelector | undefined,
  ): Proc<number>;
  external(
    metric: string,
    namespace: string,
    metricSelector: LabelSelector | undefined,
  ): Proc<readonly number[]>;
}

export class RestMetricsClient implements MetricsClient {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  *resource(
    resource: string,
    namespace: string,
    selector: Selector,
    container: string,
  ): Proc<Samples> {
    const kind = this.#client.served('metrics.k8s.io', 'v1beta1', 'pods');
    if (!kind) throw unfetched('resource', `${NOT_SERVED} (get pods.metrics.k8s.io)`);
    const options = { namespace, labelSelector: selector.toString() };
    let items: readonly PodMetrics[];
    try {
      ({ items } = yield* this.#client.list(kind as unknown as Kind<PodMetrics>, options));
    } catch (error) {
      if (!isApiError(error)) throw error;
      throw unfetched('resource', error.message);
    }
    if (items.length === 0)
      throw new MetricFailure('no metrics returned from resource metrics API');
    return container === '' ? wholePods(items, resource) : containers(items, resource, container);
  }

  *pods(): Proc<Samples> {
    throw unfetched('custom', 'no custom metrics API (custom.metrics.k8s.io) registered');
  }

  *object(): Proc<number> {
    throw unfetched('custom', 'no custom metrics API (custom.metrics.k8s.io) registered');
  }

  *external(metric: string): Proc<readonly number[]> {
    throw unfetched('external', `${NOT_SERVED} (get ${metric}.external.metrics.k8s.io)`);
  }
}

function unfetched(api: string, why: string): MetricFailure {
  return new MetricFailure(`unable to fetch metrics from ${api} metrics API: ${why}`);
}

/** A Pod one of whose containers is not measured counts as not measured. */
function wholePods(items: readonly PodMetrics[], resource: string): Samples {
  const samples = new Map<string, Sample>();
  for (const item of items) {
    let value = 0;
    let missing = item.containers.length === 0;
    for (const { usage } of item.containers) {
      const quantity = usageOf(usage, resource);
      if (quantity === undefined) {
        missing = true;
        break;
      }
      value += milliCpu(quantity);
    }
    if (!missing) samples.set(item.metadata.name, sampleOf(item, value));
  }
  return samples;
}

function containers(items: readonly PodMetrics[], resource: string, name: string): Samples {
  const samples = new Map<string, Sample>();
  for (const item of items) {
    const found = item.containers.find((c) => c.name === name);
    const quantity = found && usageOf(found.usage, resource);
    if (quantity !== undefined) {
      samples.set(item.metadata.name, sampleOf(item, milliCpu(quantity)));
    }
  }
  return samples;
}

function usageOf(usage: object, resource: string): string | undefined {
  return (usage as Readonly<Record<string, string>>)[resource];
}

function sampleOf({ timestamp, window }: PodMetrics, value: number): Sample {
  return { value, timestampMs: parseTime(timestamp), windowMs: durationMs(window) };
}

/** Go's text of a duration, such as `1m15.2s`. */
export function durationMs(text: string): number {
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:([\d.]+)s)?(?:([\d.]+)ms)?$/.exec(text);
  const [, hours = '0', minutes = '0', seconds = '0', millis = '0'] = parts ?? [];
  return (
    Number(hours) * MS_PER_HOUR +
    Number(minutes) * MS_PER_MINUTE +
    Number(seconds) * MS_PER_SECOND +
    Number(millis)
  );
}
