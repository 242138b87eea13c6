/**
 * DynamicResources: what it says of Pods that claim no devices.
 *
 * Models:     pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go (v1.36)
 * Simplified: ResourceClaims are never allocated: a Pod that has some waits for ever
 */
import { definePlugin, refuse } from '../framework.ts';

const NONE = Symbol('no claims');

export const dynamicResources = definePlugin<typeof NONE, null>({
  name: 'DynamicResources',
  weight: 2,
  preFilter(pod) {
    const [claim] = pod.spec.resourceClaims ?? [];
    if (!claim) return NONE;
    return refuse(
      claim.resourceClaimName === undefined
        ? 'pod has resource claims that have not been created yet'
        : `could not find v1/ResourceClaim ${claim.resourceClaimName}`,
      true,
    );
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
