/** Small nodes and Pods, and what a scheduler plugin says of them: for tables. */
import type { Node, Pod, PodSpec } from '../api/generated/types.ts';
import { EMPTY_LOOKUP, type Lookup } from '../engine/scheduler/lookup.ts';
import {
  isRefusal,
  Limited,
  type Plugin,
  type PluginFactory,
  SKIP,
} from '../engine/scheduler/framework.ts';
import { DEFAULT_ARGS, type PluginArgs } from '../engine/scheduler/plugin-args.ts';
import type { NodeInfo } from '../engine/scheduler/node-info.ts';
import { Snapshot } from '../engine/scheduler/snapshot.ts';

type Labels = Readonly<Record<string, string>>;

export interface NodeParts {
  readonly labels?: Labels;
  readonly spec?: Node['spec'];
  readonly status?: Partial<Node['status']>;
}

export function testNode(
  name: string,
  { labels = {}, spec = {}, status = {} }: NodeParts = {},
): Node {
  const allocatable = { cpu: '4', memory: '8Gi', pods: '110' };
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec,
    status: { allocatable, ...status },
  } as unknown as Node;
}

export interface PodParts {
  readonly namespace?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly spec?: Partial<PodSpec>;
  readonly status?: Pod['status'];
  readonly node?: string;
  readonly isDeleted?: boolean;
}

export function testPod(name: string, parts: PodParts = {}): Pod {
  const { namespace = 'd', labels = {}, spec = {}, status = {}, node, isDeleted } = parts;
  return {
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      labels,
      ...(isDeleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      containers: [{ name: 'app', image: 'app:1' }],
      ...spec,
      ...(node === undefined ? {} : { nodeName: node }),
    },
    status,
  } as unknown as Pod;
}

export function testSnapshot(
  nodes: readonly Node[],
  placed: readonly Pod[] = [],
  lookup: Partial<Lookup> = {},
): Snapshot {
  const snapshot = new Snapshot();
  snapshot.lookup = { ...EMPTY_LOOKUP, ...lookup };
  for (const node of nodes) snapshot.setNode(node);
  for (const pod of placed) snapshot.addPod(pod, pod.spec.nodeName ?? '');
  return snapshot;
}

export function made(factory: PluginFactory, snapshot: Snapshot, args?: unknown): Plugin {
  const usual = DEFAULT_ARGS[factory.name as keyof PluginArgs] ?? {};
  return factory.create(args ?? usual, { snapshot, isPreempting: () => false });
}

/** By node: '' where the Pod fits, else the reasons. One text when the Pod fits nowhere at all. */
export function verdicts(
  plugin: Plugin,
  pod: Pod,
  snapshot: Snapshot,
): Readonly<Record<string, string>> | string {
  let state = plugin.preFilter ? plugin.preFilter(pod, snapshot) : null;
  if (state === SKIP) return 'skipped';
  if (isRefusal(state)) return textOf(state);
  const found: Record<string, string> = {};
  const limit = state instanceof Limited ? state.nodes : null;
  if (state instanceof Limited) state = state.state;
  for (const node of snapshot.nodes.values()) {
    const refusal = plugin.filter?.(state, pod, node) ?? null;
    const isOut = limit !== null && !limit.has(node.name);
    found[node.name] = isOut ? 'not meant' : refusal === null ? '' : textOf(refusal);
  }
  return found;
}

function textOf({
  reasons,
  unresolvable,
  error,
}: {
  readonly reasons: readonly string[];
  readonly unresolvable: boolean;
  readonly error?: true;
}): string {
  const mark = error ? ' [error]' : unresolvable ? ' [unresolvable]' : '';
  return `${reasons.join(', ')}${mark}`;
}

/** Normalised scores by node, without the weight. */
export function scores(
  plugin: Plugin,
  pod: Pod,
  snapshot: Snapshot,
): Readonly<Record<string, number>> | string {
  const nodes = [...snapshot.nodes.values()];
  const state = plugin.preScore ? plugin.preScore(pod, nodes, snapshot) : null;
  if (state === SKIP) return 'skipped';
  const points = nodes.map((node) => plugin.score?.(state, pod, node) ?? 0);
  plugin.normalize?.(state, points, nodes);
  return Object.fromEntries(nodes.map((node, i) => [node.name, points[i] as number]));
}

/** The verdict on a node once |gone| has left it and |come| has come, in thought. */
export function inThought(
  plugin: Plugin,
  pod: Pod,
  snapshot: Snapshot,
  node: string,
  { gone = [], come = [] }: { readonly gone?: readonly Pod[]; readonly come?: readonly Pod[] },
): string {
  const before = plugin.preFilter?.(pod, snapshot);
  if (before === SKIP || isRefusal(before)) return 'never asked';
  const state = plugin.clone ? plugin.clone(before) : before;
  const copy = (snapshot.nodes.get(node) as NodeInfo).clone();
  for (const other of gone) {
    copy.removePod(`${other.metadata.namespace ?? ''}/${other.metadata.name}`);
    plugin.removePod?.(state, pod, other, copy);
  }
  for (const other of come) {
    copy.addPod(other);
    plugin.addPod?.(state, pod, other, copy);
  }
  const refusal = plugin.filter?.(state, pod, copy) ?? null;
  const untouched = plugin.filter?.(before, pod, snapshot.nodes.get(node) as NodeInfo) ?? null;
  const now = refusal === null ? 'fits' : 'no';
  return `${untouched === null ? 'fits' : 'no'} → ${now}`;
}
