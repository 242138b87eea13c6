/**
 * The scale subresource of custom resources: replicas and selector stand where the definition says.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/registry/customresource etcd.go (scaleFromCustomResource),
 *         validator.go (v1.36)
 */
import type { CustomResourceSubresourceScale, Scale } from '../generated/types.ts';
import type { ScaleRules } from '../meta/define-kind.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { checkNonNegative } from '../meta/field-checks.ts';
import { goJson } from '../meta/go-text.ts';
import type { Draft, KubeObject } from '../meta/object.ts';
import { isMap } from './json-schema.ts';

const MAX_INT32 = 2 ** 31 - 1;

export interface CustomScale extends ScaleRules<KubeObject> {
  /** Whether the object has numbers where its replicas should be. */
  validateObject(object: KubeObject, errors: FieldErrors): void;
}

export function customScale(paths: CustomResourceSubresourceScale): CustomScale {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = '' } = paths;
  const steps = specReplicasPath.split('.').filter((step) => step !== '');
  return {
    replicasPath: steps.map((step) => `f:${step}`),
    toScale(object) {
      const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
      const replicas = numberAt(object, specReplicasPath);
      const selector = labelSelectorPath === '' ? '' : valueAt(object, labelSelectorPath);
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
          replicas: numberAt(object, statusReplicasPath),
          ...(typeof selector === 'string' && selector !== '' ? { selector } : {}),
        },
      };
      return scale;
    },
    applyScale(draft, scale) {
      setAt(draft, specReplicasPath, scale.spec?.replicas ?? 0);
    },
    validateScale(scale, errors) {
      // The object's own validation tells it with the field's real name.
      if (scale.spec === undefined) checkNonNegative(0, 'spec.replicas', errors);
    },
    validateObject(object, errors) {
      checkNumber(object, specReplicasPath, errors);
      checkNumber(object, statusReplicasPath, errors);
    },
  };
}

function partsOf(path: string): readonly string[] {
  return path.replace(/^\./, '').split('.');
}

function valueAt(object: unknown, path: string): unknown {
  let at = object;
  for (const part of partsOf(path)) {
    if (!isMap(at) || !Object.hasOwn(at, part)) return undefined;
    at = at[part];
  }
  return at;
}

function numberAt(object: unknown, path: string): number {
  const value = valueAt(object, path);
  return typeof value === 'number' ? value : 0;
}

function setAt(draft: Draft<KubeObject>, path: string, value: unknown): void {
  let at = draft as unknown as Record<string, unknown>;
  const parts = partsOf(path);
  for (const part of parts.slice(0, -1)) {
    const below = Object.hasOwn(at, part) && isMap(at[part]) ? { ...at[part] } : {};
    at[part] = below;
    at = below as Record<string, unknown>;
  }
  at[parts.at(-1) as string] = value;
}

function checkNumber(object: KubeObject, path: string, errors: FieldErrors): void {
  const value = valueAt(object, path);
  if (value === undefined) return;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    const type = typeof value === 'string' ? 'string' : typeof value;
    const detail = `${path} accessor error: ${goJson(value)} is of the type ${type}, expected int64`;
    errors.invalid(path, 0, detail);
  } else if (value < 0) errors.invalid(path, value, 'should be a non-negative integer');
  else if (value > MAX_INT32) {
    errors.invalid(path, value, `should be less than or equal to ${MAX_INT32}`);
  }
}
