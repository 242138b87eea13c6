/**
 * A cache that also knows what its owner wrote a moment ago, before the watch shows it: two claims
 * handled one after the other do not take the same volume.
 *
 * Models: pkg/controller/volume/persistentvolume pv_controller_base.go storeObjectUpdate (v1.36)
 */
import { keyOf, type KubeObject, type ObjectKey } from '../../../api/meta/object.ts';
import type { Informer } from '../../client/informer.ts';

export class Latest<T extends KubeObject> {
  readonly #informer: Informer<T>;
  readonly #written = new Map<ObjectKey, T>();

  constructor(informer: Informer<T>) {
    this.#informer = informer;
    const settle = (object: T): void => {
      const key = keyOf(object);
      const own = this.#written.get(key);
      if (own !== undefined && revision(own) <= revision(object)) this.#written.delete(key);
    };
    const forget = (object: T): void => void this.#written.delete(keyOf(object));
    informer.addHandler({ onAdd: settle, onUpdate: settle, onDelete: forget });
  }

  get(key: ObjectKey): T | undefined {
    const seen = this.#informer.get(key);
    return seen && (this.#written.get(key) ?? seen);
  }

  /** Remembers what was just written; answers it. */
  wrote(object: T): T {
    const key = keyOf(object);
    const seen = this.#informer.get(key);
    if (seen && revision(seen) < revision(object)) this.#written.set(key, object);
    return object;
  }
}

function revision({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion);
}
