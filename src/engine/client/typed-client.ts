/**
 * The client every component holds: typed verbs over the one pipeline. Each call takes simulated
 * time and throws ApiError when the server refuses, ConnectionRefused when it is down.
 *
 * Models: k8s.io/client-go kubernetes typed clients
 */
import type { Proc } from '../../kernel/process.ts';
import type { AnyKind, Kind } from '../../api/meta/define-kind.ts';
import type { Input, KubeObject } from '../../api/meta/object.ts';
import { noSuchResource } from '../../api/meta/status.ts';
import type {
  Call,
  Caller,
  CallOptions,
  DeleteOptions,
  ListAnswer,
  PatchType,
  Verb,
} from '../apiserver/call.ts';
import { authorize } from '../apiserver/authorize.ts';
import type { ApiServer } from '../apiserver/server.ts';

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface PatchOptions {
  readonly type: 'merge' | 'strategic';
  readonly subresource?: string;
}

export interface ApplyOptions {
  readonly fieldManager: string;
  readonly subresource?: string;
}

const NO_OPTIONS: CallOptions = {};

export class Client {
  readonly server: ApiServer;
  readonly caller: Caller;

  constructor(server: ApiServer, caller: Caller) {
    this.server = server;
    this.caller = caller;
  }

  /** Discovery: every kind that is stored, those of custom resources included. */
  kinds(): readonly AnyKind[] {
    return this.server.registry.stored.map((resource) => resource.kind);
  }

  /** Discovery: the kind that is served at |group|/|version|/|plural|, kept or computed. */
  served(group: string, version: string, plural: string): AnyKind | undefined {
    return this.server.registry.find(group, version, plural)?.kind;
  }

  /** The kind by the names that manifests use; undefined when the server does not serve it. */
  kindOf(apiVersion: string, kind: string): AnyKind | undefined {
    return this.server.registry.ofKind(apiVersion, kind)?.hub.kind;
  }

  /** |run| is told whenever kinds come or go, until the answer is called. */
  onKinds(run: () => void): () => void {
    const { onChange } = this.server.registry;
    onChange.add(run);
    return () => onChange.delete(run);
  }

  /** Throws Forbidden, as the server would, where this client may not list and watch |kind|. */
  checkWatch(kind: AnyKind): void {
    for (const verb of ['list', 'watch'] as const) {
      authorize(this.server.access, this.#call(kind, verb, '', '', '', undefined, NO_OPTIONS));
    }
  }

  /** The same connection under another identity: kube-controller-manager's controllers. */
  as(caller: Partial<Caller>): Client {
    return new Client(this.server, { ...this.caller, ...caller });
  }

  get<T extends KubeObject>(kind: Kind<T>, namespace: string, name: string): Proc<T> {
    return this.#object(kind, 'get', namespace, name, undefined) as Proc<T>;
  }

  /** What a watch on one object shows first: how the kubelet comes by ConfigMaps and Secrets. */
  firstSight<T extends KubeObject>(kind: Kind<T>, namespace: string, name: string): Proc<T> {
    const call = this.#call(kind, 'get', namespace, name, '', undefined, NO_OPTIONS);
    return this.server.objectCall({ ...call, viaWatch: true }) as Proc<T>;
  }

  *list<T extends KubeObject>(
    kind: Kind<T>,
    options: ListOptions = {},
  ): Proc<{ items: readonly T[]; revision: number }> {
    const { namespace = '', ...rest } = options;
    const answer = (yield* this.server.call(
      this.#call(kind, 'list', namespace, '', '', undefined, rest),
    )) as ListAnswer;
    return { items: answer.items as readonly T[], revision: Number(answer.resourceVersion) };
  }

  /** Namespace comes from the object's metadata. */
  create<T extends KubeObject>(kind: Kind<T>, object: Input<T>): Proc<T> {
    const { namespace = '' } = (object.metadata ?? {}) as { namespace?: string };
    return this.#object(kind, 'create', namespace, '', object) as Proc<T>;
  }

  /** Refused with Conflict unless |object| is of the newest resourceVersion. */
  update<T extends KubeObject>(kind: Kind<T>, object: T): Proc<T> {
    const { namespace = '', name } = object.metadata;
    return this.#object(kind, 'update', namespace, name, object) as Proc<T>;
  }

  updateStatus<T extends KubeObject>(kind: Kind<T>, object: T): Proc<T> {
    const { namespace = '', name } = object.metadata;
    return this.#object(kind, 'update', namespace, name, object, 'status') as Proc<T>;
  }

  patch<T extends KubeObject>(
    kind: Kind<T>,
    namespace: string,
    name: string,
    patch: unknown,
    options: PatchOptions,
  ): Proc<T> {
    const { type, subresource = '' } = options;
    const call = this.#call(kind, 'patch', namespace, name, subresource, patch, NO_OPTIONS, type);
    return this.server.objectCall(call) as Proc<T>;
  }

  /** Server-side apply; takes over fields that others manage. */
  apply<T extends KubeObject>(
    kind: Kind<T>,
    namespace: string,
    name: string,
    configuration: unknown,
    { fieldManager, subresource = '' }: ApplyOptions,
  ): Proc<T> {
    const options = { fieldManager, force: true };
    const call = this.#call(
      kind,
      'patch',
      namespace,
      name,
      subresource,
      undefined,
      options,
      'apply',
    );
    // The configuration goes the way of any client's: as a text that is read and checked.
    const patchText = JSON.stringify(configuration);
    return this.server.objectCall({ ...call, typed: false, patchText }) as Proc<T>;
  }

  /** Answers the object as it was last, or as it now waits for its end. */
  delete<T extends KubeObject>(
    kind: Kind<T>,
    namespace: string,
    name: string,
    options: DeleteOptions = {},
  ): Proc<T> {
    return this.#object(kind, 'delete', namespace, name, undefined, '', options) as Proc<T>;
  }

  /** Deletes all objects of a kind in a namespace, each by its own rules. */
  *deleteCollection<T extends KubeObject>(kind: Kind<T>, namespace: string): Proc {
    yield* this.server.call(
      this.#call(kind, 'deletecollection', namespace, '', '', undefined, NO_OPTIONS),
    );
  }

  /** PUT on a subresource other than status (`finalize`, `scale`). */
  updateSubresource<T extends KubeObject>(kind: Kind<T>, object: T, name: string): Proc<T> {
    const { metadata } = object;
    const namespace = metadata.namespace ?? '';
    return this.#object(kind, 'update', namespace, metadata.name, object, name) as Proc<T>;
  }

  /** GET of a subresource (`scale`). */
  getSubresource(
    kind: AnyKind,
    namespace: string,
    name: string,
    subresource: string,
  ): Proc<unknown> {
    return this.#object(kind, 'get', namespace, name, undefined, subresource);
  }

  /** POST on a subresource (`binding`, `token`). */
  post<T extends KubeObject>(
    kind: Kind<T>,
    namespace: string,
    name: string,
    subresource: string,
    body: unknown,
  ): Proc<unknown> {
    return this.#object(kind, 'create', namespace, name, body, subresource);
  }

  /** No generator of its own: every layer of them would be resumed at each step of the request. */
  #object(
    kind: AnyKind,
    verb: Verb,
    namespace: string,
    name: string,
    body: unknown,
    subresource = '',
    options: CallOptions = NO_OPTIONS,
  ): Proc<KubeObject> {
    return this.server.objectCall(
      this.#call(kind, verb, namespace, name, subresource, body, options),
    );
  }

  #call(
    kind: AnyKind,
    verb: Verb,
    namespace: string,
    name: string,
    subresource: string,
    body: unknown,
    options: CallOptions,
    patchType: PatchType | undefined = undefined,
  ): Call {
    const { registry } = this.server;
    // A kind that an object defines may be gone by now; every other one is there, or it is a mistake.
    if (kind.isCustom === true && !registry.serves(kind)) throw noSuchResource();
    // Always the same fields: the server's code sees one shape of call from all typed clients.
    return {
      caller: this.caller,
      verb,
      resource: registry.of(kind),
      subresource,
      namespace,
      name,
      body,
      patchType,
      options,
      typed: true,
    };
  }
}
