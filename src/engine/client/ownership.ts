/**
 * Adopting orphans and releasing what no longer matches, as every controller of Pods and ReplicaSets
 * does it.
 *
 * Models: kubernetes pkg/controller/controller_ref_manager.go (v1.36)
 */
import type { Proc } from '../../kernel/process.ts';
import type { Kind } from '../../api/meta/define-kind.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { adoptPatch, claim, controllerOf, releasePatch } from '../../api/meta/owner-references.ts';
import type { Selector } from '../../api/meta/selectors.ts';
import { ApiError, isApiError } from '../../api/meta/status.ts';
import { Retry } from './controller.ts';
import type { Informer } from './informer.ts';
import type { Client } from './typed-client.ts';

const ORPHANS = 'orphans';

/** Makes `orphansIn` work for an informer. */
export function indexOrphans<T extends KubeObject>(informer: Informer<T>): void {
  informer.addIndex(ORPHANS, (o) => (controllerOf(o) ? [] : [o.metadata.namespace ?? '']));
}

/** Objects of a namespace that no controller owns. */
export function orphansIn<T extends KubeObject>(
  informer: Informer<T>,
  namespace: string,
): Iterable<T> {
  return informer.by(ORPHANS, namespace).values();
}

export interface Claimed<T> {
  readonly owned: readonly T[];
  /** True when objects have been patched: time has passed since the cache was read. */
  readonly patched: boolean;
}

/**
 * Upstream's ClaimObjects: the objects of |candidates| that |owner| controls, after adopting matching
 * orphans and releasing what matches no longer.
 */
export function* claimObjects<O extends KubeObject, T extends KubeObject>(
  client: Client,
  owners: Kind<O>,
  owner: O,
  kind: Kind<T>,
  candidates: readonly T[],
  selector: Pick<Selector, 'matches'>,
  /** What else an object must be like to belong to |owner|. */
  fits: (object: T) => boolean = () => true,
  /** Finalizers that adopted objects get. */
  finalizers: readonly string[] = [],
): Proc<Claimed<T>> {
  const owned: T[] = [];
  const errors: string[] = [];
  let mayAdopt: string | undefined;
  let patched = false;
  for (const object of candidates) {
    const decision = claim(owner, object, selector.matches(object.metadata.labels) && fits(object));
    if (decision === 'owned') owned.push(object);
    if (decision === 'owned' || decision === 'ignore') continue;
    patched = true;
    const { namespace = '', name, uid } = object.metadata;
    try {
      if (decision === 'adopt') {
        mayAdopt ??= yield* recheckOwner(client, owners, owner);
        if (mayAdopt !== '') {
          errors.push(`can't adopt ${kind.kind} ${namespace}/${name} (${uid}): ${mayAdopt}`);
          continue;
        }
        const { metadata } = adoptPatch(owner, uid) as { metadata: object };
        const patch = {
          metadata: { ...metadata, ...(finalizers.length > 0 ? { finalizers } : {}) },
        };
        owned.push(yield* client.patch(kind, namespace, name, patch, { type: 'strategic' }));
      } else {
        const patch = releasePatch(uid, [owner.metadata.uid]);
        yield* client.patch(kind, namespace, name, patch, { type: 'strategic' });
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // It is gone, or (Invalid) it is another object of the same name by now.
      const harmless = decision === 'adopt' ? ['NotFound'] : ['NotFound', 'Invalid'];
      if (!harmless.includes(error.reason)) errors.push(error.message);
    }
  }
  if (errors.length > 0) throw new Retry(aggregate(errors));
  return { owned, patched };
}

/** Before the first adoption the owner is read afresh: '' = it may adopt, else why it may not. */
export function* recheckOwner<O extends KubeObject>(
  client: Client,
  owners: Kind<O>,
  owner: O,
): Proc<string> {
  const { namespace = '', name, uid } = owner.metadata;
  try {
    const fresh = yield* client.get(owners, namespace, name);
    if (fresh.metadata.uid !== uid) {
      const is = `got uid ${fresh.metadata.uid}, wanted ${uid}`;
      return `can't recheck DeletionTimestamp: original ${owners.kind} ${namespace}/${name} is gone: ${is}`;
    }
    const { deletionTimestamp } = fresh.metadata;
    if (deletionTimestamp === undefined) return '';
    return `${namespace}/${name} has just been deleted at ${deletionTimestamp}`;
  } catch (error) {
    if (!isApiError(error)) throw error;
    return `can't recheck DeletionTimestamp: ${error.message}`;
  }
}

/** How Go's errors.Aggregate prints several errors. */
export function aggregate(errors: readonly string[]): string {
  const unique = [...new Set(errors)];
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`;
}
