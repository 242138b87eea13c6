/**
 * The JSON of stored objects as clients get it, in one version. It is made once for each version of
 * an object, and get, list, Table and watch share it.
 *
 * Models: k8s.io/apiserver pkg/storage/cacher caching_object.go (v1.36)
 */
import { type Resource } from '../resource.ts';
import type { Stored } from '../stored.ts';
import { viewOf } from '../versions.ts';

export class ObjectText {
  readonly resource: Resource;
  /** The whole object. */
  readonly whole: string;
  /** Its metadata. */
  readonly metadata: string;
  /** As an element of a list: built-in kinds leave kind and apiVersion to the list. */
  readonly item: string;
  /** The same object in another version. */
  next: ObjectText | null = null;

  constructor(resource: Resource, stored: Stored) {
    const { kind, apiVersion, metadata, ...rest } = viewOf(resource, stored);
    this.resource = resource;
    this.metadata = JSON.stringify(metadata);
    const below = JSON.stringify(rest);
    const tail = `"metadata":${this.metadata}${below === '{}' ? '}' : `,${below.slice(1)}`}`;
    this.whole = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},${tail}`;
    this.item = resource.kind.isCustom ? this.whole : `{${tail}`;
  }
}

const texts = new WeakMap<Stored, ObjectText>();

export function objectText(resource: Resource, stored: Stored): ObjectText {
  const first = texts.get(stored) ?? null;
  for (let text = first; text; text = text.next) if (text.resource === resource) return text;
  const made = new ObjectText(resource, stored);
  made.next = first;
  texts.set(stored, made);
  return made;
}
