/** Layout only: which pane stands where, how large it is, what is hidden when. */
import { Suspense } from 'react';
import { ClusterCanvas } from './canvas/cluster-canvas.tsx';
import { EditorPane } from './editor/editor-pane.tsx';
import { activityText } from './i18n/activity.ts';
import { inspectorText } from './i18n/inspector.ts';
import { shellText } from './i18n/shell.ts';
import { useText } from './i18n/text.ts';
import { Button } from './kit/button.tsx';
import { Splitter } from './kit/splitter.tsx';
import { Tabs } from './kit/tabs.tsx';
import { useMirror } from './mirror/store.ts';
import { PanelGuard } from './panel-guard.tsx';
import { PANELS } from './panels/index.ts';
import type { Dock, Panel } from './panels/panel.ts';
import { applyActive } from './session/actions.ts';
import { useFiles } from './session/files.ts';
import {
  type ActivityTab,
  type InspectorTab,
  type PaneSizes,
  session,
  useSession,
} from './session/session.ts';

export function App() {
  const past = useMirror((s) => s.past);
  const presenting = useSession((s) => s.presenting);
  const podIsOpen = useSession((s) => s.openPod !== null);
  return (
    <div className="app" data-past={past ? '' : undefined}>
      <header className="header">
        <Brand />
        <Docked dock="header" />
      </header>
      <PhoneNote />
      <Docked dock="time" />
      <main className="middle" id="main" data-inside={podIsOpen ? '' : undefined}>
        {presenting ? null : <EditorColumn />}
        <div className="stage" id="pane-cluster">
          <FirstVisit />
          {podIsOpen ? null : <Docked dock="stage" />}
          <PanelGuard name="Cluster">
            <ClusterCanvas />
          </PanelGuard>
        </div>
        {podIsOpen ? <InsideOfPod presenting={presenting} /> : null}
        {presenting ? null : <InspectorColumn />}
      </main>
      {podIsOpen ? null : <Drawer />}
      <Docked dock="overlay" />
    </div>
  );
}

/** Covers editor and canvas, which stay as they are underneath. */
function InsideOfPod({ presenting }: { readonly presenting: boolean }) {
  const inspector = useSession((s) => s.sizes.inspector);
  // Beside the inspector and the line that sizes it.
  const right = presenting ? 0 : inspector + 1;
  return (
    <div className="inside-pane" style={{ right }}>
      <Docked dock="stage" />
      <Docked dock="inside" />
    </div>
  );
}

function Brand() {
  const t = useText(shellText);
  return (
    <div className="brand">
      <svg width="22" height="22" viewBox="0 0 24 24" aria-hidden="true" className="brand-mark">
        <path d="M12 2 21 7v10l-9 5-9-5V7z" />
        <path d="M3 7l9 5 9-5M12 12v10" opacity="0.55" />
        <circle cx="12" cy="12" r="2.4" />
      </svg>
      <h1>{t.main}</h1>
      <span className="brand-tag">/ {t.tagline}</span>
    </div>
  );
}

function panelsOf(dock: Dock): readonly Panel[] {
  return PANELS.filter((panel) => panel.dock === dock);
}

/** All panels of a dock, one after the other. */
function Docked({ dock }: { readonly dock: Dock }) {
  const language = useSession((s) => s.language);
  return panelsOf(dock).map(({ id, title, component: Content }) => (
    <PanelGuard key={id} name={title(language)}>
      <Suspense>
        <Content />
      </Suspense>
    </PanelGuard>
  ));
}

interface TabbedProps {
  readonly dock: Dock;
  readonly label: string;
  readonly active: string;
  readonly onChange: (id: string) => void;
}

/** The panels of a dock as tabs, of which one is drawn. */
function Tabbed({ dock, label, active, onChange }: TabbedProps) {
  const language = useSession((s) => s.language);
  const panels = panelsOf(dock);
  const shown = panels.find((panel) => panel.id === active) ?? panels[0];
  if (shown === undefined) return null;
  const { id, component: Content } = shown;
  const tabs = panels.map((panel) => ({ id: panel.id, title: panel.title(language) }));
  return (
    <Tabs label={label} tabs={tabs} active={id} onChange={onChange}>
      <PanelGuard key={id} name={shown.title(language)}>
        <Suspense>
          <Content />
        </Suspense>
      </PanelGuard>
    </Tabs>
  );
}

function resize(change: Partial<PaneSizes>): void {
  session.setState({ sizes: { ...session.getState().sizes, ...change } });
}

function EditorColumn() {
  const t = useText(shellText);
  const width = useSession((s) => s.sizes.editor);
  return (
    <>
      <div className="column editor-column" style={{ width }} id="pane-editor">
        <PanelGuard name="Manifest editor">
          <EditorPane />
        </PanelGuard>
      </div>
      <Splitter
        label={t.resizeEditor}
        axis="x"
        value={width}
        min={220}
        max={720}
        after={false}
        onChange={(editor) => resize({ editor })}
      />
    </>
  );
}

function InspectorColumn() {
  const t = useText(shellText);
  const words = useText(inspectorText);
  const width = useSession((s) => s.sizes.inspector);
  const active = useSession((s) => s.inspectorTab);
  return (
    <>
      <Splitter
        label={t.resizeInspector}
        axis="x"
        value={width}
        min={240}
        max={640}
        after
        onChange={(inspector) => resize({ inspector })}
      />
      <aside className="column inspector-column" style={{ width }} id="pane-inspector">
        <Tabbed
          dock="inspector"
          label={words.tablist}
          active={active}
          onChange={(id) => session.setState({ inspectorTab: id as InspectorTab })}
        />
      </aside>
    </>
  );
}

function Drawer() {
  const t = useText(shellText);
  const words = useText(activityText);
  const { drawer, log, lanes } = useSession((s) => s.sizes);
  const active = useSession((s) => s.activityTab);
  return (
    <>
      <Splitter
        label={t.resizeDrawer}
        axis="y"
        value={drawer}
        min={90}
        max={600}
        after
        onChange={(height) => resize({ drawer: height })}
      />
      <div className="drawer" style={{ height: drawer }}>
        <section className="column activity" id="pane-activity" aria-label={words.tablist}>
          <Tabbed
            dock="activity"
            label={words.tablist}
            active={active}
            onChange={(id) => session.setState({ activityTab: id as ActivityTab })}
          />
        </section>
        <DrawerPart
          dock="log"
          label={t.resizeLog}
          width={log}
          onResize={(n) => resize({ log: n })}
        />
        <DrawerPart
          dock="lanes"
          label={t.resizeLanes}
          width={lanes}
          onResize={(n) => resize({ lanes: n })}
        />
      </div>
    </>
  );
}

interface DrawerPartProps {
  readonly dock: Dock;
  readonly label: string;
  readonly width: number;
  readonly onResize: (width: number) => void;
}

function DrawerPart({ dock, label, width, onResize }: DrawerPartProps) {
  return (
    <>
      <Splitter
        label={label}
        axis="x"
        value={width}
        min={160}
        max={1_400}
        after
        onChange={onResize}
      />
      <div className="column drawer-part" data-dock={dock} style={{ width }}>
        <Docked dock={dock} />
      </div>
    </>
  );
}

/** Shown on small screens only: what cannot be done there, and how to have something to look at. */
function PhoneNote() {
  const t = useText(shellText);
  const file = useFiles((s) => s.active);
  return (
    <p className="phone-note">
      {t.phone} <Button onClick={() => void applyActive()}>{t.phoneApply(file)}</Button>
    </p>
  );
}

/** One line for the first visit: what is here and what pressing Apply will do. */
function FirstVisit() {
  const t = useText(shellText);
  const over = useSession((s) => s.hasApplied || s.presenting);
  return over ? null : <p className="first-visit">{t.firstVisit}</p>;
}
