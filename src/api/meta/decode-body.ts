/**
 * From the bytes of a request to an object of the kind that the path names, with the refusals of
 * each stage in the server's words.
 *
 * Models: k8s.io/apiserver pkg/endpoints/handlers rest.go (transformDecodeError), create.go,
 *         k8s.io/apimachinery/pkg/runtime/serializer/json json.go (v1.36)
 */
import { decodeObject, type Decoded } from './decode.ts';
import { DecodeError, type FieldValidation } from './decode-state.ts';
import { apiVersionOf, type AnyKind } from './define-kind.ts';
import { goQuote } from './go-text.ts';
import { type DuplicateKeys, JsonSyntaxError, parseJson } from './json-text.ts';
import type { SchemaRef } from './schema.ts';
import { keepEmptyManagers } from './managed-state.ts';
import { badRequest } from './status.ts';
import { parseYaml, YamlSyntaxError } from './yaml-text.ts';

const SUMMARY_BYTES = 30; // rest.go summarizeData
/** Where upstream's scheme was made; its messages say so. */
const SCHEME = 'pkg/runtime/scheme.go:111';

/** A parsed body, not yet of any kind. */
export interface ParsedBody {
  readonly value: unknown;
  readonly duplicates: DuplicateKeys;
  /** What strict YAML reading complains of; '' when nothing. */
  readonly strictYaml: string;
}

export type BodyFormat = 'json' | 'yaml';

/** Reads |text|; throws a BadRequest that names |kind| when it is not JSON or YAML. */
export function parseBody(text: string, format: BodyFormat, kind: string): ParsedBody {
  try {
    const parsed: ParsedBody =
      format === 'yaml' ? parseYaml(text) : { ...parseJson(text), strictYaml: '' };
    const { value } = parsed;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return parsed;
    if (value === null || value === undefined) return { ...parsed, value: {} };
    throw unrecognized(kind, notAnObject(value), text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) {
      const message = `couldn't get version/kind; json parse error: ${error.message}`;
      throw unrecognized(kind, message, text);
    }
    if (error instanceof YamlSyntaxError) throw unrecognized(kind, error.message, text);
    throw error;
  }
}

function notAnObject(value: unknown): string {
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return (
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go value ` +
    'of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; ' +
    'Kind string "json:\\"kind,omitempty\\"" }'
  );
}

function unrecognized(kind: string, message: string, text: string): Error {
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind}): ${message} (${summary(text)})`,
  );
}

/** The first bytes: as text when it looks like JSON, else in hexadecimal. */
function summary(text: string): string {
  if (text === '') return '<empty>';
  const bytes = utf8(text.slice(0, SUMMARY_BYTES + 1));
  const more = bytes.length > SUMMARY_BYTES ? ' ...' : '';
  if (text.startsWith('{')) return text.slice(0, SUMMARY_BYTES) + more;
  const hex = bytes.slice(0, SUMMARY_BYTES).map((b) => b.toString(16).padStart(2, '0'));
  return hex.join('') + more;
}

function utf8(text: string): number[] {
  const out: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) out.push(code);
    else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) {
      out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    } else {
      const tail = [0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)];
      out.push(0xf0 | (code >> 18), ...tail);
    }
  }
  return out;
}

export interface BodyTarget {
  readonly kind: AnyKind;
  /** What the path expects when it is not the kind itself (a subresource's own type). */
  readonly expect?: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly schema: SchemaRef;
  };
  /** Whether the server knows a kind at all; decides between two refusals. */
  readonly isServed: (apiVersion: string, kind: string) => boolean;
  readonly validation: FieldValidation;
}

/** The body as an object of the expected kind; throws BadRequest as the server does. */
export function decodeBody(body: ParsedBody, target: BodyTarget): Decoded {
  const expected = target.expect ?? {
    apiVersion: apiVersionOf(target.kind),
    kind: target.kind.kind,
    schema: target.kind.schema,
  };
  const given = body.value as Record<string, unknown>;
  const apiVersion = textOf(given['apiVersion'], 'apiVersion', expected.kind);
  const kind = textOf(given['kind'], 'kind', expected.kind);
  const gvk = {
    apiVersion: apiVersion || expected.apiVersion,
    kind: kind || expected.kind,
  };
  const refuse = (message: string): Error =>
    badRequest(
      `${gvk.kind} in version ${goQuote(versionOf(gvk.apiVersion))} cannot be handled as a ` +
        `${expected.kind}: ${message}`,
    );
  if (gvk.apiVersion !== expected.apiVersion || gvk.kind !== expected.kind) {
    if (!target.isServed(gvk.apiVersion, gvk.kind)) {
      throw refuse(
        `no kind ${goQuote(gvk.kind)} is registered for version ${goQuote(gvk.apiVersion)} ` +
          `in scheme "${SCHEME}"`,
      );
    }
    throw refuse(
      `converting (${versionOf(gvk.apiVersion)}.${gvk.kind}) to ` +
        `(${internalPackage(expected.apiVersion)}.${expected.kind}): unknown conversion`,
    );
  }
  const decoded = decodeOrRefuse(body, expected.schema, target.validation, refuse);
  keepEmptyManagers(decoded.object, given);
  decoded.object['kind'] = expected.kind;
  decoded.object['apiVersion'] = expected.apiVersion;
  return decoded;
}

function decodeOrRefuse(
  body: ParsedBody,
  schema: SchemaRef,
  validation: FieldValidation,
  refuse: (message: string) => Error,
): Decoded {
  try {
    const options = { validation, duplicates: body.duplicates };
    const { object, strictErrors } = decodeObject(schema, body.value, options);
    const all =
      body.strictYaml === '' || validation === 'Ignore'
        ? strictErrors
        : [body.strictYaml, ...strictErrors];
    if (validation === 'Strict' && all.length > 0) {
      throw refuse(`strict decoding error: ${all.join(', ')}`);
    }
    return { object, strictErrors: all };
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message);
    throw error;
  }
}

function textOf(value: unknown, field: string, kind: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  throw badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; ` +
      `json parse error: json: cannot unmarshal ${type} into Go struct field .${field} of type string`,
  );
}

function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1);
}

/** Name of upstream's package of internal types: the first part of the group, or core. */
function internalPackage(apiVersion: string): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return group === '' ? 'core' : (group.split('.')[0] ?? group);
}
