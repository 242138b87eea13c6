/**
 * PrioritySort: Pods of higher priority are tried first, among equals the one that waits longest.
 *
 * Models: pkg/scheduler/framework/plugins/queuesort/priority_sort.go (v1.36)
 */
import { definePlugin } from '../framework.ts';
import { priorityOf } from '../what-if.ts';

export const prioritySort = definePlugin<null, null>({
  name: 'PrioritySort',
  less(a, b) {
    const difference = priorityOf(a.pod) - priorityOf(b.pod);
    return difference > 0 || (difference === 0 && a.since < b.since);
  },
  events: [],
});
