/**
 * Notes since when the use of old service account tokens is tracked, for their cleaner.
 *
 * Models:     pkg/controlplane/controller/legacytokentracking controller.go (v1.36)
 * Watches:    ConfigMap (one of kube-system)
 * Writes:     ConfigMap create and update
 * Simplified: tokens that are used get no label
 */
import { ConfigMap } from '../../api/kinds/config-map.ts';
import { keyFor, keyOf } from '../../api/meta/object.ts';
import { isApiError } from '../../api/meta/status.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const NAME = 'kube-apiserver-legacy-service-account-token-tracking';
const NAMESPACE = 'kube-system';
const KEY = keyFor(NAMESPACE, NAME);
const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_LENGTH = 10;
/** Made anew no more than every half hour (creationRatelimiter). */
const CREATE_EVERY_US = 1_800 * MICROS_PER_SECOND;

export function legacyTokenTrackingController(): ControllerDefinition<ConfigMap> {
  let nextCreateAt = -Infinity;
  return defineController<ConfigMap>({
    name: 'legacy-token-tracking-controller',
    primary: ConfigMap,
    ownHandlers: true,
    workers: 1,
    start({ informers, queue }) {
      const wake = (configMap: ConfigMap): void => {
        if (keyOf(configMap) === KEY) queue.add(KEY);
      };
      informers.for(ConfigMap).addHandler({ onAdd: wake, onUpdate: wake, onDelete: wake });
      informers.whenSynced(() => queue.add(KEY));
    },
    *reconcile(_key, context) {
      const since = rfc3339(context.kernel.nowMs).slice(0, DATE_LENGTH);
      const configMap = context.get(ConfigMap, KEY);
      if (configMap) return yield* correct(configMap, since, context);
      const { now } = context.kernel;
      if (now < nextCreateAt) return context.queue.addAfter(KEY, nextCreateAt - now, true);
      const metadata = { name: NAME, namespace: NAMESPACE };
      try {
        yield* context.client.create(ConfigMap, { metadata, data: { since } });
        nextCreateAt = now + CREATE_EVERY_US;
      } catch (error) {
        if (!isApiError(error, 'AlreadyExists')) throw error;
      }
    },
  });
}

function* correct(configMap: ConfigMap, since: string, context: ControllerContext): Proc {
  if (DATE.test(configMap.data?.['since'] ?? '')) return;
  const data = { ...configMap.data, since };
  try {
    yield* context.client.update(ConfigMap, { ...configMap, data });
  } catch (error) {
    if (!isApiError(error, 'Conflict') && !isApiError(error, 'NotFound')) throw error;
  }
}
