/**
 * Cleaner of old service account tokens: those that were made by themselves, which nobody has used or
 * mounted for a year, are marked, and deleted when another year has passed.
 *
 * Models:     kubernetes pkg/controller/serviceaccount legacy_serviceaccount_token_cleaner.go (v1.36)
 * Watches:    Secret, ServiceAccount, Pod
 * Writes:     Secret patch (label) and delete
 */
import type { Pod as PodObject, Secret as SecretObject } from '../../api/generated/types.ts';
import { ConfigMap } from '../../api/kinds/config-map.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { Secret } from '../../api/kinds/secret.ts';
import { ServiceAccount } from '../../api/kinds/service-account.ts';
import { keyFor, keyOf } from '../../api/meta/object.ts';
import { isApiError } from '../../api/meta/status.ts';
import { parseTime, rfc3339 } from '../../api/meta/time.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const DAY_MS = 86_400_000;
const SYNC_US = DAY_MS * 1_000; // DefaultCleanerSyncInterval
const CLEAN_UP_MS = 365 * DAY_MS; // --legacy-service-account-token-clean-up-period
const TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';
const LAST_USED = 'kubernetes.io/legacy-token-last-used';
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';
/** kube-apiserver notes there since when it labels tokens that are used. */
const TRACKING = 'kube-apiserver-legacy-service-account-token-tracking';
const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_LENGTH = 10;

export function legacyServiceAccountTokenCleaner(
  cleanUpMs = CLEAN_UP_MS,
): ControllerDefinition<SecretObject> {
  return defineController<SecretObject>({
    name: 'legacy-serviceaccount-token-cleaner-controller',
    serviceAccount: 'legacy-service-account-token-cleaner',
    primary: Secret,
    ownHandlers: true,
    workers: 1,
    start(context) {
      const { informers, kernel, scope } = context;
      informers.for(Pod).addIndex('namespace', (pod) => [pod.metadata.namespace ?? '']);
      informers.for(ServiceAccount);
      const look = (): void => {
        kernel.spawn('old tokens', evaluate(context, cleanUpMs), {
          periodic: true,
          scope,
          cause: 0,
        });
        context.after(SYNC_US, look, true);
      };
      informers.whenSynced(look);
    },
    *reconcile(key, context) {
      const secret = context.get(Secret, key);
      if (secret) yield* clean(secret, context, cleanUpMs);
    },
  });
}

function* evaluate(context: ControllerContext, cleanUpMs: number): Proc {
  let since: string;
  try {
    const tracking = yield* context.client.get(ConfigMap, 'kube-system', TRACKING);
    since = tracking.data?.['since'] ?? '';
  } catch (error) {
    // Nobody has noted yet which tokens are used: tomorrow again.
    if (!isApiError(error)) throw error;
    return;
  }
  const { nowMs } = context.kernel;
  // From the day after the one on which it began.
  if (!DATE.test(since) || nowMs < dateMs(since) + DAY_MS + cleanUpMs) return;
  for (const secret of context.informers.for(Secret).all()) {
    if (isUnused(secret, nowMs, cleanUpMs)) context.queue.add(keyOf(secret));
  }
}

/** Pure: an old token that nobody has used for long. */
export function isUnused(
  { metadata, type }: SecretObject,
  nowMs: number,
  cleanUpMs = CLEAN_UP_MS,
): boolean {
  if (type !== TYPE || metadata.deletionTimestamp !== undefined) return false;
  const cutoff = nowMs - cleanUpMs;
  if (parseTime(metadata.creationTimestamp) >= cutoff) return false;
  const used = metadata.labels?.[LAST_USED];
  return used === undefined || (DATE.test(used) && used < dateText(cutoff));
}

function* clean(secret: SecretObject, context: ControllerContext, cleanUpMs: number): Proc {
  const { namespace = '', name, uid, annotations, labels, resourceVersion } = secret.metadata;
  const { nowMs } = context.kernel;
  const account = context.get(ServiceAccount, keyFor(namespace, annotations?.[ACCOUNT] ?? ''));
  const accountUid = annotations?.[UID] ?? '';
  if (!account || (accountUid !== '' && accountUid !== account.metadata.uid)) return;
  // One that the account does not name was made by somebody, who may want it.
  if (!account.secrets?.some((ref) => ref.name === name)) return;
  for (const pod of context.informers.for(Pod).by('namespace', namespace).values()) {
    if (namesSecret(pod, name)) return;
  }
  const invalid = labels?.[INVALID_SINCE] ?? '';
  try {
    if (!DATE.test(invalid)) {
      const patch = { metadata: { uid, labels: { [INVALID_SINCE]: dateText(nowMs) } } };
      yield* context.client.patch(Secret, namespace, name, patch, { type: 'merge' });
    } else if (invalid < dateText(nowMs - cleanUpMs)) {
      yield* context.client.delete(Secret, namespace, name, { resourceVersion });
    }
  } catch (error) {
    if (!isApiError(error, 'Conflict') && !isApiError(error, 'NotFound')) throw error;
  }
}

/** Upstream VisitPodSecretNames. */
export function namesSecret({ spec }: PodObject, name: string): boolean {
  if (spec.imagePullSecrets?.some((ref) => ref.name === name)) return true;
  const containers = [
    ...spec.containers,
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
  for (const { env = [], envFrom = [] } of containers) {
    if (env.some((e) => e.valueFrom?.secretKeyRef?.name === name)) return true;
    if (envFrom.some((e) => e.secretRef?.name === name)) return true;
  }
  return (spec.volumes ?? []).some(
    (volume) =>
      volume.secret?.secretName === name ||
      volume.projected?.sources?.some((source) => source.secret?.name === name) === true ||
      volume.csi?.nodePublishSecretRef?.name === name,
  );
}

function dateText(ms: number): string {
  return rfc3339(ms).slice(0, DATE_LENGTH);
}

function dateMs(date: string): number {
  return parseTime(`${date}T00:00:00Z`);
}
