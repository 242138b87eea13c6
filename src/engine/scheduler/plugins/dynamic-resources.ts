/**
 * DynamicResources: Pods that claim devices. Nobody publishes devices here, so no claim is ever
 * allocated, and such a Pod waits as it would in a cluster without a driver.
 *
 * Models:     pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go (v1.36)
 * Simplified: ResourceClaims are never allocated, and ResourceClaimTemplates make none: a Pod that has
 *             some waits for ever. What upstream says of each node, or not at all, is said of the Pod
 */
import { definePlugin, refuse } from '../framework.ts';

const NONE = Symbol('no claims');
const UNALLOCATED = refuse('cannot allocate all claims', true);
const NOT_MADE = refuse('pod has resource claims that have not been created yet', true);

export const dynamicResources = definePlugin<typeof NONE, null>({
  name: 'DynamicResources',
  weight: 2,
  preFilter(pod) {
    const { resourceClaims } = pod.spec;
    if (!resourceClaims || resourceClaims.length === 0) return NONE;
    return resourceClaims.some((c) => c.resourceClaimName === undefined) ? NOT_MADE : UNALLOCATED;
  },
  // Upstream gives every node nothing, and that is told.
  score: () => 0,
  postFilter: (state) =>
    state === undefined
      ? { outcome: 'error', message: 'not found', nominate: null, victims: [] }
      : {
          outcome: 'refusal',
          message: 'no new claims to deallocate',
          nominate: null,
          victims: [],
        },
  events: [],
});
