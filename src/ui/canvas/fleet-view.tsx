/**
 * Many machines as one grid: a cell per node, a pixel per Pod in it. One canvas instead of a thousand
 * boxes; hit-testing is arithmetic, and the cell one is at exists as an element.
 */
import { type KeyboardEvent, type MouseEvent, memo, useEffect, useRef, useState } from 'react';
import { useText } from '../i18n/text.ts';
import type { MirrorState } from '../mirror/state.ts';
import { mirror, useMirror } from '../mirror/store.ts';
import { selectObject, selectedRef, useSession } from '../session/session.ts';
import { useStage } from './context.ts';
import { type CellState, GLYPHS, type Glyph, podGlyph, statusGlyph } from './glyph.ts';
import { GlyphIcon } from './glyph-icon.tsx';
import { CELL_PODS, FLEET_HEAD, FLEET_PAD } from './layout.ts';
import { canvasText } from './text.ts';
import { readPalette } from './palette.ts';

const STEP = CELL_PODS + 1;
const SLOTS = CELL_PODS * CELL_PODS;

export const FleetView = memo(function FleetView() {
  const t = useText(canvasText);
  const { layout } = useStage();
  const totals = useMirror((s) => s.totals);
  const selected = useSession(selectedRef);
  const [cursor, setCursor] = useState(0);
  const fleet = layout.fleet;
  if (fleet === null) return null;
  const { names, columns, cell } = fleet;
  const at = Math.max(0, selected === null ? cursor : indexOfRef(names, selected, cursor));
  const open = (index: number): void => {
    const name = names[index];
    if (name === undefined) return;
    setCursor(index);
    selectObject(`Node//${name}`);
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const to = at + (step ?? 0);
    if (step === undefined || names[to] === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    open(to);
  };
  const click = (event: MouseEvent<HTMLButtonElement>): void => {
    const rect = event.currentTarget.getBoundingClientRect();
    const scale = rect.width / (columns * cell);
    const column = Math.floor((event.clientX - rect.left) / (cell * scale));
    const row = Math.floor((event.clientY - rect.top) / (cell * scale));
    if (event.detail > 0) open(row * columns + column);
    else open(at);
  };
  const title = t.fleet(names.length, totals['Pod'] ?? 0);
  const place = { left: (at % columns) * cell, top: Math.floor(at / columns) * cell };
  return (
    <div className="kg-box kg-fleet">
      <div className="kg-head">
        <span className="kg-title">{title}</span>
        <Legend />
      </div>
      <button
        type="button"
        className="kg-fleet-grid kg-entry"
        data-entry=""
        tabIndex={-1}
        aria-label={`${title}. ${t.fleetHint}`}
        style={{ left: FLEET_PAD, top: FLEET_HEAD, width: columns * cell }}
        onClick={click}
        onKeyDown={press}
      >
        <Cells names={names} columns={columns} cell={cell} />
        <span
          className="kg-cell"
          data-object={`Node//${names[at] ?? ''}`}
          style={{ ...place, width: cell, height: cell }}
        />
      </button>
    </div>
  );
});

function indexOfRef(names: readonly string[], ref: string, otherwise: number): number {
  const index = ref.startsWith('Node//') ? names.indexOf(ref.slice('Node//'.length)) : -1;
  return index < 0 ? otherwise : index;
}

function Legend() {
  return (
    <span className="kg-legend" aria-hidden="true">
      {(['failed', 'backoff', 'waiting', 'starting', 'running'] as const).map((glyph) => (
        <GlyphIcon key={glyph} glyph={glyph} size={11} />
      ))}
    </span>
  );
}

interface CellsProps {
  readonly names: readonly string[];
  readonly columns: number;
  readonly cell: number;
}

function Cells({ names, columns, cell }: CellsProps) {
  const element = useRef<HTMLCanvasElement>(null);
  const rows = Math.ceil(names.length / columns);
  useEffect(() => {
    const draw = (state: MirrorState): void => {
      if (element.current !== null) drawCells(element.current, state, names, columns);
    };
    draw(mirror.getState());
    return mirror.subscribe((state, before) => {
      if (state.version !== before.version) draw(state);
    });
  }, [names, columns]);
  return (
    <canvas
      ref={element}
      className="kg-cells-canvas"
      width={columns * STEP}
      height={rows * STEP}
      style={{ width: columns * cell, height: rows * cell }}
    />
  );
}

/** One pixel for each Pod, a line of empty ones between machines; CSS scales it up, unsmoothed. */
function drawCells(
  element: HTMLCanvasElement,
  state: MirrorState,
  names: readonly string[],
  columns: number,
): void {
  const context = element.getContext('2d');
  if (context === null) return;
  const palette = readPalette(element);
  const image = context.createImageData(element.width, element.height);
  const pixels = new Uint32Array(image.data.buffer);
  const folded = foldedCounts(state);
  names.forEach((name, i) => {
    const left = (i % columns) * STEP;
    const top = Math.floor(i / columns) * STEP;
    cellStates(state, name, folded.get(name)).forEach((cell, slot) => {
      const x = left + (slot % CELL_PODS);
      const y = top + Math.floor(slot / CELL_PODS);
      pixels[y * element.width + x] = palette.pixel(cell);
    });
  });
  context.putImageData(image, 0, 0);
}

type Counts = ReadonlyMap<Glyph, number>;

/**
 * What a machine's cell shows, slot by slot: its Pods by state, the worst first; where there are more
 * Pods than slots, in proportion. A machine that is not well fills its cell with that.
 */
export function cellStates(
  state: Pick<MirrorState, 'objects' | 'podsByNode'>,
  name: string,
  folded: Counts | undefined,
): readonly CellState[] {
  const ready = state.objects.get(`Node//${name}`)?.node?.ready;
  if (ready !== undefined && ready !== 'True') {
    return new Array<CellState>(SLOTS).fill(ready === 'Unknown' ? 'unknown' : 'failed');
  }
  const counts = new Map<Glyph, number>(folded);
  for (const ref of state.podsByNode.get(name)) {
    const row = state.objects.get(ref);
    if (row !== undefined) counts.set(podGlyph(row), (counts.get(podGlyph(row)) ?? 0) + 1);
  }
  let total = 0;
  for (const count of counts.values()) total += count;
  const share = Math.min(1, SLOTS / Math.max(total, 1));
  const slots: CellState[] = [];
  for (const glyph of GLYPHS) {
    // What is rare is bad more often than not: it keeps its slot.
    const wanted = Math.ceil((counts.get(glyph) ?? 0) * share);
    for (let n = 0; n < wanted && slots.length < SLOTS; n++) slots.push(glyph);
  }
  while (slots.length < SLOTS) slots.push('empty');
  return slots;
}

function foldedCounts(state: MirrorState): ReadonlyMap<string, Counts> {
  const counts = new Map<string, Map<Glyph, number>>();
  for (const f of state.folded) {
    const glyph = statusGlyph(f.status, true);
    const of = counts.get(f.node) ?? new Map<Glyph, number>();
    of.set(glyph, (of.get(glyph) ?? 0) + f.count);
    counts.set(f.node, of);
  }
  return counts;
}
