/**
 * Create, update, patch, and subresources that are POSTed to.
 *
 * Models: k8s.io/apiserver pkg/endpoints/handlers/{create,update,patch}.go,
 *         pkg/registry/rest/{create,update,meta}.go, pkg/registry/generic/registry/store.go (v1.36)
 */
import type { AdmissionContext, AnyKind, SubresourceRules } from '../../api/meta/define-kind.ts';
import { FieldErrors } from '../../api/meta/field-errors.ts';
import { goQuote } from '../../api/meta/go-text.ts';
import { cloneUnlike, equalJson } from '../../api/meta/json.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { emptyManaged, type ManagedState, sameOwners } from '../../api/meta/managed-state.ts';
import {
  alreadyExists,
  type ApiError,
  badRequest,
  conflict,
  failure,
  invalid,
  methodNotSupported,
  MODIFIED_MESSAGE,
  noSuchResource,
  notFound,
  plainError,
} from '../../api/meta/status.ts';
import { validateChanged, validateNew } from '../../api/meta/validate-object.ts';
import { admissionContext, admit, admitValidated, checkNamespace } from './admission.ts';
import { applied } from './apply.ts';
import { authorize } from './authorize.ts';
import type { Call, ObjectAnswer } from './call.ts';
import { decodeBody, ownUpperParts, setDefaults } from './decode-body.ts';
import { applyPatch } from './patch.ts';
import { scaled, scaleOf } from './scale.ts';
import { versionsOf } from './managed-versions.ts';
import { dropStored, isDeletedFor, removeOne } from './remove.ts';
import type { KeyValue } from '../etcd/store.ts';
import { type Resource, storageKey } from './resource.ts';
import type { ApiServer } from './server.ts';
import {
  addWrite,
  type ManagedChain,
  managedState,
  NO_MANAGED,
  settledChain,
  type Stored,
  withManagedFields,
} from './stored.ts';
import { CreateWrite, managedWrite, managersOf } from './tracking.ts';
import { fromHub, rulesOf, rulesToStored, rulesView, StoredAnswer, toRules } from './versions.ts';

/** maxGeneratedNameLength: the suffix has five characters, names at most 63. */
const MAX_GENERATED_BASE = 58;

export function createObject(server: ApiServer, call: Call, span: number): ObjectAnswer {
  const { actsOn } = call.resource.kind;
  if (actsOn) {
    const resource = server.registry.find(actsOn.group, '', actsOn.plural);
    if (!resource) throw methodNotSupported(call.resource, 'create');
    const body = call.body as { metadata?: { name?: unknown } } | undefined;
    const named = body?.metadata?.name;
    const name = typeof named === 'string' ? named : '';
    return runAction(server, { ...call, resource, subresource: actsOn.action, name }, span);
  }
  const { resource } = call;
  const warnings = warningsOf(call);
  const asked = decodeBody(server, call, null, warnings);
  setNamespace(call, asked);
  setDefaults(resource.kind, asked);
  const context = admissionContext(server, call, 'CREATE', warnings);
  if (resource.kind.review) {
    const managed = addWrite(NO_MANAGED, new CreateWrite(server, call, asked, null));
    const object = resource.kind.review(asked, context);
    // An answer of its own is nobody's work; what was asked is the client's.
    const isAnswered = object === (asked as unknown as KubeObject);
    return {
      code: 201,
      object: isAnswered ? withManagedFields({ object, managed }) : object,
      warnings,
    };
  }
  // A PUT that creates says in its path what it is called.
  if (call.name !== '') checkName(call, asked);
  checkNamespace(server, call, asked.metadata.name ?? '');
  if (asked.metadata.resourceVersion) {
    throw plainError('resourceVersion should not be set on objects to be created');
  }
  const wanted = call.typed ? null : managersOf(call, asked);
  wipeSystemMeta(asked);
  const managed = addWrite(NO_MANAGED, new CreateWrite(server, call, asked, wanted));
  return storeCreate(server, call, span, toRules(resource, asked), managed, context, warnings);
}

/** Everything that follows once the object is decoded, also when it was applied. */
export function storeCreate(
  server: ApiServer,
  call: Call,
  span: number,
  draft: Draft<KubeObject>,
  managed: ManagedChain,
  context: AdmissionContext,
  warnings: string[],
): ObjectAnswer {
  const { resource } = call;
  const kind = rulesOf(resource);
  admit(server, call, draft, null, context);
  fillMeta(server, draft);
  // As Go has it: the rules may read a name that is not there, and it is refused below.
  draft.metadata.name ??= '';
  kind.allocate?.(draft, null, context);
  kind.prepareForCreate?.(draft, context);
  const errors = new FieldErrors();
  validateNew(draft as unknown as KubeObject, kind, errors);
  const finalName = draft.metadata.name ?? '';
  if (!errors.none) throw invalid(resource.kind, finalName, errors.list);
  for (const w of kind.warnings?.(draft as unknown as KubeObject, null) ?? []) warnings.push(w);
  admitValidated(server, call, draft as unknown as KubeObject, null, context);

  const key = storageKey(resource, call.namespace, finalName);
  const existing = server.store.get(key);
  if (existing) throw exists(resource, finalName, existing.value.object);
  if (call.options.dryRun) {
    const object = rulesToStored(resource, draft) as unknown as KubeObject;
    return new StoredAnswer(call, 201, { object, managed }, warnings);
  }
  const put = server.store.put(
    key,
    { modRevision: 0 },
    (revision) => ({ object: seal(server, rulesToStored(resource, draft), revision), managed }),
    span,
    server.kernel.now,
  );
  if (!put.ok) throw alreadyExists(resource, finalName);
  return new StoredAnswer(call, 201, put.kv.value, warnings);
}

/** Where warnings for the client of |call| are put. */
export function warningsOf(call: Call): string[] {
  return call.warnings ?? [];
}

export function updateObject(server: ApiServer, call: Call, span: number): ObjectAnswer {
  if (createsInstead(server, call)) {
    authorize(server.access, { ...call, verb: 'create', authorized: false });
    return createObject(server, { ...call, verb: 'create' }, span);
  }
  const current = find(server, call);
  const warnings = warningsOf(call);
  if (call.subresource === 'scale') return updateScale(server, call, span, current, warnings);
  const old = current.value.object;
  const draft = decodeBody(server, call, old, warnings);
  checkName(call, draft);
  checkUid(call, draft, old);
  checkUnconditional(call, draft);
  return storeUpdate(server, call, span, current, draft, warnings);
}

export function patchObject(server: ApiServer, call: Call, span: number): ObjectAnswer {
  if (call.patchType === 'apply') return applyObject(server, call, span);
  const current = find(server, call);
  const warnings = warningsOf(call);
  if (call.subresource === 'scale') return updateScale(server, call, span, current, warnings);
  const draft = applyPatch(server, call, current.value, warnings);
  checkName(call, draft);
  return storeUpdate(server, call, span, current, draft, warnings);
}

/** Server-side apply creates what is not there, but not through a subresource. */
function applyObject(server: ApiServer, call: Call, span: number): ObjectAnswer {
  const { resource } = call;
  const { apiVersion, kind } = resource;
  const current = server.store.get(storageKey(resource, call.namespace, call.name));
  if (!current && call.subresource !== '') throw notFound(resource, call.name);
  const warnings = warningsOf(call);
  if (current && call.subresource === 'scale') {
    return updateScale(server, call, span, current, warnings);
  }
  const live = {
    object: current ? fromHub(resource, current.value.object) : null,
    state: current ? managedState(current.value.managed) : emptyManaged(),
  };
  const target = { apiVersion, kind: kind.kind, schema: kind.schema };
  const versions = versionsOf(server.registry, resource);
  const { draft, state } = applied(server, call, target, live, versions, warnings);
  if (!current && draft.metadata.uid) {
    const { uid } = draft.metadata;
    const why = `the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(resource, call.name, `uid mismatch: ${why}`);
  }
  setNamespace(call, draft);
  checkName(call, draft);
  if (current) return storeUpdate(server, call, span, current, draft, warnings, state);
  setDefaults(kind, draft);
  checkNamespace(server, call, call.name);
  authorize(server.access, { ...call, verb: 'create' });
  const context = admissionContext(server, call, 'CREATE', warnings);
  wipeSystemMeta(draft);
  delete (draft.metadata as { resourceVersion?: string }).resourceVersion;
  const stored = toRules(resource, draft);
  return storeCreate(server, call, span, stored, settledChain(state), context, warnings);
}

/** Upstream AllowCreateOnUpdate: a PUT of some kinds makes what is not there. */
function createsInstead(server: ApiServer, call: Call): boolean {
  if (call.subresource !== '' || call.resource.hub.kind.createOnUpdate !== true) return false;
  return !server.store.get(storageKey(call.resource, call.namespace, call.name));
}

/** The object must be the one that the path names. */
function checkName(call: Call, draft: Draft<KubeObject>): void {
  const { name } = draft.metadata;
  if (!name) {
    const why = 'was undeterminable: name must be provided';
    throw badRequest(`the name of the object (${call.name} based on URL) ${why}`);
  }
  if (name !== call.name) {
    const why = `does not match the name on the URL (${call.name})`;
    throw badRequest(`the name of the object (${name}) ${why}`);
  }
  setNamespace(call, draft);
}

/** Replicas written through the scale subresource: an update of the object itself. */
function updateScale(
  server: ApiServer,
  call: Call,
  span: number,
  current: KeyValue<Stored>,
  warnings: string[],
): ObjectAnswer {
  const rules = call.resource.kind.scale;
  if (!rules) throw noSuchResource();
  const { draft, state } = scaled(server, call, rules, current.value, warnings);
  if (!call.typed && call.patchType !== 'apply') checkScaleName(call);
  const answer = storeUpdate(server, call, span, current, draft, warnings, state);
  return { code: 200, object: scaleOf(rules, (answer as StoredAnswer).stored.object), warnings };
}

function checkScaleName(call: Call): void {
  const { name } = ((call.body ?? {}) as Partial<KubeObject>).metadata ?? {};
  if (name === undefined || name === call.name) return;
  const why = `does not match the name on the URL (${call.name})`;
  throw badRequest(`the name of the object (${name}) ${why}`);
}

/** POST on a subresource such as `binding` or `token`. */
export function runAction(server: ApiServer, call: Call, span: number): ObjectAnswer {
  const action = call.resource.kind.actions?.[call.subresource];
  if (!action) throw methodNotSupported(call.resource, 'create');
  const warnings = warningsOf(call);
  const current = find(server, call);
  const context = admissionContext(server, call, 'CREATE', warnings);
  const body = decodeBody(server, call, null, warnings, action);
  const draft = ownUpperParts(current.value.object);
  admit(server, call, body, current.value.object, context);
  const { changed, answer, remove } = action.create(
    body as unknown as Readonly<Record<string, unknown>>,
    draft,
    context,
  );
  admitValidated(server, call, body as unknown as KubeObject, current.value.object, context);
  // Actions such as binding write past the tracking of fields.
  const written =
    changed && !call.options.dryRun
      ? commitUpdate(server, call, span, current, draft, current.value.managed)
      : null;
  if (remove) {
    const options = { ...remove, dryRun: remove.dryRun === true || call.options.dryRun === true };
    removeOne(server, { ...call, verb: 'delete', subresource: '', options, typed: true }, span);
  }
  const object = (answer ?? {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    code: 201,
  }) as KubeObject;
  const revision = written ? { revision: Number(written.object.metadata.resourceVersion) } : {};
  return { code: 201, object, warnings, ...revision };
}

/** Everything an update and a patch have in common. */
function storeUpdate(
  server: ApiServer,
  call: Call,
  span: number,
  current: KeyValue<Stored>,
  asked: Draft<KubeObject>,
  warnings: string[],
  /** Who owns the fields afterwards, where that is known already. */
  owners?: ManagedState,
): ObjectAnswer {
  const { resource } = call;
  const kind = rulesOf(resource);
  const stored = current.value;
  const old = rulesView(resource, stored.object);
  checkResourceVersion(call, asked, old);
  const free = call.typed || call.subresource !== '';
  const wanted = free ? null : managersOf(call, asked);
  keepSystemMeta(asked, old);
  const rules = subresourceRules(kind, call);
  if (!call.typed || call.subresource === '') setDefaults(resource.kind, asked);
  const context = admissionContext(server, call, 'UPDATE', warnings);
  // Fields are tracked as the client wrote them, before admission and the kind's rules.
  const isFinal = call.typed && rules?.fillsFields !== true;
  const tracked =
    isFinal || owners ? undefined : cloneUnlike(asked as unknown as KubeObject, stored.object);
  const draft = toRules(resource, asked);
  admit(server, call, draft, old, context);
  if (call.subresource === '') kind.allocate?.(draft, old, context);
  if (rules) rules.prepareForUpdate(draft, old, context);
  else kind.prepareForUpdate?.(draft, old, context);
  const next = draft as unknown as KubeObject;
  validateUpdate(call, rules, next, old);
  const more = rules ? rules.warnings?.(next, old) : kind.warnings?.(next, old);
  for (const w of more ?? []) warnings.push(w);
  admitValidated(server, call, next, old, context);
  const same = unchanged(next, old);
  if (same && call.typed && !owners) return new StoredAnswer(call, 200, stored, warnings);
  const managed = owners
    ? settledChain(owners)
    : addWrite(
        // What the client says of the managers replaces what was known of them.
        wanted ? NO_MANAGED : stored.managed,
        managedWrite(server, call, stored.object, tracked ?? next, wanted),
      );
  if (same && sameOwners(managedState(managed), managedState(stored.managed))) {
    return new StoredAnswer(call, 200, stored, warnings);
  }
  if (call.options.dryRun) {
    const object = rulesToStored(resource, draft) as unknown as KubeObject;
    return new StoredAnswer(call, 200, { object, managed }, warnings);
  }
  const written = commitUpdate(server, call, span, current, draft, managed);
  return new StoredAnswer(call, 200, written, warnings);
}

function validateUpdate(
  call: Call,
  rules: SubresourceRules<KubeObject> | null,
  next: KubeObject,
  old: KubeObject,
): void {
  const kind = rulesOf(call.resource);
  const errors = new FieldErrors();
  validateChanged(next, old, kind, rules, errors);
  if (!errors.none) throw invalid(call.resource.kind, next.metadata.name, errors.list);
}

function commitUpdate(
  server: ApiServer,
  call: Call,
  span: number,
  current: KeyValue<Stored>,
  draft: Draft<KubeObject>,
  managed: ManagedChain,
): Stored {
  const next = rulesToStored(call.resource, draft);
  if (isDeletedFor(call, next as unknown as KubeObject)) {
    // Nobody sees it without its last finalizer: it goes as it stood.
    dropStored(server, call, span, current.value);
    return { object: seal(server, next, current.modRevision), managed };
  }
  const put = server.store.put(
    current.key,
    { modRevision: current.modRevision },
    (revision) => ({ object: seal(server, next, revision), managed }),
    span,
    server.kernel.now,
  );
  if (!put.ok) throw conflict(call.resource, call.name, MODIFIED_MESSAGE);
  return put.kv.value;
}

function subresourceRules(kind: AnyKind, call: Call): SubresourceRules<KubeObject> | null {
  if (call.subresource === '' || call.subresource === 'scale') return null;
  const rules = call.subresource === 'status' ? kind.status : kind.subresources?.[call.subresource];
  if (!rules) throw methodNotSupported(call.resource, call.verb);
  return rules;
}

function exists(resource: Resource, name: string, object: KubeObject): ApiError {
  const error = alreadyExists(resource, name);
  if (object.metadata.deletionTimestamp === undefined) return error;
  const message = `object is being deleted: ${error.message}`;
  return failure(409, 'AlreadyExists', message, error.status.details);
}

function find(server: ApiServer, call: Call): KeyValue<Stored> {
  const kv = server.store.get(storageKey(call.resource, call.namespace, call.name));
  if (!kv) throw notFound(call.resource, call.name);
  return kv;
}

function setNamespace(call: Call, draft: Draft<KubeObject>): void {
  const { metadata } = draft;
  if (!call.resource.kind.namespaced) {
    delete metadata.namespace;
    return;
  }
  if (
    metadata.namespace !== undefined &&
    metadata.namespace !== '' &&
    metadata.namespace !== call.namespace
  ) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  metadata.namespace = call.namespace;
}

/** Upstream WipeObjectMetaSystemFields: what a client cannot decide. */
function wipeSystemMeta({ metadata }: Draft<KubeObject>): void {
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  delete metadata.managedFields;
}

/** Upstream FillObjectMetaSystemFields and generateName. */
function fillMeta(server: ApiServer, draft: Draft<KubeObject>): void {
  const { metadata } = draft;
  metadata.uid = server.newUid();
  metadata.creationTimestamp = server.nowText;
  if ((metadata.name ?? '') === '' && metadata.generateName) {
    metadata.name = metadata.generateName.slice(0, MAX_GENERATED_BASE) + server.randomName(5);
  }
}

/** A PUT with a uid is meant for that very object. */
function checkUid(call: Call, draft: Draft<KubeObject>, old: KubeObject): void {
  const { uid } = draft.metadata;
  if (!uid || uid === old.metadata.uid) return;
  const key = storageKey(call.resource, call.namespace, call.name);
  throw conflict(
    call.resource,
    call.name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, ` +
      `AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, ` +
      `UID in object meta: ${old.metadata.uid}`,
  );
}

/** Upstream AllowUnconditionalUpdate: some kinds are never overwritten blindly. */
function checkUnconditional(call: Call, draft: Draft<KubeObject>): void {
  const { kind, group, plural } = call.resource.hub;
  if (kind.updateNeedsVersion !== true || draft.metadata.resourceVersion) return;
  const errors = new FieldErrors();
  errors.invalid('metadata.resourceVersion', 0, 'must be specified for an update');
  throw invalid({ group, kind: plural }, call.name, errors.list);
}

function checkResourceVersion(call: Call, draft: Draft<KubeObject>, old: KubeObject): void {
  const wanted = draft.metadata.resourceVersion;
  if (wanted === undefined || wanted === '' || wanted === '0') return;
  if (!/^\d+$/.test(wanted)) {
    throw plainError(`strconv.ParseUint: parsing ${goQuote(wanted)}: invalid syntax`);
  }
  if (wanted !== old.metadata.resourceVersion)
    throw conflict(call.resource, call.name, MODIFIED_MESSAGE);
}

/** Upstream BeforeUpdate: what the server owns in metadata cannot be changed by an update. */
function keepSystemMeta(draft: Draft<KubeObject>, old: KubeObject): void {
  const { metadata } = draft;
  const from = old.metadata;
  // A changed uid is left for validation to refuse.
  if (!metadata.uid) metadata.uid = from.uid;
  metadata.creationTimestamp = from.creationTimestamp;
  metadata.resourceVersion = from.resourceVersion;
  if (from.generation !== undefined) metadata.generation = from.generation;
  else delete metadata.generation;
  // Where nothing is being deleted, what a client says of it is left for validation to refuse.
  if (from.deletionTimestamp !== undefined) metadata.deletionTimestamp = from.deletionTimestamp;
  if (from.deletionGracePeriodSeconds !== undefined) {
    metadata.deletionGracePeriodSeconds ??= from.deletionGracePeriodSeconds;
  }
  delete metadata.managedFields;
  delete metadata.selfLink;
}

/** True when nothing would change: the server then answers without writing. */
function unchanged(next: KubeObject, old: KubeObject): boolean {
  return equalJson(next, old);
}

function seal(server: ApiServer, draft: Draft<KubeObject>, revision: number): KubeObject {
  draft.metadata.resourceVersion = String(revision);
  return server.finish(draft as unknown as KubeObject);
}
