/**
 * NodeMetrics: what a node used in the last window. Nothing is stored.
 *
 * Models:     k8s.io/metrics pkg/apis/metrics/v1beta1 (v0.36); metrics-server v0.8 pkg/api/node.go
 * Simplified: in no OpenAPI document; cannot be watched
 */
import { type AdmissionContext, defineKind, type Kind } from '../../meta/define-kind.ts';
import type { KubeObject, StoredMeta } from '../../meta/object.ts';
import { notFound } from '../../meta/status.ts';
import {
  NODE_METRICS,
  usageColumns,
  usageList,
  type UsageList,
  type UsageSource,
  windowText,
} from './usage.ts';

export interface NodeMetrics extends KubeObject {
  readonly timestamp: string;
  readonly window: string;
  readonly usage: UsageList;
}

/** What is missing is named by its kind, not by its resource. */
const MISSING = { group: 'metrics.k8s.io', plural: 'nodemetrics' };
const NODES = { group: '', plural: 'nodes' };

export function nodeMetricsKind(source: UsageSource): Kind<NodeMetrics> {
  const metrics = (node: KubeObject, now: string): NodeMetrics | null => {
    const { labels, name } = node.metadata;
    const used = source.node(name);
    if (!used) return null;
    return {
      kind: 'NodeMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: {
        name,
        creationTimestamp: now,
        ...(labels ? { labels } : {}),
      } as StoredMeta,
      timestamp: used.timestamp,
      window: windowText(used.windowUs),
      usage: usageList(used),
    };
  };
  const one = (context: AdmissionContext): readonly NodeMetrics[] => {
    const { name } = context;
    const node = context.lookup('', 'nodes', '', name);
    if (!node) throw notFound(NODES, name);
    const found = metrics(node, context.now);
    if (!found) throw notFound(MISSING, name);
    return [found];
  };
  return defineKind<NodeMetrics>({
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    kind: 'NodeMetrics',
    plural: 'nodes',
    singular: '',
    namespaced: false,
    schema: NODE_METRICS,
    verbs: ['get', 'list'],
    computed(context) {
      if (context.name !== '') return one(context);
      const nodes = context.list('', 'nodes', '');
      return nodes.flatMap((node) => metrics(node, context.now) ?? []);
    },
    columns: usageColumns<NodeMetrics>(({ usage }) => usage),
  });
}
