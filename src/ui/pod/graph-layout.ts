/**
 * Places of a state machine's states and the curves between them: states stand in columns by how
 * many transitions the shortest way from the first one has, and in a column near what leads to them.
 */
import type { MachineGraph } from '../../port/protocol-pod.ts';

export interface PlacedState {
  readonly name: string;
  readonly entry: readonly string[];
  readonly column: number;
  readonly row: number;
  readonly x: number;
  readonly y: number;
  /** Nothing leads on from it. */
  readonly end: boolean;
}

export interface PlacedMove {
  readonly from: string;
  readonly to: string;
  /** Events that lead from one to the other. */
  readonly events: readonly string[];
  /** Path of an SVG curve. */
  readonly path: string;
}

export interface PlacedGraph {
  readonly width: number;
  readonly height: number;
  readonly states: readonly PlacedState[];
  readonly moves: readonly PlacedMove[];
}

export interface StateSize {
  readonly width: number;
  readonly height: number;
  /** Room between two columns and between two rows. */
  readonly gapX: number;
  readonly gapY: number;
}

const PASSES = 4;
/** Room for curves above the first row and below the last. */
const MARGIN = 14;

export function placeGraph(graph: MachineGraph, size: StateSize): PlacedGraph {
  const next = nextStates(graph);
  const columns = columnsOf(graph, next);
  orderRows(columns, next);
  const places = new Map<string, PlacedState>();
  const tallest = Math.max(...columns.map((column) => column.length));
  const pitch = size.height + size.gapY;
  for (const [column, names] of columns.entries()) {
    const free = ((tallest - names.length) * pitch) / 2;
    for (const [row, name] of names.entries()) {
      const x = column * (size.width + size.gapX);
      const y = MARGIN + free + row * pitch;
      const entry = graph.states.find((s) => s.name === name)?.entry ?? [];
      const end = (next.get(name)?.size ?? 0) === 0;
      places.set(name, { name, entry, column, row, x, y, end });
    }
  }
  return {
    width: columns.length * (size.width + size.gapX) - size.gapX,
    height: tallest * pitch - size.gapY + 2 * MARGIN,
    states: [...places.values()],
    moves: movesOf(graph).flatMap((move) => {
      const from = places.get(move.from);
      const to = places.get(move.to);
      return from && to ? [{ ...move, path: curve(from, to, size) }] : [];
    }),
  };
}

/** What each state leads to, itself left out. */
function nextStates(graph: MachineGraph): Map<string, Set<string>> {
  const next = new Map(graph.states.map((s) => [s.name, new Set<string>()]));
  for (const { from, to } of graph.moves) if (from !== to) next.get(from)?.add(to);
  return next;
}

/**
 * What can be reached from almost everywhere (an end) would stand near the beginning by its shortest
 * way: it stands as far to the right as what follows it leaves room.
 */
function columnsOf(
  graph: MachineGraph,
  next: ReadonlyMap<string, ReadonlySet<string>>,
): string[][] {
  const ends = commonEnds(graph, next);
  const columnOf = new Map([[graph.initial, 0]]);
  spread(columnOf, next, ends);
  const last = Math.max(...columnOf.values());
  for (const name of ends) {
    const behind = new Map([[name, 0]]);
    spread(behind, next, new Set(columnOf.keys()));
    const column = Math.max(last - Math.max(...behind.values()), 1);
    for (const [follower, steps] of behind) {
      if (!columnOf.has(follower)) columnOf.set(follower, Math.min(column + steps, last));
    }
  }
  const columns: string[][] = Array.from({ length: last + 1 }, () => []);
  // What nothing leads to stands at the beginning: it is there all the same.
  for (const { name } of graph.states) columns[columnOf.get(name) ?? 0]?.push(name);
  return columns;
}

/** States that at least two fifths of all others lead to. */
function commonEnds(
  { initial, states }: MachineGraph,
  next: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlySet<string> {
  const leading = (name: string): number => [...next.values()].filter((to) => to.has(name)).length;
  const names = states.map((s) => s.name).filter((name) => name !== initial);
  const many = Math.max(0.4 * states.length, 3);
  return new Set(names.filter((name) => leading(name) >= many));
}

/** Gives every state that can be reached, and is not |left| out, the number of its column. */
function spread(
  columnOf: Map<string, number>,
  next: ReadonlyMap<string, ReadonlySet<string>>,
  left: ReadonlySet<string>,
): void {
  const queue = [...columnOf.keys()];
  for (const name of queue) {
    for (const to of next.get(name) ?? []) {
      if (columnOf.has(to) || left.has(to)) continue;
      columnOf.set(to, (columnOf.get(name) ?? 0) + 1);
      queue.push(to);
    }
  }
}

/** Each state is drawn towards the middle of its neighbours in the column before, then after. */
function orderRows(columns: string[][], next: ReadonlyMap<string, ReadonlySet<string>>): void {
  const leads = (a: string, b: string): boolean => next.get(a)?.has(b) ?? false;
  for (let pass = 0; pass < PASSES; pass++) {
    const forward = pass % 2 === 0;
    const order = forward ? columns.keys() : [...columns.keys()].reverse();
    for (const i of order) {
      const column = columns[i];
      const beside = columns[forward ? i - 1 : i + 1];
      if (!column || !beside) continue;
      const middle = new Map(
        column.map((name, row) => {
          const rows = beside.flatMap((other, at) =>
            leads(other, name) || leads(name, other) ? [at - (beside.length - 1) / 2] : [],
          );
          const own = row - (column.length - 1) / 2;
          const sum = rows.reduce((total, at) => total + at, 0);
          return [name, rows.length === 0 ? own : sum / rows.length] as const;
        }),
      );
      column.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0));
    }
  }
}

/** One line for all events between the same two; those from every state belong to no line. */
function movesOf(graph: MachineGraph): Omit<PlacedMove, 'path'>[] {
  const lines = new Map<string, { from: string; to: string; events: string[] }>();
  for (const { from, to, event } of graph.moves) {
    if (from === '') continue;
    const key = `${from} ${to}`;
    const line = lines.get(key);
    if (line) line.events.push(event);
    else lines.set(key, { from, to, events: [event] });
  }
  return [...lines.values()];
}

function curve(from: PlacedState, to: PlacedState, size: StateSize): string {
  const { width: w, height: h, gapX, gapY } = size;
  const middle = (p: PlacedState): number => p.y + h / 2;
  const n = Math.round;
  if (from.name === to.name) {
    const x = from.x + w / 2;
    return `M${n(x - 14)} ${n(from.y)}c-6 -14 34 -14 28 0`;
  }
  if (to.column > from.column) {
    const [x0, y0, x1, y1] = [from.x + w, middle(from), to.x, middle(to)];
    const far = to.column - from.column > 1;
    const pull = Math.max((x1 - x0) / 2, gapX / 2);
    // A line over several columns passes between the rows, not through what stands there.
    const lift = far && Math.abs(y0 - y1) < 1 ? h / 2 + gapY : 0;
    return `M${n(x0)} ${n(y0)}C${n(x0 + pull)} ${n(y0 - lift)} ${n(x1 - pull)} ${n(y1 - lift)} ${n(x1)} ${n(y1)}`;
  }
  if (to.column === from.column) {
    const x = from.x + w;
    const bow = Math.min(gapX * 0.8, 18 + 6 * Math.abs(to.row - from.row));
    return `M${n(x)} ${n(middle(from))}C${n(x + bow)} ${n(middle(from))} ${n(x + bow)} ${n(middle(to))} ${n(x)} ${n(middle(to))}`;
  }
  const [x0, y0, x1, y1] = [from.x, middle(from), to.x + w, middle(to)];
  const pull = Math.max((x0 - x1) / 2, gapX * 0.7);
  const sag = Math.abs(y0 - y1) < 1 ? h / 2 + gapY : 0;
  return `M${n(x0)} ${n(y0)}C${n(x0 - pull)} ${n(y0 + sag)} ${n(x1 + pull)} ${n(y1 + sag)} ${n(x1)} ${n(y1)}`;
}
