/**
 * The kubelet's care for its Node object: registration, status, heartbeats, lease.
 *
 * Models: pkg/kubelet/kubelet_node_status.go registerWithAPIServer, syncNodeStatus;
 * k8s.io/component-helpers/apimachinery/lease/controller.go (v1.36)
 * Writes: nodes, nodes/status, leases in kube-node-lease, events
 * Simplified: the look of every 10 s at the own status happens when something has changed, at the
 *             moment at which it would; there is a CSINode object only where there is a storage driver.
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
import {
  conditionNews,
  CSI_NOT_READY,
  type MachineInfo,
  NETWORK_NOT_READY,
  newNode,
  nodeStatus,
  type Pressure,
  withoutHeartbeats,
} from './node-status.ts';
import { registerDrivers } from './csi-node.ts';
import { nodeStatusPatch } from '../../client/status-patch.ts';
import { equalJson } from '../../../api/meta/json.ts';

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
/** From registration until there is a CSINode object (goldens/node/node/node-delete: 132 ms). */
const CSI_SETUP: Latency = { p10: 80_000, p50: 140_000, p90: 400_000 };
/** pkg/kubelet/kubelet.go: updateRuntimeUp every 5 s; until the node is ready, every 100 ms. */
const RUNTIME_LOOK_US = 5_000_000;
const EARLY_LOOK_US = 100_000;
/** nodeReadyGracePeriod: for so long it is looked after more often. */
const EARLY_US = 120_000_000;
const NO_PRESSURE: Pressure = { memory: false, disk: false, pid: false };
const LEASE_NAMESPACE = 'kube-node-lease';

export class NodeAgent {
  #context: KubeletContext;
  #machine: MachineInfo;
  #informer: Informer<NodeObject>;
  #startedAt: number;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #lookDue = false;
  #rebootTold = false;
  #lease: LeaseObject | null = null;
  #last: NodeObject | null = null;
  /** The runtime's network as the kubelet has seen it last. */
  networkReady: boolean;
  #wasReady = false;
  /** The storage of the node has been set up. */
  #csiReady = false;
  #networkLookDue = false;
  /** What the machine is short of. */
  pressure: Pressure = NO_PRESSURE;
  /** The machine is being shut down. */
  shuttingDown = false;

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
    this.networkReady = context.runtime.cni.ready;
    context.runtime.cni.onChange = () => this.#lookAtNetwork();
    const cidr = (node: NodeObject): void => {
      if (node.spec.podCIDR !== undefined) context.runtime.cni.setPodCidr(node.spec.podCIDR);
    };
    informer.addHandler({ onAdd: cidr, onUpdate: cidr });
    const { csi } = context.volumes;
    csi.restart();
    csi.onChange = () => this.changed();
    const attached = ({ status }: NodeObject): void => {
      csi.markAttached((status.volumesAttached ?? []).map(({ name }) => name));
    };
    informer.addHandler({
      onAdd: attached,
      onUpdate: (node, old) => {
        if (node.status.volumesAttached !== old.status.volumesAttached) attached(node);
      },
      onDelete: () => csi.markAttached([]),
    });
  }

  get node(): NodeObject | undefined {
    return this.#informer.get(this.#machine.name) ?? this.#last ?? undefined;
  }

  start(): void {
    const { kernel, scope } = this.#context;
    this.event('Normal', 'Starting', 'Starting kubelet.');
    this.#informer.addHandler({
      onUpdate: (node) => {
        // Given up by the control plane while it could not be reached: it is corrected.
        if (node.status.conditions?.some((c) => c.status === 'Unknown')) this.changed();
      },
    });
    kernel.spawn('register node', this.#register(), { scope });
  }

  /** The list of images, pressure, or what is stored has changed: part of the status at the next look. */
  changed(): void {
    if (this.#lookDue || !this.#last) return;
    this.#lookDue = true;
    this.#at(STATUS_LOOK_US, () => {
      this.#lookDue = false;
      this.#context.kernel.spawn('node status', this.#guarded(this.#report()));
    });
  }

  /** The next time at which something is looked at that is looked at every |us|. */
  #at(us: number, run: () => void): void {
    const { kernel, scope } = this.#context;
    const since = (kernel.now - this.#startedAt) % us;
    const wait = since === 0 ? 0 : us - since;
    kernel.after(wait, run, { scope, periodic: true, cause: 0 });
  }

  /** updateRuntimeUp: the network's configuration has come or gone. */
  #lookAtNetwork(): void {
    if (this.#networkLookDue) return;
    this.#networkLookDue = true;
    const { kernel, runtime } = this.#context;
    const early = !this.#wasReady && kernel.now - this.#startedAt < EARLY_US;
    this.#at(early ? EARLY_LOOK_US : RUNTIME_LOOK_US, () => {
      this.#networkLookDue = false;
      if (this.networkReady === runtime.cni.ready) return;
      this.networkReady = runtime.cni.ready;
      if (!early) this.changed();
      else if (this.#last && this.#errors().length === 0)
        kernel.spawn('node status', this.#guarded(this.#report()));
    });
  }

  *#register(): Proc {
    const isNew = yield* this.#createNode();
    const { kernel, rng } = this.#context;
    kernel.spawn('register mirrors', this.#onRegistered());
    this.#csiReady = !isNew;
    for (const reason of conditionNews([], this.#status(undefined).conditions ?? [])) {
      if (reason !== 'NodeReady' && reason !== 'NodeNotReady') this.#conditionEvent(reason);
    }
    this.event('Normal', 'NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
    yield* this.#guarded(this.#report());
    this.#leaseLoop(isNew ? LEASE_RENEW_US : 0);
    if (isNew) {
      yield* sleep(rng.latency(CSI_SETUP));
      yield* this.#guarded(registerDrivers(this.#context, this.#machine, this.node));
      this.#csiReady = true;
      // fastNodeStatusUpdate: only that it has become ready is told before the next look.
      if (this.#errors().length === 0) yield* this.#guarded(this.#report());
      else this.changed();
    } else yield* this.#guarded(registerDrivers(this.#context, this.#machine, this.node));
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
    const { kernel, runtime, volumes } = this.#context;
    return nodeStatus({
      machine: this.#machine,
      images: runtime.images.list(),
      volumesInUse: volumes.csi.inUse,
      volumesAttached: node?.status.volumesAttached,
      errors: this.#errors(),
      pressure: this.pressure,
      old: node?.status.conditions ?? [],
      oldAddresses: node?.status.addresses ?? [],
      now: nowText(kernel),
    });
  }

  #errors(): readonly string[] {
    const errors: string[] = [];
    if (!this.networkReady) errors.push(NETWORK_NOT_READY);
    if (!this.#csiReady) errors.push(CSI_NOT_READY);
    if (this.shuttingDown) errors.push('node is shutting down');
    return errors;
  }

  /** tryUpdateNodeStatus: a PATCH when something differs, or when the last one is five minutes old. */
  *#report(): Proc {
    const { kernel, client, volumes } = this.#context;
    const { name } = this.#machine;
    const node = this.#informer.get(name) ?? this.#last;
    if (!node) return;
    const next = this.#status(node);
    const same = equalJson(withoutHeartbeats(node.status), withoutHeartbeats(next));
    const patch = nodeStatusPatch(node.status, next);
    if (!patch || (same && kernel.now - this.#reportedAt < STATUS_REPORT_US)) {
      volumes.csi.markReported(node.status.volumesInUse ?? []);
      return;
    }
    this.#noteReboot(node.status);
    const news = conditionNews(node.status.conditions ?? [], next.conditions ?? []);
    for (const reason of news) this.#conditionEvent(reason);
    this.#wasReady ||= this.#errors().length === 0;
    const options = { type: 'strategic', subresource: 'status' } as const;
    this.#last = yield* client.patch(Node, '', name, patch, options);
    volumes.csi.markReported(this.#last.status.volumesInUse ?? []);
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
        // Its owner has to be there still.
        this.#last = yield* client.get(Node, '', name);
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

  /** nodestatus.MachineInfo: told once. */
  #noteReboot({ nodeInfo }: NodeObject['status']): void {
    const { name, bootId } = this.#machine;
    const known = nodeInfo?.bootID ?? '';
    if (this.#rebootTold || known === '' || known === bootId) return;
    this.#rebootTold = true;
    this.event('Warning', 'Rebooted', `Node ${name} has been rebooted, boot id: ${bootId}`);
  }

  #conditionEvent(reason: string): void {
    this.event('Normal', reason, `Node ${this.#machine.name} status is now: ${reason}`);
  }

  /** At once, not at the next look. */
  *reportNow(): Proc {
    yield* this.#guarded(this.#report());
  }

  /** The kubelet's Events about its Node have no uid (1.36): `kubectl describe node` misses them. */
  event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { name } = this.#machine;
    const reference = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, uid: '', resourceVersion: '', creationTimestamp: '' },
    } satisfies KubeObject;
    this.#context.events.record(reference, { type, reason, message });
  }
}
