/**
 * The body of a write: what it is written in, and how large it may be.
 *
 * Models: k8s.io/apiserver pkg/endpoints/handlers/{create,update,patch,delete}.go,
 *         pkg/util/net limitedReadBody, negotiation NegotiateInputSerializer (v1.36)
 */
import { parseBody, type ParsedBody } from '../../../api/meta/decode-body.ts';
import { goQuote } from '../../../api/meta/go-text.ts';
import { JsonSyntaxError } from '../../../api/meta/json-text.ts';
import { ProtobufError, readEnvelope, readMessage } from '../../../api/meta/protobuf.ts';
import type { SchemaRef } from '../../../api/meta/schema.ts';
import {
  type ApiError,
  badRequest,
  failure,
  unsupportedMediaType,
} from '../../../api/meta/status.ts';
import { decodeUtf8, decodeUtf8Strict } from '../../../api/meta/utf8.ts';
import type { ApiRequest } from '../../../port/protocol.ts';
import type { Call, PatchType } from '../call.ts';
import type { Resource } from '../resource.ts';
import { PROTOBUF_TYPE } from './media-type.ts';
import { callOptions } from './options.ts';
import { validateDeleteOptions } from './validate-options.ts';

/** config.go MaxRequestBodyBytes. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

type FromBody = Pick<Call, 'options' | 'body' | 'parsed' | 'patchType' | 'patchText'>;

/** What the body adds to a call. */
export function readBody(
  request: ApiRequest,
  { verb, resource, subresource }: Pick<Call, 'verb' | 'resource' | 'subresource'>,
  patchType: PatchType | undefined,
): FromBody {
  const bytes = request.body ?? new Uint8Array();
  if (bytes.length > MAX_BODY_BYTES) throw tooLarge();
  if (patchType !== undefined) {
    const options = callOptions(request.query, null);
    return { options, patchType, patchText: decodeUtf8(bytes) };
  }
  const isDelete = verb === 'delete' || verb === 'deletecollection';
  if (isDelete && bytes.length === 0) return { options: callOptions(request.query, null) };
  const expected = isDelete ? DELETE_OPTIONS : expectedBody(resource, subresource);
  const parsed = parse(request, bytes, expected);
  if (isDelete) validateDeleteOptions(parsed.value);
  const options = callOptions(request.query, isDelete ? parsed.value : null);
  return { body: parsed.value, parsed, options };
}

function tooLarge(): ApiError {
  const message = `Request entity too large: limit is ${MAX_BODY_BYTES}`;
  return failure(413, 'RequestEntityTooLarge', message, {});
}

/** What a body must be. */
interface Expected {
  readonly kind: string;
  readonly schema: SchemaRef;
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const DELETE_OPTIONS: Expected = { kind: 'DeleteOptions', schema: `${META}.DeleteOptions` };
const SCALE: Expected = { kind: 'Scale', schema: 'io.k8s.api.autoscaling.v1.Scale' };

function expectedBody({ kind }: Resource, subresource: string): Expected {
  if (subresource === 'scale') return SCALE;
  const action = kind.actions?.[subresource];
  if (action) return { kind: action.bodyKind, schema: action.bodySchema };
  return kind;
}

function parse(request: ApiRequest, bytes: Uint8Array, expected: Expected): ParsedBody {
  const { kind } = expected;
  switch (mediaTypeOf(request.headers['content-type'])) {
    case 'application/json':
      return parseBody(decodeUtf8(bytes), 'json', kind);
    case 'application/yaml':
      checkUtf8(bytes, kind);
      return parseBody(decodeUtf8(bytes), 'yaml', kind);
    case PROTOBUF_TYPE:
      return parseProtobuf(bytes, expected);
    default:
      throw unsupportedMediaType(
        'the body of the request was in an unknown format - accepted media types include: ' +
          `application/json, application/yaml, ${PROTOBUF_TYPE}`,
      );
  }
}

/** go-yaml reads nothing but UTF-8; JSON readers replace what is none. */
function checkUtf8(bytes: Uint8Array, kind: string): void {
  if (decodeUtf8Strict(bytes) !== undefined) return;
  const why = 'yaml: invalid leading UTF-8 octet';
  throw badRequest(
    `the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(bytes)})`,
  );
}

/** The envelope says what it holds; what it should not hold is refused later, by that. */
function parseProtobuf(bytes: Uint8Array, { kind, schema }: Expected): ParsedBody {
  let gvk = { apiVersion: '', kind: '' };
  try {
    const envelope = readEnvelope(bytes);
    gvk = { apiVersion: envelope.apiVersion, kind: envelope.kind };
    const isExpected = gvk.kind === '' || gvk.kind === kind;
    const value = isExpected && typeof schema === 'string' ? readMessage(schema, envelope.raw) : {};
    return { value: { ...value, ...named(gvk) }, duplicates: new Map(), strictYaml: '' };
  } catch (error) {
    if (!(error instanceof ProtobufError) && !(error instanceof JsonSyntaxError)) throw error;
    if (gvk.kind !== '') {
      const version = gvk.apiVersion.slice(gvk.apiVersion.indexOf('/') + 1);
      throw badRequest(
        `${gvk.kind} in version ${goQuote(version)} cannot be handled as a ${kind}: ${error.message}`,
      );
    }
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): ${error.message} ` +
        `(${summary(bytes)})`,
    );
  }
}

function named(gvk: { readonly apiVersion: string; readonly kind: string }): object {
  return {
    ...(gvk.apiVersion === '' ? {} : { apiVersion: gvk.apiVersion }),
    ...(gvk.kind === '' ? {} : { kind: gvk.kind }),
  };
}

/** rest.go summarizeData. */
const SUMMARY_BYTES = 30;

function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>';
  let hex = '';
  for (const byte of bytes.subarray(0, SUMMARY_BYTES)) hex += byte.toString(16).padStart(2, '0');
  return bytes.length > SUMMARY_BYTES ? `${hex} ...` : hex;
}

/** mime.ParseMediaType, as far as it matters: the type without parameters. */
function mediaTypeOf(header: string | undefined): string {
  if (header === undefined || header === '') return 'application/json';
  return header.split(';')[0]?.trim().toLowerCase() ?? '';
}
