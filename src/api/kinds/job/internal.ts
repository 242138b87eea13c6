/**
 * Parts of Jobs as the API server's internal types marshal them; some error texts show them so.
 *
 * Models: pkg/apis/batch types.go through encoding/json (v1.36)
 */
import type {
  PodFailurePolicy,
  PodTemplateSpec,
  SuccessPolicy,
  UncountedTerminatedPods,
} from '../../generated/types.ts';
import { internalPodSpec } from '../pod/internal-json.ts';

/** metadata has the same names inside and outside; in the order of Go's struct. */
const META_FIELDS = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
] as const;

export function internalTemplate({ metadata, spec }: PodTemplateSpec): unknown {
  const out: Record<string, unknown> = {};
  for (const field of META_FIELDS) {
    const value = metadata?.[field];
    if (value !== undefined && value !== null) out[field] = value;
  }
  return { ...out, Spec: internalPodSpec(spec) };
}

export function internalFailurePolicy(policy: PodFailurePolicy | undefined): unknown {
  if (policy === undefined) return null;
  return {
    Rules:
      policy.rules?.map(({ action, onExitCodes, onPodConditions }) => ({
        Action: action ?? '',
        OnExitCodes:
          onExitCodes === undefined
            ? null
            : {
                ContainerName: onExitCodes.containerName ?? null,
                Operator: onExitCodes.operator ?? '',
                Values: onExitCodes.values ?? null,
              },
        OnPodConditions:
          onPodConditions?.map(({ type, status }) => ({
            Type: type ?? '',
            Status: status ?? '',
          })) ?? null,
      })) ?? null,
  };
}

export function internalSuccessPolicy(policy: SuccessPolicy | undefined): unknown {
  if (policy === undefined) return null;
  return {
    Rules:
      policy.rules?.map(({ succeededIndexes, succeededCount }) => ({
        SucceededIndexes: succeededIndexes ?? null,
        SucceededCount: succeededCount ?? null,
      })) ?? null,
  };
}

export function internalUncounted({ succeeded, failed }: UncountedTerminatedPods): unknown {
  return { Succeeded: succeeded ?? null, Failed: failed ?? null };
}
