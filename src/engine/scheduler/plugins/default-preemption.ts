/**
 * DefaultPreemption: finds Pods of lower priority that can make room. They are evicted beside the
 * scheduling of other Pods; until the last eviction has begun, the Pod is not tried again.
 *
 * Models:     pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go (v1.36)
 * Simplified: no extenders, no Pod groups
 */
import type { Pod } from '../../../api/generated/types.ts';
import {
  defineFactory,
  definePlugin,
  type PostFilterAnswer,
  type PostFilterContext,
  refuse,
} from '../framework.ts';
import type { DefaultPreemptionArgs } from '../plugin-args.ts';
import { bestCandidate, dryRun, enoughCandidates } from '../preemption.ts';
import { histogram } from '../sentence.ts';
import { priorityOf } from '../what-if.ts';

const RUNNING = refuse('waiting for the preemption for this pod to be finished', true);
const NOT_HELPFUL = 'Preemption is not helpful for scheduling';

export const defaultPreemption = defineFactory<DefaultPreemptionArgs>(
  'DefaultPreemption',
  (args, handle) =>
    definePlugin<null, null>({
      name: 'DefaultPreemption',
      preEnqueue: (pod) => (handle.isPreempting(pod.metadata.uid) ? RUNNING : null),
      postFilter: (_, pod, context) => preempt(pod, context, args),
      // Whether the Pods that have gone make room, the plugins that refused the Pod say.
      events: ['AssignedPodDelete'],
      helps: () => false,
    }),
);

function preempt(
  pod: Pod,
  context: PostFilterContext,
  args: DefaultPreemptionArgs,
): PostFilterAnswer {
  const ineligible = whyNot(pod, context);
  if (ineligible !== null) return refused(ineligible, null);
  const all = context.snapshot.order;
  const nodes = all.filter((node) => context.refusalOf(node.name)?.unresolvable === false);
  const reasons: string[] = [];
  if (nodes.length > 0) {
    const wanted = enoughCandidates(nodes.length, args);
    const offset = context.rng.int(nodes.length);
    const { candidates, refusals } = dryRun(pod, nodes, context, offset, wanted);
    const best = bestCandidate(candidates);
    if (best) {
      return { outcome: 'success', message: '', nominate: best.node, victims: best.victims };
    }
    for (const r of refusals) reasons.push(...r.reasons);
  }
  for (let i = nodes.length; i < all.length; i++) reasons.push(NOT_HELPFUL);
  const list = histogram(reasons);
  return refused(`0/${all.length} nodes are available: ${list}.`, '');
}

function refused(message: string, nominate: string | null): PostFilterAnswer {
  return { outcome: 'refusal', message: `preemption: ${message}`, nominate, victims: [] };
}

/** PodEligibleToPreemptOthers */
function whyNot(pod: Pod, context: PostFilterContext): string | null {
  if (pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const promised = pod.status.nominatedNodeName ?? '';
  // Room was made where the Pod cannot go any more: it may ask again.
  if (promised === '' || context.refusalOf(promised)?.unresolvable === true) return null;
  for (const other of context.snapshot.nodes.get(promised)?.pods.values() ?? []) {
    if (priorityOf(other) < priorityOf(pod) && endsByPreemption(other)) {
      return 'not eligible due to a terminating pod on the nominated node.';
    }
  }
  return null;
}

function endsByPreemption(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp === undefined) return false;
  const why = pod.status.conditions?.find((c) => c.type === 'DisruptionTarget');
  return why?.status === 'True' && why.reason === 'PreemptionByScheduler';
}
