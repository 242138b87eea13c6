/**
 * Kinds that are served in several versions and stored in one: to and from the stored version.
 *
 * Models: k8s.io/apimachinery/pkg/runtime scheme conversions
 */
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import type { Resource } from './resource.ts';
import type { Call, ObjectAnswer } from './call.ts';
import { type Stored, withManagedFields } from './stored.ts';

/** What a client sent for |resource|, in the version that is stored. */
export function toHub({ kind }: Resource, draft: Draft<KubeObject>): Draft<KubeObject> {
  return kind.storedAs ? kind.storedAs.toStored(draft) : draft;
}

/** An object as it is stored, in the version of |resource|. */
export function fromHub({ kind }: Resource, object: KubeObject): KubeObject {
  return kind.storedAs ? kind.storedAs.fromStored(object) : object;
}

/** A stored object as clients of |resource| see it: in its version, with managedFields. */
export function viewOf(resource: Resource, stored: Stored): KubeObject {
  return fromHub(resource, withManagedFields(stored));
}

/** A stored object as an answer. What a client sees of it is made only when somebody looks. */
export class StoredAnswer implements ObjectAnswer {
  readonly code: number;
  readonly stored: Stored;
  readonly warnings: readonly string[];
  readonly #resource: Resource;
  readonly #typed: boolean;

  constructor(call: Call, code: number, stored: Stored, warnings: readonly string[]) {
    this.code = code;
    this.stored = stored;
    this.warnings = warnings;
    this.#resource = call.resource;
    this.#typed = call.typed;
  }

  get object(): KubeObject {
    return this.#typed ? this.stored.object : viewOf(this.#resource, this.stored);
  }
}
