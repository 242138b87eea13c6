/** The plugins that profiles are made of. The default profile's order stands in profile.ts. */
import { plain, type PluginFactory } from '../framework.ts';
import { defaultBinder } from './default-binder.ts';
import { defaultPreemption } from './default-preemption.ts';
import { dynamicResources } from './dynamic-resources.ts';
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
import { prioritySort } from './priority-sort.ts';
import { schedulingGates } from './scheduling-gates.ts';
import { taintToleration } from './taint-toleration.ts';
import { volumeBinding } from './volume-binding.ts';
import { volumeRestrictions } from './volume-restrictions.ts';
import { volumeZone } from './volume-zone.ts';

/** One for each plugin; a profile makes its own of them, with its arguments. */
export const factories: readonly PluginFactory[] = [
  plain(schedulingGates),
  plain(prioritySort),
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
  plain(dynamicResources),
  defaultPreemption,
  nodeResourcesBalancedAllocation,
  plain(imageLocality),
  plain(defaultBinder),
  plain(nodeDeclaredFeatures),
];
