/**
 * The wires: from every component to the API server, and inside a machine from the kubelet to its
 * container runtime. Nothing else is ever drawn between components, because nothing else talks.
 */
import { type Box, FLEET_HEAD, FLEET_PAD, type Layout, WORKER_PAD } from './layout.ts';
import type { Air } from './measures.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line with its corners; 0 is the component, 1 the API server (or, in a machine, the runtime). */
export interface Route {
  readonly points: readonly Point[];
  /** Distance from the start to each corner. */
  readonly lengths: readonly number[];
  readonly length: number;
}

/** The machine's component chips have fixed sizes and places (canvas.css), so that wires meet them. */
const KUBELET_WIDTH = 54;
const RUNTIME_WIDTH = 78;

/** The gap between kubelet and container runtime, measured from the machine's box. */
export function runtimeGap(box: Box, air: Air): { from: number; to: number; y: number } {
  if (air === 'tight') {
    const to = box.w - WORKER_PAD - RUNTIME_WIDTH;
    return { from: to - 14, to, y: 19 };
  }
  const from = WORKER_PAD + KUBELET_WIDTH;
  return { from, to: from + 40, y: 45 };
}

/** How far inside the bar a wire ends, so that a token is seen to arrive. */
const INSIDE = 9;
/** Sideways room between the machine's left edge and its wire. */
const WORKER_WIRE = 36;

export function makeRoute(points: readonly Point[]): Route {
  const lengths = [0];
  let length = 0;
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1] as Point;
    const b = points[i] as Point;
    length += Math.hypot(b.x - a.x, b.y - a.y);
    lengths.push(length);
  }
  return { points, lengths, length };
}

export function pointAt(route: Route, progress: number): Point {
  const { points, lengths, length } = route;
  const last = points[points.length - 1];
  if (last === undefined) return { x: 0, y: 0 };
  const distance = Math.min(Math.max(progress, 0), 1) * length;
  for (let i = 1; i < points.length; i++) {
    const end = lengths[i] ?? 0;
    if (distance > end) continue;
    const start = lengths[i - 1] ?? 0;
    const a = points[i - 1] as Point;
    const b = points[i] as Point;
    const share = end === start ? 0 : (distance - start) / (end - start);
    return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
  }
  return last;
}

export interface Routes {
  /** From a component to the API server; null when the component is not on the canvas. */
  toServer(component: string): Route | null;
  /** From the kubelet of a machine to its container runtime. */
  toRuntime(machine: string): Route | null;
  /** The wires that are drawn at rest. */
  readonly wires: readonly Route[];
}

export function makeRoutes(layout: Layout): Routes {
  const spine = layout.spine;
  const above = (box: Box): Route =>
    makeRoute([
      { x: box.x + box.w / 2, y: box.y + box.h },
      { x: box.x + box.w / 2, y: spine.y + INSIDE },
    ]);
  const middle = layout.kubectl.y + layout.kubectl.h / 2;
  const fixed = new Map<string, Route>([
    ['etcd', above(layout.etcd)],
    ['kube-controller-manager', above(layout.manager)],
    ['kube-scheduler', above(layout.scheduler)],
    [
      'kubectl',
      makeRoute([
        { x: layout.kubectl.x + layout.kubectl.w, y: middle },
        { x: spine.x + INSIDE, y: middle },
      ]),
    ],
  ]);
  const manager = fixed.get('kube-controller-manager') as Route;
  const machines = machineRoutes(layout);
  const cells = new Map(layout.fleet?.names.map((name, i) => [name, i]));
  return {
    toServer(component) {
      const own = fixed.get(component);
      if (own !== undefined) return own;
      const slash = component.indexOf('/');
      if (slash < 0) return component === 'kube-apiserver' ? null : manager;
      const machine = component.slice(slash + 1);
      return machines.get(machine) ?? cellRoute(layout, cells.get(machine));
    },
    toRuntime(machine) {
      const box = layout.form === 'box' ? layout.workers.get(machine) : undefined;
      if (box === undefined) return null;
      const gap = runtimeGap(box, layout.air);
      const y = box.y + gap.y;
      return makeRoute([
        { x: box.x + gap.from, y },
        { x: box.x + gap.to, y },
      ]);
    },
    wires: [...fixed.values(), ...drawnMachineWires(layout, machines)],
  };
}

/**
 * The first row hangs on the bar directly; further rows are reached through the gap beside the
 * machine, so that no wire crosses a box.
 */
function machineRoutes(layout: Layout): ReadonlyMap<string, Route> {
  const spine = layout.spine;
  const from = spine.y + spine.h - INSIDE;
  const low = spine.x + 16;
  const high = spine.x + spine.w - 16;
  const out = new Map<string, Route>();
  let firstRow: number | null = null;
  for (const [name, box] of layout.workers) {
    firstRow ??= box.y;
    const wire = Math.min(Math.max(box.x + Math.min(WORKER_WIRE, box.w / 2), low), high);
    if (box.y === firstRow) {
      out.set(
        name,
        makeRoute([
          { x: wire, y: box.y },
          { x: wire, y: from },
        ]),
      );
      continue;
    }
    const beside = box.x - 6 > low ? box.x - 6 : box.x + box.w + 6;
    const turn = box.y - 8;
    const entry = Math.min(Math.max(wire, box.x + 8), box.x + box.w - 8);
    out.set(
      name,
      makeRoute([
        { x: entry, y: box.y },
        { x: entry, y: turn },
        { x: beside, y: turn },
        { x: beside, y: from },
      ]),
    );
  }
  return out;
}

/** Small boxes are too many for a wire each: only the first row's are drawn. */
function drawnMachineWires(layout: Layout, machines: ReadonlyMap<string, Route>): readonly Route[] {
  if (layout.form === 'box') return [...machines.values()];
  if (layout.form === 'mini') return [...machines.values()].filter((r) => r.points.length === 2);
  const grid = layout.fleet?.box;
  if (grid === undefined) return [];
  const x = layout.spine.x + layout.spine.w / 2;
  const end = layout.spine.y + layout.spine.h - INSIDE;
  return [
    makeRoute([
      { x, y: grid.y },
      { x, y: end },
    ]),
  ];
}

function cellRoute(layout: Layout, index: number | undefined): Route | null {
  const grid = layout.fleet;
  if (grid === null || index === undefined) return null;
  const at = cellCentre(grid, index);
  const x = layout.spine.x + layout.spine.w / 2;
  const end = layout.spine.y + layout.spine.h - INSIDE;
  return makeRoute([at, { x, y: grid.box.y }, { x, y: end }]);
}

function cellCentre(grid: NonNullable<Layout['fleet']>, index: number): Point {
  const column = index % grid.columns;
  const row = Math.floor(index / grid.columns);
  return {
    x: grid.box.x + FLEET_PAD + (column + 0.5) * grid.cell,
    y: grid.box.y + FLEET_HEAD + (row + 0.5) * grid.cell,
  };
}
