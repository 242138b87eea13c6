/**
 * The scale subresource: the replicas of a workload as an autoscaling/v1 Scale.
 *
 * Models: pkg/registry/apps/{deployment,replicaset}/storage storage.go (v1.36)
 */
import type { LabelSelector, Scale } from '../../generated/types.ts';
import type { ScaleRules } from '../../meta/define-kind.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { checkNonNegative } from '../../meta/field-checks.ts';
import type { KubeObject } from '../../meta/object.ts';
import { compileLabelSelector } from '../../meta/selectors.ts';

interface Scalable extends KubeObject {
  readonly spec: { readonly replicas?: number; readonly selector: LabelSelector };
  readonly status: { readonly replicas?: number };
}

export function scaleRules<T extends Scalable>(): ScaleRules<T> {
  return {
    toScale(object) {
      const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
      const { replicas } = object.spec;
      const selector = compileLabelSelector(object.spec.selector).toString();
      const scale: Scale = {
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: {
          name,
          ...(namespace === undefined ? {} : { namespace }),
          uid,
          resourceVersion,
          creationTimestamp,
        },
        spec: replicas ? { replicas } : {},
        status: {
          replicas: object.status.replicas ?? 0,
          ...(selector === '' ? {} : { selector }),
        },
      };
      return scale;
    },
    applyScale(draft, scale) {
      (draft.spec as { replicas?: number }).replicas = scale.spec?.replicas ?? 0;
    },
    validateScale(scale, errors: FieldErrors) {
      checkNonNegative(scale.spec?.replicas, 'spec.replicas', errors);
    },
  };
}
