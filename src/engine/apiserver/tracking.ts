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
import type { ApiServer } from './server.ts';
import { fromHub } from './versions.ts';

/**
 * The first write of an object. Admission's own changes are not tracked; for our own typed clients
 * the object before admission is made again only if somebody asks.
 */
export class CreateWrite implements ManagedWrite {
  readonly manager: string;
  readonly operation = 'Update';
  readonly subresource = '';
  readonly apiVersion: string;
  readonly time: string;
  readonly schema: SchemaRef;
  readonly before = null;
  readonly resets: FieldSet | undefined;
  readonly versions: Versions | undefined;
  readonly base: ManagedState | undefined;
  readonly #kind: AnyKind;
  readonly #body: KubeObject;
  readonly #tracked: KubeObject | undefined;

  constructor(
    server: ApiServer,
    call: Call,
    asked: Draft<KubeObject>,
    wanted: ManagedState | null,
  ) {
    this.manager = managerOf(call);
    this.apiVersion = call.resource.apiVersion;
    this.time = server.nowText;
    this.schema = call.resource.kind.schema;
    this.resets = call.resource.kind.resets?.[''];
    this.versions = versionsOf(server.registry, call.resource);
    this.base = wanted ?? undefined;
    this.#kind = call.resource.kind;
    this.#body = call.body as KubeObject;
    this.#tracked = call.typed ? undefined : cloneJson(asked as unknown as KubeObject);
  }

  get after(): KubeObject {
    return this.#tracked ?? defaulted(this.#kind, this.#body);
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
  const { resource } = call;
  return {
    manager: managerOf(call),
    operation: 'Update',
    subresource: call.subresource,
    apiVersion: resource.apiVersion,
    time: server.nowText,
    schema: resource.kind.schema,
    before: fromHub(resource, before),
    after,
    resets: resource.kind.resets?.[call.subresource],
    only: resource.kind.subresources?.[call.subresource]?.writable,
    versions: versionsOf(server.registry, resource),
    base: wanted ?? undefined,
  };
}

function managerOf(call: Call): string {
  return call.options.fieldManager ?? call.caller.agent;
}

function defaulted(kind: AnyKind, body: KubeObject): KubeObject {
  const draft = cloneJson(body) as Draft<KubeObject>;
  kind.defaults?.(draft);
  return draft as unknown as KubeObject;
}
