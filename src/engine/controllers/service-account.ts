/**
 * ServiceAccount controller: every active namespace has a ServiceAccount `default`.
 *
 * Models:     kubernetes pkg/controller/serviceaccount/serviceaccounts_controller.go (v1.36)
 * Watches:    Namespace (primary), ServiceAccount
 * Writes:     ServiceAccount create
 * Simplified: nothing known
 */
import { Namespace } from '../../api/kinds/namespace.ts';
import { ServiceAccount } from '../../api/kinds/service-account.ts';
import { keyFor } from '../../api/meta/object.ts';
import { hasStatusCause, isApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const NAME = 'default';

export function serviceAccountController(): ControllerDefinition<Namespace> {
  return defineController<Namespace>({
    name: 'service-account-controller',
    primary: Namespace,
    workers: 1,
    start({ informers, queue }) {
      informers.for(ServiceAccount).addHandler({
        onDelete: (account) => queue.add(account.metadata.namespace ?? ''),
      });
    },
    reconcile: ensureDefault,
  });
}

function* ensureDefault(name: string, context: ControllerContext): Proc {
  const namespace = context.get(Namespace, name);
  if (namespace?.status.phase !== 'Active') return;
  const account = context.get(ServiceAccount, keyFor(name, NAME));
  context.note(`ServiceAccount ${NAME} in ${name}`, account ? 'it' : 'none');
  if (account) return;
  try {
    yield* context.client.create(ServiceAccount, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: NAME, namespace: name },
    });
  } catch (error) {
    const harmless =
      isApiError(error, 'AlreadyExists') || hasStatusCause(error, 'NamespaceTerminating');
    if (!harmless) throw error;
  }
}
