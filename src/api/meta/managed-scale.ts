/**
 * Who owns the replicas of an object, as its scale subresource sees it, and back.
 *
 * Models: k8s.io/apimachinery/pkg/util/managedfields scalehandler.go (v1.36)
 */
import { difference, hasPath, setOf } from './field-set.ts';
import type { ManagedState, Manager } from './managed-state.ts';

const SCALE_VERSION = 'autoscaling/v1';
const REPLICAS = ['f:spec', 'f:replicas'];

/**
 * Where the replicas are in an object of a version; null = that version has no scale, undefined = it
 * is not served.
 */
export type ReplicasPath = (apiVersion: string) => readonly string[] | null | undefined;

/** The managers that own the replicas, as managers of a Scale. */
export function scaleManagers(state: ManagedState, pathIn: ReplicasPath): ManagedState {
  const set = setOf([REPLICAS]);
  const owners = state.managers.filter(({ apiVersion, set: owned }) => {
    const path = pathIn(apiVersion);
    return path ? hasPath(owned, path) : false;
  });
  return { managers: owners.map((m) => ({ ...m, apiVersion: SCALE_VERSION, set })) };
}

/** The managers of the object after those of its Scale have become |scale|. */
export function parentManagers(
  state: ManagedState,
  scale: ManagedState,
  apiVersion: string,
  pathIn: ReplicasPath,
): ManagedState {
  const left = scale.managers.filter((m) => hasPath(m.set, REPLICAS));
  const managers: Manager[] = [];
  for (const manager of state.managers) {
    const path = pathIn(manager.apiVersion);
    if (path === undefined) continue;
    if (path === null || !hasPath(manager.set, path)) {
      managers.push(manager);
      continue;
    }
    const twin = left.findIndex((m) => isTwin(manager, m));
    if (twin >= 0) {
      managers.push(manager);
      left.splice(twin, 1);
      continue;
    }
    const set = difference(manager.set, setOf([path]));
    if (set.size > 0) managers.push({ ...manager, set });
  }
  const path = pathIn(apiVersion);
  const set = setOf(path ? [path] : []);
  // Upstream looks up their times under names that nobody has: they have none.
  for (const manager of left) managers.push({ ...manager, apiVersion, time: '', set });
  return { managers };
}

/** An updater's identity holds its version, so that of the object is never that of the Scale. */
function isTwin(manager: Manager, scale: Manager): boolean {
  return (
    manager.operation === 'Apply' &&
    scale.operation === 'Apply' &&
    manager.manager === scale.manager &&
    manager.subresource === scale.subresource
  );
}
