/**
 * Kinds are data: everything the API server must know of a kind stands in its one file in api/kinds,
 * and shared code never asks "which kind is this?" (invariant 4).
 *
 * Models: k8s.io/apiserver registry strategies (rest.RESTCreateStrategy and its siblings)
 */
import type { Scale } from '../generated/types.ts';
import type { AccessReviewer, UserInfo } from './authorization.ts';
import type { KubeObject, Draft } from './object.ts';
import type { FieldErrors } from './field-errors.ts';
import type { FieldSet } from './field-set.ts';
import type { NodeRequest } from './node-dial.ts';
import type { SchemaRef } from './schema.ts';
import type { ServiceAnswer, ServiceCall } from './service-call.ts';
import type { ApiError } from './status.ts';

/** What a kind's functions may know besides the object. Times are RFC 3339. */
export interface KindContext {
  readonly now: string;
  /** Draws the random suffix of generated names and the like; deterministic. */
  readonly random: (length: number) => string;
  readonly user: string;
  /** Adds a Warning header to the answer, where there is one. */
  warn?(text: string): void;
}

/** What admission plugins and actions may ask the server. */
export interface AdmissionContext extends KindContext {
  readonly operation: Operation;
  readonly subresource: string;
  readonly dryRun: boolean;
  /** Who asks; `user` is the name alone. */
  readonly caller: UserInfo;
  /** Kind and place that the request names. `kind` is that of the version which was asked for. */
  readonly kind: AnyKind;
  readonly namespace: string;
  readonly name: string;
  /** Of CONNECT: what is asked for. */
  readonly connectOptions?: KubeObject | null;
  /** Decides what users may do, and who a token belongs to. */
  readonly access: AccessReviewer;
  /** A stored object of the given resource (`serviceaccounts`, group ''), or undefined. */
  lookup(group: string, plural: string, namespace: string, name: string): KubeObject | undefined;
  list(group: string, plural: string, namespace: string): readonly KubeObject[];
  /** The kind that is served under that name (`apps/v1`, `Deployment`). */
  servedKind(apiVersion: string, kind: string): AnyKind | undefined;
  /** The other versions and groups in which the same objects are served. */
  equivalents(): readonly AnyKind[];
  /** Adds a Warning header to the answer. */
  warn(text: string): void;
  /**
   * What a program in a Pod answers; the same |key| asks the same. null: the server itself writes,
   * beside a request, and asks nobody. Absent where there is no cluster to ask.
   */
  ask?(key: string, call: ServiceCall): ServiceAnswer | null;
  /**
   * Writes the status of another stored object, as the API server itself; throws a Conflict when
   * |object| is not the newest. Answers it as stored. Nothing is written in a dry run.
   */
  updateStatus(group: string, plural: string, object: KubeObject): KubeObject;
}

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/**
 * An admission plugin that concerns one kind: it stands with the kind, because the API server names
 * none. `admit` changes the object in place; refusing = throwing an ApiError. On DELETE and CONNECT
 * |object| is the stored one (old too).
 */
export interface AdmissionPlugin<T extends KubeObject> {
  /** Upstream's name: it decides the order among all plugins (engine/policy/order.ts). */
  readonly name: string;
  admit?(object: Draft<T>, old: T | null, context: AdmissionContext): void;
  validate?(object: T, old: T | null, context: AdmissionContext): void;
}

/**
 * An admission plugin that concerns many kinds: one file each in engine/policy, handed to the API
 * server by cluster.ts.
 */
export interface ServerPlugin extends AdmissionPlugin<KubeObject> {
  /** Default: all. */
  readonly resources?: readonly { readonly group: string; readonly plural: string }[];
  readonly operations: readonly Operation[];
  /** Subresources it also looks at; default: none, '*': all. */
  readonly subresources?: readonly string[] | '*';
  /** Objects of this resource make it ask programs in Pods (AdmissionContext.ask). */
  readonly asksFor?: { readonly group: string; readonly plural: string };
}

/** One column of `kubectl get`: the server prints it (Table). */
export interface Column<T> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** 0 = always shown, 1 = only with -o wide. */
  readonly priority?: number;
  readonly format?: string;
  readonly description?: string;
  /** Rows hold its cell, but the Table's column definitions do not name it: a slip of upstream. */
  readonly undeclared?: boolean;
  cell(object: T, now: number): string | number | boolean | null;
}

/**
 * What a kind's own validation says of metadata on update, after the shared one: what may change, the
 * whole as on create, the one after the other (the whole first: `wholeFirst`), or nothing.
 */
export type MetaOnUpdate = 'change' | 'whole' | 'both' | 'wholeFirst' | 'none';

/** A subresource that is written like the object itself, through its own rules (status, scale, …). */
export interface SubresourceRules<T extends KubeObject> {
  /** Keeps what this subresource may not change: upstream's PrepareForUpdate. */
  prepareForUpdate(next: Draft<T>, old: T, context: KindContext): void;
  validateUpdate?(next: T, old: T, errors: FieldErrors): void;
  /** Default `change`. */
  readonly metaOnUpdate?: MetaOnUpdate;
  /** Warnings for the client that do not refuse the object. */
  warnings?(next: T, old: T): readonly string[];
  /**
   * Upstream GetResetFieldsFilter: the only fields that can be written here, as far as managedFields
   * go; `*` is any path element. Default: `resets` tells.
   */
  readonly writable?: FieldSet;
  /** prepareForUpdate writes fields that the client did not: those are nobody's. */
  readonly fillsFields?: boolean;
  /** HTTP methods; default GET, PUT, PATCH (`finalize`: PUT). */
  readonly methods?: readonly string[];
}

/** A subresource one POSTs to, such as `binding` or `token`. */
export interface SubresourceAction<T extends KubeObject> {
  readonly bodyGroup: string;
  readonly bodyVersion: string;
  readonly bodyKind: string;
  readonly bodySchema: string;
  /**
   * Does it: changes |object| (a draft whose metadata, spec and status are its own; what is below
   * them is shared) where the action changes the object, and answers what the client gets.
   */
  create(
    body: Readonly<Record<string, unknown>>,
    object: Draft<T>,
    context: AdmissionContext,
  ): ActionResult;
}

export interface ActionResult {
  /** Whether the object is to be stored. */
  readonly changed: boolean;
  /** `undefined` = a Success Status. */
  readonly answer: unknown;
  /** The object is deleted afterwards, with these options (eviction). */
  readonly remove?: {
    readonly gracePeriodSeconds?: number;
    readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly dryRun?: boolean;
  };
}

/**
 * A kind that is served, but stored in another version or group (upstream's conversions): the
 * hub's rules apply to its objects, decoding, defaults and columns are its own.
 */
export interface StoredAs<T extends KubeObject> {
  /** The kind that is stored. */
  readonly kind: AnyKind;
  /** |object| is decoded and defaulted and may be taken apart; the answer belongs to the caller. */
  toStored(object: Draft<T>): Draft<KubeObject>;
  /** |object| is frozen and shared. */
  fromStored(object: KubeObject): T;
}

/** One row condition of a Table: a finished Pod is `Completed`. */
export interface RowCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** The scale subresource of a kind: its replicas as an autoscaling/v1 Scale. */
export interface ScaleRules<T extends KubeObject> {
  /** Path elements of the replicas in the object; default `f:spec`, `f:replicas`. */
  readonly replicasPath?: readonly string[];
  toScale(object: T): Scale;
  /** Writes what the Scale wants into the object, in place. */
  applyScale(draft: Draft<T>, scale: Scale): void;
  validateScale(scale: Scale, errors: FieldErrors): void;
}

/** An object that the server itself makes and deletes with another one. */
export interface Companion {
  readonly group: string;
  readonly plural: string;
  /** A controller makes it; the server sees to it that it goes with the object. */
  readonly onlyDeleted?: boolean;
  readonly object: Readonly<Record<string, unknown>> & {
    readonly metadata: { readonly name: string; readonly namespace?: string };
  };
}

/** What a connecting subresource answers when it needs no stream. */
export interface ConnectAnswer {
  readonly code: number;
  /** Sent as plain text. */
  readonly text: string;
}

/** What a connecting subresource needs from the kubelet of a node. */
export interface NodeConnect {
  readonly dial: NodeRequest;
  /** What is said when nobody answers there. */
  readonly unreachable: ApiError;
  /** What becomes of an answer that is no success; default: it is passed on. */
  readonly refused?: (code: number, text: string) => ApiError;
  /**
   * The kubelet speaks no WebSocket: the API server takes the client's, and talks to the kubelet in
   * its place. What is said there when nobody answers.
   */
  readonly translated?: string;
}

/** A connecting subresource that passes the request on to a program in a Pod. */
export interface ProxyConnect {
  readonly proxy: { readonly address: string; readonly port: number };
}

/** A connecting subresource that passes the request on to the kubelet of a node as it is. */
export interface KubeletConnect {
  readonly kubelet: {
    readonly node: string;
    /** Where it listens, for the error when it does not. */
    readonly host: string;
  };
}

/** A subresource that leads to a node or into a Pod: log, exec, proxy. Refusing = throwing. */
export interface ConnectRules<T extends KubeObject> {
  /** Upstream answers it as a GET: admission does not see it, and nothing comes of it. */
  readonly isRead?: boolean;
  /** Answered by a connection in both directions; whoever asks by GET needs the right to create. */
  readonly upgrades?: boolean;
  /** What the query asks for, as admission sees it: a PodAttachOptions. */
  options?(query: Readonly<Record<string, readonly string[]>>): KubeObject;
  /** The object's name, where the path says more (`web:80`). */
  nameOf?(id: string): string;
  /** Looks at the options before the object is looked for. */
  validate?(name: string, query: Readonly<Record<string, readonly string[]>>): void;
  connect(
    object: T,
    query: Readonly<Record<string, readonly string[]>>,
    context: AdmissionContext,
  ): ConnectAnswer | KubeletConnect | NodeConnect | ProxyConnect;
}

export interface KindDefinition<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: T['kind'];
  readonly plural: string;
  readonly singular: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced: boolean;
  /** Name of the OpenAPI definition in api/generated/schemas.ts, or the definition itself. */
  readonly schema: SchemaRef;
  /** Verbs of the resource as discovery lists them; default: all eight. */
  readonly verbs?: readonly string[];

  /** Upstream SetDefaults_*: fills in what was left out, in place. Runs on every decode. */
  defaults?(object: Draft<T>): void;
  /** Upstream PrepareForCreate: drops status, sets generation and server-owned fields, in place. */
  prepareForCreate?(object: Draft<T>, context: KindContext): void;
  /** Upstream PrepareForUpdate of the main resource: keeps status, raises generation, in place. */
  prepareForUpdate?(next: Draft<T>, old: T, context: KindContext): void;
  /** Upstream Validate*. metadata is validated by shared code (names by `validateName`). */
  validate?(object: T, errors: FieldErrors): void;
  /** Upstream Validate*Update; runs after `validate` passed on the new object where upstream does so. */
  validateUpdate?(next: T, old: T, errors: FieldErrors): void;
  /** Which rule metadata.name follows; default DNS subdomain. */
  readonly nameRule?: 'dnsSubdomain' | 'longName' | 'dnsLabel' | 'dns1035' | 'pathSegment' | 'ip';
  /** Upstream ValidateObjectMetaWithOpts: generateName itself follows no rule. */
  readonly anyGenerateName?: boolean;
  /**
   * How the kind's own validation looks at metadata where it is not the usual. `none`: not at all,
   * only the shared one does, if all is well. `generic`: finalizers may have any qualified name.
   */
  readonly ownMeta?: 'none' | 'generic';
  /** Default `change`; `none` where `ownMeta` is. */
  readonly metaOnUpdate?: MetaOnUpdate;
  /**
   * Creation changes nothing below the object's own fields and its metadata's: what a component of ours
   * hands over need not be copied whole.
   */
  readonly shallowCreate?: boolean;
  /** Upstream AllowUnconditionalUpdate is false: an update must name the version it changes. */
  readonly updateNeedsVersion?: boolean;
  /** Upstream AllowCreateOnUpdate: a PUT makes the object where there is none. */
  readonly createOnUpdate?: boolean;
  /** Warnings for the client that do not refuse the object (Warning headers). */
  warnings?(object: T, old: T | null): readonly string[];

  readonly status?: SubresourceRules<T>;
  /**
   * Upstream GetResetFields where it is not the usual (status for the object itself, spec for its
   * status): fields, by subresource ('' = the object), that are nobody's when written there.
   */
  readonly resets?: Readonly<Record<string, FieldSet>>;
  /** Further subresources by name, for discovery and dispatch. */
  readonly subresources?: Readonly<Record<string, SubresourceRules<T>>>;

  /** Has the subresource `scale`. */
  readonly scale?: ScaleRules<T>;
  /**
   * Upstream storage BeginCreate and BeginUpdate: takes addresses and ports, in place, before
   * prepareForCreate or prepareForUpdate; refusing = throwing an ApiError.
   */
  allocate?(object: Draft<T>, old: T | null, context: AdmissionContext): void;

  /** Subresources that are POSTed to, by name. */
  readonly actions?: Readonly<Record<string, SubresourceAction<T>>>;
  /** Subresources that connect to something outside of the API server, by name. */
  readonly connects?: Readonly<Record<string, ConnectRules<T>>>;
  /** Admission plugins of this kind, in upstream's order. */
  readonly admission?: readonly AdmissionPlugin<T>[];

  /** Fields usable in fieldSelector beyond metadata.name and metadata.namespace. */
  selectableFields?(object: T): Readonly<Record<string, string>>;
  /**
   * Graceful deletion: seconds until the object may go away by itself; 0 = at once; undefined = the
   * kind does not know graceful deletion. |requested| is what the client asked for.
   */
  gracePeriod?(object: T, requested: number | undefined): number;
  /** What DELETE does before finalizers are looked at, in place (e.g. a Namespace's phase). */
  prepareForDelete?(object: Draft<T>): void;
  /** True while something other than metadata.finalizers keeps a deleted object (spec.finalizers). */
  blocksDeletion?(object: T): boolean;
  /** Upstream DefaultGarbageCollectionPolicy when it is not Background. */
  readonly defaultPropagation?: 'Orphan' | 'Background';
  /** Warning header of a DELETE that leaves the propagation to `defaultPropagation`. */
  readonly propagationWarning?: string;
  /** DELETE answers the object instead of a Status even when it is gone at once. */
  readonly deleteReturnsObject?: boolean;
  /** Objects vanish this long after their last write (Events: an hour). */
  readonly ttlSeconds?: number;
  /** Served in this version, stored in another. */
  readonly storedAs?: StoredAs<T>;
  /** What is stored, as it is read today: the definition may have changed since it was written. */
  readonly readStored?: (object: KubeObject) => KubeObject;
  /**
   * Nothing of it is stored: a POST is answered with what this makes of it (reviews). |object| is
   * decoded and defaulted.
   */
  review?(object: Draft<T>, context: AdmissionContext): KubeObject;
  /** Version that upstream keeps it in, where that is not served: the hash in discovery tells. */
  readonly storageVersion?: string;
  /** Creating it is an action on the object of that resource that it names. */
  readonly actsOn?: { readonly group: string; readonly plural: string; readonly action: string };
  /** Nothing of it is stored, but it can be read: what there is (ComponentStatus). */
  computed?(context: AdmissionContext): readonly T[];
  /** Objects that the server keeps beside each one; |object| is stored, of the hub's kind. */
  companions?(object: T): readonly Companion[];
  /** Objects of this kind define further kinds: those that |object| has established by now. */
  definesKinds?(object: T): readonly AnyKind[];
  /** Made at run time by an object of another kind. */
  readonly isCustom?: boolean;
  /** Warning header of every request: the version is deprecated. */
  readonly deprecation?: string;
  /** Default: the kind and `List`. */
  readonly listKind?: string;
  /** False: a version that is stored and not served. */
  readonly isServed?: boolean;
  /** The OpenAPI v3 schema that is served, where it is not a generated definition. */
  readonly openapi?: object;
  /** Marks a row of its Table. */
  rowConditions?(object: T): readonly RowCondition[];
  /** Order of the rows of a Table, where it is not that of names. */
  compareRows?(a: T, b: T): number;
  /** Objects of this kind are the namespaces of others. */
  readonly isNamespace?: boolean;
  /** Writes to it are heartbeats: they do not keep the cluster from being settled. */
  readonly heartbeat?: boolean;

  readonly columns?: readonly Column<T>[];
  /** Field paths that are stored but have no effect here: accepted with a warning, listed in the docs. */
  readonly unsupported?: readonly string[];
}

/** A kind whose objects are of some type: what shared code handles. Functions are written as methods so that it may. */
export type AnyKind = KindDefinition<KubeObject>;

export type Kind<T extends KubeObject> = KindDefinition<T> & { readonly __object?: T };

export function defineKind<T extends KubeObject>(definition: KindDefinition<T>): Kind<T> {
  return definition;
}

export function apiVersionOf(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** `pods`, `deployments.apps`: how messages name a resource. */
export function groupResource(kind: { readonly group: string; readonly plural: string }): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
}

/** `Pod`, `Deployment.apps`: how messages name a kind. */
export function groupKind(kind: { readonly group: string; readonly kind: string }): string {
  return kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
}
