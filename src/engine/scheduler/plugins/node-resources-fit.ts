/**
 * NodeResourcesFit: what the Pod requests must be free. Scores by the profile's strategy; without one
 * emptier nodes are preferred (LeastAllocated).
 *
 * Models:     pkg/scheduler/framework/plugins/noderesources/fit.go (v1.36)
 * Simplified: an extended resource that a DeviceClass stands for is taken for one that nodes lack
 */
import type { Node, Pod } from '../../../api/generated/types.ts';
import type { ClusterEvent } from '../events.ts';
import { defineFactory, definePlugin, type Plugin, type Refusal } from '../framework.ts';
import { NodeInfo } from '../node-info.ts';
import { FREE_CPU, FREE_EPHEMERAL, FREE_MEMORY, FREE_PODS } from '../node-table.ts';
import type { NodeResourcesFitArgs } from '../plugin-args.ts';
import { isExtended, type PodResources, podResources, type Resources } from '../resources.ts';
import { amountOf, scorerOf } from './resource-scoring.ts';

type Ignores = (resource: string) => boolean;

const IGNORES_NOTHING: Ignores = () => false;

export const nodeResourcesFit = defineFactory<NodeResourcesFitArgs>('NodeResourcesFit', create);

function create(args: NodeResourcesFitArgs): Plugin {
  const scorer = scorerOf(args.scoringStrategy);
  const ignores = ignoresOf(args);
  return definePlugin<PodResources, Resources>({
    name: 'NodeResourcesFit',
    weight: 1,
    preFilter: (pod) => podResources(pod),
    filter: (state, _pod, node) => insufficient(state.requests, node, ignores),
    preScore: (pod) => podResources(pod).scored,
    score: (scored, _pod, node) => scorer(scored, node),
    events: [
      'AssignedPodDelete',
      'AssignedPodUpdatePodScaleDown',
      'UnschedulablePodUpdatePodScaleDown',
      'NodeAdd',
      'NodeUpdateNodeAllocatable',
    ],
    helps(event, pod) {
      if ('node' in event) return nodeHelps(event.node, event.old, pod);
      return 'pod' in event ? podHelps(event, pod) : true;
    },
  });
}

function ignoresOf({ ignoredResources, ignoredResourceGroups }: NodeResourcesFitArgs): Ignores {
  if (ignoredResources.length === 0 && ignoredResourceGroups.length === 0) return IGNORES_NOTHING;
  return (resource) =>
    isExtended(resource) &&
    (ignoredResources.includes(resource) ||
      ignoredResourceGroups.includes(resource.slice(0, resource.indexOf('/'))));
}

function insufficient(requests: Resources, node: NodeInfo, ignores: Ignores): Refusal | null {
  const { row } = node;
  const { numbers } = node.table;
  // Most nodes have room: nothing is made for those.
  if (
    requests.other === null &&
    (numbers[row + FREE_PODS] as number) >= 1 &&
    (requests.cpuMilli === 0 || requests.cpuMilli <= (numbers[row + FREE_CPU] as number)) &&
    (requests.memory === 0 || requests.memory <= (numbers[row + FREE_MEMORY] as number)) &&
    (requests.ephemeral === 0 || requests.ephemeral <= (numbers[row + FREE_EPHEMERAL] as number))
  )
    return null;
  return lacking(requests, node, ignores);
}

function lacking(requests: Resources, node: NodeInfo, ignores: Ignores): Refusal | null {
  const { allocatable, requested } = node;
  let reasons: string[] | null = null;
  let unresolvable = false;
  const lack = (name: string): void => {
    const wanted = amountOf(requests, name);
    const all = amountOf(allocatable, name);
    if (wanted === 0 || wanted <= all - amountOf(requested, name)) return;
    (reasons ??= []).push(`Insufficient ${name}`);
    // Not even an empty node of this size would do.
    if (wanted > all) unresolvable = true;
  };
  if (node.podCount + 1 > node.allowedPods) (reasons ??= []).push('Too many pods');
  lack('cpu');
  lack('memory');
  lack('ephemeral-storage');
  for (const name of requests.other?.keys() ?? []) if (!ignores(name)) lack(name);
  return reasons === null ? null : { reasons, unresolvable };
}

type PodChange = Extract<ClusterEvent, { readonly pod: Pod }>;

function podHelps({ pod: changed, old }: PodChange, pod: Pod): boolean {
  if (!old) return true;
  if (changed.metadata.uid === pod.metadata.uid) return true;
  if (!changed.spec.nodeName) return false;
  const before = podResources(old).requests;
  const now = podResources(changed).requests;
  return namesIn(podResources(pod).requests).some((n) => amountOf(before, n) > amountOf(now, n));
}

/** The resources of which some are requested. */
function namesIn(requests: Resources): readonly string[] {
  const names = ['cpu', 'memory', 'ephemeral-storage', ...(requests.other?.keys() ?? [])];
  return names.filter((name) => amountOf(requests, name) > 0);
}

function nodeHelps(node: Node, old: Node | null, pod: Pod): boolean {
  const { requests } = podResources(pod);
  const now = new NodeInfo(node);
  if (insufficient(requests, now, IGNORES_NOTHING) !== null) return false;
  if (!old) return true;
  const before = new NodeInfo(old);
  return (
    now.allowedPods > before.allowedPods ||
    namesIn(requests).some(
      (name) => amountOf(now.allocatable, name) > amountOf(before.allocatable, name),
    )
  );
}
