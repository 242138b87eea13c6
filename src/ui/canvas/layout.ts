/**
 * Where everything stands: a pure function of the scene and the room there is. Positions are CSS
 * pixels at zoom 1, so at zoom 1 texts have the size they were designed for.
 *
 *   [ control plane: etcd | controller manager | no node yet / scheduler ]
 *   kubectl ─ [ kube-apiserver, across the middle ]
 *   [ worker nodes, Pods inside ]
 *
 * Every wire touches the API server. One more Pod changes nothing but, at most, the height of its row.
 */
import { type Air, airOf, MEASURES, type Measures } from './measures.ts';
import type { Scene, WorkerScene } from './scene.ts';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** How a Pod is drawn: with its containers, in one line, as a square, or not itself but counted. */
export type PodDetail = 'tile' | 'line' | 'square' | 'count';
/** Boxes with components and Pods; small boxes with squares; one grid in which a machine is a cell. */
export type WorkerForm = 'box' | 'mini' | 'fleet';

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly air: Air;
  readonly frame: Box;
  readonly kubectl: Box;
  readonly etcd: Box;
  readonly manager: Box;
  readonly tray: Box;
  readonly scheduler: Box;
  readonly spine: Box;
  readonly form: WorkerForm;
  readonly detail: PodDetail;
  /** Least width of a Pod's tile. */
  readonly tile: number;
  readonly workers: ReadonlyMap<string, Box>;
  /** Of the fleet: where the grid stands and how it is cut; else null. */
  readonly fleet: FleetGrid | null;
  /** Lines of stored objects that fit into etcd's box. */
  readonly shelfLines: number;
}

export interface FleetGrid {
  readonly box: Box;
  readonly columns: number;
  readonly cell: number;
  readonly names: readonly string[];
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const MARGIN = 12;
const GAP = 12;
const KUBECTL_WIDTH = 78;
/** Below this the page zooms out instead of squeezing on; above it wider is only emptier. */
const MIN_WIDTH = 660;
const MAX_WIDTH = 1_560;
/** What is too high is laid out for being shown smaller, down to this. */
const SCALES: readonly number[] = [1, 0.93, 0.86, 0.79, 0.72];

/** At most about this many objects in full detail; what is more is folded. */
export const TILES_MAX = 26;
const TILES_PER_WORKER_MAX = 10;
const LINES_MAX = 72;
const LINES_PER_WORKER_MAX = 24;
const SQUARES_PER_WORKER_MAX = 150;
const BOXES_MAX = 12;
const MINI_MAX = 120;

export const TILE = { width: 136, height: 62, gap: 6 } as const;
/** Wide enough for most states in full; and, where it is crowded, for the name. */
const TILE_WIDTHS: readonly number[] = [TILE.width, 97];
export const LINE = { width: 112, height: 24, gap: 4 } as const;
export const SQUARE = { width: 14, height: 14, gap: 3 } as const;
const COUNT_LINE = 22;
const WORKER_FOOT = 12;
const WORKER_MIN_WIDTH = 196;
const WORKER_MAX_WIDTH = 420;
export const WORKER_PAD = 10;
/** Of the fleet: room above the cells for its title, and around them. */
export const FLEET_HEAD = 40;
export const FLEET_PAD = 10;
const MINI = { width: 96, head: 24, pad: 6, square: 9, gap: 2 } as const;
const SHELF_LINE = 22;

export function layOut(scene: Scene, size: Size): Layout {
  let layout = layOutIn(scene, size, TILE.width);
  // Shown smaller, the pane is wider than the picture. That width is used, which lowers the picture;
  // in steps, so that one more Pod seldom changes it.
  for (const scale of SCALES) {
    const room = { width: size.width / scale, height: size.height };
    for (const tile of TILE_WIDTHS) {
      layout = layOutIn(scene, room, tile);
      if (layout.height * scale <= size.height) return layout;
    }
  }
  return layout;
}

function layOutIn(scene: Scene, size: Size, tile: number): Layout {
  const width = Math.round(clamp(size.width, MIN_WIDTH, MAX_WIDTH));
  const air = airOf(size.height);
  const measures = MEASURES[air];
  const top = controlPlane(width, measures);
  const workersTop = top.frame.y + top.frame.h + measures.below;
  const form = formOf(scene.workers.length);
  const detail = form === 'box' ? podDetail(scene.workers) : 'square';
  const area = { x: MARGIN, y: workersTop, width: width - 2 * MARGIN };
  const fleet = form === 'fleet' ? fleetGrid(scene.workers, area, size.height - workersTop) : null;
  const least = clamp(size.height - workersTop - MARGIN, measures.leastWorker, 230);
  const workers =
    form === 'box'
      ? boxes(scene.workers, area, { detail, tile }, least, measures.head)
      : form === 'mini'
        ? minis(scene.workers, area)
        : new Map<string, Box>();
  const shelfLines = Math.floor((top.etcd.h - measures.shelfTop) / SHELF_LINE);
  const height = lowest(workers, fleet, workersTop) + MARGIN;
  return { width, height, air, ...top, form, detail, tile, workers, fleet, shelfLines };
}

function formOf(machines: number): WorkerForm {
  if (machines <= BOXES_MAX) return 'box';
  return machines <= MINI_MAX ? 'mini' : 'fleet';
}

function controlPlane(
  width: number,
  m: Measures,
): Pick<Layout, 'frame' | 'kubectl' | 'etcd' | 'manager' | 'tray' | 'scheduler' | 'spine'> {
  const pad = 12;
  const between = 6;
  const left = MARGIN + KUBECTL_WIDTH + GAP + 6;
  const y = MARGIN + m.label;
  const room = width - MARGIN - left - 2 * pad - 2 * GAP;
  const etcdWidth = Math.round(room * 0.31);
  const schedulerWidth = Math.round(room * 0.31);
  const managerWidth = room - etcdWidth - schedulerWidth;
  const etcd = { x: left + pad, y, w: etcdWidth, h: m.box };
  const manager = { x: etcd.x + etcd.w + GAP, y, w: managerWidth, h: m.box };
  const tray = { x: manager.x + manager.w + GAP, y, w: schedulerWidth, h: m.tray };
  const scheduler = { ...tray, y: y + m.tray + between, h: m.box - m.tray - between };
  const spineY = y + m.box + m.lane;
  const spine = { x: left, y: spineY, w: width - MARGIN - left, h: m.spine };
  const frame = { x: left, y: MARGIN, w: spine.w, h: spineY + m.spine - MARGIN };
  const kubectl = { x: MARGIN, y: spineY, w: KUBECTL_WIDTH, h: m.spine };
  return { frame, kubectl, etcd, manager, tray, scheduler, spine };
}

/** One detail for all machines: tiles here and squares there would look like a difference in kind. */
function podDetail(workers: readonly WorkerScene[]): PodDetail {
  const most = Math.max(0, ...workers.map((w) => w.shown));
  const total = workers.reduce((sum, w) => sum + w.shown, 0);
  const folded = workers.some((w) => w.folded > 0);
  if (!folded && total <= TILES_MAX && most <= TILES_PER_WORKER_MAX) return 'tile';
  if (!folded && total <= LINES_MAX && most <= LINES_PER_WORKER_MAX) return 'line';
  return !folded && most <= SQUARES_PER_WORKER_MAX ? 'square' : 'count';
}

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

function boxes(
  list: readonly WorkerScene[],
  area: Area,
  pods: Pick<Layout, 'detail' | 'tile'>,
  leastHeight: number,
  head: number,
): ReadonlyMap<string, Box> {
  const out = new Map<string, Box>();
  if (list.length === 0) return out;
  const fit = Math.max(1, Math.floor((area.width + GAP) / (WORKER_MIN_WIDTH + GAP)));
  const rows = Math.ceil(list.length / fit);
  const columns = Math.ceil(list.length / rows);
  const wide = (area.width - (columns - 1) * GAP) / columns;
  const w = Math.round(Math.min(wide, WORKER_MAX_WIDTH));
  const least = rows === 1 ? leastHeight : Math.min(leastHeight, 140);
  let y = area.y;
  for (let row = 0; row < rows; row++) {
    const members = list.slice(row * columns, (row + 1) * columns);
    const heights = members.map((m) => podsHeight(m, w - 2 * WORKER_PAD, pods));
    const h = Math.max(least, head + Math.max(...heights) + WORKER_FOOT);
    members.forEach((m, i) => out.set(m.name, { x: area.x + i * (w + GAP), y, w, h }));
    y += h + GAP * 2;
  }
  return out;
}

function podsHeight(
  worker: WorkerScene,
  inner: number,
  { detail, tile }: Pick<Layout, 'detail' | 'tile'>,
): number {
  if (detail === 'count') return 5 * COUNT_LINE;
  const unit = detail === 'tile' ? TILE : detail === 'line' ? LINE : SQUARE;
  const width = detail === 'tile' ? tile : unit.width;
  const columns = Math.max(1, Math.floor((inner + unit.gap) / (width + unit.gap)));
  const rows = Math.ceil(worker.shown / columns);
  return rows * (unit.height + unit.gap);
}

function minis(list: readonly WorkerScene[], area: Area): ReadonlyMap<string, Box> {
  const out = new Map<string, Box>();
  const columns = Math.max(1, Math.floor((area.width + GAP / 2) / (MINI.width + GAP / 2)));
  const perRow = Math.floor((MINI.width - 2 * MINI.pad + MINI.gap) / (MINI.square + MINI.gap));
  const most = Math.max(0, ...list.map((w) => w.shown));
  const squares = Math.min(Math.ceil(Math.max(most, 1) / perRow), 5);
  const h = MINI.head + squares * (MINI.square + MINI.gap) + MINI.pad + 4;
  list.forEach((worker, i) => {
    const column = i % columns;
    const row = Math.floor(i / columns);
    out.set(worker.name, {
      x: area.x + column * (MINI.width + GAP / 2),
      y: area.y + row * (h + GAP / 2),
      w: MINI.width,
      h,
    });
  });
  return out;
}

/** Side of a machine's cell in Pods; one more is the line between machines. */
export const CELL_PODS = 4;
const CELL_MAX = 30;

/** Cells as large as the room allows, in whole pixels for each Pod. */
function fleetGrid(list: readonly WorkerScene[], area: Area, room: number): FleetGrid {
  const step = CELL_PODS + 1;
  const height = clamp(room - FLEET_HEAD - FLEET_PAD - MARGIN, 100, 480);
  const wanted = Math.sqrt(((area.width - 2 * FLEET_PAD) * height) / list.length);
  const cell = clamp(Math.floor(wanted / step) * step, step, CELL_MAX);
  const columns = Math.max(1, Math.floor((area.width - 2 * FLEET_PAD) / cell));
  const rows = Math.ceil(list.length / columns);
  const box = { x: area.x, y: area.y, w: area.width, h: rows * cell + FLEET_HEAD + FLEET_PAD };
  return { box, columns, cell, names: list.map((w) => w.name) };
}

function lowest(
  workers: ReadonlyMap<string, Box>,
  fleet: FleetGrid | null,
  otherwise: number,
): number {
  let bottom = otherwise;
  for (const box of workers.values()) bottom = Math.max(bottom, box.y + box.h);
  return fleet === null ? bottom : Math.max(bottom, fleet.box.y + fleet.box.h);
}

function clamp(n: number, low: number, high: number): number {
  return Math.min(Math.max(n, low), high);
}
