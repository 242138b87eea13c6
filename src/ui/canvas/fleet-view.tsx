/**
 * Many machines as one grid: a cell per node, coloured by the worst state on it. One canvas instead of
 * a thousand boxes; hit-testing is arithmetic, and the cell one is at exists as an element.
 */
import { type KeyboardEvent, type MouseEvent, memo, useEffect, useRef, useState } from 'react';
import { useText } from '../i18n/text.ts';
import type { MirrorState } from '../mirror/state.ts';
import { mirror, useMirror } from '../mirror/store.ts';
import { selectObject, selectedRef, useSession } from '../session/session.ts';
import { useStage } from './context.ts';
import { type CellState, GLYPHS, type Glyph, podGlyph, statusGlyph } from './glyph.ts';
import { GlyphIcon } from './glyph-icon.tsx';
import { FLEET_HEAD, FLEET_PAD } from './routes.ts';
import { canvasText } from './text.ts';
import { readPalette } from './palette.ts';

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
      width={columns}
      height={rows}
      style={{ width: columns * cell, height: rows * cell }}
    />
  );
}

/** One pixel per node; CSS scales it up without smoothing. */
function drawCells(
  element: HTMLCanvasElement,
  state: MirrorState,
  names: readonly string[],
  columns: number,
): void {
  const context = element.getContext('2d');
  if (context === null) return;
  const palette = readPalette(element);
  context.clearRect(0, 0, element.width, element.height);
  const worst = foldedWorst(state);
  names.forEach((name, i) => {
    context.fillStyle = palette.glyph(nodeGlyph(state, name, worst.get(name)));
    context.fillRect(i % columns, Math.floor(i / columns), 1, 1);
  });
}

/** The worst state on a machine: its own first, then that of its Pods. */
export function nodeGlyph(
  state: Pick<MirrorState, 'objects' | 'podsByNode'>,
  name: string,
  folded: Glyph | undefined,
): CellState {
  const ready = state.objects.get(`Node//${name}`)?.node?.ready;
  if (ready === 'Unknown') return 'unknown';
  if (ready === 'False') return 'failed';
  let worst = folded === undefined ? GLYPHS.length : GLYPHS.indexOf(folded);
  for (const ref of state.podsByNode.get(name)) {
    const row = state.objects.get(ref);
    if (row !== undefined) worst = Math.min(worst, GLYPHS.indexOf(podGlyph(row)));
  }
  return GLYPHS[worst] ?? 'empty';
}

function foldedWorst(state: MirrorState): ReadonlyMap<string, Glyph> {
  const worst = new Map<string, Glyph>();
  for (const f of state.folded) {
    const glyph = statusGlyph(f.status, true);
    const known = worst.get(f.node);
    if (known === undefined || GLYPHS.indexOf(glyph) < GLYPHS.indexOf(known)) {
      worst.set(f.node, glyph);
    }
  }
  return worst;
}
