/**
 * HorizontalPodAutoscaler controller: looks at every autoscaler each fifteen seconds, measures the
 * Pods of its target, and scales the target to what the metrics ask for.
 *
 * Models:     kubernetes pkg/controller/podautoscaler/horizontal.go (v1.36)
 * Watches:    HorizontalPodAutoscaler (primary), Pod
 * Reads:      the scale of the target; metrics.k8s.io, through its client
 * Writes:     the scale of the target; HorizontalPodAutoscaler status; Events
 */
import type {
  AutoscalingV2HorizontalPodAutoscalerStatus as Status,
  HorizontalPodAutoscalerCondition as Condition,
  MetricStatus,
  Pod as PodObject,
  Scale,
} from '../../api/generated/types.ts';
import { HorizontalPodAutoscaler } from '../../api/kinds/horizontal-pod-autoscaler.ts';
import { Pod } from '../../api/kinds/pod.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { equalJson } from '../../api/meta/json.ts';
import { type KubeObject, type ObjectKey, keyOf } from '../../api/meta/object.ts';
import { type Selector, parseLabelSelector } from '../../api/meta/selectors.ts';
import { type ApiError, isApiError } from '../../api/meta/status.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import {
  type Memory,
  newMemory,
  normalize,
  rememberScale,
} from './horizontal-pod-autoscaler/behavior.ts';
import {
  measure,
  type Proposal,
  type Refusal,
  tolerancesOf,
} from './horizontal-pod-autoscaler/measure.ts';
import { RestMetricsClient } from './horizontal-pod-autoscaler/metrics-client.ts';
import { newStatus, NO_METRIC, withCondition } from './horizontal-pod-autoscaler/status.ts';

const SYNC_PERIOD_US = 15_000_000; // --horizontal-pod-autoscaler-sync-period
const CONFLICT_RETRIES = 4; // retry.DefaultRetry

/** What the process knows of autoscalers beyond the API. */
interface State {
  /** Selectors of the targets that autoscalers have looked at. */
  readonly selectors: Map<ObjectKey, { readonly namespace: string; readonly selector: Selector }>;
  readonly memories: Map<ObjectKey, Memory>;
}

export function horizontalPodAutoscaler(): ControllerDefinition<HorizontalPodAutoscaler> {
  const state: State = { selectors: new Map(), memories: new Map() };
  return defineController<HorizontalPodAutoscaler>({
    name: 'horizontal-pod-autoscaler',
    primary: HorizontalPodAutoscaler,
    ownHandlers: true,
    workers: 5, // --concurrent-horizontal-pod-autoscaler-syncs
    // NewDefaultHPARateLimiter: a failed look is followed by the next one, as any other.
    retry: { baseUs: SYNC_PERIOD_US, maxUs: SYNC_PERIOD_US },
    start({ informers, queue }) {
      informers.for(Pod).addIndex('namespace', (pod) => [pod.metadata.namespace ?? '']);
      // Every look comes fifteen seconds after what asked for it, the first one too.
      const later = (hpa: HorizontalPodAutoscaler): void =>
        queue.addAfter(keyOf(hpa), SYNC_PERIOD_US, true);
      informers.for(HorizontalPodAutoscaler).addHandler({
        onAdd: later,
        onUpdate: later,
        onDelete: (hpa) => {
          state.selectors.delete(keyOf(hpa));
        },
      });
    },
    *reconcile(key, context) {
      const hpa = context.get(HorizontalPodAutoscaler, key);
      if (!hpa) {
        state.memories.delete(key);
        return;
      }
      yield* new AutoscalerSync(key, hpa, context, state).run();
      context.queue.addAfter(key, SYNC_PERIOD_US, true);
    },
  });
}

interface Target {
  readonly kind: AnyKind;
  readonly scale: Scale;
}

/** What all metrics together say. */
interface Measured {
  readonly replicas: number;
  /** Name of the metric that decides. */
  readonly metric: string;
  readonly statuses: readonly MetricStatus[];
}

class AutoscalerSync {
  readonly #key: ObjectKey;
  readonly #hpa: HorizontalPodAutoscaler;
  readonly #context: ControllerContext;
  readonly #state: State;
  #conditions: readonly Condition[];

  constructor(
    key: ObjectKey,
    hpa: HorizontalPodAutoscaler,
    context: ControllerContext,
    state: State,
  ) {
    this.#key = key;
    this.#hpa = hpa;
    this.#context = context;
    this.#state = state;
    this.#conditions = hpa.status.conditions ?? [];
  }

  get #nowMs(): number {
    return this.#context.kernel.nowMs;
  }

  *run(): Proc {
    const { status, spec } = this.#hpa;
    const target = yield* this.#getScale();
    if (!target) return yield* this.#write({ ...status, conditions: this.#conditions } as Status);
    const message = "the HPA controller was able to get the target's current scale";
    this.#set('AbleToScale', 'True', 'SucceededGetScale', message);
    const current = target.scale.spec?.replicas ?? 0;
    const { memories } = this.#state;
    let memory = memories.get(this.#key);
    if (!memory) memories.set(this.#key, (memory = newMemory(current, this.#nowMs)));
    const min = spec.minReplicas ?? 1;
    this.#context.note(`${min} to ${spec.maxReplicas} replicas`, `${current} replicas`);
    if (current === 0) {
      const why = 'scaling is disabled since the replica count of the target is zero';
      this.#set('ScalingActive', 'False', 'ScalingDisabled', why);
      yield* this.#write(newStatus(status, { current, desired: 0 }, null, this.#conditions));
    } else if (current > spec.maxReplicas) {
      const reason = 'Current number of replicas above Spec.MaxReplicas';
      yield* this.#rescale(target, memory, current, spec.maxReplicas, reason, null);
    } else if (current < min) {
      const reason = 'Current number of replicas below Spec.MinReplicas';
      yield* this.#rescale(target, memory, current, min, reason, null);
    } else yield* this.#follow(target, memory, current, min);
  }

  #set(type: Condition['type'], status: 'True' | 'False', reason: string, message: string): void {
    this.#conditions = withCondition(this.#conditions, type, status, reason, message, this.#nowMs);
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.events.record(this.#hpa, { type, reason, message });
  }

  /** The target's scale; undefined when there is none, and why is in the conditions. */
  *#getScale(): Proc<Target | undefined> {
    const { client } = this.#context;
    const { apiVersion = '', kind: name, name: object } = this.#hpa.spec.scaleTargetRef;
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    const kind = client.kinds().find((k) => k.kind === name && k.group === group);
    let error = `no matches for kind "${name}" in group "${group}"`;
    if (kind) {
      try {
        const { namespace = '' } = this.#hpa.metadata;
        const scale = yield* client.getSubresource(kind, namespace, object, 'scale');
        return { kind, scale: scale as Scale };
      } catch (failure) {
        if (!isApiError(failure)) throw failure;
        error = failure.message;
      }
    }
    this.#event('Warning', 'FailedGetScale', error);
    const message = `the HPA controller was unable to get the target's current scale: ${error}`;
    this.#set('AbleToScale', 'False', 'FailedGetScale', message);
    return undefined;
  }

  /** The metrics decide, within what the behavior and the bounds allow. */
  *#follow(target: Target, memory: Memory, current: number, min: number): Proc {
    const { spec, status } = this.#hpa;
    const measured = yield* this.#measure(target.scale, current);
    if (!measured) return;
    const { replicas, metric, statuses } = measured;
    const normalized = normalize(memory, spec.behavior, {
      current,
      desired: Math.max(0, replicas),
      min,
      max: spec.maxReplicas,
      nowMs: this.#nowMs,
    });
    const { ableToScale, limited, limit } = normalized;
    this.#set('AbleToScale', 'True', ...ableToScale);
    this.#set('ScalingLimited', limited ? 'True' : 'False', ...limit);
    this.#context.note(`${normalized.replicas} replicas`, `${current} replicas`);
    if (normalized.replicas === current) {
      const counts = { current, desired: current };
      return yield* this.#write(newStatus(status, counts, statuses, this.#conditions));
    }
    // The reason is that of the recommendation, whatever has become of it since.
    const above = replicas > current ? `${replicas > 0 ? metric : ''} above target` : '';
    const reason = replicas < current ? 'All metrics below target' : above;
    yield* this.#rescale(target, memory, current, normalized.replicas, reason, statuses);
  }

  *#rescale(
    target: Target,
    memory: Memory,
    current: number,
    to: number,
    reason: string,
    metrics: readonly MetricStatus[] | null,
  ): Proc {
    const { status, spec } = this.#hpa;
    const failure = yield* this.#writeScale(target, to);
    if (failure) {
      const error = failure.message;
      const text = `New size: ${to}; reason: ${reason}; error: ${error}`;
      this.#event('Warning', 'FailedRescale', text);
      const message = `the HPA controller was unable to update the target scale: ${error}`;
      this.#set('AbleToScale', 'False', 'FailedUpdateScale', message);
      const counts = { current, desired: status.desiredReplicas ?? 0 };
      return yield* this.#write(newStatus(status, counts, metrics, this.#conditions));
    }
    const message = `the HPA controller was able to update the target scale to ${to}`;
    this.#set('AbleToScale', 'True', 'SucceededRescale', message);
    this.#event('Normal', 'SuccessfulRescale', `New size: ${to}; reason: ${reason}`);
    rememberScale(memory, spec.behavior, current, to, this.#nowMs);
    const next = newStatus(status, { current, desired: to }, metrics, this.#conditions);
    yield* this.#write({ ...next, lastScaleTime: rfc3339(this.#nowMs) });
  }

  *#writeScale(target: Target, to: number): Proc<ApiError | undefined> {
    const { client } = this.#context;
    const { namespace = '' } = this.#hpa.metadata;
    let { scale } = target;
    for (let attempt = 0; ; attempt++) {
      try {
        const next = { ...scale, spec: { ...scale.spec, replicas: to } } as unknown as KubeObject;
        yield* client.updateSubresource(target.kind, next, 'scale');
        return undefined;
      } catch (error) {
        if (!isApiError(error)) throw error;
        if (error.reason !== 'Conflict' || attempt >= CONFLICT_RETRIES) return error;
      }
      const { name } = this.#hpa.spec.scaleTargetRef;
      scale = (yield* client.getSubresource(target.kind, namespace, name, 'scale')) as Scale;
    }
  }

  /** Upstream computeReplicasForMetrics; undefined when too little is known to scale. */
  *#measure(scale: Scale, current: number): Proc<Measured | undefined> {
    const { status, spec, metadata } = this.#hpa;
    const { namespace = '' } = metadata;
    const counts = { current, desired: status.desiredReplicas ?? 0 };
    const chosen = this.#choosePods(scale.status?.selector ?? '');
    if (typeof chosen === 'string') {
      yield* this.#write(newStatus(status, counts, null, this.#conditions));
      this.#event('Warning', 'FailedComputeMetricsReplicas', chosen);
      return undefined;
    }
    const answers: (Proposal | Refusal)[] = [];
    for (const metric of spec.metrics ?? []) {
      const answer = yield* measure(metric, {
        ...chosen,
        metrics: new RestMetricsClient(this.#context.client),
        namespace,
        specReplicas: current,
        statusReplicas: scale.status?.replicas ?? 0,
        tolerances: tolerancesOf(spec.behavior),
        nowMs: this.#nowMs,
      });
      if ('error' in answer) this.#event('Warning', answer.reason, answer.error);
      answers.push(answer);
    }
    const statuses = answers.map((a) => ('error' in a ? NO_METRIC : a.status));
    const refusals = answers.filter((a) => 'error' in a);
    let best: Proposal | undefined;
    for (const a of answers) {
      if ('error' in a) continue;
      if (!best || best.replicas === 0 || a.replicas > best.replicas) best = a;
    }
    const [first] = refusals;
    // What is not known might need more: only growth can be trusted then.
    if (first && (!best || best.replicas < current)) {
      const message = `the HPA was unable to compute the replica count: ${first.error}`;
      this.#set('ScalingActive', 'False', first.reason, message);
      yield* this.#write(newStatus(status, counts, statuses, this.#conditions));
      const which = `${refusals.length} invalid out of ${answers.length}`;
      const text = `invalid metrics (${which}), first error is: ${first.summary}`;
      this.#event('Warning', 'FailedComputeMetricsReplicas', text);
      return undefined;
    }
    const { replicas, name: metric } = best ?? { replicas: 0, name: '' };
    const found = `the HPA was able to successfully calculate a replica count from ${metric}`;
    this.#set('ScalingActive', 'True', 'ValidMetricFound', found);
    return { replicas, metric, statuses };
  }

  /** The target's Pods; a text says why they cannot be told. Two autoscalers would pull two ways. */
  #choosePods(text: string): { selector: Selector; pods: readonly PodObject[] } | string {
    if (text === '') {
      const error = 'selector is required';
      this.#event('Warning', 'SelectorRequired', error);
      const message = "the HPA target's scale is missing a selector";
      this.#set('ScalingActive', 'False', 'InvalidSelector', message);
      return error;
    }
    const { namespace = '' } = this.#hpa.metadata;
    const selector = parseLabelSelector(text);
    const { selectors } = this.#state;
    selectors.set(this.#key, { namespace, selector });
    const pods: PodObject[] = [];
    for (const pod of this.#context.informers.for(Pod).by('namespace', namespace).values()) {
      if (selector.matches(pod.metadata.labels)) pods.push(pod);
    }
    const controlling: ObjectKey[] = pods.length > 0 ? [this.#key] : [];
    for (const [key, other] of selectors) {
      if (key === this.#key || other.namespace !== namespace) continue;
      if (pods.some((pod) => other.selector.matches(pod.metadata.labels))) controlling.push(key);
    }
    if (controlling.length <= 1) return { selector, pods };
    const list = controlling.sort().join(' ');
    const error = `pods by selector ${text} are controlled by multiple HPAs: [${list}]`;
    this.#event('Warning', 'AmbiguousSelector', error);
    this.#set('ScalingActive', 'False', 'AmbiguousSelector', error);
    return error;
  }

  *#write(status: Status): Proc {
    if (equalJson(status, this.#hpa.status)) return;
    try {
      yield* this.#context.client.updateStatus(HorizontalPodAutoscaler, { ...this.#hpa, status });
    } catch (error) {
      if (!isApiError(error)) throw error;
      this.#event('Warning', 'FailedUpdateStatus', error.message);
    }
  }
}
