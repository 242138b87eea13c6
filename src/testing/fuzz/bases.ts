/** Manifests that a real server accepted, by resource: what the arbitraries start from. */
import { type AnyKind, apiVersionOf } from '../../api/meta/define-kind.ts';
import type { Json, JsonObject } from '../goldens-harness/case.ts';
import type { RecordingFiles } from '../goldens-harness/load.ts';
import { OWN_BASES } from './own-bases.ts';
import { isObject, type Value } from './text.ts';

/** `apps/v1/deployments` */
export type Bases = ReadonlyMap<string, readonly Value[]>;

const MAX_BASES = 30;
const FOLDERS = ['api/objects', 'api/errors'];
const ACCEPTED = 201;

export function basesIn(files: RecordingFiles): Bases {
  const found = new Map<string, Map<string, Value>>();
  for (const folder of FOLDERS) {
    for (const path of files.list(folder)) {
      if (path.endsWith('.json')) visit(JSON.parse(files.read(path)) as Json, found);
    }
  }
  return new Map([...found].map(([key, values]) => [key, [...values.values()]]));
}

export function basesOf(bases: Bases, kind: AnyKind): readonly Value[] {
  const key = keyOf(kind.group, kind.version, kind.plural);
  const own = OWN_BASES[key];
  const what = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  return [...(bases.get(key) ?? []), ...(isObject(own) ? [{ ...what, ...own }] : [])];
}

function keyOf(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}

function visit(node: Json, found: Map<string, Map<string, Value>>): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) take(node as JsonObject, found);
  for (const item of Object.values(node)) visit(item as Json, found);
}

function take(node: JsonObject, found: Map<string, Map<string, Value>>): void {
  const request = node['request'] as { method?: string; path?: string; body?: Json } | undefined;
  const response = node['response'] as { code?: number } | undefined;
  if (request?.method !== 'POST' || response?.code !== ACCEPTED) return;
  const { body } = request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return;
  const text = JSON.stringify(body);
  const parts =
    /^\/(?:api|apis\/([^/]+))\/([^/]+)\/(?:namespaces\/[^/]+\/)?([^/?]+)(?:\?.*)?$/.exec(
      request.path ?? '',
    );
  // Shortened bodies are not what was sent.
  if (!parts || text.includes('"$repeat') || text.includes('<')) return;
  const key = keyOf(parts[1] ?? '', parts[2] as string, parts[3] as string);
  const list = found.get(key) ?? new Map<string, Value>();
  if (list.size < MAX_BASES) list.set(text, homeless(body as Value));
  found.set(key, list);
}

/** Without the namespace it was recorded in: everything happens in one. */
function homeless(body: Value): Value {
  if (!isObject(body) || !isObject(body['metadata'])) return body;
  const { namespace: _, ...metadata } = body['metadata'];
  return { ...body, metadata };
}
