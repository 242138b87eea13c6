/**
 * Token cleaner: deletes bootstrap tokens that have expired.
 *
 * Models:     kubernetes pkg/controller/bootstrap tokencleaner.go (v1.36). Off by default, on in
 *             clusters that kubeadm makes
 * Watches:    Secret (bootstrap tokens of kube-system)
 * Writes:     Secret delete
 */
import { Secret } from '../../api/kinds/secret.ts';
import { bootstrapTokenLeftMs, isBootstrapToken } from '../../api/meta/bootstrap-tokens.ts';
import { keyOf } from '../../api/meta/object.ts';
import { isApiError } from '../../api/meta/status.ts';
import { MICROS_PER_MS } from '../../kernel/kernel.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const TOKENS = 'kube-system';

export function tokenCleanerController(): ControllerDefinition<Secret> {
  return defineController<Secret>({
    name: 'token-cleaner-controller',
    serviceAccount: 'token-cleaner',
    primary: Secret,
    ownHandlers: true,
    workers: 1,
    start({ informers, queue }) {
      const wake = (secret: Secret): void => {
        if (isBootstrapToken(secret) && secret.metadata.namespace === TOKENS) {
          queue.add(keyOf(secret));
        }
      };
      informers.for(Secret).addHandler({ onAdd: wake, onUpdate: wake });
    },
    reconcile,
  });
}

function* reconcile(key: string, context: ControllerContext): Proc {
  const secret = context.get(Secret, key);
  if (!secret || !isBootstrapToken(secret)) return;
  const left = bootstrapTokenLeftMs(secret, context.kernel.nowMs);
  if (left === null) return;
  if (left > 0) return context.queue.addAfter(key, left * MICROS_PER_MS, true);
  const { namespace = '', name, uid } = secret.metadata;
  try {
    yield* context.client.delete(Secret, namespace, name, { uid });
  } catch (error) {
    // Somebody else has deleted it, or it is another one by now.
    if (!isApiError(error, 'Conflict') && !isApiError(error, 'NotFound')) throw error;
  }
}
