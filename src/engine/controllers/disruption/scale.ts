/**
 * How many Pods the controllers of a budget's Pods are meant to have.
 *
 * Models: kubernetes pkg/controller/disruption/disruption.go (getExpectedScale, finders) (v1.36)
 */
import type { OwnerReference, Pod, Scale } from '../../../api/generated/types.ts';
import { Deployment } from '../../../api/kinds/deployment.ts';
import { ReplicaSet } from '../../../api/kinds/replica-set.ts';
import { ReplicationController } from '../../../api/kinds/replication-controller.ts';
import { StatefulSet } from '../../../api/kinds/stateful-set.ts';
import { type Kind, apiVersionOf, groupResource } from '../../../api/meta/define-kind.ts';
import { type KubeObject, keyFor } from '../../../api/meta/object.ts';
import { controllerOf } from '../../../api/meta/owner-references.ts';
import { isApiError } from '../../../api/meta/status.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { ControllerContext } from '../../client/controller.ts';

export interface ExpectedScale {
  readonly count: number;
  /** Names of Pods that nobody controls. */
  readonly unmanaged: readonly string[];
}

/** The counts cannot be known: the budget fails safe. */
export class ScaleUnknown extends Error {
  override readonly name = 'ScaleUnknown';
}

export function* expectedScale(
  pods: readonly Pod[],
  context: ControllerContext,
): Proc<ExpectedScale> {
  const scales = new Map<string, number>();
  const unmanaged: string[] = [];
  for (const pod of pods) {
    const ref = controllerOf(pod);
    if (ref === undefined) {
      unmanaged.push(pod.metadata.name);
      continue;
    }
    if (scales.has(ref.uid)) continue;
    const found = yield* controllerScale(ref, pod.metadata.namespace ?? '', context);
    if (!found) throw new ScaleUnknown(`found no controllers for pod "${pod.metadata.name}"`);
    scales.set(found.uid, found.replicas);
  }
  let count = 0;
  for (const replicas of scales.values()) count += replicas;
  return { count, unmanaged };
}

interface Scaled {
  readonly uid: string;
  readonly replicas: number;
}

function* controllerScale(
  ref: OwnerReference,
  namespace: string,
  context: ControllerContext,
): Proc<Scaled | undefined> {
  const replicated = cachedScale(ref, namespace, context);
  return replicated ?? (yield* subresourceScale(ref, namespace, context));
}

/** The kinds this controller watches. */
function cachedScale(
  ref: OwnerReference,
  namespace: string,
  context: ControllerContext,
): Scaled | undefined {
  const rc = cached(ReplicationController, ref, namespace, context);
  if (rc) return { uid: rc.metadata.uid, replicas: rc.spec.replicas ?? 1 };
  const rs = cached(ReplicaSet, ref, namespace, context);
  if (rs) {
    const owner = controllerOf(rs);
    if (owner?.kind !== Deployment.kind) {
      return { uid: rs.metadata.uid, replicas: rs.spec.replicas ?? 1 };
    }
    const d = cached(Deployment, owner, namespace, context);
    return d && { uid: d.metadata.uid, replicas: d.spec.replicas ?? 1 };
  }
  const set = cached(StatefulSet, ref, namespace, context);
  return set && { uid: set.metadata.uid, replicas: set.spec.replicas ?? 1 };
}

function cached<T extends KubeObject>(
  kind: Kind<T>,
  ref: OwnerReference,
  namespace: string,
  context: ControllerContext,
): T | undefined {
  const group = ref.apiVersion.includes('/') ? ref.apiVersion.split('/')[0] : '';
  if (ref.kind !== kind.kind || group !== kind.group) return undefined;
  const object = context.get(kind, keyFor(namespace, ref.name));
  return object?.metadata.uid === ref.uid ? object : undefined;
}

/** Any other kind tells through its subresource scale. */
function* subresourceScale(
  ref: OwnerReference,
  namespace: string,
  { client }: ControllerContext,
): Proc<Scaled | undefined> {
  const kind = client
    .kinds()
    .find((k) => k.kind === ref.kind && apiVersionOf(k) === ref.apiVersion);
  if (!kind) {
    throw new ScaleUnknown(`no matches for kind "${ref.kind}" in version "${ref.apiVersion}"`);
  }
  if (!kind.scale) {
    throw new ScaleUnknown(`${groupResource(kind)} does not implement the scale subresource`);
  }
  try {
    const scale = (yield* client.getSubresource(kind, namespace, ref.name, 'scale')) as Scale;
    const { uid = '' } = scale.metadata ?? {};
    return uid === ref.uid ? { uid, replicas: scale.spec?.replicas ?? 0 } : undefined;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return undefined;
    if (isApiError(error)) throw new ScaleUnknown(error.message);
    throw error;
  }
}
