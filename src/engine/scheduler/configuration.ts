/**
 * What a kube-scheduler is told when it starts: its KubeSchedulerConfiguration (v1), as plain data.
 *
 * Models:     pkg/scheduler/apis/config types.go, v1 defaults.go; cmd/kube-scheduler/app/options (v1.36)
 * Simplified: extenders are refused; parallelism and profiling change nothing; of the feature gates
 *             only SchedulerPopFromBackoffQ can be set
 */
import { FieldErrors } from '../../api/meta/field-errors.ts';
import {
  ARGUMENT_CHECKS,
  checkBackoff,
  checkPercentage,
  checkProfiles,
} from './configuration-checks.ts';
import { ConfigurationError } from './configuration-error.ts';
import { ARGS, checkShape, CONFIGURATION, POINTS } from './configuration-shape.ts';
import { DEFAULT_ARGS, type PluginArgs, type ResourceWeight } from './plugin-args.ts';
import {
  defaultProfile,
  mergedMultiPoint,
  NO_PLUGINS,
  type PluginSet,
  type ProfileSettings,
} from './profile.ts';

export interface SchedulerConfiguration {
  /** 0: the more nodes, the smaller the share. */
  readonly percentageOfNodesToScore: number;
  readonly podInitialBackoffSeconds: number;
  readonly podMaxBackoffSeconds: number;
  readonly profiles: readonly ProfileSettings[];
  /** The feature gate of that name: with nothing else to try, back-offs are cut short. */
  readonly popFromBackoffQ: boolean;
}

const DEFAULT_SCHEDULER_NAME = 'default-scheduler';
const GROUP_VERSION = 'kubescheduler.config.k8s.io/v1';
const CONFIGURATION_KIND = 'KubeSchedulerConfiguration';
const GATES: ReadonlySet<string> = new Set(['SchedulerPopFromBackoffQ']);

export const DEFAULT_CONFIGURATION: SchedulerConfiguration = {
  percentageOfNodesToScore: 0,
  podInitialBackoffSeconds: 1,
  podMaxBackoffSeconds: 10,
  profiles: [defaultProfile(DEFAULT_SCHEDULER_NAME)],
  popFromBackoffQ: true,
};

type Data = Readonly<Record<string, unknown>>;

/** Throws a ConfigurationError in upstream's words. */
export function readConfiguration(
  data: unknown,
  featureGates: Readonly<Record<string, boolean>> = {},
): SchedulerConfiguration {
  for (const gate of Object.keys(featureGates)) {
    if (GATES.has(gate)) continue;
    throw new ConfigurationError(`feature gate ${gate} of kube-scheduler cannot be set here`);
  }
  const popFromBackoffQ = featureGates['SchedulerPopFromBackoffQ'] ?? true;
  if (data === undefined || data === null) return { ...DEFAULT_CONFIGURATION, popFromBackoffQ };
  const file = checkedKind(data);
  checkShape(file, CONFIGURATION);
  if (((file['extenders'] as unknown[] | undefined)?.length ?? 0) > 0) {
    throw new ConfigurationError('extenders are not simulated');
  }
  const errors = new FieldErrors();
  const given = (file['profiles'] as readonly Data[] | undefined) ?? [];
  const list = given.length === 0 ? [{}] : given;
  if (integer(file['parallelism'], 16) <= 0) {
    const detail = 'should be an integer value greater than zero';
    errors.invalid('parallelism', file['parallelism'], detail);
  }
  const profiles = list.map((p, i) => readProfile(p, i, list.length, errors));
  checkProfiles(profiles, errors);
  const percentageOfNodesToScore = integer(file['percentageOfNodesToScore'], 0);
  checkPercentage('percentageOfNodesToScore', percentageOfNodesToScore, errors);
  const podInitialBackoffSeconds = integer(file['podInitialBackoffSeconds'], 1);
  const podMaxBackoffSeconds = integer(file['podMaxBackoffSeconds'], 10);
  checkBackoff(podInitialBackoffSeconds, podMaxBackoffSeconds, errors);
  if (!errors.none) {
    const texts = errors.list.map((e) => `${e.field}: ${e.message}`);
    throw new ConfigurationError(texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`);
  }
  return {
    percentageOfNodesToScore,
    podInitialBackoffSeconds,
    podMaxBackoffSeconds,
    profiles,
    popFromBackoffQ,
  };
}

function checkedKind(data: unknown): Data {
  if (typeof data !== 'object' || Array.isArray(data)) {
    throw new ConfigurationError("couldn't get version/kind; json parse error: not an object");
  }
  const file = data as Data;
  const { kind, apiVersion } = file as { kind?: unknown; apiVersion?: unknown };
  if (typeof kind !== 'string' || kind === '') {
    throw new ConfigurationError(`Object 'Kind' is missing in '${JSON.stringify(file)}'`);
  }
  if (typeof apiVersion !== 'string' || apiVersion === '') {
    throw new ConfigurationError(`Object 'apiVersion' is missing in '${JSON.stringify(file)}'`);
  }
  if (kind === CONFIGURATION_KIND && apiVersion === GROUP_VERSION) return file;
  const scheme = 'scheme "pkg/scheduler/apis/config/scheme/scheme.go:30"';
  const what = `no kind ${JSON.stringify(kind)} is registered for version`;
  throw new ConfigurationError(`${what} ${JSON.stringify(apiVersion)} in ${scheme}`);
}

function integer(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function readProfile(data: Data, i: number, count: number, errors: FieldErrors): ProfileSettings {
  const { schedulerName, percentageOfNodesToScore } = data;
  const plugins = (data['plugins'] ?? {}) as Data;
  const points: Partial<Record<(typeof POINTS)[number], PluginSet>> = {};
  for (const point of POINTS) {
    const set = readSet(plugins[point]);
    if (set !== NO_PLUGINS) points[point] = set;
  }
  // Only a profile that is alone has a name by default.
  const name = typeof schedulerName === 'string' ? schedulerName : null;
  return {
    schedulerName: name ?? (count === 1 ? DEFAULT_SCHEDULER_NAME : ''),
    percentageOfNodesToScore:
      typeof percentageOfNodesToScore === 'number' ? percentageOfNodesToScore : null,
    multiPoint: mergedMultiPoint(readSet(plugins['multiPoint'])),
    points,
    args: readArgs((data['pluginConfig'] ?? []) as readonly Data[], i, errors),
  };
}

function readSet(value: unknown): PluginSet {
  if (value === undefined || value === null) return NO_PLUGINS;
  const { enabled, disabled } = value as Partial<PluginSet>;
  return { enabled: enabled ?? [], disabled: disabled ?? [] };
}

function readArgs(
  configs: readonly Data[],
  profile: number,
  errors: FieldErrors,
): Partial<PluginArgs> {
  const args: Record<string, unknown> = {};
  const seen = new Set<string>();
  for (const [i, config] of configs.entries()) {
    const name = (config['name'] ?? '') as string;
    const path = `profiles[${profile}].pluginConfig[${i}]`;
    if (seen.has(name)) errors.duplicate(path, name);
    seen.add(name);
    const given = (config['args'] ?? {}) as Data;
    decodeArgs(name, given, `decoding .${path}`);
    const complete = withDefaults(name, given);
    args[name] = complete;
    ARGUMENT_CHECKS[name]?.(`${path}.args`, complete as never, errors);
  }
  return args as Partial<PluginArgs>;
}

function decodeArgs(name: string, given: Data, whose: string): void {
  const shape = ARGS[name];
  if (!shape) return;
  const { kind } = given as { kind?: unknown };
  if (kind !== undefined && kind !== `${name}Args`) {
    throw new ConfigurationError(
      `${whose}: args for plugin ${name} were not of type ${name}Args.kubescheduler.config.k8s.io, got ${String(kind)}.kubescheduler.config.k8s.io`,
    );
  }
  try {
    checkShape(given, shape);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const strict = 'strict decoding error: ';
    const isStrict = error.message.startsWith(strict);
    const text = `${whose}: ${isStrict ? strict : ''}decoding args for plugin ${name}: ${error.message}`;
    throw new ConfigurationError(isStrict ? `${strict}${text}` : text);
  }
}

function withDefaults(name: string, given: Data): Data {
  const defaults = DEFAULT_ARGS[name as keyof PluginArgs] as unknown as Data | undefined;
  const args: Record<string, unknown> = { ...defaults };
  for (const [field, value] of Object.entries(given)) {
    if (field !== 'kind' && field !== 'apiVersion' && value !== null) args[field] = value;
  }
  const strategy = args['scoringStrategy'] as Data | undefined;
  if (strategy) {
    const resources = weighted(strategy['resources']);
    args['scoringStrategy'] = { type: 'LeastAllocated', ...strategy, resources };
  }
  if (args['resources'] !== undefined) args['resources'] = weighted(args['resources']);
  return args;
}

/** Without resources those of the default; without a weight 1. */
function weighted(value: unknown): readonly ResourceWeight[] {
  const given = (value ?? []) as readonly Partial<ResourceWeight>[];
  if (given.length === 0) return DEFAULT_ARGS.NodeResourcesBalancedAllocation.resources;
  return given.map(({ name = '', weight }) => ({
    name,
    weight: weight === undefined || weight === 0 ? 1 : weight,
  }));
}
