/** The plugins, in the order in which the default profile asks them. */
import { DEFAULT_ARGS, type PluginArgs } from '../plugin-args.ts';
import { type Handle, plain, type Plugin, type PluginFactory } from '../framework.ts';
import { imageLocality } from './image-locality.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeDeclaredFeatures } from './node-declared-features.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import { nodeVolumeLimits } from './node-volume-limits.ts';
import { podTopologySpread } from './pod-topology-spread.ts';
import { taintToleration } from './taint-toleration.ts';
import { volumeBinding } from './volume-binding.ts';
import { volumeRestrictions } from './volume-restrictions.ts';
import { volumeZone } from './volume-zone.ts';

/** One for each plugin; a profile makes its own of them, with its arguments. */
export const factories: readonly PluginFactory[] = [
  plain(nodeUnschedulable),
  plain(nodeName),
  plain(taintToleration),
  nodeAffinity,
  plain(nodePorts),
  nodeResourcesFit,
  plain(volumeRestrictions),
  nodeVolumeLimits,
  volumeBinding,
  plain(volumeZone),
  podTopologySpread,
  interPodAffinity,
  nodeResourcesBalancedAllocation,
  plain(imageLocality),
  plain(nodeDeclaredFeatures),
];

/** The plugins of the default profile, new ones each time: some keep books. */
export function defaultPlugins(handle: Handle): readonly Plugin[] {
  return factories.map((f) => f.create(DEFAULT_ARGS[f.name as keyof PluginArgs] ?? {}, handle));
}
