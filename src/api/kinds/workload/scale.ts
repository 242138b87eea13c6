/**
 * The scale subresource: the replicas of a workload as an autoscaling/v1 Scale.
 *
 * Models: pkg/registry/apps/{deployment,replicaset,statefulset}/storage storage.go,
 *         pkg/registry/core/replicationcontroller/storage storage.go (v1.36)
 */
import type { LabelSelector, Scale } from '../../generated/types.ts';
import type { ScaleRules } from '../../meta/define-kind.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { checkNonNegative } from '../../meta/field-checks.ts';
import type { KubeObject } from '../../meta/object.ts';
import { compileLabelSelector, selectorFromLabels } from '../../meta/selectors.ts';

interface Scalable extends KubeObject {
  /** A ReplicationController selects by plain labels. */
  readonly spec: {
    readonly replicas?: number;
    readonly selector?: LabelSelector | Readonly<Record<string, string>>;
  };
  readonly status: { readonly replicas?: number };
}

/** |byLabels|: the selector is a map of labels. */
export function scaleRules<T extends Scalable>(byLabels = false): ScaleRules<T> {
  const textOf = ({ spec: { selector } }: T): string =>
    byLabels
      ? selectorFromLabels(selector as Readonly<Record<string, string>> | undefined).toString()
      : compileLabelSelector(selector as LabelSelector | undefined).toString();
  return {
    toScale(object) {
      const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
      const { replicas } = object.spec;
      const selector = textOf(object);
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
