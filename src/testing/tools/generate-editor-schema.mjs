/**
 * Generates src/ui/editor/generated/kubernetes-schema.json: the JSON Schema (draft 7) with which the
 * manifest editor completes, explains and checks YAML.
 *
 * Structure, enums and required fields come from src/api/generated/schemas.ts, hence from what a real
 * kube-apiserver 1.36.3 answers; descriptions from the doc comments of @kubernetes/client-node, which
 * is generated from the same release. Only the kinds the cluster knows are in it.
 *
 * usage: node src/testing/tools/generate-editor-schema.mjs
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const schemasFile = path.join(root, 'src/api/generated/schemas.ts');
const modelsDir = path.join(root, 'node_modules/@kubernetes/client-node/dist/gen/models');
const outFile = path.join(root, 'src/ui/editor/generated/kubernetes-schema.json');

/** The kinds of src/api/kinds, in the order the editor offers them. */
const KINDS = [
  ['apps/v1', 'Deployment', 'io.k8s.api.apps.v1.Deployment'],
  ['v1', 'Pod', 'io.k8s.api.core.v1.Pod'],
  ['v1', 'Service', 'io.k8s.api.core.v1.Service'],
  ['v1', 'ConfigMap', 'io.k8s.api.core.v1.ConfigMap'],
  ['v1', 'Secret', 'io.k8s.api.core.v1.Secret'],
  ['apps/v1', 'ReplicaSet', 'io.k8s.api.apps.v1.ReplicaSet'],
  ['v1', 'Namespace', 'io.k8s.api.core.v1.Namespace'],
  ['v1', 'ServiceAccount', 'io.k8s.api.core.v1.ServiceAccount'],
  ['v1', 'Node', 'io.k8s.api.core.v1.Node'],
  ['v1', 'Event', 'io.k8s.api.core.v1.Event'],
  ['coordination.k8s.io/v1', 'Lease', 'io.k8s.api.coordination.v1.Lease'],
];

const text = fs.readFileSync(schemasFile, 'utf8');
const literal = text.slice(text.indexOf('JSON.parse(') + 'JSON.parse('.length).trim();
const schemas = JSON.parse(JSON.parse(literal.slice(0, literal.lastIndexOf('"') + 1)));

/** Model of client-node that documents a definition: `V1Pod`, or `CoreV1Event` where names clash. */
function modelOf(definition) {
  const parts = definition.split('.');
  const [group, version, name] = [parts.at(-3), parts.at(-2), parts.at(-1)];
  const cap = (s) => s[0].toUpperCase() + s.slice(1);
  return [`${cap(version)}${name}`, `${cap(group)}${cap(version)}${name}`].find((m) =>
    fs.existsSync(path.join(modelsDir, `${m}.d.ts`)),
  );
}

const plain = (s) =>
  s
    .replace(/\\(['"`])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();

function docsOf(definition) {
  const model = modelOf(definition);
  if (model === undefined) return { fields: {} };
  const source = fs.readFileSync(path.join(modelsDir, `${model}.d.ts`), 'utf8');
  const fields = {};
  for (const m of source.matchAll(
    / {4}\/\*\*\n {4}\* ([\s\S]*?)\n {4}\*\/\n {4}'_?([^']+)'\??: /g,
  )) {
    fields[m[2]] = plain(m[1]);
  }
  const doc = source.match(/\/\*\*\n\* ([\s\S]*?)\n\*\/\nexport declare class/)?.[1];
  return { doc: doc && plain(doc), fields };
}

const short = (definition) => definition.split('.').slice(-3).join('.');

/** null stands for "not set" in Kubernetes: maps, lists and times may be written so. */
function field(f) {
  if (f.r) {
    need(f.r);
    return { $ref: `#/definitions/${short(f.r)}` };
  }
  switch (f.t) {
    case 'string':
      return f.e ? { type: 'string', enum: f.e } : { type: 'string' };
    case 'bytes':
      return { type: 'string' };
    case 'int32':
    case 'int64':
      return { type: 'integer' };
    case 'number':
      return { type: 'number' };
    case 'boolean':
      return { type: 'boolean' };
    case 'time':
    case 'microtime':
      return { type: ['string', 'null'] };
    case 'quantity':
      return { type: ['string', 'number'] };
    case 'intstr':
      return { type: ['integer', 'string'] };
    case 'array':
      return { type: ['array', 'null'], items: field(f.i) };
    case 'map':
      return { type: ['object', 'null'], additionalProperties: field(f.i) };
    case 'any':
      return {};
    default:
      throw new Error(`no JSON Schema for field type ${f.t}`);
  }
}

const definitions = {};
const waiting = [];
const seen = new Set();
function need(name) {
  if (seen.has(name)) return;
  seen.add(name);
  waiting.push(name);
}

function define(name) {
  const schema = schemas[name];
  if (!schema) throw new Error(`definition ${name} is not in ${schemasFile}`);
  const docs = docsOf(name);
  const out = { type: 'object' };
  if (docs.doc) out.description = docs.doc;
  const properties = {};
  for (const [key, f] of Object.entries(schema.p ?? {})) {
    const p = field(f);
    const doc = docs.fields[key];
    if (doc) p.description = doc;
    properties[key] = p;
  }
  if (schema.p) {
    out.properties = properties;
    out.additionalProperties = false;
  }
  if (schema.q) out.required = schema.q;
  return out;
}

for (const [, , name] of KINDS) need(name);
for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
  definitions[short(name)] = define(name);
}
for (const [apiVersion, kind, name] of KINDS) {
  const { properties } = definitions[short(name)];
  properties.apiVersion = { ...properties.apiVersion, enum: [apiVersion] };
  properties.kind = { ...properties.kind, enum: [kind] };
}

const unique = (list) => [...new Set(list)];
const schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Kubernetes 1.36',
  type: 'object',
  required: ['apiVersion', 'kind'],
  properties: {
    // A plain enum would make every other kind an error that lists all of these.
    apiVersion: { anyOf: [{ enum: unique(KINDS.map((k) => k[0])) }, { type: 'string' }] },
    kind: { anyOf: [{ enum: KINDS.map((k) => k[1]) }, { type: 'string' }] },
    metadata: { $ref: '#/definitions/meta.v1.ObjectMeta' },
  },
  allOf: KINDS.map(([apiVersion, kind, name]) => ({
    if: {
      properties: { apiVersion: { const: apiVersion }, kind: { const: kind } },
      required: ['apiVersion', 'kind'],
    },
    then: { $ref: `#/definitions/${short(name)}` },
  })),
  definitions,
};

fs.mkdirSync(path.dirname(outFile), { recursive: true });
fs.writeFileSync(outFile, `${JSON.stringify(schema)}\n`);
process.stdout.write(
  `${Object.keys(definitions).length} definitions, ${fs.statSync(outFile).size} bytes\n`,
);
