/**
 * What is mounted where in a container: volumes, parts of them, and the files that every container
 * gets.
 *
 * Models: pkg/kubelet/kubelet_pods.go makeMounts, kuberuntime_container.go makeMounts,
 * pkg/volume/util/subpath (v1.36); containerd 2.x internal/cri/server container_create_linux.go
 * Simplified: mount propagation and recursive read-only mounts are accepted and change nothing.
 */
import type { Container, VolumeMount } from '../../../api/generated/types.ts';
import { compareText } from '../../../api/meta/go-text.ts';
import { FileStore } from '../runtime/file-system.ts';
import { joinPath, parentOf, resolvePath } from '../runtime/file-tree.ts';
import { FileView } from '../runtime/file-view.ts';
import { imageTree } from '../runtime/executables.ts';
import { mountRefusal } from '../runtime/mount-refusal.ts';
import { innermostFirst, type Mount, MountTable } from '../runtime/mount-table.ts';
import type { ImageDefinition } from '../runtime/program.ts';
import { RuntimeError } from '../runtime/runtime-types.ts';
import { expand } from './container-env.ts';
import type { KubeletContext } from './context.ts';
import type { PodRecord } from './pod-record.ts';
import { MessageMount, PodFiles, SHARED_PATHS, SharedMount } from './pod-files.ts';
import { MissingReference } from './references.ts';
import { makeDirectories } from './volumes/host-path.ts';
import { MountError } from './volumes/mount-error.ts';
import { type MountedVolume, volumeDirectory } from './volumes/node-volumes.ts';
import { WrittenVolume } from './volumes/written-volume.ts';

/** MAXSYMLINKS of Linux. */
const MAX_LINKS = 40;

/** A container that is being given its mounts. */
interface Target {
  readonly context: KubeletContext;
  readonly p: PodRecord;
  readonly spec: Container;
  readonly variables: ReadonlyMap<string, string>;
  readonly image: ImageDefinition;
}

export function containerMounts(
  context: KubeletContext,
  p: PodRecord,
  spec: Container,
  variables: ReadonlyMap<string, string>,
  image: ImageDefinition,
): readonly Mount[] {
  const target = { context, p, spec, variables, image };
  const mounts = (spec.volumeMounts ?? []).map((m, index) => volumeMount(target, m, index));
  const files = podFiles(context, p);
  const shared: Mount[] = SHARED_PATHS.map((path) => new SharedMount(path, files));
  const { terminationMessagePath = '/dev/termination-log' } = spec;
  const message = resolvePath('/', terminationMessagePath);
  if (message !== '/') shared.push(new MessageMount(message, context.kernel));
  // What the Pod itself mounts there comes first.
  const free = shared.filter((other) => !mounts.some((m) => m.path === other.path));
  return innermostFirst([...mounts, ...free]);
}

/** They are made anew with another sandbox, which has another address. */
function podFiles(context: KubeletContext, p: PodRecord): PodFiles {
  const { uid } = p.identity;
  const { runtime, volumes } = context;
  const ip = runtime.status(uid).sandbox?.ip ?? '';
  const known = volumes.files.get(uid);
  if (known?.ip === ip) return known;
  known?.discard();
  const files = new PodFiles(context, p, ip);
  volumes.files.set(uid, files);
  return files;
}

function volumeMount(target: Target, m: VolumeMount, index: number): Mount {
  const { context, p, spec, image } = target;
  const { uid } = p.identity;
  const volume = context.volumes.get(uid, m.name);
  if (!volume) {
    const what = `cannot find volume "${m.name}" to mount into container "${spec.name}"`;
    throw new MissingReference(what);
  }
  const subPath = subPathOf(target, m);
  const reference = p.pod.spec.volumes?.find((v) => v.name === m.name)?.image?.reference;
  const part =
    reference === undefined
      ? partOf(target, m, volume, subPath)
      : imagePart(context, reference, subPath);
  const readOnly = m.readOnly === true || volume.readOnly;
  const path = resolvePath('/', m.mountPath);
  const mount: Mount = { path, ...part, ...(readOnly ? { readOnly } : {}) };
  const refusal = mountRefusal(imageTree(image), mount, () => {
    if (subPath === '') return volumeDirectory(uid, m.name, volume);
    return `/var/lib/kubelet/pods/${uid}/volume-subpaths/${m.name}/${spec.name}/${index}`;
  });
  return refusal === null ? mount : { ...mount, refusal };
}

function subPathOf({ variables }: Target, m: VolumeMount): string {
  let { subPath = '' } = m;
  if (m.subPathExpr !== undefined && m.subPathExpr !== '') {
    const missing = new Set<string>();
    for (const [, name = ''] of m.subPathExpr.replaceAll('$$', '').matchAll(/\$\(([^)]*)\)/g)) {
      if ((variables.get(name) ?? '') === '') missing.add(name);
    }
    if (missing.size > 0) {
      throw new MissingReference(`missing value for ${[...missing].sort(compareText).join(', ')}`);
    }
    subPath = expand(m.subPathExpr, variables);
  }
  if (subPath.startsWith('/')) {
    throw new MissingReference(`error SubPath \`${subPath}\` must not be an absolute path`);
  }
  if (subPath.split('/').includes('..')) {
    const why = `unable to provision SubPath \`${subPath}\``;
    throw new MissingReference(`${why}: must not contain '..'`);
  }
  return subPath;
}

type Part = Pick<Mount, 'source' | 'sourcePath'>;

/** The volume, or the part of it that |subPath| names: a directory is made where nothing is. */
function partOf(
  { context, spec }: Target,
  m: VolumeMount,
  volume: MountedVolume,
  subPath: string,
): Part {
  const { store, path } = volume;
  if (path === '' && subPath === '') return { source: store };
  const view = new FileView(new MountTable(store, [], false));
  if (volume.plugin === '' && path !== '' && view.kind(path) === null)
    makeHostDirectory(context, path);
  const base = path === '' ? '' : (view.realPath(path) ?? path);
  if (subPath === '') return { source: store, sourcePath: base };
  const wanted = resolvePath(base === '' ? '/' : base, subPath);
  const real = view.realPath(wanted);
  const isInside =
    real !== null && `${real}/`.startsWith(`${base}/`) && (base !== '' || !leaves(view, subPath));
  if (real !== null && !isInside) {
    const what = `volumeMount "${m.name}" of container "${spec.name}"`;
    throw new MissingReference(`failed to prepare subPath for ${what}`);
  }
  if (real !== null && view.kind(real) !== null) {
    // What is mounted is the file itself: a later version has another place in the volume.
    const isFixed = volume instanceof WrittenVolume && store.changedAt(real) === null;
    const source = isFixed ? new FileStore({ base: store.base, type: store.type }) : store;
    return { source, sourcePath: real };
  }
  const mode = view.stat(base === '' ? '/' : base)?.mode ?? 0o755;
  if (!makeSubPath(view, wanted, mode)) {
    const what = `volumeMount "${m.name}" of container "${spec.name}"`;
    throw new MissingReference(`failed to create subPath directory for ${what}`);
  }
  return { source: store, sourcePath: view.realPath(wanted) ?? wanted };
}

/**
 * Whether a link on the way leads out of the volume. It would lead to a place of the node, which the
 * volume's own files do not show: above its root is its root.
 */
function leaves(view: FileView, subPath: string): boolean {
  const parts = subPath.split('/');
  const at: string[] = [];
  for (let links = 0; parts.length > 0 && links <= MAX_LINKS; ) {
    const part = parts.shift() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) return true;
      continue;
    }
    at.push(part);
    const target = view.readLink(`/${at.join('/')}`);
    if (target === null) continue;
    if (target.startsWith('/')) return true;
    links++;
    at.pop();
    parts.unshift(...target.split('/'));
  }
  return false;
}

/** SafeMakeDir: each directory has the mode of the volume. */
function makeSubPath(view: FileView, path: string, mode: number): boolean {
  const kind = view.kind(path);
  if (kind !== null) return kind === 'directory';
  return (
    makeSubPath(view, parentOf(path), mode) &&
    view.makeDirectory(path) === null &&
    view.setMode(path, mode) === null
  );
}

/** containerd makes what a hostPath without a type names. */
function makeHostDirectory({ volumes }: KubeletContext, path: string): void {
  try {
    makeDirectories(volumes.host, path);
  } catch (error) {
    if (!(error instanceof MountError)) throw error;
    throw new RuntimeError(`failed to generate container spec: failed to ${error.message}`);
  }
}

function imagePart({ runtime, kernel }: KubeletContext, reference: string, subPath: string): Part {
  const image = runtime.images.find(reference);
  if (!image) throw new RuntimeError(`failed to mount image volume: ${reference}: not found`);
  const base = imageTree(image.definition);
  const source = new FileStore({ base, clock: kernel, type: 'overlay' });
  if (subPath === '') return { source };
  const sourcePath = joinPath('/', subPath.replace(/\/+$/, ''));
  if (!base.entry(sourcePath)) {
    const what = `failed to ensure subpath "${subPath}" of image volume exists`;
    throw new RuntimeError(`${what}: no such file or directory`);
  }
  return { source, sourcePath };
}
