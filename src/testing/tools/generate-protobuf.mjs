/**
 * Generates src/api/generated/protobuf.ts: which field number of a protobuf message is which field of
 * the JSON form, for every type that a request body can hold.
 *
 * Names and numbers come from the recorded type definitions (src/testing/goldens/api/protobuf), the
 * JSON side from src/api/generated/schemas.ts. A field that JSON does not know is an embedded struct:
 * its fields belong to the message around it.
 *
 * usage: node src/testing/tools/generate-protobuf.mjs
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const messages = JSON.parse(
  fs.readFileSync(path.join(root, 'src/testing/goldens/api/protobuf/fields.json'), 'utf8'),
);
const schemasText = fs.readFileSync(path.join(root, 'src/api/generated/schemas.ts'), 'utf8');
const schemas = JSON.parse(
  JSON.parse(
    schemasText
      .split('\n')
      .find((line) => line.startsWith('  "'))
      .trim()
      .replace(/,$/, ''),
  ),
);

const PROTO_PARTS = [
  ['k8s.io.apiextensions_apiserver.', 'io.k8s.apiextensions-apiserver.'],
  ['k8s.io.kube_aggregator.', 'io.k8s.kube-aggregator.'],
  ['k8s.io.', 'io.k8s.'],
];
const definitionName = (message) => {
  const [from, to] = PROTO_PARTS.find(([prefix]) => message.startsWith(prefix));
  return to + message.slice(from.length);
};
const byDefinition = new Map(Object.keys(messages).map((m) => [definitionName(m), m]));

/** Messages whose JSON form is not an object of their fields. */
const SPECIAL = new Map(
  Object.entries({
    'k8s.io.apimachinery.pkg.runtime.RawExtension': 'raw',
    'k8s.io.apimachinery.pkg.apis.meta.v1.FieldsV1': 'raw',
    'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSON': 'raw',
    'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': 'orlist',
    'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': 'orbool',
    'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray':
      'orstrings',
    'k8s.io.apimachinery.pkg.apis.meta.v1.Time': 'time',
    'k8s.io.apimachinery.pkg.apis.meta.v1.MicroTime': 'microtime',
    'k8s.io.apimachinery.pkg.api.resource.Quantity': 'quantity',
    'k8s.io.apimachinery.pkg.util.intstr.IntOrString': 'intstr',
  }),
);
const SCALARS = {
  string: 'string',
  int32: 'int',
  int64: 'int',
  bool: 'bool',
  bytes: 'bytes',
  double: 'double',
};

const table = {};
const problems = [];

/** `xKubernetesListType` is `x-kubernetes-list-type`, `jSONPath` is `jsonPath`. */
const same = (a, b) =>
  a.replace(/[-_]/g, '').toLowerCase() === b.replace(/[-_$]/g, '').toLowerCase();

function typeOf(type) {
  const map = /^map<string,(.*)>$/.exec(type);
  if (map) return `{${typeOf(map[1])}`;
  if (SCALARS[type]) return SCALARS[type];
  const special = SPECIAL.get(type);
  if (special) return special;
  const fields = messages[type];
  if (!fields) {
    problems.push(`no message ${type}`);
    return 'string';
  }
  const only = Object.keys(fields);
  // A list that is a type of its own; a struct with such a field has a schema with properties.
  const isStruct = schemas[definitionName(type)]?.p !== undefined;
  const isItems = only.length === 1 && only[0] === 'items' && fields.items[2] === 'repeated';
  if (isItems && !isStruct) return 'items';
  visit(definitionName(type), type, schemas[definitionName(type)]?.p);
  return `@${definitionName(type)}`;
}

function visit(name, message, properties) {
  if (table[name] !== undefined) return;
  table[name] = '';
  // A struct without fields has no schema.
  if (!properties) return;
  table[name] = fieldsOf(message, properties).join(' ');
}

function fieldsOf(message, properties) {
  const out = [];
  for (const [field, [number, type, repeated]] of Object.entries(messages[message])) {
    const known =
      Object.keys(properties).find((p) => p === field) ??
      Object.keys(properties).find((p) => same(p, field)) ??
      (field === 'ref' || field === 'schema' ? `$${field}` : undefined);
    if (known !== undefined && properties[known] !== undefined) {
      out.push(`${number}:${known}:${repeated ? '[' : ''}${typeOf(type)}`);
    } else if (messages[type] && !repeated) {
      // An embedded struct.
      out.push(...fieldsOf(type, properties).map((f) => `${number}>${f}`));
    } else {
      problems.push(`${message}.${field}: no such JSON field`);
    }
  }
  return out;
}

for (const [name, schema] of Object.entries(schemas)) {
  const message = byDefinition.get(name);
  if (schema.g && message) visit(name, message, schema.p);
}
const JSON_SCHEMA = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';
if (schemas[JSON_SCHEMA]) visit(JSON_SCHEMA, byDefinition.get(JSON_SCHEMA), schemas[JSON_SCHEMA].p);

const names = Object.keys(table)
  .filter((name) => table[name] !== '' || schemas[name])
  .sort();
const index = new Map(names.map((name, i) => [name, i]));
const lines = names.map(
  (name) => `${name} ${table[name].replace(/@(\S+)/g, (_, n) => `@${index.get(n)}`)}`,
);
fs.writeFileSync(
  path.join(root, 'src/api/generated/protobuf.ts'),
  `// Generated by src/testing/tools/generate-protobuf.mjs from the types of Kubernetes 1.36. Do not edit.
/**
 * One line a definition: its name, then its fields as NUMBER:NAME:TYPE. NUMBER> before a field says
 * that it stands in the embedded message of that number; [ is a list, { a map, @N the Nth line.
 */
export const PROTOBUF = ${JSON.stringify(lines.join('\n'))};
`,
);
console.log(`${names.length} messages`);
for (const problem of problems) console.error(problem);
