/**
 * PodMetrics: what the containers of a Pod used in the last window. Nothing is stored.
 *
 * Models:     k8s.io/metrics pkg/apis/metrics/v1beta1 (v0.36); metrics-server v0.8 pkg/api/pod.go
 * Simplified: in no OpenAPI document
 */
import { type AdmissionContext, defineKind, type Kind } from '../../meta/define-kind.ts';
import type { KubeObject, StoredMeta } from '../../meta/object.ts';
import { notFound } from '../../meta/status.ts';
import {
  POD_METRICS,
  usageColumns,
  usageList,
  type UsageList,
  type Usage,
  type UsageSource,
  windowText,
} from './usage.ts';

export interface PodMetrics extends KubeObject {
  readonly timestamp: string;
  readonly window: string;
  readonly containers: readonly { readonly name: string; readonly usage: UsageList }[];
}

/** What is missing is named by its kind, not by its resource. */
const MISSING = { group: 'metrics.k8s.io', plural: 'podmetrics' };
const PODS = { group: '', plural: 'pods' };

export function podMetricsKind(source: UsageSource): Kind<PodMetrics> {
  const metrics = (pod: KubeObject, now: string): PodMetrics | null => {
    const { labels, name, namespace = '', uid } = pod.metadata;
    const used = source.pod(uid);
    if (!used) return null;
    const made: PodMetrics = {
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: {
        name,
        namespace,
        creationTimestamp: now,
        ...(labels ? { labels } : {}),
      } as StoredMeta,
      timestamp: used.timestamp,
      window: windowText(used.windowUs),
      containers: used.containers.map((c) => ({ name: c.name, usage: usageList(c) })),
    };
    totals.set(made, used.containers.reduce(sum, NOTHING));
    return made;
  };
  const one = (context: AdmissionContext): readonly PodMetrics[] => {
    const { name, namespace } = context;
    const pod = context.lookup('', 'pods', namespace, name);
    if (!pod) throw notFound(PODS, name);
    const found = metrics(pod, context.now);
    if (!found) throw notFound(MISSING, `${namespace}/${name}`);
    return [found];
  };
  return defineKind<PodMetrics>({
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    kind: 'PodMetrics',
    plural: 'pods',
    singular: '',
    namespaced: true,
    schema: POD_METRICS,
    verbs: ['get', 'list'],
    computed(context) {
      if (context.name !== '') return one(context);
      const pods = context.list('', 'pods', context.namespace);
      return pods.flatMap((pod) => metrics(pod, context.now) ?? []);
    },
    columns: usageColumns<PodMetrics>((object) => usageList(totals.get(object) ?? NOTHING)),
  });
}

const NOTHING: Usage = { cpuNanoCores: 0, memoryBytes: 0 };
/** What all containers used together: the Table shows it, the object does not hold it. */
const totals = new WeakMap<PodMetrics, Usage>();

function sum(a: Usage, b: Usage): Usage {
  return {
    cpuNanoCores: a.cpuNanoCores + b.cpuNanoCores,
    memoryBytes: a.memoryBytes + b.memoryBytes,
  };
}
