/**
 * The body of a write: what it is written in, and how large it may be.
 *
 * Models: k8s.io/apiserver pkg/endpoints/handlers/{create,update,patch,delete}.go,
 *         pkg/util/net limitedReadBody, negotiation NegotiateInputSerializer (v1.36)
 */
import { parseBody, type ParsedBody } from '../../../api/meta/decode-body.ts';
import { type ApiError, failure, unsupportedMediaType } from '../../../api/meta/status.ts';
import { decodeUtf8 } from '../../../api/meta/utf8.ts';
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
  const expected = isDelete ? 'DeleteOptions' : bodyKind(resource, subresource);
  const parsed = parse(request, bytes, expected);
  if (isDelete) validateDeleteOptions(parsed.value);
  const options = callOptions(request.query, isDelete ? parsed.value : null);
  return { body: parsed.value, parsed, options };
}

function tooLarge(): ApiError {
  const message = `Request entity too large: limit is ${MAX_BODY_BYTES}`;
  return failure(413, 'RequestEntityTooLarge', message, {});
}

/** The kind that a body must be, for refusals. */
function bodyKind({ kind }: Resource, subresource: string): string {
  if (subresource === 'scale') return 'Scale';
  return kind.actions?.[subresource]?.bodyKind ?? kind.kind;
}

function parse(request: ApiRequest, bytes: Uint8Array, kind: string): ParsedBody {
  switch (mediaTypeOf(request.headers['content-type'])) {
    case 'application/json':
      return parseBody(decodeUtf8(bytes), 'json', kind);
    case 'application/yaml':
      return parseBody(decodeUtf8(bytes), 'yaml', kind);
    default:
      throw unsupportedMediaType(
        'the body of the request was in an unknown format - accepted media types include: ' +
          `application/json, application/yaml, ${PROTOBUF_TYPE}`,
      );
  }
}

/** mime.ParseMediaType, as far as it matters: the type without parameters. */
function mediaTypeOf(header: string | undefined): string {
  if (header === undefined || header === '') return 'application/json';
  return header.split(';')[0]?.trim().toLowerCase() ?? '';
}
