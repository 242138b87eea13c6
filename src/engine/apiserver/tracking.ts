/**
 * What managedFields are to remember of a create or an update: who wrote, when, and what the object
 * was like before and after.
 *
 * Models: k8s.io/apimachinery/pkg/util/managedfields/internal fieldmanager.go (decodeLiveOrNew,
 *         v1.36)
 */
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { FieldErrors } from '../../api/meta/field-errors.ts';
import type { FieldSet } from '../../api/meta/field-set.ts';
import { cloneJson } from '../../api/meta/json.ts';
import type { ManagedWrite, Versions } from '../../api/meta/managed-fields.ts';
import {
  type ManagedState,
  toManagedFields,
  wantedManagers,
} from '../../api/meta/managed-state.ts';
import { validateManagedFields } from '../../api/meta/object-meta-validation.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import type { SchemaRef } from '../../api/meta/schema.ts';
import { invalid } from '../../api/meta/status.ts';
import type { Call } from './call.ts';
import { versionsOf } from './managed-versions.ts';
import type { Resource } from './resource.ts';
import type { ApiServer } from './server.ts';
import { fromHub } from './versions.ts';

/** What the writes of one manager through one endpoint have in common: they are many. */
interface Origin {
  readonly generation: number;
  readonly kind: AnyKind;
  readonly manager: string;
  readonly subresource: string;
  readonly apiVersion: string;
  readonly versions: Versions | undefined;
}

const origins = new WeakMap<Resource, Map<string, Map<string, Origin>>>();

function originOf({ registry }: ApiServer, call: Call, subresource: string): Origin {
  const { resource } = call;
  const { generation } = registry;
  const manager = managerOf(call);
  let bySubresource = origins.get(resource);
  if (!bySubresource) origins.set(resource, (bySubresource = new Map()));
  let managers = bySubresource.get(subresource);
  if (!managers) bySubresource.set(subresource, (managers = new Map()));
  const known = managers.get(manager);
  if (known?.generation === generation) return known;
  const { apiVersion, kind } = resource;
  const versions = versionsOf(registry, resource);
  const origin = { generation, kind, manager, subresource, apiVersion, versions };
  if (managers.size >= MAX_MANAGERS) managers.clear();
  managers.set(manager, origin);
  return origin;
}

/** Managers remembered for an endpoint; clients may call themselves what they like. */
const MAX_MANAGERS = 1_000;

abstract class TrackedWrite implements ManagedWrite {
  readonly origin: Origin;
  readonly time: string;
  readonly base: ManagedState | undefined;
  abstract readonly before: unknown;
  abstract readonly after: unknown;

  constructor(origin: Origin, time: string, wanted: ManagedState | null) {
    this.origin = origin;
    this.time = time;
    this.base = wanted ?? undefined;
  }

  get operation(): 'Update' {
    return 'Update';
  }

  get manager(): string {
    return this.origin.manager;
  }

  get subresource(): string {
    return this.origin.subresource;
  }

  get apiVersion(): string {
    return this.origin.apiVersion;
  }

  get schema(): SchemaRef {
    return this.origin.kind.schema;
  }

  get versions(): Versions | undefined {
    return this.origin.versions;
  }

  get resets(): FieldSet | undefined {
    return this.origin.kind.resets?.[this.origin.subresource];
  }

  get only(): FieldSet | undefined {
    return this.origin.kind.subresources?.[this.origin.subresource]?.writable;
  }
}

/**
 * The first write of an object. Admission's own changes are not tracked; for our own typed clients
 * the object before admission is made again only if somebody asks.
 */
export class CreateWrite extends TrackedWrite {
  readonly before = null;
  readonly #body: KubeObject;
  readonly #tracked: KubeObject | undefined;

  constructor(
    server: ApiServer,
    call: Call,
    asked: Draft<KubeObject>,
    wanted: ManagedState | null,
  ) {
    super(originOf(server, call, ''), server.nowText, wanted);
    this.#body = call.body as KubeObject;
    this.#tracked = call.typed ? undefined : cloneJson(asked as unknown as KubeObject);
  }

  get after(): KubeObject {
    return this.#tracked ?? defaulted(this.origin.kind, this.#body);
  }
}

/** The managers that the client has written into the object itself, if it has. */
export function managersOf(call: Call, { metadata }: Draft<KubeObject>): ManagedState | null {
  const wanted = wantedManagers(metadata.managedFields);
  if (wanted === null || wanted.managers.length === 0) return wanted;
  const errors = new FieldErrors();
  validateManagedFields(toManagedFields(wanted), errors);
  if (!errors.none) throw invalid(call.resource.kind, metadata.name ?? '', errors.list);
  return wanted;
}

/** The write that managedFields are to remember. */
export function managedWrite(
  server: ApiServer,
  call: Call,
  before: KubeObject,
  after: KubeObject,
  wanted: ManagedState | null,
): ManagedWrite {
  const origin = originOf(server, call, call.subresource);
  return new UpdateWrite(origin, server.nowText, wanted, fromHub(call.resource, before), after);
}

class UpdateWrite extends TrackedWrite {
  readonly before: unknown;
  readonly after: KubeObject;

  constructor(
    origin: Origin,
    time: string,
    wanted: ManagedState | null,
    before: unknown,
    after: KubeObject,
  ) {
    super(origin, time, wanted);
    this.before = before;
    this.after = after;
  }
}

function managerOf(call: Call): string {
  return call.options.fieldManager ?? call.caller.agent;
}

function defaulted(kind: AnyKind, body: KubeObject): KubeObject {
  const draft = cloneJson(body) as Draft<KubeObject>;
  kind.defaults?.(draft);
  return draft as unknown as KubeObject;
}
