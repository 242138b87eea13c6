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

/** A class: one object a request, where closures would make six. */
class Context implements AdmissionContext {
  readonly now: string;
  readonly random: (length: number) => string;
  readonly user: string;
  readonly operation: AdmissionContext['operation'];
  readonly subresource: string;
  readonly dryRun: boolean;
  readonly #server: ApiServer;
  readonly #warnings: string[];

  constructor(
    server: ApiServer,
    call: Call,
    operation: AdmissionContext['operation'],
    warnings: string[],
  ) {
    this.now = server.nowText;
    this.random = server.randomName;
    this.user = call.caller.user.name;
    this.operation = operation;
    this.subresource = call.subresource;
    this.dryRun = call.options.dryRun === true;
    this.#server = server;
    this.#warnings = warnings;
  }

  lookup(group: string, plural: string, namespace: string, name: string): KubeObject | undefined {
    const { registry, store } = this.#server;
    const resource = registry.find(group, '', plural);
    return resource && store.get(storageKey(resource, namespace, name))?.value.object;
  }

  list(group: string, plural: string, namespace: string): readonly KubeObject[] {
    const { registry, store } = this.#server;
    const resource = registry.find(group, '', plural);
    return resource
      ? store.range(storagePrefix(resource, namespace)).map((kv) => kv.value.object)
      : [];
  }

  warn(text: string): void {
    this.#warnings.push(text);
  }
}

export function admissionContext(
  server: ApiServer,
  call: Call,
  operation: AdmissionContext['operation'],
  warnings: string[],
): AdmissionContext {
  return new Context(server, call, operation, warnings);
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
