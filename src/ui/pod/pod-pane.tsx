/**
 * A Pod opened, in place of the canvas: its containers over time above; below, one of its state
 * machines, story, probes, logs, a terminal or files.
 */
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import type { ObjectRow } from '../../port/protocol.ts';
import type { PodInside } from '../../port/protocol-pod.ts';
import { type PodText, podText } from '../i18n/pod.ts';
import { useText } from '../i18n/text.ts';
import { Status } from '../inspector/status.tsx';
import { Button } from '../kit/button.tsx';
import { Icon } from '../kit/icons.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { refParts } from '../mirror/refs.ts';
import { useMirror } from '../mirror/store.ts';
import { closePod } from '../session/session.ts';
import { Faults } from './faults.tsx';
import { FilesView } from './files-view.tsx';
import { LogLines } from './log-lines.tsx';
import { Machines } from './machines.tsx';
import { Probes, Waits } from './now.tsx';
import './pod.css';
import { StoryList } from './story-list.tsx';
import { Timeline } from './timeline.tsx';

/** The terminal brings a library of its own. */
const TerminalView = lazy(() =>
  import('./terminal-view.tsx').then((m) => ({ default: m.TerminalView })),
);

const VIEWS = ['states', 'story', 'probes', 'logs', 'terminal', 'files'] as const;
type View = (typeof VIEWS)[number];
/** Views of one container. */
const OF_CONTAINER: ReadonlySet<View> = new Set(['logs', 'terminal', 'files']);

export function PodPane({ target }: { readonly target: string }) {
  const t = useText(podText);
  const row = useMirror((s) => s.objects.get(target));
  const inside = useMirror((s) => (s.pod?.ref === target ? s.pod : null));
  const pane = useRef<HTMLElement>(null);
  const { name } = refParts(target);
  useEffect(() => {
    const before = document.activeElement;
    pane.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <section
      ref={pane}
      className="pod-pane"
      id="pane-pod"
      aria-label={t.region(name)}
      data-object={target}
      tabIndex={-1}
    >
      <Head t={t} name={name} row={row} inside={inside} />
      {inside === null ? (
        <p className="dim pad">{t.loading}</p>
      ) : (
        <>
          <Waits inside={inside} />
          <Timeline inside={inside} />
          <Views inside={inside} row={row} />
        </>
      )}
    </section>
  );
}

interface HeadProps {
  readonly t: PodText;
  readonly name: string;
  readonly row: ObjectRow | undefined;
  readonly inside: PodInside | null;
}

function Head({ t, name, row, inside }: HeadProps) {
  const past = useMirror((s) => s.past);
  const node = row?.pod?.node ?? inside?.node ?? '';
  const ip = row?.pod?.ip ?? '';
  return (
    <header className="pod-head">
      <Button onClick={closePod}>
        <span aria-hidden="true">‹</span> {t.close}
      </Button>
      <h2 className="mono">{name}</h2>
      {row === undefined ? null : <Status text={row.status} />}
      <span className="dim small">
        {node === '' ? t.noNode : t.onNode(node)}
        {ip === '' ? '' : ` · ${ip}`}
      </span>
      {row === undefined && inside !== null ? (
        <span role="status" className="pod-gone">
          <Icon name="warning" size={12} /> {past || inside.lanes.length === 0 ? t.notYet : t.gone}
        </span>
      ) : null}
      <span className="pod-head-end">{row === undefined ? null : <Faults row={row} />}</span>
    </header>
  );
}

function Views(props: { readonly inside: PodInside; readonly row: ObjectRow | undefined }) {
  const { inside, row } = props;
  const t = useText(podText);
  const [view, setView] = useState<View>('states');
  const [wanted, setWanted] = useState('');
  const names = inside.lanes.flatMap((l) => (l.name === '' ? [] : [l.name]));
  const preferred = inside.lanes.find((l) => l.kind === 'app')?.name ?? names[0] ?? '';
  const container = names.includes(wanted) ? wanted : preferred;
  const tabs = VIEWS.map((id) => ({ id, title: titleOf(id, t) }));
  const chooser = OF_CONTAINER.has(view) ? (
    <label className="inline-label pod-of">
      {t.container}{' '}
      <select
        className="field mono"
        value={container}
        onChange={(event) => setWanted(event.target.value)}
      >
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  ) : null;
  return (
    <div className="pod-views">
      <Tabs label={t.views} tabs={tabs} active={view} onChange={setView} aside={chooser}>
        <Suspense fallback={<p className="dim pad">{t.loading}</p>}>
          <Shown view={view} inside={inside} container={container} row={row} />
        </Suspense>
      </Tabs>
    </div>
  );
}

function titleOf(view: View, t: PodText): string {
  return {
    states: t.viewStates,
    story: t.viewStory,
    probes: t.probes,
    logs: t.viewLogs,
    terminal: t.viewTerminal,
    files: t.viewFiles,
  }[view];
}

interface ShownProps {
  readonly view: View;
  readonly inside: PodInside;
  readonly container: string;
  readonly row: ObjectRow | undefined;
}

function Shown({ view, inside, container, row }: ShownProps) {
  const restarts = row?.pod?.containers.find((c) => c.name === container)?.restarts ?? 0;
  const key = `${inside.ref} ${container}`;
  switch (view) {
    case 'states':
      return <Machines inside={inside} />;
    case 'story':
      return <StoryList inside={inside} />;
    case 'probes':
      return <Probes inside={inside} />;
    case 'logs':
      return (
        <div className="logs">
          <LogLines key={key} pod={inside.ref} container={container} restarted={restarts > 0} />
        </div>
      );
    case 'terminal':
      return <TerminalView key={key} inside={inside} container={container} />;
    case 'files':
      return <FilesView key={key} inside={inside} container={container} />;
  }
}
