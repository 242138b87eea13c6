/**
 * Resource quota controller: counts what the objects of a namespace use, and writes it into the
 * status of its ResourceQuotas. What is created is counted by admission already; this one gives back
 * what is deleted or finished.
 *
 * Models:     kubernetes pkg/controller/resourcequota resource_quota_controller.go,
 *             resource_quota_monitor.go (v1.36)
 * Watches:    ResourceQuota (primary), every namespaced kind that quotas count
 * Writes:     ResourceQuota status
 * Simplified: quotas whose usage is unknown do not have a queue of their own
 */
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { ResourceQuota } from '../../api/kinds/resource-quota.ts';
import { Service } from '../../api/kinds/service.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { equalJson } from '../../api/meta/json.ts';
import { keyOf, type KubeObject, type ObjectKey } from '../../api/meta/object.ts';
import type { Evaluator } from '../../api/quota/evaluator.ts';
import { mask, sameLists } from '../../api/quota/lists.ts';
import { evaluatorFor, isInteresting, usageOf } from '../../api/quota/registry.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const RESYNC_US = 300_000_000; // --resource-quota-sync-period
const DISCOVERY_US = 30_000_000; // app/core.go startResourceQuotaController: Sync every 30 s
const BY_NAMESPACE = 'namespace';
const NEEDED_VERBS = ['create', 'list', 'watch', 'delete'];

/** Kinds of which changes, not only deletions, can give something back. */
const CHANGEABLE: readonly unknown[] = [Pod, Service, PersistentVolumeClaim];

const namespaceOf = ({ metadata }: KubeObject): readonly string[] => [metadata.namespace ?? ''];

export function resourceQuotaController(): ControllerDefinition<ResourceQuota> {
  const watched = new Map<AnyKind, Evaluator>();
  return defineController<ResourceQuota>({
    name: 'resourcequota-controller',
    primary: ResourceQuota,
    ownHandlers: true,
    workers: 5, // --concurrent-resource-quota-syncs
    start(context) {
      const { informers, kernel, queue, scope } = context;
      const quotas = informers.for(ResourceQuota);
      quotas.addIndex(BY_NAMESPACE, namespaceOf);
      quotas.addHandler({
        onAdd: (quota) => queue.add(keyOf(quota)),
        onUpdate(quota, old) {
          if (!sameLists(quota.spec.hard, old.spec.hard)) queue.add(keyOf(quota));
        },
        onDelete: (quota) => queue.add(keyOf(quota)),
      });
      const discover = (): void => {
        watchAll(context, watched);
        context.after(DISCOVERY_US, discover, true);
      };
      const resync = (): void => {
        kernel.with(0, false, scope, () => {
          for (const quota of quotas.all()) queue.add(keyOf(quota));
        });
        context.after(RESYNC_US, resync, true);
      };
      discover();
      context.after(RESYNC_US, resync, true);
    },
    reconcile: (key, context) => recount(key, context, watched),
  });
}

/** Watches kinds that were not there before: those of custom resources come and go. */
function watchAll(context: ControllerContext, watched: Map<AnyKind, Evaluator>): void {
  const kinds = new Set(context.client.kinds());
  for (const kind of watched.keys()) if (!kinds.has(kind)) watched.delete(kind);
  for (const kind of kinds) {
    const evaluator = evaluatorFor(kind);
    const isUsual = NEEDED_VERBS.every((verb) => kind.verbs?.includes(verb) ?? true);
    if (watched.has(kind) || !kind.namespaced || !isUsual || evaluator === null) continue;
    watched.set(kind, evaluator);
    watchKind(kind, evaluator, context);
  }
}

function watchKind(kind: AnyKind, evaluator: Evaluator, context: ControllerContext): void {
  const { informers, kernel } = context;
  const quotas = informers.for(ResourceQuota);
  const replenish = (object: KubeObject): void => {
    for (const [key, quota] of quotas.by(BY_NAMESPACE, object.metadata.namespace ?? '')) {
      if (isInteresting(evaluator, quota.status.hard)) context.queue.add(key);
    }
  };
  informers.for(kind).addHandler({
    ...(CHANGEABLE.includes(kind)
      ? {
          onUpdate(object: KubeObject, old: KubeObject) {
            if (quotas.size === 0) return;
            if (evaluator.frees?.(object, old, kernel.nowMs)) replenish(object);
          },
        }
      : {}),
    onDelete(object) {
      if (quotas.size > 0) replenish(object);
    },
  });
}

function* recount(
  key: ObjectKey,
  context: ControllerContext,
  watched: ReadonlyMap<AnyKind, Evaluator>,
): Proc {
  const quota = context.get(ResourceQuota, key);
  if (!quota) return;
  const { hard = {} } = quota.spec;
  const namespace = quota.metadata.namespace ?? '';
  const kinds = new Map([...watched].map(([kind, evaluator]) => [evaluator, kind]));
  const objects = (evaluator: Evaluator): Iterable<KubeObject> => {
    const kind = kinds.get(evaluator);
    if (!kind) return [];
    const informer = context.informers.for(kind);
    informer.addIndex(BY_NAMESPACE, namespaceOf);
    return informer.by(BY_NAMESPACE, namespace).values();
  };
  const counted = usageOf(quota, [...kinds.keys()], objects, context.kernel.nowMs);
  const used = mask({ ...quota.status.used, ...counted }, new Set(Object.keys(hard)));
  const { status } = quota;
  const isSame = equalJson(hard, status.hard ?? {}) && sameLists(used, status.used ?? {});
  context.note('usage as counted', isSame ? 'it' : 'another');
  if (isSame) return;
  yield* context.client.updateStatus(ResourceQuota, { ...quota, status: { hard, used } });
}
