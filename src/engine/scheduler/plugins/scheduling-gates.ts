/**
 * SchedulingGates: a Pod with gates is not tried.
 *
 * Models: pkg/scheduler/framework/plugins/schedulinggates/scheduling_gates.go (v1.36)
 */
import { definePlugin, refuse } from '../framework.ts';

export const schedulingGates = definePlugin<null, null>({
  name: 'SchedulingGates',
  preEnqueue({ spec }) {
    const gates = spec.schedulingGates ?? [];
    if (gates.length === 0) return null;
    return refuse(`waiting for scheduling gates: [${gates.map((g) => g.name).join(' ')}]`, true);
  },
  events: ['UnschedulablePodUpdatePodSchedulingGatesEliminated'],
  helps: (event, pod) => 'pod' in event && event.pod.metadata.uid === pod.metadata.uid,
});
