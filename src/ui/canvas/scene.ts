/**
 * What stands on the canvas, read from the mirror: which machines, how many Pods on each, which
 * owners, which controllers. No positions and no live state: two moments with the same things on the
 * canvas have equal scenes, so the layout is made anew only when something came or went.
 */
import { inDrawnOrder } from './controllers.ts';
import { isSystem } from '../mirror/refs.ts';
import type { MirrorState } from '../mirror/state.ts';
import type { ObjectRow } from '../../port/protocol.ts';
import { byNaturalName } from './short-name.ts';
import { isControlPlane } from './system.ts';

export interface WorkerScene {
  readonly name: string;
  /** Pods of it whose rows the page has. */
  readonly shown: number;
  /** Further Pods, known as counts only. */
  readonly folded: number;
}

/** An owner of Pods (or a Service) as a line among the stored objects; depth 1 = owned by the line above. */
export interface ShelfItem {
  readonly ref: string;
  readonly depth: 0 | 1;
}

export interface Scene {
  /** Machines that are drawn as the frame around the control plane. */
  readonly controlPlane: readonly string[];
  readonly workers: readonly WorkerScene[];
  /** Pods without a node: rows, and counts only. */
  readonly unbound: number;
  readonly unboundFolded: number;
  readonly shelf: readonly ShelfItem[];
  /** Names of the controllers inside the controller manager. */
  readonly controllers: readonly string[];
}

export type SceneSource = Pick<
  MirrorState,
  'objects' | 'byKind' | 'podsByNode' | 'byOwner' | 'folded' | 'componentNames' | 'components'
>;

/** Components that are drawn as boxes of their own; any other without a slash is a controller. */
const OWN_BOX = new Set([
  'kubectl',
  'kube-apiserver',
  'etcd',
  'kube-scheduler',
  'kube-controller-manager',
]);
/** Lines beyond this are only counted; nobody reads so many. */
const SHELF_MAX = 200;
/** The Service that every cluster has for its own API server. */
const OWN_SERVICE = 'Service/default/kubernetes';

export const EMPTY_SCENE: Scene = {
  controlPlane: [],
  workers: [],
  unbound: 0,
  unboundFolded: 0,
  shelf: [],
  controllers: [],
};

/** |systemShown|: what belongs to the cluster itself is drawn like everything else. */
export function buildScene(source: SceneSource, systemShown = false): Scene {
  const folded = foldedByNode(source.folded);
  const shown = (node: string): number => {
    const refs = source.podsByNode.get(node);
    return systemShown ? refs.length : refs.filter((ref) => !isSystem(ref)).length;
  };
  const machines = workerNames(source, folded).map((name) => ({
    name,
    shown: shown(name),
    folded: folded.get(name) ?? 0,
  }));
  // A machine of the control plane is drawn twice when Pods are to be seen on it.
  const isWorker = ({ name, shown: pods, folded: more }: WorkerScene): boolean =>
    pods + more > 0 || !isControlPlane(source, name);
  return {
    controlPlane: machines.flatMap(({ name }) => (isControlPlane(source, name) ? [name] : [])),
    workers: machines.filter(isWorker),
    unbound: shown(''),
    unboundFolded: folded.get('') ?? 0,
    shelf: shelfOf(source).filter(({ ref }) => systemShown || !isSystem(ref)),
    controllers: controllersOf(source),
  };
}

/** Those of the reader first: they are what is looked at. */
function controllersOf({ componentNames, components }: SceneSource): readonly string[] {
  const names = componentNames.filter((name) => !name.includes('/') && !OWN_BOX.has(name));
  const isOwn = (name: string): boolean => components.get(name)?.detail?.['account'] !== undefined;
  return [...names.filter(isOwn), ...inDrawnOrder(names.filter((name) => !isOwn(name)))];
}

/** The same thing again keeps its identity, so that React and the layout see that nothing changed. */
export function sceneReader(): (source: SceneSource, systemShown?: boolean) => Scene {
  let last = EMPTY_SCENE;
  let lastKey = '';
  return (source, systemShown) => {
    const scene = buildScene(source, systemShown);
    const key = JSON.stringify(scene);
    if (key !== lastKey) {
      last = scene;
      lastKey = key;
    }
    return last;
  };
}

function foldedByNode(folded: SceneSource['folded']): Map<string, number> {
  const counts = new Map<string, number>();
  for (const f of folded) counts.set(f.node, (counts.get(f.node) ?? 0) + f.count);
  return counts;
}

/**
 * A machine is drawn when it is registered (Node), when its kubelet is there though not yet
 * registered, and as long as Pods are bound to it though its Node is gone.
 */
function workerNames(source: SceneSource, folded: ReadonlyMap<string, number>): readonly string[] {
  const names = new Set<string>();
  for (const ref of source.byKind.get('Node')) names.add(ref.slice('Node//'.length));
  for (const name of source.componentNames) {
    if (name.startsWith('kubelet/')) names.add(name.slice('kubelet/'.length));
  }
  for (const name of source.podsByNode.keys) names.add(name);
  for (const name of folded.keys()) names.add(name);
  names.delete('');
  return [...names].sort(byNaturalName);
}

/** Owners of Pods in the order in which they are drawn; an owner's own workloads stand below it. */
const WORKLOADS: readonly string[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'Job',
  'ReplicaSet',
  'ReplicationController',
];
/** Of a CronJob's Jobs only the newest are drawn: it keeps the last ones though they have ended. */
const OWNED_MAX = 3;
/** Drawn elsewhere, or by another rule. */
const NOT_SHELVED = new Set([...WORKLOADS, 'Service', 'Pod', 'Node', 'Event', 'Namespace']);

/** Made by controllers and drivers, one for the other, from what a Pod asks for. */
const FOR_CLAIMS = new Set(['PersistentVolume', 'PersistentVolumeClaim', 'VolumeAttachment']);

function shelfOf(source: SceneSource): readonly ShelfItem[] {
  const items: ShelfItem[] = [];
  const rows = (kind: string): ObjectRow[] =>
    source.byKind
      .get(kind)
      .flatMap((ref) => source.objects.get(ref) ?? [])
      .sort(byAge);
  for (const row of WORKLOADS.flatMap(rows)) {
    // A workload that something else owns (a custom resource, say) is drawn for itself.
    const owner = row.owner === undefined ? undefined : source.objects.get(row.owner);
    if (owner !== undefined && WORKLOADS.includes(owner.kind)) continue;
    items.push({ ref: row.ref, depth: 0 });
    const owned = source.byOwner
      .get(row.ref)
      .flatMap((ref) => source.objects.get(ref) ?? [])
      .filter((below) => WORKLOADS.includes(below.kind) && isUsed(below))
      .sort((a, b) => byAge(b, a))
      .slice(0, row.kind === 'CronJob' ? OWNED_MAX : SHELF_MAX);
    for (const below of owned) items.push({ ref: below.ref, depth: 1 });
  }
  for (const row of rows('Service')) {
    if (row.ref !== OWN_SERVICE) items.push({ ref: row.ref, depth: 0 });
  }
  // Of all that a cluster keeps besides, what the reader has made and what was made for claims.
  for (const kind of [...source.byKind.keys].sort()) {
    if (NOT_SHELVED.has(kind)) continue;
    const all = FOR_CLAIMS.has(kind);
    for (const row of rows(kind)) if (all || row.applied) items.push({ ref: row.ref, depth: 0 });
  }
  return items.slice(0, SHELF_MAX);
}

/** ReplicaSets of earlier revisions stay in etcd with nothing to do; the canvas leaves them out. */
function isUsed(row: ObjectRow): boolean {
  const counts = row.replicas;
  return counts === undefined || counts.desired > 0 || counts.current > 0;
}

/** Oldest first; the name decides between objects of the same second. */
export function byAge(a: ObjectRow, b: ObjectRow): number {
  return a.createdMs - b.createdMs || (a.ref < b.ref ? -1 : a.ref > b.ref ? 1 : 0);
}
