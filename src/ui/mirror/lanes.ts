/**
 * Swimlanes: one lane for each actor, with the spans it took part in. Order is that of the picture:
 * the reader, the API server, etcd, what thinks, then each node.
 */
import { isDrawn } from '../../port/drawn.ts';
import type { SpanRow } from '../../port/protocol.ts';

export interface LaneBar {
  readonly span: SpanRow;
  /** Microseconds; a span that lasts ends at the moment that is shown. */
  readonly start: number;
  readonly end: number;
}

export interface Lane {
  readonly actor: string;
  readonly bars: readonly LaneBar[];
}

const FIRST: readonly string[] = ['kubectl', 'kube-apiserver', 'etcd'];
const CONTROLLERS: readonly string[] = ['deployment-controller', 'replicaset-controller'];

/** Lanes of the spans that touch [from, to]; actors without any keep their lane if |known|. */
export function lanesOf(
  spans: readonly SpanRow[],
  from: number,
  to: number,
  known: readonly string[],
): readonly Lane[] {
  const bars = new Map<string, LaneBar[]>(known.map((actor) => [actor, []]));
  for (let i = spans.length - 1; i >= 0; i--) {
    const span = spans[i] as SpanRow;
    if (span.start > to || (span.end >= 0 && span.end < from)) continue;
    if (!isInLanes(span)) continue;
    const bar = { span, start: span.start, end: span.end < 0 ? to : Math.min(span.end, to) };
    for (const actor of actorsOf(span)) {
      const lane = bars.get(actor);
      if (lane === undefined) bars.set(actor, [bar]);
      else lane.push(bar);
    }
  }
  return [...bars.entries()]
    .sort(([a], [b]) => compareLanes(a, b))
    .map(([actor, list]) => ({ actor, bars: list }));
}

function isInLanes(span: SpanRow): boolean {
  if (span.kind === 'work' || span.kind === 'sync') return span.object !== '';
  if (span.kind === 'etcd') return !/^(Lease|Event|Node)\//.test(span.object);
  return isDrawn(span);
}

/** A request is seen in both lanes; a delivery only where it arrives. */
function actorsOf(span: SpanRow): readonly string[] {
  switch (span.kind) {
    case 'request':
      return span.to === '' ? [span.from] : [span.from, span.to];
    case 'watch':
    case 'etcd':
      return [span.to === '' ? span.from : span.to];
    case 'command':
      return ['kubectl'];
    default:
      return [span.from];
  }
}

function laneOrder(actor: string): number {
  const first = FIRST.indexOf(actor);
  if (first >= 0) return first;
  const controller = CONTROLLERS.indexOf(actor);
  if (controller >= 0) return 10 + controller;
  if (actor.includes('controller') || actor.includes('collector')) return 20;
  if (actor === 'kube-scheduler') return 30;
  return actor.includes('/') ? 40 : 35;
}

/** Nodes stand together: kubelet and runtime of node-1, then of node-2, node-10. */
function compareLanes(a: string, b: string): number {
  const order = laneOrder(a) - laneOrder(b);
  if (order !== 0) return order;
  const [partA = '', nodeA = ''] = a.split('/');
  const [partB = '', nodeB = ''] = b.split('/');
  if (nodeA !== nodeB) return nodeA.length - nodeB.length || (nodeA < nodeB ? -1 : 1);
  // kubelet before containerd: orders come from above.
  return partA < partB ? 1 : -1;
}
