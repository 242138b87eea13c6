/**
 * The kubelet's care for its Node object: registration, status, heartbeats, lease.
 *
 * Models: pkg/kubelet/kubelet_node_status.go registerWithAPIServer, syncNodeStatus;
 * k8s.io/component-helpers/apimachinery/lease/controller.go (v1.36)
 * Writes: nodes, nodes/status, leases in kube-node-lease, events
 * Simplified: the look of every 10 s at the own status happens when something has changed, at the
 *             moment at which it would; there is no CSINode object.
 */
import type { Lease as LeaseObject, Node as NodeObject } from '../../../api/generated/types.ts';
import { Lease } from '../../../api/kinds/lease.ts';
import { Node } from '../../../api/kinds/node.ts';
import type { Input, KubeObject } from '../../../api/meta/object.ts';
import { isApiError } from '../../../api/meta/status.ts';
import { rfc3339Micro } from '../../../api/meta/time.ts';
import { type Proc, sleep } from '../../../kernel/process.ts';
import type { Latency } from '../../../kernel/rng.ts';
import { isRefusal } from '../../client/refusal.ts';
import type { Informer } from '../../client/informer.ts';
import { jittered, type KubeletContext, nowText } from './context.ts';
import { type MachineInfo, newNode, nodeStatus, withoutHeartbeats } from './node-status.ts';
import { nodeStatusPatch, sameJson } from './status-patch.ts';

/** pkg/kubelet/apis/config: nodeStatusUpdateFrequency 10 s, nodeStatusReportFrequency 5 m. */
const STATUS_LOOK_US = 10_000_000;
const STATUS_REPORT_US = 300_000_000;
/** nodeLeaseRenewInterval: a quarter of the lease, with 4 % jitter (lease/controller.go). */
const LEASE_SECONDS = 40;
const LEASE_RENEW_US = 10_000_000;
const LEASE_JITTER_PERCENT = 4;
/** registerWithAPIServer: 100 ms doubling to 7 s. */
const REGISTER_RETRY_US = 100_000;
const REGISTER_RETRY_MAX_US = 7_000_000;
/** From registration until the network plugin and CSI have reported (goldens/node/node). */
const NETWORK_SETUP: Latency = { p10: 300_000, p50: 800_000, p90: 1_800_000 };
const HEALTHY = ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID'];
const LEASE_NAMESPACE = 'kube-node-lease';

export class NodeAgent {
  #context: KubeletContext;
  #machine: MachineInfo;
  #informer: Informer<NodeObject>;
  #startedAt: number;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #lookDue = false;
  #lease: LeaseObject | null = null;
  #last: NodeObject | null = null;

  /** What is to be done as soon as there is a Node object. */
  readonly #onRegistered: () => Proc;

  constructor(
    context: KubeletContext,
    machine: MachineInfo,
    informer: Informer<NodeObject>,
    onRegistered: () => Proc = function* () {},
  ) {
    this.#onRegistered = onRegistered;
    this.#context = context;
    this.#machine = machine;
    this.#informer = informer;
    this.#startedAt = context.kernel.now;
    const cidr = (node: NodeObject): void => {
      if (node.spec.podCIDR !== undefined) context.runtime.setPodCidr(node.spec.podCIDR);
    };
    informer.addHandler({ onAdd: cidr, onUpdate: cidr });
  }

  get node(): NodeObject | undefined {
    return this.#informer.get(this.#machine.name) ?? this.#last ?? undefined;
  }

  start(): void {
    const { kernel, scope } = this.#context;
    this.#event('Normal', 'Starting', 'Starting kubelet.');
    this.#informer.addHandler({
      onUpdate: (node) => {
        // Given up by the control plane while it could not be reached: it is corrected.
        if (node.status.conditions?.some((c) => c.status === 'Unknown')) this.imagesChanged();
      },
    });
    kernel.spawn('register node', this.#register(), { scope });
  }

  /** The list of images, or what is stored, has changed: part of the status at the next look. */
  imagesChanged(): void {
    if (this.#lookDue || !this.#last) return;
    this.#lookDue = true;
    const { kernel, scope } = this.#context;
    const since = kernel.now - this.#startedAt;
    const wait = STATUS_LOOK_US - (since % STATUS_LOOK_US);
    kernel.after(
      wait,
      () => {
        this.#lookDue = false;
        kernel.spawn('node status', this.#guarded(this.#report()));
      },
      { scope, periodic: true, cause: 0 },
    );
  }

  *#register(): Proc {
    const { runtime, rng } = this.#context;
    const isNew = yield* this.#createNode();
    this.#context.kernel.spawn('register mirrors', this.#onRegistered());
    for (const reason of HEALTHY) {
      this.#event('Normal', reason, `Node ${this.#machine.name} status is now: ${reason}`);
    }
    this.#event('Normal', 'NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
    yield* this.#guarded(this.#report());
    this.#leaseLoop(isNew ? LEASE_RENEW_US : 0);
    if (!runtime.networkReady) {
      yield* sleep(rng.latency(NETWORK_SETUP));
      runtime.networkReady = true;
      this.#event('Normal', 'NodeReady', `Node ${this.#machine.name} status is now: NodeReady`);
      yield* this.#guarded(this.#report());
    }
    this.#reportLoop();
  }

  /** True when there was no such Node before. */
  *#createNode(): Proc<boolean> {
    const { client } = this.#context;
    for (let pause = REGISTER_RETRY_US; ; pause = Math.min(pause * 2, REGISTER_RETRY_MAX_US)) {
      try {
        const status = this.#status(undefined);
        this.#last = yield* client.create(Node, newNode(this.#machine, status));
        return true;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (isApiError(error, 'AlreadyExists') && (yield* this.#readNode())) return false;
        yield* sleep(pause);
      }
    }
  }

  /** False when it could not be read: gone again, or nobody answered. */
  *#readNode(): Proc<boolean> {
    try {
      this.#last = yield* this.#context.client.get(Node, '', this.#machine.name);
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return false;
    }
  }

  #status(node: NodeObject | undefined): NodeObject['status'] {
    const { kernel, runtime } = this.#context;
    return nodeStatus({
      machine: this.#machine,
      images: runtime.images.list(),
      networkReady: runtime.networkReady,
      old: node?.status.conditions ?? [],
      now: nowText(kernel),
    });
  }

  /** tryUpdateNodeStatus: a PATCH when something differs, or when the last one is five minutes old. */
  *#report(): Proc {
    const { kernel, client } = this.#context;
    const { name } = this.#machine;
    const node = this.#informer.get(name) ?? this.#last;
    if (!node) return;
    const next = this.#status(node);
    const same = sameJson(withoutHeartbeats(node.status), withoutHeartbeats(next));
    if (same && kernel.now - this.#reportedAt < STATUS_REPORT_US) return;
    const patch = nodeStatusPatch(node.status, next);
    if (!patch) return;
    const options = { type: 'strategic', subresource: 'status' } as const;
    this.#last = yield* client.patch(Node, '', name, patch, options);
    this.#reportedAt = kernel.now;
  }

  /** Due at the first look after five minutes. */
  #reportLoop(): void {
    const { kernel, scope } = this.#context;
    kernel.after(
      STATUS_REPORT_US + STATUS_LOOK_US,
      () => {
        kernel.spawn('node heartbeat', this.#guarded(this.#report()));
        this.#reportLoop();
      },
      { scope, periodic: true, cause: 0 },
    );
  }

  #leaseLoop(us: number): void {
    const { kernel, scope, rng } = this.#context;
    kernel.after(
      us,
      () => {
        kernel.spawn('renew lease', this.#guarded(this.#renew()));
        this.#leaseLoop(jittered(rng, LEASE_RENEW_US, LEASE_JITTER_PERCENT));
      },
      { scope, periodic: true, cause: 0 },
    );
  }

  *#renew(): Proc {
    const { client, kernel } = this.#context;
    const renewTime = rfc3339Micro(kernel.epochMs, kernel.now);
    const { name } = this.#machine;
    if (!this.#lease) {
      try {
        this.#lease = yield* client.create(Lease, this.#newLease(renewTime));
        return;
      } catch (error) {
        if (!isApiError(error, 'AlreadyExists')) throw error;
        this.#lease = yield* client.get(Lease, LEASE_NAMESPACE, name);
      }
    }
    try {
      const spec = { ...this.#lease.spec, renewTime };
      this.#lease = yield* client.update(Lease, { ...this.#lease, spec });
    } catch (error) {
      // Somebody has changed or deleted it: the next renewal begins with a fresh one.
      this.#lease = null;
      throw error;
    }
  }

  #newLease(renewTime: string): Input<LeaseObject> {
    const { name } = this.#machine;
    const node = this.node;
    const owner = node
      ? { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: node.metadata.uid }] }
      : {};
    return {
      metadata: { name, namespace: LEASE_NAMESPACE, ...owner },
      spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
    };
  }

  /** Heartbeats that fail are tried again at their next time. */
  *#guarded(body: Proc): Proc {
    try {
      yield* body;
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }

  /** The kubelet's Events about its Node name it by its name also where a uid is expected. */
  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { name } = this.#machine;
    const reference = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, uid: name, resourceVersion: '', creationTimestamp: '' },
    } satisfies KubeObject;
    this.#context.events.record(reference, { type, reason, message });
  }
}
