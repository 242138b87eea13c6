/**
 * The two kinds that keep a number of Pods. ReplicationControllers are looked at as ReplicaSets, as
 * upstream does it.
 *
 * Models: kubernetes pkg/controller/replication/conversion.go (v1.36)
 */
import type {
  ReplicaSet as ReplicaSetObject,
  ReplicaSetStatus,
  ReplicationController as ReplicationControllerObject,
} from '../../../api/generated/types.ts';
import { ReplicaSet } from '../../../api/kinds/replica-set.ts';
import { ReplicationController } from '../../../api/kinds/replication-controller.ts';
import type { Kind } from '../../../api/meta/define-kind.ts';
import type { KubeObject } from '../../../api/meta/object.ts';

export interface ReplicaKind {
  readonly kind: Kind<KubeObject>;
  /** The same frozen answer for the same object. */
  view(object: KubeObject): ReplicaSetObject;
  /** The object of |view| with a new status. */
  withStatus(view: ReplicaSetObject, status: ReplicaSetStatus): KubeObject;
  /** What of the status this kind has. */
  trim(status: ReplicaSetStatus): ReplicaSetStatus;
}

export const replicaSets: ReplicaKind = {
  kind: ReplicaSet as unknown as Kind<KubeObject>,
  view: (object) => object as ReplicaSetObject,
  withStatus: (view, status) => ({ ...view, status }),
  trim: (status) => status,
};

const views = new WeakMap<KubeObject, ReplicaSetObject>();
const originals = new WeakMap<ReplicaSetObject, ReplicationControllerObject>();
const selectors = new WeakMap<object, { readonly matchLabels: Readonly<Record<string, string>> }>();

/** Selectors are compiled once for the object they stand in. */
function selectorOf(
  labels: Readonly<Record<string, string>>,
): ReplicaSetObject['spec']['selector'] {
  let selector = selectors.get(labels);
  if (!selector) selectors.set(labels, (selector = { matchLabels: labels }));
  return selector;
}

const NO_LABELS = {};
const NO_TEMPLATE = { metadata: {}, spec: { containers: [] } };

function viewOf(object: KubeObject): ReplicaSetObject {
  let view = views.get(object);
  if (view) return view;
  const rc = object as ReplicationControllerObject;
  const { replicas, minReadySeconds, selector = NO_LABELS, template = NO_TEMPLATE } = rc.spec;
  view = {
    ...rc,
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: selectorOf(selector),
      template,
    },
  } as unknown as ReplicaSetObject;
  views.set(object, view);
  originals.set(view, rc);
  return view;
}

export const replicationControllers: ReplicaKind = {
  kind: ReplicationController as unknown as Kind<KubeObject>,
  view: viewOf,
  withStatus: (view, status) => {
    const { terminatingReplicas: _none, ...rest } = status;
    return { ...(originals.get(view) as ReplicationControllerObject), status: rest } as KubeObject;
  },
  trim: ({ terminatingReplicas: _none, ...status }) => status,
};
