/**
 * Keeps a controller from working on a cache that is older than what it has written itself.
 *
 * Models: kubernetes pkg/controller/util/consistency (v1.36)
 */
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { groupResource } from '../../api/meta/define-kind.ts';
import { type KubeObject, type ObjectKey, keyOf } from '../../api/meta/object.ts';
import { Retry } from './controller.ts';
import type { Informers } from './informer.ts';

interface Written {
  readonly uid: string;
  readonly revisions: Map<AnyKind, number>;
}

export class ConsistencyStore {
  readonly #written = new Map<ObjectKey, Written>();

  /** |object| was written on behalf of |owner|. */
  wrote(owner: KubeObject, kind: AnyKind, object: KubeObject): void {
    const key = keyOf(owner);
    let written = this.#written.get(key);
    if (written?.uid !== owner.metadata.uid) {
      written = { uid: owner.metadata.uid, revisions: new Map() };
      this.#written.set(key, written);
    }
    const revision = Number(object.metadata.resourceVersion);
    written.revisions.set(kind, Math.max(written.revisions.get(kind) ?? 0, revision));
  }

  forget(key: ObjectKey): void {
    this.#written.delete(key);
  }

  /** Throws a Retry while a cache is behind. */
  ensureReady(key: ObjectKey, informers: Informers): void {
    const written = this.#written.get(key);
    if (!written) return;
    for (const [kind, wrote] of written.revisions) {
      const read = informers.for(kind).revision;
      if (wrote <= read) continue;
      const versions = `read version: ${read} is not as new as written version: ${wrote}`;
      throw new Retry(`${versions} for group resource ${groupResource(kind)}`);
    }
    this.#written.delete(key);
  }
}
