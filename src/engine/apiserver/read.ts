/**
 * Get and list.
 *
 * Models:     k8s.io/apiserver pkg/endpoints/handlers/get.go, pkg/storage/etcd3/store.go (v1.36)
 * Simplified: reads are always consistent: there is one server and its cache is etcd itself
 */
import {
  EVERYTHING,
  parseFieldSelector,
  parseLabelSelector,
  SelectorError,
} from '../../api/meta/selectors.ts';
import type { FieldSelector, Selector } from '../../api/meta/selectors.ts';
import type { AnyKind, ScaleRules } from '../../api/meta/define-kind.ts';
import { goQuote } from '../../api/meta/go-text.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import {
  ApiError,
  badRequest,
  expired,
  noSuchResource,
  notFound,
  plainError,
  tooLargeResourceVersion,
} from '../../api/meta/status.ts';
import { Compacted, type KeyValue } from '../etcd/store.ts';
import { admissionContext, admitValidated } from './admission.ts';
import { authorizeUpgrade } from './authorize.ts';
import type {
  Call,
  ListAnswer,
  ObjectAnswer,
  SessionAnswer,
  StreamAnswer,
  TextAnswer,
} from './call.ts';
import { ANY_REVISION, decodeContinue, encodeContinue } from './continue-token.ts';
import { connectToKubelet, connectToNode } from './node-connect.ts';
import { proxied } from './proxy.ts';
import { type Resource, storageKey, storagePrefix } from './resource.ts';
import { scaleOf } from './scale.ts';
import type { ApiServer } from './server.ts';
import type { Stored } from './stored.ts';
import { fromHub, StoredAnswer } from './versions.ts';

export function readOne(server: ApiServer, call: Call): ObjectAnswer {
  const wanted = call.options.resourceVersion;
  if (wanted !== undefined && wanted !== '' && wanted !== '0') notAhead(server, wanted);
  if (call.resource.kind.computed) return computedOne(server, call);
  const kv = server.store.get(storageKey(call.resource, call.namespace, call.name));
  if (!kv) throw notFound(call.resource, call.name);
  const { value } = kv;
  const warnings = call.warnings ?? [];
  if (call.subresource === 'scale')
    return { code: 200, object: scaleOf(scaleRules(call), value.object), warnings: [] };
  return new StoredAnswer(call, 200, value, warnings);
}

export function readList(server: ApiServer, call: Call): ListAnswer {
  const { options, resource } = call;
  const prefix = storagePrefix(resource, call.namespace);
  const matches = selection(resource, options.labelSelector, options.fieldSelector);
  if (resource.kind.computed) {
    const items = computed(server, call).filter((object) => matches === null || matches(object));
    return { items, resourceVersion: '' };
  }
  if (options.continue && (options.resourceVersion ?? '0') !== '0') {
    decodeContinue(options.continue, prefix);
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  if (call.typed && !matches && isWhole(options)) {
    const pairs = server.store.range(prefix);
    return { items: objectsOf(pairs), resourceVersion: String(server.store.revision) };
  }
  const start = options.continue ? decodeContinue(options.continue, prefix) : null;
  const revision = start ? start.revision : listRevision(server, call);
  const pairs = pairsAt(server, prefix, revision, start);
  const limit = options.limit !== undefined && options.limit > 0 ? options.limit : Infinity;
  const items: KubeObject[] = [];
  const stored: Stored[] = [];
  let i = start ? firstAfter(pairs, start.key) : 0;
  for (; i < pairs.length && items.length < limit; i++) {
    const { value } = pairs[i] as KeyValue<Stored>;
    if (matches && !matches(value.object)) continue;
    items.push(value.object);
    if (!call.typed) stored.push(value);
  }
  const at = revision ?? server.store.revision;
  const answer: ListAnswer = {
    items,
    resourceVersion: String(at),
    ...(call.typed ? {} : { stored }),
  };
  if (i >= pairs.length) return answer;
  const last = pairs[i - 1] as KeyValue<Stored>;
  return {
    ...answer,
    continue: encodeContinue(at, last.key, prefix),
    ...(matches ? {} : { remainingItemCount: pairs.length - i }),
  };
}

/** Nothing is asked for but everything, as it is now. */
function isWhole({ limit, continue: token, resourceVersion }: Call['options']): boolean {
  return limit === undefined && token === undefined && resourceVersion === undefined;
}

/** Kept with the range, which is the same one until something under its prefix changes. */
const objectLists = new WeakMap<readonly KeyValue<Stored>[], readonly KubeObject[]>();

function objectsOf(pairs: readonly KeyValue<Stored>[]): readonly KubeObject[] {
  let objects = objectLists.get(pairs);
  if (!objects) {
    objects = pairs.map(({ value }) => value.object);
    objectLists.set(pairs, objects);
  }
  return objects;
}

/** Objects that are not stored, but can be read. */
function computed(server: ApiServer, call: Call): readonly KubeObject[] {
  return call.resource.kind.computed?.(admissionContext(server, call, 'CONNECT', [])) ?? [];
}

function computedOne(server: ApiServer, call: Call): ObjectAnswer {
  const object = computed(server, call).find((o) => o.metadata.name === call.name);
  if (!object) throw notFound(call.resource, call.name);
  const { deprecation } = call.resource.kind;
  return { code: 200, object, warnings: deprecation === undefined ? [] : [deprecation] };
}

/** A subresource such as `log` or `exec`: the kind's own rules answer or refuse. */
export function connect(server: ApiServer, call: Call): TextAnswer | StreamAnswer | SessionAnswer {
  const rules = call.resource.kind.connects?.[call.subresource];
  if (!rules) throw noSuchResource();
  const query = call.query ?? {};
  rules.validate?.(call.name, query);
  if (rules.upgrades === true) authorizeUpgrade(server.access, call);
  const name = rules.nameOf?.(call.name) ?? call.name;
  const kv = server.store.get(storageKey(call.resource, call.namespace, name));
  if (!kv) throw notFound(call.resource, name);
  const { object } = kv.value;
  const context = admissionContext(server, call, 'CONNECT', []);
  if (rules.isRead !== true) admitValidated(server, call, object, object, context);
  const answer = rules.connect(object, query, context);
  if ('proxy' in answer) return proxied(call, answer);
  if ('kubelet' in answer) return connectToKubelet(server, call, answer);
  return 'dial' in answer ? connectToNode(server, call, answer, rules.upgrades) : answer;
}

function scaleRules(call: Call): ScaleRules<KubeObject> {
  const rules = call.resource.kind.scale;
  if (!rules) throw noSuchResource();
  return rules;
}

/** Both selectors, read and checked; |matches| is null when everything is selected. */
export interface ParsedSelection {
  readonly labels: Selector;
  readonly fields: FieldSelector | null;
  readonly matches: ((object: KubeObject) => boolean) | null;
}

/** A predicate of both selectors, or null when everything is selected. */
export function selection(
  resource: Resource,
  labelSelector: string | undefined,
  fieldSelector: string | undefined,
): ((object: KubeObject) => boolean) | null {
  return parseSelection(resource, labelSelector, fieldSelector).matches;
}

export function parseSelection(
  resource: Resource,
  labelSelector: string | undefined,
  fieldSelector: string | undefined,
): ParsedSelection {
  const labels = labelSelector ? parsed(labelSelector, parseLabelSelector) : EVERYTHING;
  const fields = fieldSelector ? parsed(fieldSelector, parseFieldSelector) : null;
  const { kind } = resource;
  if (fields) checkFields(kind, fields);
  if (labels === EVERYTHING && !fields) return { labels, fields, matches: null };
  const matches = (object: KubeObject): boolean =>
    (labels === EVERYTHING || labels.matches(object.metadata.labels ?? {})) &&
    (fields === null || fields.matches(fieldsOf(kind, fromHub(resource, object))));
  return { labels, fields, matches };
}

function parsed<S>(text: string, parse: (text: string) => S): S {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}

function fieldsOf(kind: AnyKind, object: KubeObject): Readonly<Record<string, string>> {
  return {
    'metadata.name': object.metadata.name,
    'metadata.namespace': object.metadata.namespace ?? '',
    ...kind.selectableFields?.(object),
  };
}

const EMPTY = { metadata: { name: '', labels: {} }, spec: {}, status: {} } as unknown as KubeObject;

function checkFields(kind: AnyKind, fields: FieldSelector): void {
  const known = fieldsOf(kind, EMPTY);
  for (const requirement of fields.requirements) {
    const { field } = requirement;
    if (Object.hasOwn(known, field)) continue;
    // Kinds with fields of their own say it in other words than those with the common two.
    if (kind.selectableFields) throw badRequest(`field label not supported: ${field}`);
    throw badRequest(
      `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  }
}

/** undefined = the newest. */
function listRevision(server: ApiServer, call: Call): number | undefined {
  const { resourceVersion, resourceVersionMatch } = call.options;
  if (resourceVersion === undefined || resourceVersion === '' || resourceVersion === '0')
    return undefined;
  const wanted = notAhead(server, resourceVersion);
  return resourceVersionMatch === 'Exact' ? wanted : undefined;
}

/** The number in a resourceVersion; refuses what is none in the server's words. */
export function parseRevision(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const why = `strconv.ParseUint: parsing ${goQuote(text)}: invalid syntax`;
  throw plainError(`resourceVersion: Invalid value: ${goQuote(text)}: ${why}`);
}

function notAhead(server: ApiServer, text: string): number {
  const wanted = parseRevision(text);
  if (wanted > server.store.revision) throw tooLargeResourceVersion(wanted, server.store.revision);
  return wanted;
}

function pairsAt(
  server: ApiServer,
  prefix: string,
  revision: number | undefined,
  start: { readonly key: string } | null,
): readonly KeyValue<Stored>[] {
  if (revision === undefined) return server.store.range(prefix);
  try {
    return server.store.rangeAt(prefix, revision);
  } catch (error) {
    if (!(error instanceof Compacted)) throw error;
    if (!start) throw expired('The resourceVersion for the provided list is too old.');
    // The answer holds a token with which the rest can be had all the same.
    const metadata = { continue: encodeContinue(ANY_REVISION, start.key, prefix) };
    throw new ApiError({ ...expired(CONTINUE_EXPIRED).status, metadata });
  }
}

const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start ' +
  'a new list without the continue parameter, or use the continue token in this response to ' +
  'retrieve the remainder of the results. Continuing with the provided token results in an ' +
  'inconsistent list - objects that were created, modified, or deleted between the time the first ' +
  'chunk was returned and now may show up in the list.';

function firstAfter(pairs: readonly KeyValue<Stored>[], key: string): number {
  let low = 0;
  let high = pairs.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((pairs[mid] as KeyValue<Stored>).key <= key) low = mid + 1;
    else high = mid;
  }
  return low;
}
