/** Plays a recorded OpenAPI document: the one that is served, without its descriptions. */
import type { Json, JsonObject } from './case.ts';
import { type Difference, firstDifference } from './compare.ts';
import { Bindings } from './placeholders.ts';
import { apiRequest } from './run-case.ts';
import type { MakeTarget } from './target.ts';
import { decodeUtf8 } from '../../api/meta/utf8.ts';

/** `v2.json` → `/openapi/v2`; `v3/apis.apps.v1.json` → `/openapi/v3/apis/apps/v1`. */
export function documentPath(file: string): string {
  const name = file.replace(/\.json$/, '');
  if (!name.startsWith('v3/')) return `/openapi/${name}`;
  const inner = name.slice('v3/'.length);
  // Dots stand for slashes, but those of a group's name and of a hidden folder are its own.
  const api = /^apis\.(.*?)(?:\.(v\d+(?:(?:alpha|beta)\d+)?))?$/.exec(inner);
  if (api) return ['/openapi/v3/apis', ...api.slice(1).filter(Boolean)].join('/');
  return `/openapi/v3/${inner.replace(/(?<!^)\./g, '/')}`;
}

export function playDocument(recorded: Json, path: string, makeTarget: MakeTarget): Difference {
  const target = makeTarget({ quiet: true });
  const answer = target.handle(apiRequest({ method: 'GET', path }, new Bindings()));
  const text = decodeUtf8(answer.body);
  if (answer.code !== 200) return `code ${answer.code}: ${text.slice(0, 200)}`;
  const served = withoutDescriptions(JSON.parse(text) as Json, false);
  return firstDifference(recorded, served, 'body', new Bindings());
}

/** |isMap|: the keys are names that somebody gave, and `description` may be one of them. */
function withoutDescriptions(value: Json, isMap: boolean): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((item) => withoutDescriptions(item, false));
  }
  const out: Record<string, Json> = {};
  for (const [key, below] of Object.entries(value as JsonObject)) {
    if (key === 'description' && !isMap && typeof below === 'string') continue;
    out[key] = withoutDescriptions(below as Json, !isMap && NAMED.has(key));
  }
  return out;
}

const NAMED = new Set(['properties', 'definitions', 'schemas', 'paths', 'parameters', 'responses']);
