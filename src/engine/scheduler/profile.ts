/**
 * A profile: the plugins that a scheduler name stands for, sorted by what they do.
 *
 * Models:     pkg/scheduler/framework/runtime framework.go NewFramework, expandMultiPointPlugins (v1.36)
 * Simplified: a plugin that filters brings its preFilter along, one that scores its preScore
 */
import { ConfigurationError } from './configuration-error.ts';
import type { Handle, Plugin, PluginFactory } from './framework.ts';
import { DEFAULT_ARGS, type PluginArgs } from './plugin-args.ts';

export type ExtensionPoint =
  | 'preEnqueue'
  | 'queueSort'
  | 'preFilter'
  | 'filter'
  | 'postFilter'
  | 'preScore'
  | 'score'
  | 'reserve'
  | 'permit'
  | 'preBind'
  | 'bind'
  | 'postBind';

/** By which function a plugin shows that it has the extension point. */
const FUNCTIONS: Readonly<Record<ExtensionPoint, keyof Plugin>> = {
  preEnqueue: 'preEnqueue',
  queueSort: 'less',
  preFilter: 'preFilter',
  filter: 'filter',
  postFilter: 'postFilter',
  preScore: 'preScore',
  score: 'score',
  reserve: 'reserve',
  permit: 'permit',
  preBind: 'preBind',
  bind: 'bind',
  postBind: 'postBind',
};

export interface PluginRef {
  readonly name: string;
  /** 0: the plugin's own, 1 as a rule. */
  readonly weight?: number;
}

export interface PluginSet {
  readonly enabled: readonly PluginRef[];
  readonly disabled: readonly PluginRef[];
}

export interface ProfileSettings {
  readonly schedulerName: string;
  /** null: what holds for all profiles. */
  readonly percentageOfNodesToScore: number | null;
  readonly multiPoint: PluginSet;
  readonly points: Readonly<Partial<Record<ExtensionPoint, PluginSet>>>;
  readonly args: Partial<PluginArgs>;
}

export const NO_PLUGINS: PluginSet = { enabled: [], disabled: [] };

/** getDefaultPlugins, in this order. */
const DEFAULT_PLUGINS: readonly PluginRef[] = [
  { name: 'SchedulingGates' },
  { name: 'PrioritySort' },
  { name: 'NodeUnschedulable' },
  { name: 'NodeName' },
  { name: 'TaintToleration', weight: 3 },
  { name: 'NodeAffinity', weight: 2 },
  { name: 'NodePorts' },
  { name: 'NodeResourcesFit', weight: 1 },
  { name: 'VolumeRestrictions' },
  { name: 'NodeVolumeLimits' },
  { name: 'VolumeBinding' },
  { name: 'VolumeZone' },
  { name: 'PodTopologySpread', weight: 2 },
  { name: 'InterPodAffinity', weight: 2 },
  { name: 'DynamicResources', weight: 2 },
  { name: 'DefaultPreemption' },
  { name: 'NodeResourcesBalancedAllocation', weight: 1 },
  { name: 'ImageLocality', weight: 1 },
  { name: 'DefaultBinder' },
  { name: 'NodeDeclaredFeatures' },
];

export function defaultProfile(schedulerName: string): ProfileSettings {
  return {
    schedulerName,
    percentageOfNodesToScore: null,
    multiPoint: { enabled: DEFAULT_PLUGINS, disabled: [] },
    points: {},
    args: {},
  };
}

/** The default plugins, changed as |custom| says (mergePluginSet). */
export function mergedMultiPoint(custom: PluginSet): PluginSet {
  const disabled = new Set(custom.disabled.map((p) => p.name));
  const own = new Map(custom.enabled.map((p) => [p.name, p]));
  const replaced = new Set<PluginRef>();
  const enabled: PluginRef[] = [];
  if (!disabled.has('*')) {
    for (const plugin of DEFAULT_PLUGINS) {
      if (disabled.has(plugin.name)) continue;
      const other = own.get(plugin.name);
      if (other) replaced.add(other);
      enabled.push(other ?? plugin);
    }
  }
  enabled.push(...custom.enabled.filter((p) => !replaced.has(p)));
  return { enabled, disabled: custom.disabled };
}

/** A profile that cannot be; the text is upstream's. */
class ProfileError extends ConfigurationError {}

export interface Scorer {
  readonly plugin: Plugin;
  readonly weight: number;
}

export class Profile {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore: number | null;
  readonly queueSort: Plugin;
  readonly preEnqueue: readonly Plugin[];
  /** Plugins that are asked once for each Pod, and what for. */
  readonly preFilter: readonly Plugin[];
  readonly filter: ReadonlySet<Plugin>;
  readonly postFilter: readonly Plugin[];
  readonly score: readonly Scorer[];
  readonly reserve: readonly Plugin[];
  readonly permit: readonly Plugin[];
  readonly preBind: readonly Plugin[];
  readonly bind: readonly Plugin[];
  readonly postBind: readonly Plugin[];

  constructor(settings: ProfileSettings, factories: readonly PluginFactory[], handle: Handle) {
    this.schedulerName = settings.schedulerName;
    this.percentageOfNodesToScore = settings.percentageOfNodesToScore;
    const made = makePlugins(settings, factories, handle);
    const at = (point: ExtensionPoint): readonly Plugin[] =>
      pluginsAt(point, settings, made).map(({ plugin }) => plugin);
    const sorts = at('queueSort');
    const whose = `for profile with scheduler name ${JSON.stringify(this.schedulerName)}`;
    const [sort] = sorts;
    if (!sort || sorts.length !== 1) {
      throw new ProfileError(
        `only one queue sort plugin required ${whose}, but got ${sorts.length}`,
      );
    }
    this.queueSort = sort;
    this.preEnqueue = at('preEnqueue');
    const filters = at('filter');
    this.filter = new Set(filters);
    this.preFilter = [...new Set([...filters, ...at('preFilter')])];
    this.postFilter = at('postFilter');
    this.score = pluginsAt('score', settings, made);
    this.reserve = at('reserve');
    this.permit = at('permit');
    this.preBind = at('preBind');
    this.bind = at('bind');
    this.postBind = at('postBind');
    if (this.bind.length === 0)
      throw new ProfileError(`at least one bind plugin is needed ${whose}`);
  }
}

function makePlugins(
  settings: ProfileSettings,
  factories: readonly PluginFactory[],
  handle: Handle,
): ReadonlyMap<string, Plugin> {
  const made = new Map<string, Plugin>();
  const make = ({ name }: PluginRef, point: ExtensionPoint): void => {
    if (made.has(name)) return;
    const factory = factories.find((f) => f.name === name);
    if (!factory) {
      throw new ProfileError(`${kindOf(point)} ${JSON.stringify(name)} does not exist`);
    }
    const key = name as keyof PluginArgs;
    made.set(name, factory.create(settings.args[key] ?? DEFAULT_ARGS[key] ?? {}, handle));
  };
  for (const [point, set] of Object.entries(settings.points)) {
    for (const ref of set.enabled) make(ref, point as ExtensionPoint);
  }
  // The first extension point that upstream looks at.
  for (const ref of settings.multiPoint.enabled) make(ref, 'preFilter');
  return made;
}

/** `ScorePlugin` */
function kindOf(point: ExtensionPoint): string {
  return `${point.charAt(0).toUpperCase()}${point.slice(1)}Plugin`;
}

/** Plugins of one extension point in order: overrides, those of all points, others. */
function pluginsAt(
  point: ExtensionPoint,
  settings: ProfileSettings,
  made: ReadonlyMap<string, Plugin>,
): readonly Scorer[] {
  const { enabled, disabled } = settings.points[point] ?? NO_PLUGINS;
  const own = new Map<string, Scorer>();
  for (const ref of enabled) {
    const plugin = made.get(ref.name);
    if (!plugin) continue;
    const kind = kindOf(point);
    if (!plugin[FUNCTIONS[point]]) {
      throw new ProfileError(`plugin ${JSON.stringify(ref.name)} does not extend ${kind} plugin`);
    }
    if (own.has(ref.name)) {
      throw new ProfileError(`plugin ${JSON.stringify(ref.name)} already registered as "${kind}"`);
    }
    own.set(ref.name, { plugin, weight: weightOf(ref, plugin) });
  }
  const off = new Set(disabled.map((p) => p.name));
  if (off.has('*')) return [...own.values()];
  const overridden = new Set<string>();
  const general: Scorer[] = [];
  for (const ref of settings.multiPoint.enabled) {
    const plugin = made.get(ref.name);
    if (!plugin?.[FUNCTIONS[point]] || off.has(ref.name)) continue;
    if (general.some((g) => g.plugin === plugin)) {
      const name = JSON.stringify(ref.name);
      throw new ProfileError(`plugin ${name} already registered as "${kindOf(point)}"`);
    }
    if (own.has(ref.name)) overridden.add(ref.name);
    else general.push({ plugin, weight: weightOf(ref, plugin) });
  }
  const named = [...own];
  return [
    ...named.filter(([name]) => overridden.has(name)).map(([, scorer]) => scorer),
    ...general,
    ...named.filter(([name]) => !overridden.has(name)).map(([, scorer]) => scorer),
  ];
}

function weightOf(ref: PluginRef, plugin: Plugin): number {
  return (ref.weight ?? 0) === 0 ? (plugin.weight ?? 1) : (ref.weight as number);
}
