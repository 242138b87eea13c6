/** kubectl, the API server as the bar across the middle, etcd with what it stores, the controllers. */
import { memo } from 'react';
import type { SpanRow } from '../../port/protocol.ts';
import { useText } from '../i18n/text.ts';
import { useMirror } from '../mirror/store.ts';
import { session, useSession } from '../session/session.ts';
import { useActivity } from './activity.ts';
import { useStage } from './context.ts';
import { chipsThatFit, controllerTitle } from './controllers.ts';
import { ComponentEntry, ObjectEntry } from './entry.tsx';
import { codeOf, etcdKey, hueOf, requestLine } from './looks.ts';
import type { ShelfItem } from './scene.ts';
import { parseRef, shortName } from './short-name.ts';
import { canvasText } from './text.ts';
import { LASTING } from './tokens.ts';

export const KubectlView = memo(function KubectlView() {
  const t = useText(canvasText);
  return (
    <div className="kg-box kg-kubectl" data-component="kubectl">
      <ComponentEntry component="kubectl" className="kg-stretch" label={t.kubectlHint}>
        kubectl
      </ComponentEntry>
    </div>
  );
});

export const FrameView = memo(function FrameView() {
  const t = useText(canvasText);
  const { scene } = useStage();
  const systemShown = useSession((s) => s.systemShown);
  return (
    <div className="kg-frame">
      {t.controlPlane}
      {scene.controlPlane.map((name) => (
        <ControlPlaneNode key={name} name={name} />
      ))}
      {systemShown ? (
        <button
          type="button"
          className="kg-entry kg-chip kg-fold"
          data-entry=""
          tabIndex={-1}
          onClick={() => session.setState({ systemShown: false })}
        >
          {t.foldSystem}
        </button>
      ) : null}
    </div>
  );
});

/** The machine that the control plane runs on: the frame itself. */
function ControlPlaneNode({ name }: { readonly name: string }) {
  const t = useText(canvasText);
  const row = useMirror((s) => s.objects.get(`Node//${name}`));
  const pods = useMirror((s) => s.podsByNode.get(name).length);
  const running = useRunning(`kubelet/${name}`);
  const status = row?.status ?? t.unregistered;
  return (
    <span className="kg-frame-node" data-stopped={running ? undefined : ''}>
      {' · '}
      <ObjectEntry
        object={`Node//${name}`}
        className="kg-chip"
        label={t.nodeLabel(name, status, pods)}
      >
        {name}
        {status === 'Ready' ? '' : ` ${status}`}
      </ObjectEntry>
    </span>
  );
}

/** Running, or said and drawn to be stopped. */
export function useRunning(component: string): boolean {
  return useMirror((s) => s.components.get(component)?.running ?? true);
}

export const SpineView = memo(function SpineView() {
  const t = useText(canvasText);
  const running = useRunning('kube-apiserver');
  const request = useActivity((a) => a.request);
  const at = useMirror((s) => s.at);
  const current = request !== null && (request.end === LASTING || request.end >= at);
  return (
    <div
      className="kg-spine"
      data-component="kube-apiserver"
      data-stopped={running ? undefined : ''}
    >
      <ComponentEntry
        component="kube-apiserver"
        className="kg-stretch"
        label={t.componentLabel('kube-apiserver', running ? t.running : t.stopped)}
      >
        kube-apiserver
      </ComponentEntry>
      <span className={current ? 'kg-request is-current' : 'kg-request'}>
        {running ? <RequestLine request={request} /> : t.stopped}
      </span>
    </div>
  );
});

function RequestLine({ request }: { readonly request: SpanRow | null }) {
  const t = useText(canvasText);
  if (request === null) return <>{t.noRequest}</>;
  const code = codeOf(request);
  return (
    <>
      <span className="kg-request-path">{requestLine(request)}</span>
      {code === 0 ? null : (
        <span className={code >= 400 ? 'kg-code is-bad' : 'kg-code'}>→ {code}</span>
      )}
    </>
  );
}

export const EtcdView = memo(function EtcdView() {
  const t = useText(canvasText);
  const revision = useMirror((s) => s.revision);
  const running = useRunning('etcd');
  const write = useActivity((a) => a.write);
  return (
    <div className="kg-box" data-component="etcd" data-stopped={running ? undefined : ''}>
      <div className="kg-head">
        <ComponentEntry
          component="etcd"
          className="kg-stretch kg-title"
          label={t.componentLabel('etcd', running ? t.running : t.stopped)}
        >
          etcd
        </ComponentEntry>
        <span className="kg-pill">{running ? t.revision(revision) : t.stopped}</span>
      </div>
      <LastWrite write={write} />
      <Shelf />
    </div>
  );
});

function LastWrite({ write }: { readonly write: SpanRow | null }) {
  if (write === null) return <p className="kg-sub kg-lastwrite mono">/registry</p>;
  const key = etcdKey(write.object);
  const cut = key.lastIndexOf('/');
  const folder = key.slice('/registry/'.length, cut + 1);
  return (
    <p
      className="kg-sub kg-lastwrite mono"
      title={key}
      style={{ color: `var(${hueOf(parseRef(write.object).kind)})` }}
    >
      {folder}
      {shortName(key.slice(cut + 1), 14)}
    </p>
  );
}

/** Owners among the stored objects; Pods are drawn where they run. */
function Shelf() {
  const t = useText(canvasText);
  const { scene, layout } = useStage();
  if (scene.shelf.length === 0) return <p className="kg-sub kg-wrap">{t.nothingStored}</p>;
  const all = scene.shelf.length <= layout.shelfLines;
  const shown = all ? scene.shelf : scene.shelf.slice(0, Math.max(layout.shelfLines - 1, 1));
  return (
    <ul className="kg-shelf" aria-label={t.storedObjects}>
      {shown.map((item) => (
        <li key={item.ref} data-depth={item.depth}>
          <ShelfLine object={item.ref} />
        </li>
      ))}
      {all ? null : (
        <li>
          <ComponentEntry
            component="etcd"
            className="kg-shelfline kg-more"
            label={t.moreStored(scene.shelf.length - shown.length)}
          >
            {t.more(scene.shelf.length - shown.length)}
            <span className="kg-more-kinds">{kindsOf(scene.shelf.slice(shown.length))}</span>
          </ComponentEntry>
        </li>
      )}
    </ul>
  );
}

/** kubectl's short names, and where it has none the like: what fits beside a name. */
const SHORT_KINDS: Readonly<Record<string, string>> = {
  Deployment: 'deploy',
  ReplicaSet: 'rs',
  StatefulSet: 'sts',
  DaemonSet: 'ds',
  CronJob: 'cj',
  Job: 'job',
  ReplicationController: 'rc',
  Service: 'svc',
  ConfigMap: 'cm',
  Secret: 'secret',
  ServiceAccount: 'sa',
  PersistentVolume: 'pv',
  PersistentVolumeClaim: 'pvc',
  StorageClass: 'sc',
  VolumeAttachment: 'va',
  Ingress: 'ing',
  IngressClass: 'ingclass',
  NetworkPolicy: 'netpol',
  HorizontalPodAutoscaler: 'hpa',
  PodDisruptionBudget: 'pdb',
  ResourceQuota: 'quota',
  LimitRange: 'limits',
  PriorityClass: 'pc',
  Role: 'role',
  RoleBinding: 'rolebdg',
  ClusterRole: 'crole',
  ClusterRoleBinding: 'crolebdg',
  CustomResourceDefinition: 'crd',
  ValidatingAdmissionPolicy: 'vap',
  ValidatingAdmissionPolicyBinding: 'vapbdg',
  MutatingAdmissionPolicy: 'map',
  MutatingAdmissionPolicyBinding: 'mapbdg',
};

/** `sts ds svc`: which kinds there was no room for. */
function kindsOf(items: readonly ShelfItem[]): string {
  const kinds = new Set(items.map((item) => parseRef(item.ref).kind));
  return [...kinds].map((kind) => SHORT_KINDS[kind] ?? kind).join(' ');
}

/** Of a line: width of a character, and what stands around kind, name and count, in pixels. */
const SHELF_CHAR = 7.3;
const SHELF_AROUND = 44;

const ShelfLine = memo(function ShelfLine({ object }: { readonly object: string }) {
  const t = useText(canvasText);
  const { layout } = useStage();
  const row = useMirror((s) => s.objects.get(object));
  const fresh = useActivity((a) => a.fresh.has(object));
  if (row === undefined) return null;
  const counts = row.replicas;
  const status = counts === undefined ? row.status : `${counts.ready}/${counts.desired}`;
  const kind = SHORT_KINDS[row.kind] ?? row.kind;
  const words = kind.length + (counts === undefined ? 0 : status.length);
  const chars = Math.floor((layout.etcd.w - SHELF_AROUND) / SHELF_CHAR) - words;
  return (
    <ObjectEntry
      object={object}
      className={`kg-shelfline${fresh ? ' is-fresh' : ''}${row.deleting ? ' is-deleting' : ''}`}
      label={t.objectLabel(row.kind, row.name, status)}
      title={`${row.kind} ${row.name}`}
    >
      <span className="kg-kind" style={{ color: `var(${hueOf(row.kind)})` }}>
        {kind}
      </span>
      <span className="kg-shelfname">{shortName(row.name, chars)}</span>
      {counts === undefined ? null : (
        <span className={counts.ready === counts.desired ? 'kg-count' : 'kg-count is-behind'}>
          {status}
        </span>
      )}
    </ObjectEntry>
  );
});

/** Of the chips: room at their sides, and height of a line (canvas.css). */
const CHIPS_PAD = 16;
const CHIP_LINE = 27;
/** Title above, and the lines that say what is being reconciled below: none, one or two. */
const AROUND_CHIPS = { tight: 32, compact: 58, roomy: 78 } as const;

export const ManagerView = memo(function ManagerView() {
  const t = useText(canvasText);
  const { scene, layout } = useStage();
  const running = useRunning('kube-controller-manager');
  const names = scene.controllers;
  const shown = chipsThatFit(
    names.map(controllerTitle),
    layout.manager.w - CHIPS_PAD,
    Math.floor((layout.manager.h - AROUND_CHIPS[layout.air]) / CHIP_LINE),
  );
  return (
    <div
      className="kg-box"
      data-component="kube-controller-manager"
      data-stopped={running ? undefined : ''}
    >
      <div className="kg-head">
        <ComponentEntry
          component="kube-controller-manager"
          className="kg-stretch kg-title"
          label={t.componentLabel('kube-controller-manager', running ? t.running : t.stopped)}
        >
          {t.manager}
        </ComponentEntry>
        {running ? null : <span className="kg-pill">{t.stopped}</span>}
      </div>
      <div className="kg-chips kg-controllers">
        {names.slice(0, shown).map((name) => (
          <ControllerChip key={name} name={name} />
        ))}
        {shown < names.length ? <OtherControllers names={names.slice(shown)} /> : null}
      </div>
      <WorkLine controllers={scene.controllers} />
    </div>
  );
});

const ControllerChip = memo(function ControllerChip({ name }: { readonly name: string }) {
  const t = useText(canvasText);
  const queue = useMirror((s) => s.components.get(name)?.queue ?? 0);
  const running = useRunning(name);
  const work = useActivity((a) => a.busy.get(name));
  const busy = work !== undefined;
  const state = !running ? t.stopped : busy ? t.busy : t.running;
  const hue = busy ? hueOf(parseRef(work.object).kind) : '--line2';
  return (
    <ComponentEntry
      component={name}
      mark
      className={busy ? 'kg-chip is-hot' : 'kg-chip'}
      label={t.componentLabel(name, queue > 0 ? `${state}, ${t.queued(queue)}` : state)}
      title={name}
    >
      <span className="kg-chip-ring" style={{ borderColor: `var(${hue})` }} aria-hidden="true" />
      {controllerTitle(name)}
      {queue > 0 ? <span className="kg-queue">{queue}</span> : null}
    </ComponentEntry>
  );
});

/** Controllers for which there is no room: lit when one of them works; the inspector lists them all. */
function OtherControllers({ names }: { readonly names: readonly string[] }) {
  const t = useText(canvasText);
  const busy = useActivity((a) => names.some((name) => a.busy.has(name)));
  return (
    <ComponentEntry
      component="kube-controller-manager"
      className={busy ? 'kg-chip is-hot' : 'kg-chip'}
      label={t.moreControllers(names.length)}
      title={names.map(controllerTitle).join(', ')}
    >
      +{names.length}
    </ComponentEntry>
  );
}

/** The reconcile running now: its key, and wanted beside seen. */
function WorkLine({ controllers }: { readonly controllers: readonly string[] }) {
  const t = useText(canvasText);
  const work = useActivity((a) => {
    for (const name of controllers) {
      const span = a.busy.get(name);
      if (span !== undefined) return span;
    }
    return undefined;
  });
  if (work === undefined) return <p className="kg-workline is-idle">{t.allQuiet}</p>;
  const { kind, name } = parseRef(work.object);
  const wanted = plainText(work.detail?.['wanted']);
  const seen = plainText(work.detail?.['seen']);
  return (
    <p className="kg-workline" title={`${work.object}\n${t.wantedSeen(wanted, seen)}`}>
      {`${kind} ${shortName(name, 16)}`}
      {wanted === '' && seen === '' ? null : `: ${t.wantedSeen(wanted, seen)}`}
    </p>
  );
}

function plainText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
