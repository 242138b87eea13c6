/**
 * Pod: containers that share a node, a network and volumes.
 *
 * Models:      pkg/registry/core/pod strategy.go, pkg/apis/core/v1 defaults.go, pkg/apis/core/
 *              validation validation.go, pkg/printers (v1.36)
 * Unsupported: see `unsupported` below: stored and validated, but nothing acts on it
 */
import type { Pod as PodType, PodCondition } from '../generated/types.ts';
import { defineKind, type KindContext, type RowCondition } from '../meta/define-kind.ts';
import { setOf } from '../meta/field-set.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { keepPart, raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import type { Draft } from '../meta/object.ts';
import { podAdmission } from './pod/admission.ts';
import { apparmorFieldsFromAnnotations } from './pod/apparmor.ts';
import { podBinding } from './pod/binding.ts';
import { POD_COLUMNS } from './pod/columns.ts';
import { podConnects } from './pod/connect.ts';
import { defaultPod } from './pod/defaults.ts';
import { podEviction } from './pod/eviction.ts';
import { dropDisabledPodFields, dropDisabledStatusFields } from './pod/drop-disabled.ts';
import { mergeMatchLabelKeys } from './pod/match-label-keys.ts';
import { keepMetadata } from './pod/metadata.ts';
import { resizeRules } from './pod/resize.ts';
import { computeQosClass } from './pod/resources.ts';
import { validatePodStatusUpdate } from './pod/status-validation.ts';
import { validateEphemeralUpdate, validatePodUpdate } from './pod/update-validation.ts';
import { validatePodCreate } from './pod/validation.ts';
import { podWarnings } from './pod/warnings.ts';

export type Pod = PodType;

function prepareForCreate(pod: Draft<Pod>, context: KindContext): void {
  const { now } = context;
  pod.metadata.generation = 1;
  pod.status = { phase: 'Pending', qosClass: computeQosClass(pod.spec as Pod['spec']) };
  dropDisabledPodFields(pod.spec, undefined);
  if ((pod.spec.schedulingGates ?? []).length > 0) {
    pod.status.conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        // Never set by anything, yet always written.
        lastProbeTime: null as unknown as string,
        lastTransitionTime: now,
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ];
  }
  mergeMatchLabelKeys(pod);
  apparmorFieldsFromAnnotations(pod, (text) => context.warn?.(text));
}

function prepareForUpdate(next: Draft<Pod>, old: Pod): void {
  keepPart(next, old, 'status');
  dropDisabledPodFields(next.spec, old.spec);
  raiseGeneration(next, old, specChanged(next, old));
}

/** Old kubelets and clients leave out what they do not know: it stays as it was. */
function prepareForStatusUpdate(next: Draft<Pod>, old: Pod): void {
  keepPart(next, old, 'spec');
  const { metadata } = next;
  // Only DELETE sets it; a status update can neither set nor clear it.
  if (old.metadata.deletionTimestamp === undefined) delete metadata.deletionTimestamp;
  else metadata.deletionTimestamp = old.metadata.deletionTimestamp;
  if (old.metadata.ownerReferences === undefined) delete metadata.ownerReferences;
  else
    metadata.ownerReferences = old.metadata.ownerReferences as typeof metadata.ownerReferences & {};
  const status = (next.status ??= {});
  if (status.qosClass === undefined && old.status.qosClass !== undefined) {
    status.qosClass = old.status.qosClass;
  }
  if ((status.observedGeneration ?? 0) === 0 && old.status.observedGeneration !== undefined) {
    status.observedGeneration = old.status.observedGeneration;
  }
  agreeOnPodIps(status);
  dropDisabledStatusFields(status, old.status);
  if (status.conditions) status.conditions = withProbeTimes(status.conditions);
  if (old.status.conditions === undefined) return;
  const before = [...old.status.conditions];
  for (const condition of status.conditions ?? []) {
    const i = before.findIndex((c) => c.type === condition.type);
    const [known] = i < 0 ? [] : before.splice(i, 1);
    if ((condition.observedGeneration ?? 0) === 0 && known?.observedGeneration !== undefined) {
      condition.observedGeneration = known.observedGeneration;
    }
  }
}

/** Go writes this time even where nobody has set it; what has it already is kept as it is. */
function withProbeTimes(conditions: Draft<PodCondition>[]): Draft<PodCondition>[] {
  return conditions.map((condition) => {
    if (condition.lastProbeTime !== undefined) return condition;
    const { type, observedGeneration, status, reason, message } = condition;
    const lastProbeTime = null as unknown as string;
    const lastTransitionTime = condition.lastTransitionTime ?? (null as unknown as string);
    const result: Draft<PodCondition> =
      observedGeneration === undefined
        ? { type, status, lastProbeTime, lastTransitionTime }
        : {
            type,
            observedGeneration,
            status,
            lastProbeTime,
            lastTransitionTime,
          };
    if (reason !== undefined) result.reason = reason;
    if (message !== undefined) result.message = message;
    return result;
  });
}

/** The old single field and the list say the same; where they differ the single one counts. */
function agreeOnPodIps(status: Draft<Pod>['status']): void {
  const first = status.podIPs?.[0]?.ip;
  if (first && status.podIP === first) return;
  if (status.podIP) status.podIPs = [{ ip: status.podIP }];
  else if (first) status.podIP = first;
  else delete status.podIP;
}

function prepareForEphemeralUpdate(next: Draft<Pod>, old: Pod): void {
  const added = next.spec.ephemeralContainers;
  keepPart(next, old, 'status');
  keepMetadata(next, old);
  const spec = { ...old.spec } as Draft<Pod>['spec'];
  if (added === undefined) delete spec.ephemeralContainers;
  else spec.ephemeralContainers = added;
  next.spec = spec;
  dropDisabledPodFields(spec, old.spec);
  raiseGeneration(next, old, specChanged(next, old));
}

/** Upstream CheckGracefulDelete. */
function gracePeriod(pod: Pod, requested: number | undefined): number {
  const { phase } = pod.status;
  if ((pod.spec.nodeName ?? '') === '') return 0;
  if (phase === 'Failed' || phase === 'Succeeded') return 0;
  const seconds = requested ?? pod.spec.terminationGracePeriodSeconds ?? 0;
  return seconds < 0 ? 1 : seconds;
}

/** printers.go podSuccessConditions, podFailedConditions: rows that `-o wide` can tell apart. */
function rowConditions(phase: string | undefined): readonly RowCondition[] {
  const finished = { type: 'Completed', status: 'True' };
  if (phase === 'Succeeded') {
    const message = 'The pod has completed successfully.';
    return [{ ...finished, reason: 'Succeeded', message }];
  }
  if (phase === 'Failed') return [{ ...finished, reason: 'Failed', message: 'The pod failed.' }];
  return [];
}

/** strategy.go podResizeStrategy. */
const RESIZABLE = setOf(
  ['f:containers', 'f:initContainers'].flatMap((list) =>
    ['f:resources', 'f:resizePolicy'].map((field) => ['f:spec', list, '*', field]),
  ),
);

export const Pod = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Pod',

  defaults: defaultPod,
  prepareForCreate,
  prepareForUpdate,
  validate: validatePodCreate,
  validateUpdate: validatePodUpdate,
  metaOnUpdate: 'both',
  warnings: (pod, old) => (old === null ? podWarnings(pod) : []),

  resets: {
    status: setOf([
      ['f:spec'],
      ['f:metadata', 'f:deletionTimestamp'],
      ['f:metadata', 'f:ownerReferences'],
    ]),
  },
  status: { prepareForUpdate: prepareForStatusUpdate, validateUpdate: validatePodStatusUpdate },
  subresources: {
    ephemeralcontainers: {
      metaOnUpdate: 'both',
      writable: setOf([['f:spec', 'f:ephemeralContainers']]),
      prepareForUpdate: prepareForEphemeralUpdate,
      validateUpdate: (next, old, errors: FieldErrors) =>
        validateEphemeralUpdate(next, old, errors),
    },
    resize: { ...resizeRules, metaOnUpdate: 'both', writable: RESIZABLE },
  },
  actions: { binding: podBinding, eviction: podEviction },
  connects: podConnects,
  rowConditions: ({ status }) => rowConditions(status.phase),
  admission: podAdmission,

  selectableFields: ({ spec, status }) => ({
    'spec.nodeName': spec.nodeName ?? '',
    'spec.restartPolicy': spec.restartPolicy ?? '',
    'spec.schedulerName': spec.schedulerName ?? '',
    'spec.serviceAccountName': spec.serviceAccountName ?? '',
    'spec.hostNetwork': String(spec.hostNetwork ?? false),
    'status.phase': status.phase ?? '',
    'status.podIP': status.podIPs?.[0]?.ip ?? '',
    // The server takes this label in selectors, but never fills it in.
    'status.podIPs': '',
    'status.nominatedNodeName': status.nominatedNodeName ?? '',
  }),
  gracePeriod,
  deleteReturnsObject: true,
  columns: POD_COLUMNS,
  unsupported: [
    'spec.affinity.podAffinity',
    'spec.affinity.podAntiAffinity',
    'spec.containers[*].resizePolicy',
    'spec.containers[*].volumeDevices',
    'spec.hostIPC',
    'spec.hostPID',
    'spec.hostUsers',
    'spec.os',
    'spec.resourceClaims',
    'spec.runtimeClassName',
    'spec.securityContext',
    'spec.setHostnameAsFQDN',
    'spec.shareProcessNamespace',
    'spec.topologySpreadConstraints',
  ],
});
