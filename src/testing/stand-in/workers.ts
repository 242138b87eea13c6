/**
 * A scheduler and kubelets for tests of controllers: Nodes with leases, Pods bound to the emptiest
 * Node, statuses after the delays of the recordings under goldens/controllers (see its README).
 */
import type {
  Node as NodeObject,
  Pod as PodObject,
  PodCondition,
  PodStatus,
} from '../../api/generated/types.ts';
import { Event } from '../../api/kinds/event.ts';
import { Lease } from '../../api/kinds/lease.ts';
import { Node } from '../../api/kinds/node.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { matchesRequired } from '../../api/meta/node-selector.ts';
import { type Draft, keyOf } from '../../api/meta/object.ts';
import { isPodTerminal, podCondition } from '../../api/meta/pod-state.ts';
import { isApiError } from '../../api/meta/status.ts';
import { matchingTolerations } from '../../api/meta/taints.ts';
import { rfc3339, rfc3339Micro } from '../../api/meta/time.ts';
import { EventRecorder } from '../../engine/client/events.ts';
import { Informers } from '../../engine/client/informer.ts';
import { Client } from '../../engine/client/typed-client.ts';
import type { Scope } from '../../kernel/event-queue.ts';
import { type Proc, sleep } from '../../kernel/process.ts';
import type { Plane } from './plane.ts';

const US_PER_SECOND = 1_000_000;
const LEASE_PERIOD_US = 10 * US_PER_SECOND;
const BIND_DELAY_US = 3_000;
const RETRY_US = 100_000;

export interface NodeTraits {
  readonly name: string;
  readonly zone?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: string;
}

/** As a kubelet would register it. */
export interface RecordedNode {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: Partial<NodeObject['spec']>;
  readonly status?: Partial<NodeObject['status']>;
}

/** What happens to a Pod, in seconds after its binding or its deletion. */
export interface Stage {
  readonly after: number;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  readonly ready: boolean;
  /** Of the containers, once they have ended; default 0, or 1 of a failed Pod. */
  readonly exitCode?: number;
}

export interface WorkerRules {
  /** Stages of a Pod's start; default: Running and Ready after 0.3 s. */
  readonly stages?: (pod: PodObject) => readonly Stage[];
  /** Seconds from the deletion to the end. */
  readonly goneAfter?: number | ((pod: PodObject) => number);
  /** A real scheduler chooses the nodes; else the emptiest that fits is taken. */
  readonly scheduled?: boolean;
}

const DEFAULT_STAGES: readonly Stage[] = [{ after: 0.3, phase: 'Running', ready: true }];
const DEFAULT_GONE_AFTER = 0.3;
const KILLED_EXIT_CODE = 143; // 128 + SIGTERM

export class Workers {
  readonly #plane: Plane;
  readonly #rules: WorkerRules;
  readonly #client: Client;
  readonly #informers: Informers;
  readonly #events: EventRecorder;
  readonly #scope: Scope = { name: 'workers', alive: true };
  /** Nodes whose kubelets are silent. */
  readonly silent = new Set<string>();
  /** Nodes chosen for Pods whose binding the cache does not show yet. */
  readonly #assumed = new Map<string, string>();
  readonly #addresses = new Map<string, string>();
  /** Nodes whose leases are renewed. */
  readonly #leased = new Set<string>();
  #nextAddress = 1;

  constructor(plane: Plane, nodes: readonly NodeTraits[], rules: WorkerRules = {}) {
    this.#plane = plane;
    this.#rules = rules;
    const caller = {
      user: { name: 'stand-in', groups: ['system:masters'] },
      agent: 'kubelet',
      actor: 'kubelet',
    };
    this.#client = new Client(plane.server, caller);
    this.#informers = new Informers(this.#client, this.#scope);
    const scheduler = this.#client.as({ agent: 'kube-scheduler', actor: 'kube-scheduler' });
    this.#events = new EventRecorder(scheduler, Event, this.#scope, {
      component: 'default-scheduler',
      newApi: true,
    });
    for (const node of nodes) this.addNode(node);
    this.#informers.for(Node);
    this.#informers.for(Pod).addHandler({
      onAdd: (pod) => this.#seen(pod, undefined),
      onUpdate: (pod, old) => this.#seen(pod, old),
    });
    plane.kernel.with(0, false, this.#scope, () => this.#informers.start());
  }

  addNode(traits: NodeTraits, ready = true): void {
    const { name, zone, cpu = '32', memory = '64Gi', pods = '250' } = traits;
    const resources = { cpu, memory, pods, 'ephemeral-storage': '100Gi' };
    const labels = {
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      hand: 'true',
      ...(zone ? { 'topology.kubernetes.io/zone': zone } : {}),
    };
    this.register(
      { metadata: { name, labels }, status: { capacity: resources, allocatable: resources } },
      ready,
    );
  }

  /** A node as it was recorded: its object, what its kubelet says of it, and a lease. */
  register(node: RecordedNode, ready = true): void {
    const { name } = node.metadata;
    this.#plane.do(this.#client.create(Node, node as unknown as Draft<NodeObject>));
    this.setReady(name, ready ? 'True' : 'False');
  }

  /** The kubelets are back: leases, and Ready. */
  wake(name: string): void {
    this.silent.delete(name);
    this.setReady(name, 'True');
    this.#plane.do(this.#renewOnce(name));
    for (const pod of this.#informers.for(Pod).all()) {
      if (pod.spec.nodeName === name && pod.metadata.deletionTimestamp) this.#spawn(this.#end(pod));
    }
  }

  /** The kubelets write the statuses of their running Pods anew. */
  rewriteStatuses(): void {
    for (const pod of this.#informers.for(Pod).all()) {
      if (isPodTerminal(pod) || !pod.spec.nodeName || pod.metadata.deletionTimestamp) continue;
      this.#spawn(this.#writeStatus(pod, { after: 0, phase: 'Running', ready: true }));
    }
  }

  /** Posts the status, and keeps a lease from then on. */
  setReady(name: string, status: 'True' | 'False'): void {
    this.#plane.do(this.#setReady(name, status));
    if (this.#leased.has(name)) return;
    this.#leased.add(name);
    this.#plane.kernel.with(0, true, this.#scope, () => {
      this.#plane.kernel.spawn('lease', this.#renew(name), { periodic: true });
    });
  }

  *#setReady(name: string, status: 'True' | 'False'): Proc {
    const node = yield* this.#client.get(Node, '', name);
    const now = rfc3339(this.#plane.kernel.nowMs);
    const condition = (type: string, state: string, reason: string, message: string): object => {
      const old = node.status.conditions?.find((c) => c.type === type);
      const since = old?.status === state ? old.lastTransitionTime : now;
      return {
        type,
        status: state,
        lastHeartbeatTime: now,
        lastTransitionTime: since,
        reason,
        message,
      };
    };
    const ready = status === 'True';
    const conditions = [
      condition(
        'MemoryPressure',
        'False',
        'KubeletHasSufficientMemory',
        'kubelet has sufficient memory available',
      ),
      condition(
        'DiskPressure',
        'False',
        'KubeletHasNoDiskPressure',
        'kubelet has no disk pressure',
      ),
      condition(
        'PIDPressure',
        'False',
        'KubeletHasSufficientPID',
        'kubelet has sufficient PID available',
      ),
      condition(
        'Ready',
        status,
        ready ? 'KubeletReady' : 'KubeletNotReady',
        ready ? 'kubelet is posting ready status' : 'container runtime is down',
      ),
    ];
    const patch = { status: { conditions } };
    yield* this.#client.patch(Node, '', name, patch, { type: 'strategic', subresource: 'status' });
  }

  *#renew(name: string): Proc {
    for (;;) {
      if (!this.silent.has(name)) yield* this.#renewOnce(name);
      yield* sleep(LEASE_PERIOD_US);
      if (!this.#informers.for(Node).get(name)) break;
    }
    this.#leased.delete(name);
  }

  *#renewOnce(name: string): Proc {
    const { kernel } = this.#plane;
    const renewTime = rfc3339Micro(kernel.epochMs, kernel.now);
    const namespace = 'kube-node-lease';
    try {
      yield* this.#client.patch(Lease, namespace, name, { spec: { renewTime } }, { type: 'merge' });
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
      yield* this.#client.create(Lease, {
        metadata: { name, namespace },
        spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime },
      });
    }
  }

  #spawn(body: Proc): void {
    this.#plane.kernel.spawn('stand-in', this.#tolerant(body), { scope: this.#scope });
  }

  /** A Pod that is gone or was changed by somebody else meanwhile is no accident. */
  *#tolerant(body: Proc): Proc {
    try {
      yield* body;
    } catch (error) {
      if (!isApiError(error)) throw error;
    }
  }

  #seen(pod: PodObject, old: PodObject | undefined): void {
    if (pod.metadata.deletionTimestamp !== undefined) {
      if (old?.metadata.deletionTimestamp === undefined && pod.spec.nodeName)
        this.#spawn(this.#end(pod));
      return;
    }
    if (!pod.spec.nodeName) {
      const gated = (p: PodObject): boolean => (p.spec.schedulingGates?.length ?? 0) > 0;
      if (this.#rules.scheduled) return;
      if (!gated(pod) && (!old || gated(old))) this.#spawn(this.#schedule(pod));
      return;
    }
    if (!old?.spec.nodeName) this.#spawn(this.#live(pod));
  }

  *#schedule(pod: PodObject): Proc {
    const key = keyOf(pod);
    yield* sleep(BIND_DELAY_US);
    for (;;) {
      const now = this.#informers.for(Pod).get(key);
      if (now?.metadata.uid !== pod.metadata.uid || now.spec.nodeName) return;
      const node = this.#choose(pod);
      if (node !== undefined) return yield* this.#bind(pod, node);
      yield* sleep(RETRY_US);
    }
  }

  #choose(pod: PodObject): string | undefined {
    const counts = new Map<string, number>();
    for (const other of this.#informers.for(Pod).all()) {
      const name = other.spec.nodeName ?? this.#assumed.get(other.metadata.uid) ?? '';
      if (!isPodTerminal(other)) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    let best: string | undefined;
    for (const node of this.#informers.for(Node).all()) {
      const { name, labels = {} } = node.metadata;
      const taints = (node.spec.taints ?? []).filter((t) => t.effect !== 'PreferNoSchedule');
      if (!matchingTolerations(taints, pod.spec.tolerations ?? [])) continue;
      if (!matchesRequired(pod.spec, { name, labels })) continue;
      if (best === undefined || (counts.get(name) ?? 0) < (counts.get(best) ?? 0)) best = name;
    }
    return best;
  }

  *#bind(pod: PodObject, node: string): Proc {
    const { namespace = '', name, uid } = pod.metadata;
    this.#assumed.set(uid, node);
    yield* this.#client.post(Pod, namespace, name, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { kind: 'Node', name: node },
    });
    const message = `Successfully assigned ${namespace}/${name} to ${node}`;
    this.#events.record(pod, { type: 'Normal', reason: 'Scheduled', message, action: 'Binding' });
  }

  *#live(pod: PodObject): Proc {
    const { kernel } = this.#plane;
    const start = kernel.now;
    const stages = this.#rules.stages?.(pod) ?? DEFAULT_STAGES;
    for (const stage of stages) {
      yield* sleep(Math.max(0, Math.round(start + stage.after * US_PER_SECOND - kernel.now)));
      if (this.silent.has(pod.spec.nodeName ?? '')) return;
      const now = this.#informers.for(Pod).get(keyOf(pod));
      if (now?.metadata.uid !== pod.metadata.uid || now.metadata.deletionTimestamp) return;
      yield* this.#writeStatus(now, stage);
    }
  }

  *#end(pod: PodObject): Proc {
    const { goneAfter = DEFAULT_GONE_AFTER } = this.#rules;
    const seconds = typeof goneAfter === 'number' ? goneAfter : goneAfter(pod);
    yield* sleep(Math.round(seconds * US_PER_SECOND));
    if (this.silent.has(pod.spec.nodeName ?? '')) return;
    const { namespace = '', name, uid } = pod.metadata;
    const now = this.#informers.for(Pod).get(keyOf(pod));
    if (now?.metadata.uid !== uid) return;
    const phase = pod.spec.restartPolicy === 'Always' ? 'Succeeded' : 'Failed';
    if (!isPodTerminal(now))
      yield* this.#writeStatus(now, {
        after: 0,
        phase,
        ready: false,
        ...(phase === 'Failed' ? { exitCode: KILLED_EXIT_CODE } : {}),
      });
    yield* this.#client.delete(Pod, namespace, name, { gracePeriodSeconds: 0, uid });
  }

  *#writeStatus(pod: PodObject, stage: Stage): Proc {
    const { namespace = '', name, uid, generation } = pod.metadata;
    const now = rfc3339(this.#plane.kernel.nowMs);
    const condition = (type: string, status: boolean): PodCondition => {
      const state = status ? 'True' : 'False';
      const old = podCondition(pod, type);
      const since = old?.status === state ? (old.lastTransitionTime ?? now) : now;
      return { type, status: state, lastTransitionTime: since };
    };
    const status: Partial<PodStatus> = {
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      phase: stage.phase,
      conditions: [
        condition('ContainersReady', stage.ready),
        condition('Ready', stage.ready),
        condition('Initialized', true),
        condition('PodScheduled', true),
      ],
      podIP: this.#addressOf(uid),
      startTime: pod.status.startTime ?? now,
      ...this.#containers(pod, stage, now),
    };
    const patch = { metadata: { uid }, status };
    yield* this.#client.patch(Pod, namespace, name, patch, {
      type: 'strategic',
      subresource: 'status',
    });
  }

  /** Containers are told of only when they have ended. */
  #containers(pod: PodObject, stage: Stage, now: string): Partial<PodStatus> {
    if (stage.phase !== 'Failed' && stage.phase !== 'Succeeded') return {};
    const exitCode = stage.exitCode ?? (stage.phase === 'Failed' ? 1 : 0);
    const startedAt = pod.status.startTime ?? now;
    const reason = exitCode === 0 ? 'Completed' : 'Error';
    return {
      containerStatuses: pod.spec.containers.map(({ name, image = '' }) => ({
        name,
        image,
        imageID: 'sha256:0',
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode, reason, startedAt, finishedAt: now } },
        lastState: {},
        started: false,
      })),
    };
  }

  #addressOf(uid: string): string {
    let address = this.#addresses.get(uid);
    if (address === undefined) {
      const n = this.#nextAddress++;
      address = `10.244.${n >> 8}.${n & 255}`;
      this.#addresses.set(uid, address);
    }
    return address;
  }
}
