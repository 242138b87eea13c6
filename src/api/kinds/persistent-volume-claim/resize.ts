/**
 * A claim's status in each step of growing. Pure.
 *
 * Models: pkg/volume/util resize_util.go (v1.36); kubernetes-csi external-resizer v2 resize_status.go
 */
import type {
  PersistentVolumeClaim as Claim,
  PersistentVolumeClaimCondition as Condition,
  PersistentVolumeClaimStatus as Status,
} from '../../generated/types.ts';

type Step = NonNullable<Status['allocatedResourceStatuses']>[string];

/** On a volume: the size its claim was told of before it grew (util.AnnPreResizeCapacity). */
export const PRE_RESIZE_CAPACITY = 'volume.alpha.kubernetes.io/pre-resize-capacity';
const RESIZE_CONDITIONS = new Set<string>([
  'FileSystemResizePending',
  'Resizing',
  'ControllerResizeError',
  'NodeResizeError',
]);
const WAITS =
  'Waiting for user to (re-)start a pod to finish file system resize of volume on node.';

/** The size that a claim asks for. */
export function sizeWanted({ spec }: Claim): string {
  return spec.resources.requests?.['storage'] ?? '0';
}

/** The size that it has been told it has. */
export function sizeHeld({ status }: Claim): string {
  return status.capacity?.['storage'] ?? '0';
}

/** Conditions about growth are replaced by |next|, the others stay. */
function withConditions(old: Status['conditions'], next: readonly Condition[]): Condition[] {
  return [...(old ?? []).filter(({ type }) => !RESIZE_CONDITIONS.has(type)), ...next];
}

function inStep(claim: Claim, step: Step, conditions: Status['conditions']): Claim {
  const { allocatedResourceStatuses } = claim.status;
  const status = {
    ...claim.status,
    allocatedResourceStatuses: { ...allocatedResourceStatuses, storage: step },
    ...(conditions === undefined ? {} : { conditions }),
  };
  return { ...claim, status };
}

/** The driver is asked for |size|. */
export function resizingOnController(claim: Claim, size: string, now: string): Claim {
  const condition: Condition = { type: 'Resizing', status: 'True', lastTransitionTime: now };
  const conditions = withConditions(claim.status.conditions, [condition]);
  const next = inStep(claim, 'ControllerResizeInProgress', conditions);
  const allocatedResources = { ...claim.status.allocatedResources, storage: size };
  return { ...next, status: { ...next.status, allocatedResources } };
}

/** The disk is larger; its file system is not yet. */
export function pendingOnNode(claim: Claim, now: string): Claim {
  const condition: Condition = {
    type: 'FileSystemResizePending',
    status: 'True',
    lastTransitionTime: now,
    message: WAITS,
  };
  const conditions = withConditions(claim.status.conditions, [condition]);
  return inStep(claim, 'NodeResizePending', conditions);
}

export function resizingOnNode(claim: Claim): Claim {
  return inStep(claim, 'NodeResizeInProgress', claim.status.conditions);
}

/** All is as large as |size|. */
export function grownTo(claim: Claim, size: string): Claim {
  const { allocatedResourceStatuses, conditions, ...rest } = claim.status;
  const { storage: _step, ...steps } = allocatedResourceStatuses ?? {};
  const left = withConditions(conditions, []);
  const status = {
    ...rest,
    capacity: { ...claim.status.capacity, storage: size },
    ...(Object.keys(steps).length === 0 ? {} : { allocatedResourceStatuses: steps }),
    ...(left.length === 0 ? {} : { conditions: left }),
  };
  return { ...claim, status };
}
