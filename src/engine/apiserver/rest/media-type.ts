/**
 * Which form of an answer the client wants, from its Accept header.
 *
 * Models:     k8s.io/apiserver pkg/endpoints/handlers/negotiation negotiate.go,
 *             github.com/munnerz/goautoneg, and the routes' produced types (v1.36)
 * Simplified: where protobuf comes first, the answer is JSON all the same if that is accepted too
 */
import { type ApiError, failure } from '../../../api/meta/status.ts';
import type { ApiRequest } from '../../../port/protocol.ts';
import { first } from './options.ts';

export interface Convert {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface MediaType {
  readonly format: 'json' | 'yaml';
  readonly pretty: boolean;
  /** `as=`: the form the object is turned into. */
  readonly convert: Convert | null;
}

interface Clause {
  readonly type: string;
  readonly subtype: string;
  readonly q: number;
  readonly params: Readonly<Record<string, string>>;
}

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';
export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';
const SERVED = [JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE];
const STREAMED = [`${JSON_TYPE};stream=watch`, `${PROTOBUF_TYPE};stream=watch`];

/** Clients send the same few headers again and again. */
const parsed = new Map<string, readonly Clause[]>();
const MAX_PARSED = 200;

/** Clauses of an Accept header, best first. */
export function parseAccept(header: string): readonly Clause[] {
  let clauses = parsed.get(header);
  if (!clauses) {
    if (parsed.size >= MAX_PARSED) parsed.clear();
    parsed.set(header, (clauses = parse(header)));
  }
  return clauses;
}

function parse(header: string): readonly Clause[] {
  const clauses: Clause[] = [];
  for (const part of header.split(',')) {
    const [range = '', ...rest] = part.split(';').map((p) => p.trim());
    const [type = '', subtype = ''] = range.split('/').map((p) => p.trim());
    if (type === '' && subtype === '') continue;
    // A lone star means everything.
    const any = type === '*' && subtype === '';
    const params: Record<string, string> = {};
    let q = 1;
    for (const param of rest) {
      const [name = '', value = ''] = param.split(/=(.*)/s);
      if (name.trim() === 'q') q = quality(value);
      else if (name !== '__proto__') params[name.trim()] = value.trim();
    }
    clauses.push({ type, subtype: any ? '*' : subtype, q, params });
  }
  return clauses.sort((a, b) => b.q - a.q || star(a.type, b.type) || star(a.subtype, b.subtype));
}

function quality(text: string): number {
  const value = Number(text.trim());
  return Number.isFinite(value) ? value : 1;
}

function star(a: string, b: string): number {
  return Number(a === '*') - Number(b === '*');
}

/** What convertible resources allow, and what `as` may be. */
export type Allows = (convert: Convert | null, type: string) => boolean;

const META = new Set(['v1', 'v1beta1']);

/** Forms that every resource of objects can take. */
export const OBJECT_FORMS: Allows = (convert, type) => {
  if (convert === null) return true;
  if (convert.group !== 'meta.k8s.io' || !META.has(convert.version)) return false;
  if (convert.kind === 'Table') return type !== PROTOBUF_TYPE;
  return convert.kind === 'PartialObjectMetadata' || convert.kind === 'PartialObjectMetadataList';
};

/** Reviews are answered at once and kept nowhere: nobody has given them columns. */
export const NO_TABLE: Allows = (convert, type) =>
  convert?.kind !== 'Table' && OBJECT_FORMS(convert, type);

export const NO_FORMS: Allows = (convert) => convert === null;

/** Throws NotAcceptable when nothing that the client takes is served. */
export function negotiate(request: ApiRequest, allows: Allows): MediaType {
  const pretty = isPretty(request);
  const header = request.headers['accept'] ?? '';
  if (header === '') return { format: 'json', pretty, convert: null };
  let protobufOnly: boolean = false;
  for (const clause of parseAccept(header)) {
    for (const served of SERVED) {
      if (!covers(clause, served)) continue;
      const convert = convertOf(clause);
      const { stream = '' } = clause.params;
      if (stream !== '' && (stream !== 'watch' || served === YAML_TYPE)) continue;
      if (!allows(convert, served)) continue;
      if (served === PROTOBUF_TYPE) {
        protobufOnly = true;
        continue;
      }
      return {
        format: served === YAML_TYPE ? 'yaml' : 'json',
        pretty: pretty || clause.params['pretty'] === '1',
        convert,
      };
    }
  }
  // Said by name: nothing is written as protobuf here.
  throw notAcceptable(protobufOnly ? [JSON_TYPE, YAML_TYPE] : SERVED);
}

function covers(clause: Clause, served: string): boolean {
  const { type, subtype } = clause;
  if (type === '*') return subtype === '*';
  return served === `${type}/${subtype}` || (subtype === '*' && served.startsWith(`${type}/`));
}

function convertOf({ params }: Clause): Convert | null {
  const { as, g, v } = params;
  if (as === undefined && g === undefined && v === undefined) return null;
  return { kind: as ?? '', group: g ?? '', version: v ?? '' };
}

export function notAcceptable(types: readonly string[]): ApiError {
  const accepted = types.join(', ');
  return failure(406, 'NotAcceptable', `only the following media types are accepted: ${accepted}`);
}

const TRUTHS = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);

/** People's tools get it indented, unless they say otherwise. */
export function isPretty(request: ApiRequest): boolean {
  const asked = first(request.query, 'pretty') ?? '';
  if (asked !== '') return TRUTHS.has(asked);
  return /^(?:curl|Wget|Mozilla\/5\.0)/.test(request.headers['user-agent'] ?? '');
}

/** What the route itself produces, before any parameter is looked at. */
export function checkProduced(accept: string | undefined, streams: boolean): void {
  if (accept === undefined || accept === '') return;
  const types = streams ? [...SERVED, ...STREAMED] : SERVED;
  const wanted = accept.split(',').map((part) => part.split(';')[0]?.trim() ?? '');
  const known = new Set<string>(['*/*', ...types]);
  if (wanted.some((type) => known.has(type) || type === 'application/*')) return;
  throw failure(
    406,
    'NotAcceptable',
    `406: Not Acceptable\n\nAvailable representations: ${types.join(', ')}`,
    {},
  );
}
