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

/** The kinds of src/api/kinds that can be applied, in the order the editor offers them. */
const KINDS = [
  ['apps/v1', 'Deployment', 'io.k8s.api.apps.v1.Deployment'],
  ['v1', 'Pod', 'io.k8s.api.core.v1.Pod'],
  ['v1', 'Service', 'io.k8s.api.core.v1.Service'],
  ['v1', 'ConfigMap', 'io.k8s.api.core.v1.ConfigMap'],
  ['v1', 'Secret', 'io.k8s.api.core.v1.Secret'],
  ['apps/v1', 'StatefulSet', 'io.k8s.api.apps.v1.StatefulSet'],
  ['apps/v1', 'DaemonSet', 'io.k8s.api.apps.v1.DaemonSet'],
  ['batch/v1', 'Job', 'io.k8s.api.batch.v1.Job'],
  ['batch/v1', 'CronJob', 'io.k8s.api.batch.v1.CronJob'],
  ['networking.k8s.io/v1', 'Ingress', 'io.k8s.api.networking.v1.Ingress'],
  ['v1', 'PersistentVolumeClaim', 'io.k8s.api.core.v1.PersistentVolumeClaim'],
  ['v1', 'PersistentVolume', 'io.k8s.api.core.v1.PersistentVolume'],
  [
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  ],
  [
    'autoscaling/v1',
    'HorizontalPodAutoscaler',
    'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
  ],
  ['networking.k8s.io/v1', 'NetworkPolicy', 'io.k8s.api.networking.v1.NetworkPolicy'],
  ['policy/v1', 'PodDisruptionBudget', 'io.k8s.api.policy.v1.PodDisruptionBudget'],
  ['v1', 'Namespace', 'io.k8s.api.core.v1.Namespace'],
  ['v1', 'ServiceAccount', 'io.k8s.api.core.v1.ServiceAccount'],
  ['rbac.authorization.k8s.io/v1', 'Role', 'io.k8s.api.rbac.v1.Role'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding', 'io.k8s.api.rbac.v1.RoleBinding'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole', 'io.k8s.api.rbac.v1.ClusterRole'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'io.k8s.api.rbac.v1.ClusterRoleBinding'],
  ['v1', 'ResourceQuota', 'io.k8s.api.core.v1.ResourceQuota'],
  ['v1', 'LimitRange', 'io.k8s.api.core.v1.LimitRange'],
  ['storage.k8s.io/v1', 'StorageClass', 'io.k8s.api.storage.v1.StorageClass'],
  [
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  ],
  ['apps/v1', 'ReplicaSet', 'io.k8s.api.apps.v1.ReplicaSet'],
  ['v1', 'Node', 'io.k8s.api.core.v1.Node'],
  ['storage.k8s.io/v1', 'CSIDriver', 'io.k8s.api.storage.v1.CSIDriver'],
  ['storage.k8s.io/v1', 'CSINode', 'io.k8s.api.storage.v1.CSINode'],
  ['storage.k8s.io/v1', 'CSIStorageCapacity', 'io.k8s.api.storage.v1.CSIStorageCapacity'],
  [
    'certificates.k8s.io/v1',
    'CertificateSigningRequest',
    'io.k8s.api.certificates.v1.CertificateSigningRequest',
  ],
  [
    'apiregistration.k8s.io/v1',
    'APIService',
    'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  ],
  ['apps/v1', 'ControllerRevision', 'io.k8s.api.apps.v1.ControllerRevision'],
  ['resource.k8s.io/v1', 'DeviceClass', 'io.k8s.api.resource.v1.DeviceClass'],
  ['discovery.k8s.io/v1', 'EndpointSlice', 'io.k8s.api.discovery.v1.EndpointSlice'],
  ['v1', 'Endpoints', 'io.k8s.api.core.v1.Endpoints'],
  ['v1', 'Event', 'io.k8s.api.core.v1.Event'],
  ['events.k8s.io/v1', 'Event', 'io.k8s.api.events.v1.Event'],
  ['flowcontrol.apiserver.k8s.io/v1', 'FlowSchema', 'io.k8s.api.flowcontrol.v1.FlowSchema'],
  ['networking.k8s.io/v1', 'IPAddress', 'io.k8s.api.networking.v1.IPAddress'],
  ['networking.k8s.io/v1', 'IngressClass', 'io.k8s.api.networking.v1.IngressClass'],
  ['coordination.k8s.io/v1', 'Lease', 'io.k8s.api.coordination.v1.Lease'],
  [
    'admissionregistration.k8s.io/v1',
    'MutatingAdmissionPolicy',
    'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy',
  ],
  [
    'admissionregistration.k8s.io/v1',
    'MutatingAdmissionPolicyBinding',
    'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding',
  ],
  [
    'admissionregistration.k8s.io/v1',
    'MutatingWebhookConfiguration',
    'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
  ],
  ['v1', 'PodTemplate', 'io.k8s.api.core.v1.PodTemplate'],
  ['scheduling.k8s.io/v1', 'PriorityClass', 'io.k8s.api.scheduling.v1.PriorityClass'],
  [
    'flowcontrol.apiserver.k8s.io/v1',
    'PriorityLevelConfiguration',
    'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
  ],
  ['v1', 'ReplicationController', 'io.k8s.api.core.v1.ReplicationController'],
  ['resource.k8s.io/v1', 'ResourceClaim', 'io.k8s.api.resource.v1.ResourceClaim'],
  ['resource.k8s.io/v1', 'ResourceClaimTemplate', 'io.k8s.api.resource.v1.ResourceClaimTemplate'],
  ['resource.k8s.io/v1', 'ResourceSlice', 'io.k8s.api.resource.v1.ResourceSlice'],
  ['node.k8s.io/v1', 'RuntimeClass', 'io.k8s.api.node.v1.RuntimeClass'],
  ['networking.k8s.io/v1', 'ServiceCIDR', 'io.k8s.api.networking.v1.ServiceCIDR'],
  [
    'admissionregistration.k8s.io/v1',
    'ValidatingAdmissionPolicy',
    'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
  ],
  [
    'admissionregistration.k8s.io/v1',
    'ValidatingAdmissionPolicyBinding',
    'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
  ],
  [
    'admissionregistration.k8s.io/v1',
    'ValidatingWebhookConfiguration',
    'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
  ],
  ['storage.k8s.io/v1', 'VolumeAttachment', 'io.k8s.api.storage.v1.VolumeAttachment'],
  ['storage.k8s.io/v1', 'VolumeAttributesClass', 'io.k8s.api.storage.v1.VolumeAttributesClass'],
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
  // Without fields of its own it is any JSON: of a schema's default, say.
  const out = schema.p ? { type: 'object' } : {};
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
    kind: { anyOf: [{ enum: unique(KINDS.map((k) => k[1])) }, { type: 'string' }] },
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
