/**
 * A bare watch: changes of objects from now on, without a list of what there is, for as long as
 * somebody wants them.
 *
 * Models: k8s.io/client-go Watch of a typed client, with a field selector
 */
import type { Scope } from '../../kernel/event-queue.ts';
import type { AnyKind, Kind } from '../../api/meta/define-kind.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { Client } from './typed-client.ts';

export interface ObjectWatch<T extends KubeObject> {
  readonly kind: Kind<T>;
  readonly namespace: string;
  readonly field: { readonly name: string; readonly value: string };
  readonly scope: Scope;
  onAdded(this: void, object: T): void;
}

/** Answers what ends the watch. */
export function watchObjects<T extends KubeObject>(
  client: Client,
  { kind, namespace, field, scope, onAdded }: ObjectWatch<T>,
): () => void {
  const { server } = client;
  const watcher = server.watches.open({
    resource: server.registry.of(kind as unknown as AnyKind),
    namespace,
    field,
    since: server.store.revision,
    actor: client.caller.actor,
    scope,
    onEvent: ({ type, object }) => {
      if (type === 'ADDED') onAdded(object as T);
    },
    // Nobody relies on what was missed.
    onClose: () => {},
  });
  return () => server.watches.close(watcher);
}
