/**
 * OpenAPI v2 in the protobuf form that kubectl asks for: it falls back to it for kinds that no
 * document of version 3 knows, and for lists in files.
 *
 * Models:     github.com/google/gnostic-models openapiv2 OpenAPIv2.proto (v0.7.0): field numbers;
 *             k8s.io/kube-openapi pkg/handler handler.go
 * Simplified: what documents of Kubernetes hold; other parts of OpenAPI v2 are refused by name
 */
import { assert } from '../../../kernel/assert.ts';
import { encodeUtf8 } from '../../../api/meta/utf8.ts';

type Json = null | boolean | number | string | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [key: string]: Json | undefined;
}

type Encoder = (value: Json) => Uint8Array;
/** By key of the JSON: number of the field, and how its value is written. */
type Fields = Readonly<Record<string, readonly [number: number, write: FieldWriter]>>;
type FieldWriter = (out: Bytes, number: number, value: Json) => void;

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;

class Bytes {
  #buffer = new Uint8Array(256);
  #length = 0;

  get whole(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  varint(value: number): void {
    let rest = value;
    this.#reserve(10);
    while (rest > 127) {
      this.#buffer[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#length++] = rest;
  }

  tag(number: number, type: number): void {
    this.varint(number * 8 + type);
  }

  delimited(number: number, bytes: Uint8Array): void {
    this.tag(number, DELIMITED);
    this.varint(bytes.length);
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  double(value: number): void {
    this.#reserve(8);
    new DataView(this.#buffer.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.whole);
    this.#buffer = larger;
  }
}

const text: FieldWriter = (out, number, value) => {
  out.delimited(number, encodeUtf8(String(value)));
};
const texts: FieldWriter = (out, number, value) => {
  for (const one of [value].flat() as readonly Json[]) text(out, number, one);
};
const flag: FieldWriter = (out, number, value) => {
  if (value !== true) return;
  out.tag(number, VARINT);
  out.varint(1);
};
const count: FieldWriter = (out, number, value) => {
  out.tag(number, VARINT);
  out.varint(Number(value));
};
const double: FieldWriter = (out, number, value) => {
  out.tag(number, FIXED64);
  out.double(Number(value));
};
const one =
  (encode: Encoder): FieldWriter =>
  (out, number, value) => {
    out.delimited(number, encode(value));
  };
const many =
  (encode: Encoder): FieldWriter =>
  (out, number, value) => {
    for (const item of value as readonly Json[]) out.delimited(number, encode(item));
  };

/** `NamedX`: name = 1, value = 2. */
function named(name: string, value: Uint8Array): Uint8Array {
  const out = new Bytes();
  out.delimited(1, encodeUtf8(name));
  out.delimited(2, value);
  return out.whole;
}

/** A message with nothing but named values. */
const map =
  (encode: Encoder, number = 1): Encoder =>
  (value) => {
    const out = new Bytes();
    for (const [name, item] of Object.entries(value as JsonObject)) {
      out.delimited(number, named(name, encode(item as Json)));
    }
    return out.whole;
  };

/** A message that wraps another, as one of several that it could be. */
function choice(number: number, bytes: Uint8Array): Uint8Array {
  const out = new Bytes();
  out.delimited(number, bytes);
  return out.whole;
}

/** Any: its YAML is field 2, and JSON is YAML. */
const any: Encoder = (value) => choice(2, encodeUtf8(`${JSON.stringify(value)}\n`));

/** |vendor| is the number of the field for extensions. Fields are looked up when they are met. */
const message =
  (fields: () => Fields, vendor: number): Encoder =>
  (value) => {
    const out = new Bytes();
    const known = fields();
    for (const [key, item] of Object.entries(value as JsonObject)) {
      if (item === undefined) continue;
      if (key.startsWith('x-')) {
        out.delimited(vendor, named(key, any(item)));
        continue;
      }
      const field = known[key];
      assert(field !== undefined, `OpenAPI v2: no field "${key}" in its protobuf form`);
      field[1](out, field[0], item);
    }
    return out.whole;
  };

const typeItem: Encoder = (value) => {
  const out = new Bytes();
  texts(out, 1, value);
  return out.whole;
};

const schema: Encoder = message(() => SCHEMA, 31);
const SCHEMA: Fields = {
  $ref: [1, text],
  format: [2, text],
  title: [3, text],
  description: [4, text],
  default: [5, one(any)],
  multipleOf: [6, double],
  maximum: [7, double],
  exclusiveMaximum: [8, flag],
  minimum: [9, double],
  exclusiveMinimum: [10, flag],
  maxLength: [11, count],
  minLength: [12, count],
  pattern: [13, text],
  maxItems: [14, count],
  minItems: [15, count],
  uniqueItems: [16, flag],
  maxProperties: [17, count],
  minProperties: [18, count],
  required: [19, texts],
  enum: [20, many(any)],
  additionalProperties: [21, one(additionalProperties)],
  type: [22, one(typeItem)],
  items: [23, one((value) => choice(1, schema(value)))],
  allOf: [24, many(schema)],
  properties: [25, one(map(schema))],
  readOnly: [27, flag],
  example: [30, one(any)],
};

function additionalProperties(value: Json): Uint8Array {
  if (typeof value !== 'boolean') return choice(1, schema(value));
  const out = new Bytes();
  flag(out, 2, value);
  return out.whole;
}

const bodyParameter = message(() => BODY_PARAMETER, 6);
const BODY_PARAMETER: Fields = {
  description: [1, text],
  name: [2, text],
  in: [3, text],
  required: [4, flag],
  schema: [5, one(schema)],
};

/** Query parameters have one field more than those of paths and headers; the rest moves up by one. */
function simpleParameter(shift: number): Fields {
  return {
    required: [1, flag],
    in: [2, text],
    description: [3, text],
    name: [4, text],
    type: [5 + shift, text],
    format: [6 + shift, text],
    default: [9 + shift, one(any)],
    maximum: [10 + shift, double],
    minimum: [12 + shift, double],
    pattern: [16 + shift, text],
    uniqueItems: [19 + shift, flag],
    enum: [20 + shift, many(any)],
  };
}

const PATH_PARAMETER = simpleParameter(0);
const QUERY_PARAMETER = simpleParameter(1);
const pathParameter = message(() => PATH_PARAMETER, 22);
const queryParameter = message(() => QUERY_PARAMETER, 23);

/** Parameter: body = 1, others = 2; of those header = 1, query = 3, path = 4. */
const parameter: Encoder = (value) => {
  switch ((value as JsonObject)['in']) {
    case 'body':
      return choice(1, bodyParameter(value));
    case 'header':
      return choice(2, choice(1, pathParameter(value)));
    case 'query':
      return choice(2, choice(3, queryParameter(value)));
    default:
      return choice(2, choice(4, pathParameter(value)));
  }
};

const reference: Encoder = (value) =>
  choice(1, encodeUtf8(String((value as JsonObject)['$ref'] ?? '')));

const parametersItem: Encoder = (value) =>
  isReference(value) ? choice(2, reference(value)) : choice(1, parameter(value));

function isReference(value: Json): boolean {
  return Object.hasOwn(value as JsonObject, '$ref');
}

const response = message(() => RESPONSE, 5);
const RESPONSE: Fields = {
  description: [1, text],
  schema: [2, one((value) => choice(1, schema(value)))],
};

const responseValue: Encoder = (value) =>
  isReference(value) ? choice(2, reference(value)) : choice(1, response(value));

/** NamedStringArray: the array is a message of its own. */
const securityRequirement = map(typeItem);

const operation = message(() => OPERATION, 13);
const OPERATION: Fields = {
  tags: [1, texts],
  summary: [2, text],
  description: [3, text],
  operationId: [5, text],
  produces: [6, texts],
  consumes: [7, texts],
  parameters: [8, many(parametersItem)],
  responses: [9, one(map(responseValue))],
  schemes: [10, texts],
  deprecated: [11, flag],
  security: [12, many(securityRequirement)],
};

const pathItem = message(() => PATH_ITEM, 10);
const PATH_ITEM: Fields = {
  get: [2, one(operation)],
  put: [3, one(operation)],
  post: [4, one(operation)],
  delete: [5, one(operation)],
  options: [6, one(operation)],
  head: [7, one(operation)],
  patch: [8, one(operation)],
  parameters: [9, many(parametersItem)],
};

const info = message(() => INFO, 7);
const INFO: Fields = { title: [1, text], version: [2, text], description: [3, text] };

const apiKey = message(() => API_KEY, 5);
const API_KEY: Fields = { type: [1, text], name: [2, text], in: [3, text], description: [4, text] };

const DOCUMENT: Fields = {
  swagger: [1, text],
  info: [2, one(info)],
  paths: [8, one(map(pathItem, 2))],
  definitions: [9, one(map(schema))],
  parameters: [10, one(map(parameter))],
  responses: [11, one(map(response))],
  security: [12, many(securityRequirement)],
  securityDefinitions: [13, one(map((value) => choice(2, apiKey(value))))],
};
const document = message(() => DOCUMENT, 16);

/** |json| is the document as text. */
export function openApiProto(json: string): Uint8Array {
  return document(JSON.parse(json) as Json);
}
