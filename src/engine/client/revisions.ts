/**
 * ControllerRevisions: the history of templates that StatefulSets and DaemonSets keep.
 *
 * Models:     kubernetes pkg/controller/history/controller_history.go (v1.36)
 * Simplified: nothing known
 */
import type { ControllerRevision as ControllerRevisionObject } from '../../api/generated/types.ts';
import type { PodTemplateSpec } from '../../api/generated/types.ts';
import { ControllerRevision } from '../../api/kinds/controller-revision.ts';
import { compareText } from '../../api/meta/go-text.ts';
import { canonicalJson } from '../../api/meta/json.ts';
import type { Input, KubeObject } from '../../api/meta/object.ts';
import { adoptPatch, controllerOf, newControllerRef } from '../../api/meta/owner-references.ts';
import { safeEncode } from '../../api/meta/pod-template-hash.ts';
import type { Selector } from '../../api/meta/selectors.ts';
import { isApiError } from '../../api/meta/status.ts';
import { encodeUtf8 } from '../../api/meta/utf8.ts';
import { type Proc, sleep } from '../../kernel/process.ts';
import type { ControllerContext } from './controller.ts';
import { orphansIn } from './ownership.ts';

const REVISION_HASH = 'controller.kubernetes.io/hash'; // ControllerRevisionHashLabel
const NAME_PREFIX_MAX = 223; // ControllerRevisionName
const CONFLICT_RETRIES = 4; // retry.DefaultBackoff
const CONFLICT_BACKOFF_US = 10_000; // retry.DefaultBackoff
const CONFLICT_BACKOFF_FACTOR = 5; // retry.DefaultBackoff
const MAX_COLLISIONS = 1_000;

const FNV_OFFSET = 0x811c9dc5; // hash/fnv, 32 bit
const FNV_PRIME = 0x01000193;

/**
 * The patch that a revision of |template| holds: it brings the template back as it was. Clients compare
 * its bytes, so its keys are in the order of Go's.
 */
export function templatePatch(template: PodTemplateSpec): object {
  const patch = { spec: { template: { ...template, $patch: 'replace' } } };
  return JSON.parse(canonicalJson(patch)) as object;
}

/** The template that a revision brings back. */
export function templateOf(revision: ControllerRevisionObject): PodTemplateSpec {
  const { spec } = revision.data as { spec: { template: PodTemplateSpec & { $patch?: string } } };
  const { $patch: _patch, ...template } = spec.template;
  return template as PodTemplateSpec;
}

const texts = new WeakMap<object, string>();

/** Of stored data, which nobody changes: it is made once. */
function dataText(data: unknown): string {
  if (typeof data !== 'object' || data === null || !Object.isFrozen(data))
    return canonicalJson(data);
  let text = texts.get(data);
  if (text === undefined) texts.set(data, (text = canonicalJson(data)));
  return text;
}

/** True when the revision holds |template|. */
export function holdsTemplate(
  revision: ControllerRevisionObject,
  template: PodTemplateSpec,
): boolean {
  let text = texts.get(template);
  if (text === undefined) {
    text = canonicalJson(templatePatch(template));
    if (Object.isFrozen(template)) texts.set(template, text);
  }
  return dataText(revision.data) === text;
}

/** Go's json.Marshal of a map: sorted keys, and what HTML could take for its own is escaped. */
function rawText(data: unknown): string {
  return canonicalJson(data).replace(/[<>&\u2028\u2029]/g, (c) => {
    return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** FNV-1 (not 1a) over the data and the decimal collision count. */
function revisionHash(data: unknown, collisionCount: number): string {
  let hash = FNV_OFFSET;
  for (const byte of encodeUtf8(`${rawText(data)}${collisionCount}`)) {
    hash = Math.imul(hash, FNV_PRIME) ^ byte;
  }
  return safeEncode(String(hash >>> 0));
}

function revisionName(owner: string, hash: string): string {
  return `${owner.slice(0, NAME_PREFIX_MAX)}-${hash}`;
}

/** Oldest revision first. */
export function byRevision(a: ControllerRevisionObject, b: ControllerRevisionObject): number {
  if (a.revision !== b.revision) return a.revision - b.revision;
  return (
    compareText(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
    compareText(a.metadata.name, b.metadata.name)
  );
}

export function sameData(a: { readonly data?: unknown }, b: { readonly data?: unknown }): boolean {
  return dataText(a.data) === dataText(b.data);
}

export type NewRevision = Input<ControllerRevisionObject> & {
  readonly data: object;
  readonly revision: number;
};

export function newRevision(
  owner: KubeObject,
  template: PodTemplateSpec,
  revision: number,
  collisionCount: number,
  annotations: Readonly<Record<string, string>> | undefined,
): NewRevision {
  const data = templatePatch(template);
  const hash = revisionHash(data, collisionCount);
  return {
    metadata: {
      name: revisionName(owner.metadata.name, hash),
      namespace: owner.metadata.namespace,
      labels: { ...template.metadata.labels, [REVISION_HASH]: hash },
      ...(annotations ? { annotations } : {}),
      ownerReferences: [newControllerRef(owner)],
    },
    data,
    revision,
  };
}

/** Revisions that |selector| matches and |owner| or nobody controls. */
export function listRevisions(
  owner: KubeObject,
  selector: Selector,
  context: ControllerContext,
): ControllerRevisionObject[] {
  const informer = context.informers.for(ControllerRevision);
  const candidates = [
    ...informer.ownedBy(owner.metadata.uid).values(),
    ...orphansIn(informer, owner.metadata.namespace ?? ''),
  ];
  return candidates.filter((r) => selector.matches(r.metadata.labels)).sort(byRevision);
}

/** Creates it under a name that is free, or answers the equal one that is there. */
export function* createRevision(
  owner: KubeObject,
  wanted: NewRevision,
  collisionCount: number,
  { client }: ControllerContext,
): Proc<{ revision: ControllerRevisionObject; collisionCount: number }> {
  let collisions = collisionCount;
  const { namespace = '' } = owner.metadata;
  for (; collisions - collisionCount < MAX_COLLISIONS; collisions++) {
    const name = revisionName(owner.metadata.name, revisionHash(wanted.data, collisions));
    const draft = { ...wanted, metadata: { ...wanted.metadata, name } };
    try {
      const revision = yield* client.create(ControllerRevision, draft);
      return { revision, collisionCount: collisions };
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    }
    const revision = yield* client.get(ControllerRevision, namespace, name);
    if (sameData(revision, wanted)) return { revision, collisionCount: collisions };
  }
  throw new Error(`${MAX_COLLISIONS} revisions of ${owner.metadata.name} collide`);
}

/** Raises an old revision to the newest: a rollback. */
export function* raiseRevision(
  old: ControllerRevisionObject,
  to: number,
  context: ControllerContext,
): Proc<ControllerRevisionObject> {
  let latest = old;
  let backoff = CONFLICT_BACKOFF_US;
  for (let attempt = 0; ; attempt++) {
    if (latest.revision === to) return latest;
    try {
      return yield* context.client.update(ControllerRevision, { ...latest, revision: to });
    } catch (error) {
      if (!isApiError(error, 'Conflict') || attempt >= CONFLICT_RETRIES) throw error;
    }
    yield* sleep(backoff);
    backoff *= CONFLICT_BACKOFF_FACTOR;
    const { namespace = '', name } = old.metadata;
    latest = context.get(ControllerRevision, `${namespace}/${name}`) ?? latest;
  }
}

/** Makes |owner| the controller of those revisions that have none. */
export function* adoptRevisions(
  owner: KubeObject,
  revisions: readonly ControllerRevisionObject[],
  { client }: ControllerContext,
): Proc<ControllerRevisionObject[]> {
  const adopted: ControllerRevisionObject[] = [];
  for (const revision of revisions) {
    if (controllerOf(revision)) {
      adopted.push(revision);
      continue;
    }
    const { namespace = '', name, uid } = revision.metadata;
    const patch = adoptPatch(owner, uid);
    adopted.push(
      yield* client.patch(ControllerRevision, namespace, name, patch, { type: 'strategic' }),
    );
  }
  return adopted;
}
