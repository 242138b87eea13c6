/**
 * One metric of an autoscaler: measured, and turned into a number of replicas or into the reason why
 * there is none.
 *
 * Models: kubernetes pkg/controller/podautoscaler/horizontal.go, computeStatusFor* (v1.36)
 */
import type {
  ExternalMetricSource,
  LabelSelector,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
  Pod,
} from '../../../api/generated/types.ts';
import { milliCpu, parseQuantity, quantityText } from '../../../api/meta/quantity.ts';
import type { Selector } from '../../../api/meta/selectors.ts';
import type { Proc } from '../../../kernel/process.ts';
import { MetricFailure, type MetricsClient } from './metrics-client.ts';
import {
  sharedPerPod,
  sharedReplicas,
  type Tolerances,
  usageReplicas,
  utilizationReplicas,
} from './replicas.ts';

const MILLI_SCALE = -3;
const MIN_INT64 = -(2n ** 63n);
const DEFAULT_TOLERANCE = 0.1; // --horizontal-pod-autoscaler-tolerance

/** What a metric proposes. */
export interface Proposal {
  readonly replicas: number;
  /** In the words of the Event. */
  readonly name: string;
  readonly status: MetricStatus;
}

/** Why a metric cannot be had: the reason, what went wrong, and that in the words of the summary. */
export interface Refusal {
  readonly reason: string;
  readonly error: string;
  readonly summary: string;
}

export interface Measuring {
  readonly metrics: MetricsClient;
  readonly namespace: string;
  /** Of the target's Pods. */
  readonly selector: Selector;
  readonly pods: readonly Pod[];
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly tolerances: Tolerances;
  readonly nowMs: number;
}

/** From the behavior of the autoscaler, else the flag's. */
export function tolerancesOf(
  behavior: { readonly scaleDown?: Toleranced; readonly scaleUp?: Toleranced } | undefined,
): Tolerances {
  return {
    down: approximate(behavior?.scaleDown?.tolerance),
    up: approximate(behavior?.scaleUp?.tolerance),
  };
}

interface Toleranced {
  readonly tolerance?: string;
}

function approximate(quantity: string | undefined): number {
  if (quantity === undefined) return DEFAULT_TOLERANCE;
  const { unscaled, scale } = parseQuantity(quantity);
  const value = Number(unscaled);
  return scale < 0 ? value / 10 ** -scale : value * 10 ** scale;
}

/** Never throws for a metric that cannot be had: that is an answer, too. */
export function* measure(spec: MetricSpec, measuring: Measuring): Proc<Proposal | Refusal> {
  const [reason, prefix] = wordsFor(spec);
  try {
    return yield* byType(spec, measuring);
  } catch (error) {
    if (!(error instanceof MetricFailure)) throw error;
    const { message } = error;
    if (reason === 'InvalidMetricSourceType') return { reason, error: message, summary: message };
    const inner = error instanceof Wrapped ? error.outer : message;
    return { reason, error: message, summary: `${prefix}: ${inner}` };
  }
}

/** The condition tells the inner error, the summary of all metrics one with more words. */
class Wrapped extends MetricFailure {
  readonly outer: string;

  constructor(message: string, outer: string) {
    super(message);
    this.outer = outer;
  }
}

function wordsFor(spec: MetricSpec): readonly [reason: string, prefix: string] {
  const failed = (what: string): string => `failed to get ${what} metric value`;
  switch (spec.type) {
    case 'Resource':
      return ['FailedGetResourceMetric', failed(`${spec.resource?.name ?? ''} resource`)];
    case 'ContainerResource': {
      const container = spec.containerResource?.container ?? '';
      return ['FailedGetContainerResourceMetric', failed(`${container} container`)];
    }
    case 'Pods':
      return ['FailedGetPodsMetric', failed('pods')];
    case 'Object':
      return ['FailedGetObjectMetric', failed('object')];
    case 'External': {
      const name = spec.external?.metric.name ?? '';
      return ['FailedGetExternalMetric', failed(`${name} external`)];
    }
    default:
      return ['InvalidMetricSourceType', ''];
  }
}

function* byType(spec: MetricSpec, measuring: Measuring): Proc<Proposal> {
  const { type } = spec;
  if (type === 'Resource' && spec.resource) {
    const { name, target } = spec.resource;
    const got = yield* resource(name, '', target, measuring);
    const { replicas, current } = got;
    return { replicas, name: got.name, status: { type, resource: { name, current } } };
  }
  if (type === 'ContainerResource' && spec.containerResource) {
    const { name, container, target } = spec.containerResource;
    const got = yield* resource(name, container, target, measuring);
    const { replicas, current } = got;
    const status = { type, containerResource: { name, container, current } };
    return { replicas, name: got.name, status };
  }
  if (type === 'Pods') return yield* podsMetric(spec, measuring);
  if (type === 'Object') return yield* objectMetric(spec, measuring);
  if (type === 'External') return yield* externalMetric(spec, measuring);
  throw new MetricFailure(`unknown metric source type ${JSON.stringify(type)}`);
}

interface Resourced {
  readonly replicas: number;
  readonly name: string;
  readonly current: MetricValueStatus;
}

/** Upstream computeStatusForResourceMetricGeneric. */
function* resource(
  name: string,
  container: string,
  target: MetricTarget,
  measuring: Measuring,
): Proc<Resourced> {
  const { averageValue, averageUtilization } = target;
  const { namespace, selector, pods, specReplicas: current, tolerances, nowMs } = measuring;
  if (averageValue === undefined && averageUtilization === undefined) {
    const neither = 'neither an average utilization target nor an average value (usage) target';
    throw new MetricFailure(`invalid resource metric source: ${neither} was set`);
  }
  const what = averageValue === undefined ? 'utilization' : 'usage';
  try {
    const samples = yield* asked(
      `unable to get metrics for resource ${name}`,
      '',
      measuring.metrics.resource(name, namespace, selector, container),
    );
    const common = { current, tolerances, nowMs, resource: name };
    if (averageValue !== undefined) {
      const got = usageReplicas(samples, pods, { ...common, usage: milliCpu(averageValue) });
      const value = { averageValue: usageText(name, got.usage) };
      return { replicas: got.replicas, name: `${name} resource`, current: value };
    }
    const utilization = averageUtilization ?? 0;
    const got = utilizationReplicas(samples, pods, { ...common, container, utilization });
    const which = container === '' ? name : `${name} container`;
    return {
      replicas: got.replicas,
      name: `${which} resource utilization (percentage of request)`,
      current: {
        averageUtilization: got.utilization,
        averageValue: usageText(name, got.usage),
      },
    };
  } catch (error) {
    throw prefixed(error, `failed to get ${name} ${what}`);
  }
}

function* podsMetric({ pods: source }: MetricSpec, measuring: Measuring): Proc<Proposal> {
  const { metric, target } = source ?? { metric: { name: '' }, target: { type: '' } };
  const { namespace, selector, pods, specReplicas: current, tolerances, nowMs } = measuring;
  const samples = yield* asked(
    `unable to get metric ${metric.name}`,
    '',
    measuring.metrics.pods(metric.name, namespace, selector, metric.selector),
  );
  const usage = milliCpu(target.averageValue ?? '0');
  const wanted = { current, tolerances, nowMs, resource: '', usage };
  const got = usageReplicas(samples, pods, wanted);
  const averageValue = milliText(got.usage);
  const status = { type: 'Pods', pods: { metric, current: { averageValue } } };
  return { replicas: got.replicas, name: `pods metric ${metric.name}`, status };
}

function* objectMetric({ object: source }: MetricSpec, measuring: Measuring): Proc<Proposal> {
  const { target } = source ?? { target: { type: '' } as MetricTarget };
  const { type, value, averageValue } = target;
  const isValue = type === 'Value' && value !== undefined;
  const isAverage = type === 'AverageValue' && averageValue !== undefined;
  if (!source || (!isValue && !isAverage)) {
    const neither = 'neither a value target nor an average value target was set';
    throw new MetricFailure(`invalid object metric source: ${neither}`);
  }
  const { metric, describedObject } = source;
  const { namespace, tolerances, nowMs, pods } = measuring;
  const ask = measuring.metrics.object(metric.name, namespace, describedObject, metric.selector);
  const where = ` on ${describedObject.kind} ${namespace}/${describedObject.name}`;
  const status = (current: MetricValueStatus): MetricStatus =>
    ({ type: 'Object', object: { metric, describedObject, current } }) as MetricStatus;
  const what = `unable to get metric ${metric.name}`;
  if (isValue) {
    const usage = yield* asked(what, where, ask);
    const wanted = { current: measuring.specReplicas, tolerances, nowMs, usage: milliCpu(value) };
    const replicas = sharedReplicas(usage, pods, wanted);
    const name = `${describedObject.kind} metric ${metric.name}`;
    return { replicas, name, status: status({ value: milliText(usage) }) };
  }
  const outer = `failed to get ${metric.name} object metric`;
  const total = yield* worded(outer, asked(what, where, ask));
  const perPod = milliCpu(averageValue ?? '0');
  const wanted = { current: measuring.statusReplicas, tolerances, nowMs, usage: perPod };
  const { replicas, usage } = sharedPerPod(total, wanted);
  const name = `external metric ${metric.name}(${selectorText(metric.selector)})`;
  return { replicas, name, status: status({ averageValue: milliText(usage) }) };
}

function* externalMetric({ external }: MetricSpec, measuring: Measuring): Proc<Proposal> {
  const { value, averageValue } = external?.target ?? {};
  if (!external || (value === undefined && averageValue === undefined)) {
    const neither = 'neither a value target nor an average value target was set';
    throw new MetricFailure(`invalid external metric source: ${neither}`);
  }
  const outer =
    averageValue === undefined
      ? `failed to get external metric ${external.metric.name}`
      : `failed to get ${external.metric.name} external metric`;
  return yield* worded(outer, externalProposal(external, measuring));
}

function* externalProposal(
  { metric, target }: ExternalMetricSource,
  measuring: Measuring,
): Proc<Proposal> {
  const { value, averageValue } = target;
  const { namespace, tolerances, nowMs, pods } = measuring;
  const text = selectorText(metric.selector);
  const values = yield* asked(
    `unable to get external metric ${namespace}/${metric.name}/${text}`,
    '',
    measuring.metrics.external(metric.name, namespace, metric.selector),
  );
  const total = values.reduce((sum, v) => sum + v, 0);
  const name = `external metric ${metric.name}(${text})`;
  const status = (current: MetricValueStatus): MetricStatus =>
    ({ type: 'External', external: { metric, current } }) as MetricStatus;
  if (averageValue !== undefined) {
    const wanted = { current: measuring.statusReplicas, tolerances, nowMs };
    const got = sharedPerPod(total, { ...wanted, usage: milliCpu(averageValue) });
    return { replicas: got.replicas, name, status: status({ averageValue: milliText(got.usage) }) };
  }
  const wanted = { current: measuring.specReplicas, tolerances, nowMs };
  const replicas = sharedReplicas(total, pods, { ...wanted, usage: milliCpu(value ?? '0') });
  return { replicas, name, status: status({ value: milliText(total) }) };
}

/** |ask| with its error in the words of who asked. */
function* asked<T>(what: string, where: string, ask: Proc<T>): Proc<T> {
  try {
    return yield* ask;
  } catch (error) {
    if (!(error instanceof MetricFailure)) throw error;
    throw new MetricFailure(`${what}: ${error.message}${where}`);
  }
}

/** |body|; to its error the summary of all metrics adds |outer|. */
function* worded<T>(outer: string, body: Proc<T>): Proc<T> {
  try {
    return yield* body;
  } catch (error) {
    if (!(error instanceof MetricFailure)) throw error;
    throw new Wrapped(error.message, `${outer}: ${error.message}`);
  }
}

function prefixed(error: unknown, prefix: string): unknown {
  return error instanceof MetricFailure ? new MetricFailure(`${prefix}: ${error.message}`) : error;
}

function milliText(milli: number): string {
  return usageText('', milli);
}

/** Memory is shown as metrics-server does, everything else in decimal units. */
function usageText(resourceName: string, milli: number): string {
  const format = resourceName === 'memory' ? 'BinarySI' : 'DecimalSI';
  // What Go makes of a division by nothing.
  const unscaled = Number.isFinite(milli) ? BigInt(milli) : MIN_INT64;
  return quantityText({ unscaled, scale: MILLI_SCALE, format, text: '', big: false });
}

/** How Go prints a *LabelSelector with %+v. */
function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([k, v]) => `${k}: ${v},`);
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) => {
    const list = (values ?? []).join(' ');
    return `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${list}],},`;
  });
  const map = `map[string]string{${labels.join('')}}`;
  const all = `[]LabelSelectorRequirement{${expressions.join('')}}`;
  return `&LabelSelector{MatchLabels:${map},MatchExpressions:${all},}`;
}
