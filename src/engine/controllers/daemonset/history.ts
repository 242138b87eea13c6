/**
 * ControllerRevisions of a DaemonSet: the one of its present template, and the old ones.
 *
 * Models: kubernetes pkg/controller/daemon/update.go (constructHistory) (v1.36)
 * Writes: ControllerRevision create, update, patch, delete; Pod labels; DaemonSet status
 */
import type {
  ControllerRevision as Revision,
  Pod as PodObject,
} from '../../../api/generated/types.ts';
import { ControllerRevision } from '../../../api/kinds/controller-revision.ts';
import { DaemonSet } from '../../../api/kinds/daemon-set.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { newControllerRef } from '../../../api/meta/owner-references.ts';
import { podTemplateHash } from '../../../api/meta/pod-template-hash.ts';
import { compileStoredSelector } from '../../../api/meta/selectors.ts';
import { isApiError } from '../../../api/meta/status.ts';
import type { Proc } from '../../../kernel/process.ts';
import { type ControllerContext, Retry } from '../../client/controller.ts';
import { claimObjects, orphansIn } from '../../client/ownership.ts';
import { byRevision, holdsTemplate, templatePatch } from '../../client/revisions.ts';
import { HASH_LABEL } from './nodes.ts';

export interface History {
  readonly current: Revision;
  readonly old: readonly Revision[];
  readonly hash: string;
}

export function* constructHistory(
  ds: DaemonSet,
  pods: () => Proc<readonly PodObject[]>,
  context: ControllerContext,
): Proc<History> {
  const { client } = context;
  const present: Revision[] = [];
  const old: Revision[] = [];
  for (let revision of yield* claimRevisions(ds, context)) {
    const { labels, name } = revision.metadata;
    if (labels?.[HASH_LABEL] === undefined) {
      const metadata = { ...revision.metadata, labels: { ...labels, [HASH_LABEL]: name } };
      revision = yield* client.update(ControllerRevision, { ...revision, metadata });
    }
    (holdsTemplate(revision, ds.spec.template) ? present : old).push(revision);
  }
  const number = Math.max(0, ...old.map((r) => r.revision)) + 1;
  let current: Revision;
  if (present.length === 0) current = yield* snapshot(ds, number, context);
  else {
    current = yield* keepOne(present, pods, context);
    if (current.revision < number) {
      yield* client.update(ControllerRevision, { ...current, revision: number });
    }
  }
  return { current, old, hash: current.metadata.labels?.[HASH_LABEL] ?? '' };
}

function* claimRevisions(ds: DaemonSet, context: ControllerContext): Proc<readonly Revision[]> {
  const informer = context.informers.for(ControllerRevision);
  const { uid, namespace = '' } = ds.metadata;
  const candidates = [...informer.ownedBy(uid).values(), ...orphansIn(informer, namespace)];
  const selector = compileStoredSelector(ds.spec.selector);
  const claimed = yield* claimObjects(
    context.client,
    DaemonSet,
    ds,
    ControllerRevision,
    candidates,
    selector,
  );
  return claimed.owned;
}

/** Several revisions of one template: the newest stays, and Pods carry its hash. */
function* keepOne(
  revisions: readonly Revision[],
  pods: () => Proc<readonly PodObject[]>,
  { client }: ControllerContext,
): Proc<Revision> {
  const kept = [...revisions].sort(byRevision).at(-1) as Revision;
  if (revisions.length === 1) return kept;
  const hash = kept.metadata.labels?.[HASH_LABEL] ?? '';
  for (const { metadata } of yield* pods()) {
    if (metadata.labels?.[HASH_LABEL] === hash) continue;
    const patch = { metadata: { labels: { [HASH_LABEL]: hash } } };
    yield* client.patch(Pod, metadata.namespace ?? '', metadata.name, patch, { type: 'merge' });
  }
  for (const { metadata } of revisions) {
    if (metadata.name === kept.metadata.name) continue;
    yield* client.delete(ControllerRevision, metadata.namespace ?? '', metadata.name);
  }
  return kept;
}

/** A new revision; its name is that of the Pods' hash. A collision is counted in the status. */
function* snapshot(ds: DaemonSet, revision: number, context: ControllerContext): Proc<Revision> {
  const { client } = context;
  const { namespace = '', annotations } = ds.metadata;
  const { template } = ds.spec;
  const hash = podTemplateHash(template, ds.status.collisionCount);
  const name = `${ds.metadata.name}-${hash}`;
  try {
    return yield* client.create(ControllerRevision, {
      metadata: {
        name,
        namespace,
        labels: { ...template.metadata.labels, [HASH_LABEL]: hash },
        ...(annotations ? { annotations } : {}),
        ownerReferences: [newControllerRef(ds)],
      },
      data: templatePatch(template),
      revision,
    });
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
  const there = yield* client.get(ControllerRevision, namespace, name);
  if (holdsTemplate(there, template)) return there;
  const live = yield* client.get(DaemonSet, namespace, ds.metadata.name);
  if ((live.status.collisionCount ?? 0) !== (ds.status.collisionCount ?? 0)) {
    throw new Retry(
      'found a stale collision count of the DaemonSet ' +
        `"${namespace}/${ds.metadata.name}" status; expected a retry to resolve it`,
    );
  }
  const collisionCount = (live.status.collisionCount ?? 0) + 1;
  yield* client.updateStatus(DaemonSet, { ...live, status: { ...live.status, collisionCount } });
  throw new Retry(`controllerrevisions.apps "${name}" already exists`);
}

/** Old revisions beyond the limit that no Pod carries go, the oldest first. */
export function* cleanUpHistory(
  ds: DaemonSet,
  old: readonly Revision[],
  pods: readonly PodObject[],
  { client }: ControllerContext,
): Proc {
  let surplus = old.length - (ds.spec.revisionHistoryLimit ?? 10);
  if (surplus <= 0) return;
  const live = new Set(pods.map((pod) => pod.metadata.labels?.[HASH_LABEL]));
  for (const { metadata } of [...old].sort(byRevision)) {
    if (surplus <= 0) return;
    if (live.has(metadata.labels?.[HASH_LABEL])) continue;
    yield* client.delete(ControllerRevision, metadata.namespace ?? '', metadata.name);
    surplus--;
  }
}
