/**
 * Cloud node controller: tells a new Node what its machine is in the cloud, and takes the taint away
 * with which its kubelet has registered it.
 *
 * Models:     k8s.io/cloud-provider controllers/node/node_controller.go (v0.36)
 * Watches:    Node (primary)
 * Writes:     Node (providerID, labels, taints) and its status (addresses); Events
 */
import type { NodeAddress } from '../../api/generated/types.ts';
import { Node } from '../../api/kinds/node.ts';
import { isApiError } from '../../api/meta/status.ts';
import { equalJson } from '../../api/meta/json.ts';
import { keyOf } from '../../api/meta/object.ts';
import { type Proc, sleep } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
  Retry,
} from '../client/controller.ts';
import type { InstanceMetadata, PretendCloud } from './cloud.ts';

/** cloudproviderapi.TaintExternalCloudProvider: what kubelets of a cloud register with. */
export const UNINITIALIZED = 'node.cloudprovider.kubernetes.io/uninitialized';
const STATUS_PERIOD_US = 300_000_000; // --node-status-update-frequency
const CONFLICT_RETRIES = 20; // UpdateNodeSpecBackoff
const CONFLICT_SLEEP_US = 50_000;

/** Old names of labels, whose values the new ones follow. */
const LABELS: readonly (readonly [old: string, now: string])[] = [
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'],
];

export function cloudNodeController(cloud: PretendCloud): ControllerDefinition<Node> {
  return defineController<Node>({
    name: 'cloud-node-controller',
    primary: Node,
    ownHandlers: true,
    workers: 1, // --concurrent-node-syncs
    start(context) {
      const wake = (node: Node): void => context.queue.add(keyOf(node));
      // What a Node that has its taint no longer can need is only labels.
      context.informers.for(Node).addHandler({
        onAdd: wake,
        onUpdate: (node, old) => {
          if (node.spec !== old.spec || node.metadata.labels !== old.metadata.labels) wake(node);
        },
      });
      const again = (): void => {
        context.after(
          STATUS_PERIOD_US,
          () => {
            const { kernel, scope } = context;
            kernel.spawn('node addresses', updateAll(cloud, context), { periodic: true, scope });
            again();
          },
          true,
        );
      };
      again();
    },
    *reconcile(name, context) {
      const node = context.get(Node, name);
      if (!node) return;
      if (isTainted(node)) yield* initialize(node, cloud, context);
      else yield* reconcileLabels(node, context);
    },
  });
}

export function isTainted(node: Node): boolean {
  return node.spec.taints?.some(({ key }) => key === UNINITIALIZED) ?? false;
}

function* initialize(node: Node, cloud: PretendCloud, context: ControllerContext): Proc {
  const { name } = node.metadata;
  const metadata = yield* cloud.instance(name, node.spec.providerID ?? '');
  if (!metadata) {
    const error = 'instance not found';
    throw new Retry(`failed to get instance metadata for node ${name}: ${error}`);
  }
  context.note(`a machine of type ${metadata.instanceType}`, 'not initialized');
  for (let attempt = 0; ; attempt++) {
    const now = context.get(Node, name);
    if (!now) return;
    try {
      const written = yield* context.client.update(Node, initialized(now, metadata));
      yield* updateAddresses(written, metadata, context);
      break;
    } catch (error) {
      if (!isApiError(error, 'Conflict') || attempt >= CONFLICT_RETRIES) throw error;
      yield* sleep(CONFLICT_SLEEP_US);
    }
  }
  const message = 'Node synced successfully';
  context.events.record(node, { type: 'Normal', reason: 'Synced', message });
}

/** Pure: the Node with what the cloud knows of it, and without the taint. */
export function initialized(node: Node, metadata: InstanceMetadata): Node {
  const { instanceType, zone, region } = metadata;
  const values = [zone, region, instanceType];
  const labels: Record<string, string> = { ...node.metadata.labels };
  LABELS.forEach(([old, now], i) => {
    const value = values[i] ?? '';
    if (value === '') return;
    labels[old] = value;
    labels[now] = value;
  });
  const { taints = [], providerID = '', ...spec } = node.spec;
  const others = taints.filter(({ key }) => key !== UNINITIALIZED);
  return {
    ...node,
    metadata: { ...node.metadata, labels },
    spec: {
      ...spec,
      providerID: providerID === '' ? metadata.providerID : providerID,
      ...(others.length > 0 ? { taints: others } : {}),
    },
  };
}

/** Pure: labels whose new names do not say what the old ones do; null: none. */
export function labelsToRepeat(node: Node): Readonly<Record<string, string>> | null {
  const labels = node.metadata.labels ?? {};
  const changes: Record<string, string> = {};
  for (const [old, now] of LABELS) {
    const value = labels[old];
    if (value !== undefined && labels[now] !== value) changes[now] = value;
  }
  return Object.keys(changes).length > 0 ? changes : null;
}

function* reconcileLabels(node: Node, context: ControllerContext): Proc {
  const labels = labelsToRepeat(node);
  if (!labels) return;
  const { name } = node.metadata;
  yield* context.client.patch(Node, '', name, { metadata: { labels } }, { type: 'strategic' });
}

function* updateAll(cloud: PretendCloud, context: ControllerContext): Proc {
  for (const node of [...context.informers.for(Node).all()]) {
    if (isTainted(node)) continue;
    const metadata = yield* cloud.instance(node.metadata.name, node.spec.providerID ?? '');
    try {
      if (metadata) yield* updateAddresses(node, metadata, context);
    } catch (error) {
      // The next look is in five minutes.
      if (!isApiError(error)) throw error;
    }
  }
}

/** The name by which the kubelet calls itself stays. */
function* updateAddresses(
  node: Node,
  metadata: InstanceMetadata,
  context: ControllerContext,
): Proc {
  const old = node.status.addresses ?? [];
  const names = old.filter(({ type }) => type === 'Hostname');
  const addresses: readonly NodeAddress[] = [...metadata.addresses, ...names];
  if (equalJson(old, addresses)) return;
  const patch = { status: { addresses } };
  const options = { type: 'strategic', subresource: 'status' } as const;
  yield* context.client.patch(Node, '', node.metadata.name, patch, options);
}
