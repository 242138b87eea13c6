/**
 * A Pod as a tile with its containers, as one line, or as a square. Each reads its own row, so a
 * change of one Pod draws one Pod.
 */
import { memo } from 'react';
import type { ContainerRow, ObjectRow } from '../../port/protocol.ts';
import { useText } from '../i18n/text.ts';
import { useMirror } from '../mirror/store.ts';
import { ObjectEntry } from './entry.tsx';
import { containerGlyph, podGlyph, pulledPercent } from './glyph.ts';
import { GlyphIcon } from './glyph-icon.tsx';
import { shortName } from './short-name.ts';
import { canvasText } from './text.ts';

const TILE_NAME_CHARS = 15;
const LINE_NAME_CHARS = 12;
/** More containers than this in one Pod are counted. */
const CELLS_SHOWN = 7;

export const PodTile = memo(function PodTile({ object }: { readonly object: string }) {
  const t = useText(canvasText);
  const row = useMirror((s) => s.objects.get(object));
  if (row === undefined) return null;
  const percent = pulledPercent(row);
  return (
    <PodEntry row={row} className="kg-pod kg-tile">
      <span className="kg-pod-name">{shortName(row.name, TILE_NAME_CHARS)}</span>
      <span className="kg-pod-status">
        {row.status}
        {percent === null ? '' : ` · ${t.pulling(percent)}`}
      </span>
      <Cells row={row} />
      <ContainerList row={row} />
    </PodEntry>
  );
});

export const PodLine = memo(function PodLine({ object }: { readonly object: string }) {
  const row = useMirror((s) => s.objects.get(object));
  if (row === undefined) return null;
  return (
    <PodEntry row={row} className="kg-pod kg-line">
      <GlyphIcon glyph={podGlyph(row)} percent={pulledPercent(row)} size={12} />
      <span className="kg-pod-name">{shortName(row.name, LINE_NAME_CHARS)}</span>
    </PodEntry>
  );
});

export const PodSquare = memo(function PodSquare({ object }: { readonly object: string }) {
  const row = useMirror((s) => s.objects.get(object));
  if (row === undefined) return null;
  return (
    <PodEntry row={row} className="kg-square">
      <GlyphIcon glyph={podGlyph(row)} percent={pulledPercent(row)} size={12} />
    </PodEntry>
  );
});

/** In the tray of Pods without a node: the end of the name tells them apart. */
export const PodChip = memo(function PodChip({ object }: { readonly object: string }) {
  const row = useMirror((s) => s.objects.get(object));
  if (row === undefined) return null;
  const dash = row.name.lastIndexOf('-');
  const name = dash > 0 ? `…${row.name.slice(dash + 1)}` : row.name;
  return (
    <PodEntry row={row} className="kg-podchip">
      <GlyphIcon glyph={podGlyph(row)} size={12} />
      <span className="kg-pod-name">{shortName(name, 9)}</span>
    </PodEntry>
  );
});

interface PodEntryProps {
  readonly row: ObjectRow;
  readonly className: string;
  readonly children: React.ReactNode;
}

function PodEntry({ row, className, children }: PodEntryProps) {
  const t = useText(canvasText);
  const containers = (row.pod?.containers ?? []).filter((c) => !c.init || c.sidecar);
  const ready = containers.filter((c) => c.ready).length;
  const glyph = podGlyph(row);
  return (
    <ObjectEntry
      object={row.ref}
      className={`${className} is-${glyph}${row.deleting ? ' is-deleting' : ''}`}
      label={t.podLabel(row.name, row.status, ready, containers.length)}
      title={`${row.name}\n${row.status}`}
    >
      {children}
    </ObjectEntry>
  );
}

function Cells({ row }: { readonly row: ObjectRow }) {
  const containers = row.pod?.containers ?? [];
  const init = containers.filter((c) => c.init && !c.sidecar);
  const app = containers.filter((c) => !c.init || c.sidecar);
  const hidden = containers.length - CELLS_SHOWN;
  return (
    <span className="kg-cells">
      {init.slice(0, CELLS_SHOWN).map((c) => (
        <Cell key={c.name} container={c} />
      ))}
      {init.length > 0 && app.length > 0 ? <span className="kg-cells-then" /> : null}
      {app.slice(0, Math.max(CELLS_SHOWN - init.length, 1)).map((c) => (
        <Cell key={c.name} container={c} />
      ))}
      {hidden > 0 ? <span className="kg-cells-more">+{hidden}</span> : null}
    </span>
  );
}

function Cell({ container }: { readonly container: ContainerRow }) {
  const small = container.init && !container.sidecar;
  return (
    <GlyphIcon
      glyph={containerGlyph(container)}
      percent={container.pulledPercent}
      size={small ? 11 : 15}
    />
  );
}

/** Shown when one has come near: the containers by name. */
function ContainerList({ row }: { readonly row: ObjectRow }) {
  return (
    <span className="kg-containers">
      {(row.pod?.containers ?? []).map((c) => (
        <span key={c.name} className="kg-container">
          <GlyphIcon glyph={containerGlyph(c)} percent={c.pulledPercent} size={8} />
          {c.name}
          <span className="dim">{c.reason === '' ? c.state : c.reason}</span>
          {c.restarts > 0 ? <span className="dim">↻{c.restarts}</span> : null}
        </span>
      ))}
    </span>
  );
}
