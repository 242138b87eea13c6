/**
 * Kinds that are served in several versions and stored in one: to and from the stored version.
 *
 * Models: k8s.io/apimachinery/pkg/runtime scheme conversions
 */
import type { AnyKind } from '../../api/meta/define-kind.ts';
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
  if (kind.storedAs) return kind.storedAs.fromStored(object);
  return kind.readStored ? kind.readStored(object) : object;
}

/**
 * Whose rules apply to a write: those of the stored kind for built-in kinds (upstream's internal
 * version), those of the version that is asked for with custom resources.
 */
export function rulesOf({ kind, hub }: Resource): AnyKind {
  return kind.isCustom ? kind : hub.kind;
}

/** What a client sent, in the version whose rules apply. */
export function toRules(resource: Resource, draft: Draft<KubeObject>): Draft<KubeObject> {
  return resource.kind.isCustom ? draft : toHub(resource, draft);
}

/** A stored object, in the version whose rules apply. */
export function rulesView(resource: Resource, object: KubeObject): KubeObject {
  return resource.kind.isCustom ? fromHub(resource, object) : object;
}

/** From there to what is stored. */
export function rulesToStored(resource: Resource, draft: Draft<KubeObject>): Draft<KubeObject> {
  return resource.kind.isCustom ? toHub(resource, draft) : draft;
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
