/**
 * Admission that concerns every kind (namespaces must exist and not be ending), then the plugins
 * that a kind brings itself.
 *
 * Models: plugin/pkg/admission/namespace/lifecycle (v1.36)
 */
import type { AccessReviewer, UserInfo } from '../../api/meta/authorization.ts';
import type { AdmissionContext, AnyKind, Operation } from '../../api/meta/define-kind.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import type { ServiceAnswer, ServiceCall } from '../../api/meta/service-call.ts';
import { failure, forbidden, notFound } from '../../api/meta/status.ts';
import { assert } from '../../kernel/assert.ts';
import type { Call, Caller, ObjectAnswer } from './call.ts';
import { storageKey } from './resource.ts';
import { AnswerNeeded } from './service-calls.ts';
import type { ApiServer } from './server.ts';

/** Namespaces that cannot be deleted. */
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

/** A class: one object a request, where closures would make six. */
class Context implements AdmissionContext {
  readonly now: string;
  readonly random: (length: number) => string;
  readonly operation: Operation;
  readonly access: AccessReviewer;
  readonly #server: ApiServer;
  readonly #call: Call;
  readonly #warnings: string[];

  constructor(server: ApiServer, call: Call, operation: Operation, warnings: string[]) {
    this.now = server.nowText;
    this.random = server.randomName;
    this.operation = operation;
    this.access = server.access;
    this.#server = server;
    this.#call = call;
    this.#warnings = warnings;
  }

  get user(): string {
    return this.#call.caller.user.name;
  }

  get caller(): UserInfo {
    return this.#call.caller.user;
  }

  get subresource(): string {
    return this.#call.subresource;
  }

  get dryRun(): boolean {
    return this.#call.options.dryRun === true;
  }

  get kind(): AnyKind {
    return this.#call.resource.kind;
  }

  get connectOptions(): KubeObject | null {
    const { query = {}, resource, subresource } = this.#call;
    if (this.operation !== 'CONNECT') return null;
    return resource.kind.connects?.[subresource]?.options?.(query) ?? null;
  }

  get namespace(): string {
    return this.#call.namespace;
  }

  get name(): string {
    return this.#call.name;
  }

  lookup(group: string, plural: string, namespace: string, name: string): KubeObject | undefined {
    const { registry, store } = this.#server;
    const resource = registry.find(group, '', plural);
    return resource && store.get(storageKey(resource, namespace, name))?.value.object;
  }

  list(group: string, plural: string, namespace: string): readonly KubeObject[] {
    return this.#server.objects(group, plural, namespace);
  }

  servedKind(apiVersion: string, kind: string): AnyKind | undefined {
    return this.#server.registry.ofKind(apiVersion, kind)?.kind;
  }

  equivalents(): readonly AnyKind[] {
    const { resource } = this.#call;
    return this.#server.registry.resources
      .filter((other) => other.hub === resource.hub && other !== resource)
      .map((other) => other.kind);
  }

  warn(text: string): void {
    this.#warnings.push(text);
  }

  ask(key: string, call: ServiceCall): ServiceAnswer | null {
    const { answers } = this.#call;
    if (!answers) return null;
    const known = answers.get(key);
    if (known) return known;
    throw new AnswerNeeded(key, call);
  }

  updateStatus(group: string, plural: string, object: KubeObject): KubeObject {
    const resource = this.#server.registry.find(group, '', plural);
    assert(resource, `${plural} are not served`);
    const { namespace = '', name } = object.metadata;
    const answer = this.#server.execute(
      {
        caller: SELF,
        verb: 'update',
        resource,
        subresource: 'status',
        namespace,
        name,
        body: object,
        options: this.dryRun ? { dryRun: true } : {},
        typed: true,
      },
      this.#call.span ?? 0,
    ) as ObjectAnswer;
    return answer.object;
  }
}

/** The API server as a client of itself. */
export const SELF: Caller = {
  user: {
    name: 'system:apiserver',
    groups: ['system:authenticated', 'system:masters'],
  },
  agent: 'kube-apiserver',
  actor: 'kube-apiserver',
};

export function admissionContext(
  server: ApiServer,
  call: Call,
  operation: Operation,
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

/** Mutating plugins, in order. */
export function admit(
  server: ApiServer,
  call: Call,
  object: Draft<KubeObject>,
  old: KubeObject | null,
  context: AdmissionContext,
): void {
  const { resource, subresource } = call;
  const { mutating } = server.plugins.concerned(resource.hub, context.operation, subresource);
  for (const run of mutating) run(object, old, context);
}

/** Validating plugins, after validation. */
export function admitValidated(
  server: ApiServer,
  call: Call,
  object: KubeObject,
  old: KubeObject | null,
  context: AdmissionContext,
): void {
  const { resource, subresource } = call;
  const { validating } = server.plugins.concerned(resource.hub, context.operation, subresource);
  for (const run of validating) run(object, old, context);
}
