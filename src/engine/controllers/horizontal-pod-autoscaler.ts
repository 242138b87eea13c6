/**
 * HorizontalPodAutoscaler controller: looks at every autoscaler each fifteen seconds, keeps the target
 * within its bounds, and says which metrics it cannot get.
 *
 * Models:     kubernetes pkg/controller/podautoscaler/horizontal.go (v1.36)
 * Watches:    HorizontalPodAutoscaler (primary), Pod
 * Writes:     the scale of the target; HorizontalPodAutoscaler status; Events
 * Simplified: no metrics API is served, so no replica count is ever computed from metrics
 */
import type {
  AutoscalingV2HorizontalPodAutoscalerStatus as Status,
  HorizontalPodAutoscalerCondition as Condition,
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
  type MetricFailure,
  metricFailure,
  newStatus,
  withCondition,
} from './horizontal-pod-autoscaler/status.ts';

const SYNC_PERIOD_US = 15_000_000; // --horizontal-pod-autoscaler-sync-period
const CONFLICT_RETRIES = 4; // retry.DefaultRetry

/** Selectors of the targets that autoscalers have looked at. */
type Selectors = Map<ObjectKey, { readonly namespace: string; readonly selector: Selector }>;

export function horizontalPodAutoscaler(): ControllerDefinition<HorizontalPodAutoscaler> {
  const selectors: Selectors = new Map();
  return defineController<HorizontalPodAutoscaler>({
    name: 'horizontal-pod-autoscaler',
    primary: HorizontalPodAutoscaler,
    ownHandlers: true,
    workers: 5, // --concurrent-horizontal-pod-autoscaler-syncs
    start({ informers, queue }) {
      informers.for(Pod).addIndex('namespace', (pod) => [pod.metadata.namespace ?? '']);
      // Every look comes fifteen seconds after what asked for it, the first one too.
      const later = (hpa: HorizontalPodAutoscaler): void =>
        queue.addAfter(keyOf(hpa), SYNC_PERIOD_US, true);
      informers.for(HorizontalPodAutoscaler).addHandler({
        onAdd: later,
        onUpdate: later,
        onDelete: (hpa) => {
          selectors.delete(keyOf(hpa));
        },
      });
    },
    *reconcile(key, context) {
      const hpa = context.get(HorizontalPodAutoscaler, key);
      if (!hpa) return;
      context.queue.addAfter(key, SYNC_PERIOD_US, true);
      yield* new AutoscalerSync(key, hpa, context, selectors).run();
    },
  });
}

class AutoscalerSync {
  readonly #key: ObjectKey;
  readonly #hpa: HorizontalPodAutoscaler;
  readonly #context: ControllerContext;
  readonly #selectors: Selectors;
  #conditions: readonly Condition[];

  constructor(
    key: ObjectKey,
    hpa: HorizontalPodAutoscaler,
    context: ControllerContext,
    selectors: Selectors,
  ) {
    this.#key = key;
    this.#hpa = hpa;
    this.#context = context;
    this.#selectors = selectors;
    this.#conditions = hpa.status.conditions ?? [];
  }

  *run(): Proc {
    const { status, spec } = this.#hpa;
    const target = yield* this.#getScale();
    if (!target) return yield* this.#write({ ...status, conditions: this.#conditions } as Status);
    const message = "the HPA controller was able to get the target's current scale";
    this.#set('AbleToScale', 'True', 'SucceededGetScale', message);
    const current = target.scale.spec?.replicas ?? 0;
    const min = spec.minReplicas ?? 1;
    this.#context.note(`${min} to ${spec.maxReplicas} replicas`, `${current} replicas`);
    if (current === 0) {
      const why = 'scaling is disabled since the replica count of the target is zero';
      this.#set('ScalingActive', 'False', 'ScalingDisabled', why);
      yield* this.#write(newStatus(status, { current, desired: 0 }, 0, this.#conditions));
    } else if (current > spec.maxReplicas) {
      const reason = 'Current number of replicas above Spec.MaxReplicas';
      yield* this.#rescale(target, current, spec.maxReplicas, reason);
    } else if (current < min) {
      const reason = 'Current number of replicas below Spec.MinReplicas';
      yield* this.#rescale(target, current, min, reason);
    } else yield* this.#failToMeasure(target.scale, current);
  }

  #set(type: Condition['type'], status: 'True' | 'False', reason: string, message: string): void {
    const { nowMs } = this.#context.kernel;
    this.#conditions = withCondition(this.#conditions, type, status, reason, message, nowMs);
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.events.record(this.#hpa, { type, reason, message });
  }

  /** The target's scale; undefined when there is none, and why is in the conditions. */
  *#getScale(): Proc<{ kind: AnyKind; scale: Scale } | undefined> {
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

  *#rescale(
    target: { kind: AnyKind; scale: Scale },
    current: number,
    to: number,
    reason: string,
  ): Proc {
    const { status } = this.#hpa;
    const failure = yield* this.#writeScale(target, to);
    if (failure) {
      const error = failure.message;
      this.#event(
        'Warning',
        'FailedRescale',
        `New size: ${to}; reason: ${reason}; error: ${error}`,
      );
      const message = `the HPA controller was unable to update the target scale: ${error}`;
      this.#set('AbleToScale', 'False', 'FailedUpdateScale', message);
      const counts = { current, desired: status.desiredReplicas ?? 0 };
      return yield* this.#write(newStatus(status, counts, 0, this.#conditions));
    }
    const message = `the HPA controller was able to update the target scale to ${to}`;
    this.#set('AbleToScale', 'True', 'SucceededRescale', message);
    this.#event('Normal', 'SuccessfulRescale', `New size: ${to}; reason: ${reason}`);
    const next = newStatus(status, { current, desired: to }, 0, this.#conditions);
    yield* this.#write({ ...next, lastScaleTime: rfc3339(this.#context.kernel.nowMs) });
  }

  *#writeScale(target: { kind: AnyKind; scale: Scale }, to: number): Proc<ApiError | undefined> {
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

  /** Upstream computeReplicasForMetrics where no metric can be had. */
  *#failToMeasure(scale: Scale, current: number): Proc {
    const { status, spec, metadata } = this.#hpa;
    const metrics = spec.metrics ?? [];
    const counts = { current, desired: status.desiredReplicas ?? 0 };
    const ambiguous = this.#selectorError(scale.status?.selector ?? '');
    if (ambiguous !== undefined) {
      yield* this.#write(newStatus(status, counts, 0, this.#conditions));
      return this.#event('Warning', 'FailedComputeMetricsReplicas', ambiguous);
    }
    const failures = metrics.map((metric) => metricFailure(metric, metadata.namespace ?? ''));
    for (const { reason, error } of failures) this.#event('Warning', reason, error);
    const first = failures[0] as MetricFailure | undefined;
    if (!first) return;
    const message = `the HPA was unable to compute the replica count: ${first.error}`;
    this.#set('ScalingActive', 'False', first.reason, message);
    yield* this.#write(newStatus(status, counts, metrics.length, this.#conditions));
    const n = metrics.length;
    const text = `invalid metrics (${n} invalid out of ${n}), first error is: ${first.summary}`;
    this.#event('Warning', 'FailedComputeMetricsReplicas', text);
  }

  /** Two autoscalers of the same Pods would pull in two directions. */
  #selectorError(text: string): string | undefined {
    if (text === '') {
      const error = 'selector is required';
      this.#event('Warning', 'SelectorRequired', error);
      const message = "the HPA target's scale is missing a selector";
      this.#set('ScalingActive', 'False', 'InvalidSelector', message);
      return error;
    }
    const { namespace = '' } = this.#hpa.metadata;
    const selector = parseLabelSelector(text);
    this.#selectors.set(this.#key, { namespace, selector });
    const pods = [...this.#context.informers.for(Pod).by('namespace', namespace).values()].filter(
      (pod) => selector.matches(pod.metadata.labels),
    );
    const controlling = [...this.#selectors]
      .filter(([, s]) => s.namespace === namespace)
      .filter(([, s]) => pods.some((pod) => s.selector.matches(pod.metadata.labels)))
      .map(([key]) => key)
      .sort();
    if (controlling.length <= 1) return undefined;
    const list = controlling.join(' ');
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
