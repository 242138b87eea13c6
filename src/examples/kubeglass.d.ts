/**
 * What a controller of your own finds in Kubeglass. It runs in an interpreter of its own: there is no
 * page, no network and no clock but the cluster's. Time passes only where it waits (`await`).
 */

/** An object of the API. What lies in spec and status is up to its kind. */
interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly ownerReferences?: readonly OwnerReference[];
  };
}

interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Which object; the namespace is left out for kinds that have none. */
interface ObjectName {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** `v1/Pod`, `apps/v1/Deployment`, `kubeglass.dev/v1/PodGroup`. */
type KindText = string;

interface ListOptions {
  readonly namespace?: string;
  /** Objects that carry all of these labels. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

interface PatchOptions {
  /** `merge` when left out. */
  readonly type?: 'merge' | 'json' | 'strategic';
  readonly subresource?: string;
}

interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
}

/** The API server, with the rights of the controller's service account. Refusals are thrown as ApiError. */
interface Client {
  /** null when there is no such object. */
  get<T extends KubeObject>(kind: KindText, ref: ObjectName): Promise<T | null>;
  list<T extends KubeObject>(kind: KindText, options?: ListOptions): Promise<T[]>;
  create<T extends KubeObject>(object: T): Promise<T>;
  /** Refused with reason Conflict unless it is of the newest resourceVersion. */
  update<T extends KubeObject>(object: T): Promise<T>;
  updateStatus<T extends KubeObject>(object: T): Promise<T>;
  patch<T extends KubeObject>(
    kind: KindText,
    ref: ObjectName,
    patch: unknown,
    options?: PatchOptions,
  ): Promise<T>;
  /** Server-side apply: the fields that are given are this controller's from now on. */
  apply<T extends KubeObject>(object: T, options?: { readonly subresource?: string }): Promise<T>;
  delete(kind: KindText, ref: ObjectName, options?: DeleteOptions): Promise<unknown>;
  delete(object: KubeObject, options?: DeleteOptions): Promise<unknown>;
}

interface ControllerContext {
  readonly client: Client;
  /** A line in the log beside the editor. */
  readonly log: (...parts: readonly unknown[]) => void;
  /** Shown under "Why is this happening?": what is wanted beside what was seen. */
  readonly note: (wanted: unknown, seen: unknown) => void;
  /** Records an Event about |object|. */
  readonly event: (
    object: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ) => void;
}

interface ReconcileResult {
  /** Seconds after which this object is looked at again. */
  readonly requeueAfter?: number;
}

interface Controller {
  /** The kind whose objects are reconciled. */
  readonly for: KindText;
  /** Kinds that it makes: a change of one wakes the object that controls it. */
  readonly owns?: readonly KindText[];
  /** Other kinds whose changes wake objects: those that `wakes` names, or all of them. */
  readonly watches?: readonly {
    readonly kind: KindText;
    wakes?(object: KubeObject): readonly ObjectName[];
  }[];
  /**
   * Makes the world as |request|'s object wants it. It may be called at any time and more than once:
   * it looks at what there is, not at what has changed. What it throws is logged and tried again.
   */
  reconcile(
    request: { readonly namespace: string; readonly name: string },
    context: ControllerContext,
  ): Promise<ReconcileResult | void>;
}

/** Answers what it is given; there for completion and types. */
declare function defineController(controller: Controller): Controller;

/** A refusal of the API server, in its words. */
declare class ApiError extends Error {
  /** HTTP status: 403, 404, 409, 422. */
  readonly code: number;
  /** `Forbidden`, `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`. */
  readonly reason: string;
  readonly status: unknown;
}

declare const console: {
  log(...parts: readonly unknown[]): void;
  info(...parts: readonly unknown[]): void;
  warn(...parts: readonly unknown[]): void;
  error(...parts: readonly unknown[]): void;
};
