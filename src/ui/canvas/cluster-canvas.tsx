/**
 * The cluster as a picture: control plane above, the API server across the middle, machines below.
 *
 * React Flow gives pan, zoom and placement; its nodes carry only id, kind and position. What a box
 * shows it reads by itself from the mirror, so one changed Pod draws one Pod.
 */
import {
  type Node,
  type NodeProps,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  ViewportPortal,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import {
  type KeyboardEvent,
  lazy,
  memo,
  Suspense,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useText } from '../i18n/text.ts';
import { useMirror } from '../mirror/store.ts';
import { clearSelection, useSession } from '../session/session.ts';
import { followMirror } from './activity.ts';
import './canvas.css';
import { StageContext } from './context.ts';
import { EtcdView, FrameView, KubectlView, ManagerView, SpineView } from './control-plane-view.tsx';
import { type Box, layOut, type Layout, type Size } from './layout.ts';
import { airOf } from './measures.ts';
import { directionOf, nearest } from './navigation.ts';
import { makeRoutes } from './routes.ts';
import { sceneReader } from './scene.ts';
import { SchedulerView, TrayView } from './scheduler-view.tsx';
import { SkipCaption } from './skip-caption.tsx';
import { canvasText } from './text.ts';
import { TokenLayer } from './token-layer.tsx';
import { LARGEST_ZOOM, viewportFor } from './viewport.ts';
import { MiniWorkerView, WorkerView } from './worker-view.tsx';
import { ZoomControls } from './zoom-controls.tsx';

/** Sizes are rounded to this, so that dragging a splitter does not lay out at every pixel. */
const SIZE_STEP_PX = 8;
/** Below this zoom names are left out, above the other containers are listed. */
const FAR_ZOOM = 0.55;
const NEAR_ZOOM = 1.7;

/** Only large clusters need it. */
const FleetView = lazy(() => import('./fleet-view.tsx').then((m) => ({ default: m.FleetView })));

type BoxNode = Node<Record<string, never>, BoxKind>;
type BoxKind = keyof typeof NODE_TYPES;

const named =
  (View: (props: { name: string }) => React.ReactNode) =>
  ({ id }: NodeProps) => <View name={id.slice(id.indexOf(':') + 1)} />;

const NODE_TYPES = {
  frame: () => <FrameView />,
  kubectl: () => <KubectlView />,
  etcd: () => <EtcdView />,
  manager: () => <ManagerView />,
  tray: () => <TrayView />,
  scheduler: () => <SchedulerView />,
  spine: () => <SpineView />,
  worker: named((props) => <WorkerView {...props} />),
  mini: named((props) => <MiniWorkerView {...props} />),
  fleet: () => (
    <Suspense>
      <FleetView />
    </Suspense>
  ),
};

export function ClusterCanvas() {
  const t = useText(canvasText);
  const root = useRef<HTMLElement>(null);
  const size = useSize(root);
  const past = useMirror((s) => s.past);
  const presenting = useSession((s) => s.presenting);
  const room = useMemo(
    () => (size === null || !presenting ? size : shrunk(size, LARGEST_ZOOM)),
    [size, presenting],
  );
  useEffect(followMirror, []);
  return (
    // One tab stop for the whole picture; arrow keys move inside it.
    <section
      ref={root}
      className="kg-canvas"
      aria-label={t.cluster}
      aria-description={t.keysHint}
      data-past={past ? '' : undefined}
      data-air={room === null ? undefined : airOf(room.height)}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is the entrance to what is drawn
      tabIndex={0}
      onKeyDown={(event) => moveByKey(event, root.current)}
    >
      {size === null || room === null ? null : (
        <ReactFlowProvider>
          <Stage size={size} room={room} />
        </ReactFlowProvider>
      )}
      <SkipCaption />
    </section>
  );
}

function useSize(root: React.RefObject<HTMLElement | null>): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useEffect(() => {
    const element = root.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      const round = (n: number): number => Math.floor(n / SIZE_STEP_PX) * SIZE_STEP_PX;
      const next = { width: round(element.clientWidth), height: round(element.clientHeight) };
      if (next.width === 0 || next.height === 0) return;
      setSize((before) =>
        before?.width === next.width && before.height === next.height ? before : next,
      );
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [root]);
  return size;
}

/** To be drawn |by| times larger, a picture is laid out in a room as many times smaller. */
function shrunk(size: Size, by: number): Size {
  return { width: Math.floor(size.width / by), height: Math.floor(size.height / by) };
}

function Stage({ size, room }: { readonly size: Size; readonly room: Size }) {
  const [readScene] = useState(sceneReader);
  const systemShown = useSession((s) => s.systemShown);
  const scene = useMirror((s) => readScene(s, systemShown));
  const layout = useMemo(() => layOut(scene, room), [scene, room]);
  const nodes = useMemo(() => nodesOf(layout), [layout]);
  const stage = useMemo(() => ({ layout, scene }), [layout, scene]);
  const view = useFit(layout, size);
  return (
    <StageContext value={stage}>
      <Flow nodes={nodes} layout={layout} onMoved={view.onMoved} />
      <TokenLayer layout={layout} />
      <ZoomControls onFit={view.fit} />
    </StageContext>
  );
}

interface FlowProps {
  readonly nodes: BoxNode[];
  readonly layout: Layout;
  readonly onMoved: () => void;
}

const Flow = memo(function Flow({ nodes, layout, onMoved }: FlowProps) {
  const level = useStore((s) =>
    s.transform[2] < FAR_ZOOM ? 'far' : s.transform[2] > NEAR_ZOOM ? 'near' : 'middle',
  );
  return (
    <div className="kg-flow" data-zoom={level}>
      <ReactFlow
        nodes={nodes}
        nodeTypes={NODE_TYPES}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        // Keys of its own would be taken from all that is no input, Space from editors among them.
        panActivationKeyCode={null}
        deleteKeyCode={null}
        zoomOnDoubleClick={false}
        minZoom={0.2}
        maxZoom={4}
        proOptions={{ hideAttribution: true }}
        // A move by hand has an event, one by code has none; a mere click begins a move, but moves nothing.
        onMove={(event) => {
          if (event !== null) onMoved();
        }}
      >
        <ViewportPortal>
          <Wires layout={layout} />
        </ViewportPortal>
      </ReactFlow>
    </div>
  );
});

const Wires = memo(function Wires({ layout }: { readonly layout: Layout }) {
  const routes = useMemo(() => makeRoutes(layout), [layout]);
  return (
    <svg className="kg-wires" width={layout.width} height={layout.height} aria-hidden="true">
      {routes.wires.map((route) => {
        const path = route.points.map((p) => `${p.x} ${p.y}`).join('L');
        return <path key={path} d={`M${path}`} />;
      })}
    </svg>
  );
});

function nodesOf(layout: Layout): BoxNode[] {
  const nodes: BoxNode[] = [];
  const add = (id: string, type: BoxKind, box: Box, behind = false): void => {
    nodes.push({
      id,
      type,
      position: { x: box.x, y: box.y },
      width: box.w,
      height: box.h,
      data: {},
      zIndex: behind ? -2 : 1,
      // React Flow takes the pointer away from nodes that cannot be dragged; ours hold buttons.
      style: { pointerEvents: behind ? 'none' : 'all' },
    });
  };
  add('frame', 'frame', layout.frame, true);
  add('kubectl', 'kubectl', layout.kubectl);
  add('etcd', 'etcd', layout.etcd);
  add('manager', 'manager', layout.manager);
  add('tray', 'tray', layout.tray);
  add('scheduler', 'scheduler', layout.scheduler);
  add('spine', 'spine', layout.spine);
  const kind = layout.form === 'box' ? 'worker' : 'mini';
  for (const [name, box] of layout.workers) add(`machine:${name}`, kind, box);
  if (layout.fleet !== null) add('fleet', 'fleet', layout.fleet.box);
  return nodes;
}

/** Shows everything until the reader moves the picture by hand; a new size of the pane shows all again. */
function useFit(layout: Layout, size: Size): { fit: () => void; onMoved: () => void } {
  const flow = useReactFlow();
  const byHand = useRef(false);
  const fittedSize = useRef<Size | null>(null);
  const fit = useCallback((): void => {
    byHand.current = false;
    void flow.setViewport(viewportFor(layout, size));
  }, [flow, layout, size]);
  useEffect(() => {
    if (byHand.current && fittedSize.current === size) return;
    fittedSize.current = size;
    fit();
  }, [fit, size]);
  const onMoved = useCallback((): void => {
    byHand.current = true;
  }, []);
  return { fit, onMoved };
}

function moveByKey(event: KeyboardEvent, root: HTMLElement | null): void {
  if (root === null || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const focused = document.activeElement;
  if (event.key === 'Escape' && focused !== root) {
    clearSelection();
    root.focus();
    event.stopPropagation();
    return;
  }
  const direction = directionOf(event.key);
  if (direction === null && !(event.key === 'Enter' && focused === root)) return;
  // After a click the arrows still belong to playback; with the keyboard they move here.
  if (focused !== root && focused?.matches(':focus-visible') !== true) return;
  const entries = [...root.querySelectorAll<HTMLElement>('[data-entry]')];
  const target = targetOf(entries, focused, direction);
  if (target === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  target.focus({ preventScroll: true });
  if (focused !== root) target.click();
}

function targetOf(
  entries: readonly HTMLElement[],
  focused: Element | null,
  direction: ReturnType<typeof directionOf>,
): HTMLElement | undefined {
  const from = entries.find((entry) => entry === focused);
  if (from === undefined || direction === null) {
    return entries.find((entry) => entry.getAttribute('aria-pressed') === 'true') ?? entries[0];
  }
  const rects = entries.map((entry) => entry.getBoundingClientRect());
  return entries[nearest(from.getBoundingClientRect(), rects, direction)];
}
