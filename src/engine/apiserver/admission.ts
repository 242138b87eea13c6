/**
 * Admission that concerns every kind (namespaces must exist and not be ending), then the plugins
 * that a kind brings itself.
 *
 * Models: plugin/pkg/admission/namespace/lifecycle (v1.36)
 */
import type { AdmissionContext } from '../../api/meta/define-kind.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { failure, forbidden, notFound } from '../../api/meta/status.ts';
import type { Call } from './call.ts';
import { storageKey, storagePrefix } from './resource.ts';
import type { ApiServer } from './server.ts';

/** Namespaces that cannot be deleted. */
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

export function admissionContext(
  server: ApiServer,
  call: Call,
  operation: AdmissionContext['operation'],
  warnings: string[],
): AdmissionContext {
  const { registry, store } = server;
  return {
    now: server.nowText,
    random: server.randomName,
    user: call.caller.user.name,
    operation,
    subresource: call.subresource,
    dryRun: call.options.dryRun === true,
    lookup(group, plural, namespace, name) {
      const resource = registry.find(group, '', plural);
      return resource && store.get(storageKey(resource, namespace, name))?.value.object;
    },
    list(group, plural, namespace) {
      const resource = registry.find(group, '', plural);
      return resource
        ? store.range(storagePrefix(resource, namespace)).map((kv) => kv.value.object)
        : [];
    },
    warn(text) {
      warnings.push(text);
    },
  };
}

/** Refuses writes into namespaces that are missing or going away. */
export function checkNamespace(server: ApiServer, call: Call, name: string): void {
  const { registry, store } = server;
  if (call.verb === 'delete') {
    if (
      call.resource === registry.namespaces &&
      call.subresource === '' &&
      IMMORTAL.has(call.name)
    ) {
      throw forbidden(call.resource, call.name, 'this namespace may not be deleted');
    }
    return;
  }
  if (call.verb !== 'create' || !call.resource.kind.namespaced) return;
  const namespace = store.get(storageKey(registry.namespaces, '', call.namespace))?.value.object;
  if (!namespace) throw notFound(registry.namespaces, call.namespace);
  if (namespace.metadata.deletionTimestamp === undefined) return;
  const refused = forbidden(
    call.resource,
    name,
    `unable to create new content in namespace ${call.namespace} because it is being terminated`,
  );
  throw failure(403, 'Forbidden', refused.status.message ?? '', {
    ...refused.status.details,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${call.namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}

/** Mutating plugins of the kind, in order. */
export function admit(
  call: Call,
  object: Draft<KubeObject>,
  old: KubeObject | null,
  context: AdmissionContext,
): void {
  for (const plugin of call.resource.kind.admission ?? []) plugin.admit?.(object, old, context);
}

/** Validating plugins of the kind, after validation. */
export function admitValidated(
  call: Call,
  object: KubeObject,
  old: KubeObject | null,
  context: AdmissionContext,
): void {
  for (const plugin of call.resource.kind.admission ?? []) plugin.validate?.(object, old, context);
}
