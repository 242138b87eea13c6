/**
 * What fields a KubeSchedulerConfiguration can have and of what type, and a decoder that refuses
 * anything else.
 *
 * Models:     k8s.io/kube-scheduler config/v1 types.go, types_pluginargs.go; strict decoding by
 *             k8s.io/apimachinery/pkg/runtime/serializer/json (v1.36)
 * Simplified: a wrong type is told of the field without its Go struct's parents
 */
import { ConfigurationError } from './configuration-error.ts';

export type Shape =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  /** Anything: another part of the API describes it. */
  | 'any'
  | { readonly list: Shape }
  | { readonly fields: Readonly<Record<string, Shape>>; readonly name: string };

const PLUGIN_SET: Shape = {
  name: 'PluginSet',
  fields: {
    enabled: { list: { name: 'Plugin', fields: { name: 'string', weight: 'integer' } } },
    disabled: { list: { name: 'Plugin', fields: { name: 'string', weight: 'integer' } } },
  },
};

/** Extension points as the file names them. */
export const POINTS = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const;

const PLUGINS: Shape = {
  name: 'Plugins',
  fields: {
    ...Object.fromEntries(POINTS.map((p) => [p, PLUGIN_SET])),
    multiPoint: PLUGIN_SET,
    placementGenerate: PLUGIN_SET,
    placementScore: PLUGIN_SET,
  },
};

const PROFILE: Shape = {
  name: 'KubeSchedulerProfile',
  fields: {
    schedulerName: 'string',
    percentageOfNodesToScore: 'integer',
    plugins: PLUGINS,
    pluginConfig: { list: { name: 'PluginConfig', fields: { name: 'string', args: 'any' } } },
  },
};

const LEADER_ELECTION: Shape = {
  name: 'LeaderElectionConfiguration',
  fields: {
    leaderElect: 'boolean',
    leaseDuration: 'string',
    renewDeadline: 'string',
    retryPeriod: 'string',
    resourceLock: 'string',
    resourceName: 'string',
    resourceNamespace: 'string',
  },
};

const CLIENT_CONNECTION: Shape = {
  name: 'ClientConnectionConfiguration',
  fields: {
    kubeconfig: 'string',
    acceptContentTypes: 'string',
    contentType: 'string',
    qps: 'number',
    burst: 'integer',
  },
};

export const CONFIGURATION: Shape = {
  name: 'KubeSchedulerConfiguration',
  fields: {
    apiVersion: 'string',
    kind: 'string',
    parallelism: 'integer',
    leaderElection: LEADER_ELECTION,
    clientConnection: CLIENT_CONNECTION,
    enableProfiling: 'boolean',
    enableContentionProfiling: 'boolean',
    percentageOfNodesToScore: 'integer',
    podInitialBackoffSeconds: 'integer',
    podMaxBackoffSeconds: 'integer',
    profiles: { list: PROFILE },
    extenders: { list: 'any' },
    delayCacheUntilActive: 'boolean',
  },
};

const RESOURCES: Shape = {
  list: { name: 'ResourceSpec', fields: { name: 'string', weight: 'integer' } },
};

const SHAPE_POINTS: Shape = {
  list: { name: 'UtilizationShapePoint', fields: { utilization: 'integer', score: 'integer' } },
};

const SCORING_STRATEGY: Shape = {
  name: 'ScoringStrategy',
  fields: {
    type: 'string',
    resources: RESOURCES,
    requestedToCapacityRatio: {
      name: 'RequestedToCapacityRatioParam',
      fields: { shape: SHAPE_POINTS },
    },
  },
};

/** By plugin name. */
export const ARGS: Readonly<Record<string, Shape>> = Object.fromEntries(
  Object.entries<Readonly<Record<string, Shape>>>({
    DefaultPreemption: {
      minCandidateNodesPercentage: 'integer',
      minCandidateNodesAbsolute: 'integer',
    },
    DynamicResources: { filterTimeout: 'string', bindingTimeout: 'string' },
    InterPodAffinity: {
      hardPodAffinityWeight: 'integer',
      ignorePreferredTermsOfExistingPods: 'boolean',
    },
    NodeAffinity: { addedAffinity: 'any' },
    NodeResourcesBalancedAllocation: { resources: RESOURCES },
    NodeResourcesFit: {
      ignoredResources: { list: 'string' },
      ignoredResourceGroups: { list: 'string' },
      scoringStrategy: SCORING_STRATEGY,
    },
    PodTopologySpread: { defaultConstraints: { list: 'any' }, defaultingType: 'string' },
    VolumeBinding: { bindTimeoutSeconds: 'integer', shape: SHAPE_POINTS },
  }).map(([name, fields]) => [
    name,
    { name: `${name}Args`, fields: { apiVersion: 'string', kind: 'string', ...fields } },
  ]),
);

/** |value| if it has |shape|; else an error with upstream's text. */
export function checkShape(value: unknown, shape: Shape): void {
  const unknown: string[] = [];
  check(value, shape, '', 'KubeSchedulerConfiguration', unknown);
  if (unknown.length === 0) return;
  const list = unknown.map((field) => `unknown field ${JSON.stringify(field)}`);
  throw new ConfigurationError(`strict decoding error: ${list.join(', ')}`);
}

const GO_TYPES = {
  string: 'string',
  integer: 'int32',
  number: 'float32',
  boolean: 'bool',
} as const;

function check(value: unknown, shape: Shape, path: string, owner: string, unknown: string[]): void {
  if (value === null || value === undefined || shape === 'any') return;
  if (typeof shape === 'string') {
    const isRight = shape === 'integer' ? Number.isSafeInteger(value) : typeof value === shape;
    if (!isRight) throw mismatch(value, path, owner, GO_TYPES[shape]);
    return;
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) throw mismatch(value, path, owner, `[]${typeName(shape.list)}`);
    for (const [i, item] of value.entries()) {
      check(item, shape.list, `${path}[${i}]`, owner, unknown);
    }
    return;
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw mismatch(value, path, owner, `v1.${shape.name}`);
  }
  for (const [name, item] of Object.entries(value)) {
    const below = path === '' ? name : `${path}.${name}`;
    const field = shape.fields[name];
    if (field === undefined) unknown.push(below);
    else check(item, field, below, path === '' ? shape.name : owner, unknown);
  }
}

function typeName(shape: Shape): string {
  if (typeof shape === 'string') return shape === 'any' ? 'interface {}' : GO_TYPES[shape];
  return 'list' in shape ? `[]${typeName(shape.list)}` : `v1.${shape.name}`;
}

function mismatch(value: unknown, path: string, owner: string, type: string): ConfigurationError {
  const is = Array.isArray(value)
    ? 'array'
    : typeof value === 'object'
      ? 'object'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value === 'number'
          ? `number${Number.isInteger(value) ? '' : ` ${value}`}`
          : 'string';
  const field = `${owner}.${path.replace(/\[\d+\]/g, '')}`;
  return new ConfigurationError(
    `json: cannot unmarshal ${is} into Go struct field ${field} of type ${type}`,
  );
}
