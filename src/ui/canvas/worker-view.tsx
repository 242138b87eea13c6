/**
 * A machine: its name and state, the components that run on it, its Pods. Only components that exist
 * in the simulation are drawn.
 */
import { type CSSProperties, memo } from 'react';
import type { ObjectRow } from '../../port/protocol.ts';
import { useText } from '../i18n/text.ts';
import type { MirrorState } from '../mirror/state.ts';
import { useMirror } from '../mirror/store.ts';
import { session, useSession } from '../session/session.ts';
import { useActivity } from './activity.ts';
import { useStage } from './context.ts';
import { ComponentEntry, ObjectEntry } from './entry.tsx';
import { GLYPHS, type Glyph, podGlyph, statusGlyph } from './glyph.ts';
import { GlyphIcon } from './glyph-icon.tsx';
import type { PodDetail } from './layout.ts';
import { usePodsInOrder } from './pod-order.ts';
import { PodLine, PodSquare, PodTile } from './pod-view.tsx';
import { shortName } from './short-name.ts';
import { useSystemCount } from './system.ts';
import { canvasText } from './text.ts';

export const WorkerView = memo(function WorkerView({ name }: { readonly name: string }) {
  const t = useText(canvasText);
  const { layout } = useStage();
  const row = useMirror((s) => s.objects.get(`Node//${name}`));
  const kubelet = useMirror((s) => s.components.get(`kubelet/${name}`));
  const state = machineState(row, kubelet !== undefined);
  const count = usePodCount(name);
  return (
    <div
      className="kg-box kg-worker"
      data-object={`Node//${name}`}
      data-state={state}
      data-cordoned={row?.node?.cordoned === true ? '' : undefined}
    >
      <div className="kg-worker-head">
        <ObjectEntry
          object={`Node//${name}`}
          mark={false}
          className="kg-stretch kg-worker-name"
          label={t.nodeLabel(name, stateText(state, t), count)}
        >
          {shortName(name, 18)}
        </ObjectEntry>
        <MachineState row={row} state={state} />
        <CpuText name={name} row={row} />
      </div>
      <div className="kg-machine">
        <MachineComponent component={`kubelet/${name}`} title="kubelet" />
        <span className="kg-cri" aria-hidden="true" />
        <MachineComponent component={`containerd/${name}`} title="containerd" />
      </div>
      <Pods name={name} detail={layout.detail} />
      <SystemPods name={name} />
      <CpuBar name={name} row={row} />
    </div>
  );
});

export const MiniWorkerView = memo(function MiniWorkerView({ name }: { readonly name: string }) {
  const t = useText(canvasText);
  const row = useMirror((s) => s.objects.get(`Node//${name}`));
  const registered = useMirror((s) => s.components.has(`kubelet/${name}`));
  const state = machineState(row, registered);
  const count = usePodCount(name);
  return (
    <div className="kg-box kg-mini" data-object={`Node//${name}`} data-state={state}>
      <ObjectEntry
        object={`Node//${name}`}
        mark={false}
        className="kg-stretch kg-mini-name"
        label={t.nodeLabel(name, stateText(state, t), count)}
      >
        {shortName(name, 9)} <span className="dim">{count}</span>
      </ObjectEntry>
      <MiniPods name={name} />
    </div>
  );
});

type MachineStateName = 'ready' | 'not-ready' | 'unknown' | 'unregistered' | 'gone';

function machineState(row: ObjectRow | undefined, hasKubelet: boolean): MachineStateName {
  if (row === undefined) return hasKubelet ? 'unregistered' : 'gone';
  if (row.node?.ready === 'True') return 'ready';
  return row.node?.ready === 'Unknown' ? 'unknown' : 'not-ready';
}

function stateText(state: MachineStateName, t: (typeof canvasText)['en']): string {
  switch (state) {
    case 'ready':
      return 'Ready';
    case 'not-ready':
      return t.notReady;
    case 'unknown':
      return t.notHeardOf;
    case 'unregistered':
      return t.unregistered;
    case 'gone':
      return t.nodeGone;
  }
}

const STATE_GLYPH: Readonly<Record<MachineStateName, Glyph>> = {
  ready: 'running',
  'not-ready': 'failed',
  unknown: 'unknown',
  unregistered: 'waiting',
  gone: 'unknown',
};

function MachineState(props: { row: ObjectRow | undefined; state: MachineStateName }) {
  const { row, state } = props;
  const t = useText(canvasText);
  if (row?.node?.cordoned === true && state === 'ready') {
    return <span className="kg-worker-state">{t.cordoned}</span>;
  }
  if (state === 'ready') return null;
  return (
    <span className="kg-worker-state" data-bad="">
      <GlyphIcon glyph={STATE_GLYPH[state]} size={12} />
      <span className="kg-state-text">{stateText(state, t)}</span>
    </span>
  );
}

function MachineComponent({ component, title }: { component: string; title: string }) {
  const t = useText(canvasText);
  const row = useMirror((s) => s.components.get(component));
  const busy = useActivity((a) => a.busy.has(component));
  if (row === undefined) return null;
  const state = !row.running ? t.stopped : busy ? t.busy : t.running;
  return (
    <span
      className="kg-chipbox"
      data-component={component}
      data-stopped={row.running ? undefined : ''}
    >
      <ComponentEntry
        component={component}
        className={busy ? 'kg-chip is-hot' : 'kg-chip'}
        label={t.componentLabel(component, state)}
      >
        {title}
      </ComponentEntry>
    </span>
  );
}

function usePodCount(name: string): number {
  return useMirror((s) => s.podsByNode.get(name).length + foldedOn(s, name));
}

function foldedOn(state: MirrorState, name: string): number {
  let count = 0;
  for (const f of state.folded) if (f.node === name) count += f.count;
  return count;
}

/** CPU that the Pods of a machine have requested, in thousandths of a core. */
function requestedMilli(state: MirrorState, name: string): number {
  let sum = 0;
  for (const ref of state.podsByNode.get(name)) {
    const pod = state.objects.get(ref)?.pod;
    if (pod !== undefined && pod.phase !== 'Succeeded' && pod.phase !== 'Failed')
      sum += pod.cpuMilli;
  }
  return sum;
}

function usePercent(name: string, row: ObjectRow | undefined): number | null {
  const capacity = row?.node?.cpuMilli ?? 0;
  const requested = useMirror((s) => requestedMilli(s, name));
  return capacity === 0 ? null : Math.round((requested / capacity) * 100);
}

function CpuText({ name, row }: { name: string; row: ObjectRow | undefined }) {
  const t = useText(canvasText);
  const percent = usePercent(name, row);
  if (percent === null) return null;
  return (
    <span className="kg-cpu" title={t.requestedHint}>
      {t.requested(percent)}
    </span>
  );
}

function CpuBar({ name, row }: { name: string; row: ObjectRow | undefined }) {
  const percent = usePercent(name, row) ?? 0;
  return (
    <span className="kg-cpubar" aria-hidden="true">
      <span style={{ width: `${Math.min(percent, 100)}%` }} />
    </span>
  );
}

function Pods({ name, detail }: { readonly name: string; readonly detail: PodDetail }) {
  const { tile } = useStage().layout;
  const refs = usePodsInOrder(name);
  if (detail === 'count') return <PodCounts name={name} />;
  const View = detail === 'tile' ? PodTile : detail === 'line' ? PodLine : PodSquare;
  return (
    <div
      className="kg-pods"
      data-detail={detail}
      style={{ '--tile': `${tile}px` } as CSSProperties}
    >
      {refs.map((ref) => (
        <View key={ref} object={ref} />
      ))}
    </div>
  );
}

/** The Pods that the cluster itself has put there: said as a number, drawn on request. */
function SystemPods({ name }: { readonly name: string }) {
  const t = useText(canvasText);
  const count = useSystemCount(name);
  const shown = useSession((s) => s.systemShown);
  // Drawn, they are folded away again at the frame: here they would have the button lie over them.
  if (count === 0 || shown) return null;
  return (
    <button
      type="button"
      className="kg-entry kg-system"
      data-entry=""
      tabIndex={-1}
      title={t.systemHint}
      onClick={() => session.setState({ systemShown: true })}
    >
      + {t.systemPods(count)}
    </button>
  );
}

/** Small boxes hold about forty squares; what is more is said as a number in their name. */
const MINI_SQUARES = 40;

function MiniPods({ name }: { readonly name: string }) {
  const refs = usePodsInOrder(name);
  return (
    <div className="kg-mini-pods">
      {refs.slice(0, MINI_SQUARES).map((ref) => (
        <PodSquare key={ref} object={ref} />
      ))}
    </div>
  );
}

/** Counts by state, worst first. */
function PodCounts({ name }: { readonly name: string }) {
  const t = useText(canvasText);
  const key = useMirror((s) => countsKey(s, name));
  if (key === '') return <p className="kg-counts dim">{t.noPods}</p>;
  return (
    <ul className="kg-counts">
      {key.split('|').map((entry) => {
        const [glyph, status, count] = entry.split(':') as [Glyph, string, string];
        return (
          <li key={entry}>
            <GlyphIcon glyph={glyph} size={12} /> {t.countOf(Number(count), status)}
          </li>
        );
      })}
    </ul>
  );
}

const STATUSES_LISTED = 5;

/** `glyph:status:count|…`: a text, so that the selector's value compares by content. */
export function countsKey(
  state: Pick<MirrorState, 'podsByNode' | 'objects' | 'folded'>,
  name: string,
): string {
  const counts = new Map<string, { glyph: Glyph; count: number }>();
  const add = (status: string, glyph: Glyph, n: number): void => {
    const entry = counts.get(status);
    if (entry === undefined) counts.set(status, { glyph, count: n });
    else entry.count += n;
  };
  for (const ref of state.podsByNode.get(name)) {
    const row = state.objects.get(ref);
    if (row !== undefined) add(row.status, podGlyph(row), 1);
  }
  for (const f of state.folded) {
    if (f.node === name) add(f.status, statusGlyph(f.status, true), f.count);
  }
  return [...counts]
    .sort(
      (a, b) => GLYPHS.indexOf(a[1].glyph) - GLYPHS.indexOf(b[1].glyph) || b[1].count - a[1].count,
    )
    .slice(0, STATUSES_LISTED)
    .map(([status, { glyph, count }]) => `${glyph}:${status.replaceAll(':', ' ')}:${count}`)
    .join('|');
}
