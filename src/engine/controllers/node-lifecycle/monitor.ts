/**
 * The loop that looks at every Node's heartbeats every five seconds: silent Nodes become Unknown,
 * their Pods not ready, and they queue for the NoExecute taint; where a whole zone is silent the
 * fault is more likely to lie elsewhere, and evictions slow down or stop.
 *
 * Models: kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go (monitorNodeHealth,
 *         handleDisruption, doNoExecuteTaintingPass) (v1.36)
 */
import { Lease } from '../../../api/kinds/lease.ts';
import { Node } from '../../../api/kinds/node.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { type KubeObject, keyFor, objectRef } from '../../../api/meta/object.ts';
import { withPodCondition } from '../../../api/meta/pod-state.ts';
import { isApiError } from '../../../api/meta/status.ts';
import { hasTaint } from '../../../api/meta/taints.ts';
import { type Proc, all, sleep } from '../../../kernel/process.ts';
import { type ControllerContext, Retry } from '../../client/controller.ts';
import { isRefusal } from '../../client/refusal.ts';
import { inSpan } from '../../client/work-span.ts';
import {
  type NodeFlags,
  type NodeHealth,
  NOT_READY,
  UNREACHABLE,
  type ZoneState,
  assess,
  readyCondition,
  zoneOf,
  zoneState,
} from './health.ts';
import { removeTaints, swapTaints } from './swap-taints.ts';
import { TaintQueue } from './taint-queue.ts';

const ACTOR = 'node-controller';
const TAINT_PERIOD_US = 100_000; // scheduler.NodeEvictionPeriod
const TAINT_RETRY_US = 50_000; // doNoExecuteTaintingPass
const UPDATE_RETRIES = 5; // scheduler.NodeHealthUpdateRetry
const RETRY_SLEEP_US = 20_000; // retrySleepTime
const WORKERS = 8; // nodeUpdateWorkerSize
const EVICTIONS_PER_SECOND = 0.1; // --node-eviction-rate
const SECONDARY_EVICTIONS_PER_SECOND = 0.01; // --secondary-node-eviction-rate
const LARGE_CLUSTER_NODES = 50; // --large-cluster-size-threshold
const EXCLUDED_LABEL = 'node.kubernetes.io/exclude-disruption';
const MS_PER_SECOND = 1_000;

export const PODS_BY_NODE = 'node';

export class NodeMonitor {
  readonly #context: ControllerContext;
  readonly #flags: NodeFlags;
  readonly #health = new Map<string, NodeHealth>();
  readonly #known = new Map<string, Node>();
  readonly #zones = new Map<string, ZoneState>();
  readonly #queues = new Map<string, TaintQueue>();
  /** Nodes whose Pods could not all be marked. */
  readonly #retry = new Set<string>();
  #taintAt = -1;
  #tainting = false;

  constructor(context: ControllerContext, flags: NodeFlags) {
    this.#context = context;
    this.#flags = flags;
  }

  start(): void {
    this.#context.after(0, () => this.#spawn('monitor nodes', this.#loop(), true));
  }

  /** A Pod has been bound to a Node that may be silent already. */
  podBound(pod: Pod): void {
    const name = pod.spec.nodeName ?? '';
    const ready = this.#health.get(name)?.ready;
    if (ready === undefined || ready.status === 'True') return;
    const cause = this.#context.kernel.cause;
    const work = { name: 'mark not ready', actor: ACTOR, object: objectRef(pod), cause };
    this.#spawn(
      'mark Pod',
      ignore(inSpan(this.#context, work, this.#markPodsNotReady([pod]))),
      false,
    );
  }

  #spawn(name: string, body: Proc, periodic: boolean): void {
    const { kernel, scope } = this.#context;
    kernel.spawn(name, body, { scope, periodic });
  }

  *#loop(): Proc {
    for (;;) {
      try {
        yield* this.#monitor();
      } catch (error) {
        // What the server refused is tried again at the next look.
        if (!isRefusal(error)) throw error;
      }
      yield* sleep(this.#flags.monitorPeriodUs);
    }
  }

  *#monitor(): Proc {
    const nodes = [...this.#context.informers.for(Node).all()];
    yield* this.#greet(nodes);
    const ready = new Map<string, (string | undefined)[]>();
    const bodies: Proc[] = [];
    for (const node of nodes) {
      const body = this.#look(node, ready);
      if (body) bodies.push(body);
    }
    if (bodies.length > 0) {
      const worker = function* (): Proc {
        for (let body = bodies.shift(); body; body = bodies.shift()) yield* body;
      };
      const workers = Array.from({ length: Math.min(WORKERS, bodies.length) }, worker);
      for (const outcome of yield* all(this.#context.kernel, 'monitor node', workers)) {
        if (!outcome.ok) throw outcome.error;
      }
    }
    yield* this.#handleDisruption(ready, nodes);
  }

  /** Nodes that came and went since the last look. */
  *#greet(nodes: readonly Node[]): Proc {
    for (const node of nodes) {
      const { name } = node.metadata;
      this.#queueOf(node);
      if (this.#known.has(name)) continue;
      this.#known.set(name, node);
      this.#event(node, 'RegisteredNode', `event: Registered Node ${name} in Controller`);
      yield* this.#markReachable(node);
    }
    if (this.#known.size === nodes.length) return;
    const present = new Set(nodes.map((n) => n.metadata.name));
    for (const [name, node] of this.#known) {
      if (present.has(name)) continue;
      this.#known.delete(name);
      this.#health.delete(name);
      this.#retry.delete(name);
      this.#event(node, 'RemovingNode', `event: Removing Node ${name} from Controller`);
    }
  }

  #event(node: Node, reason: string, what: string): void {
    const { name, uid } = node.metadata;
    // Upstream refers to the Node by name and uid alone.
    const metadata = { name, uid, resourceVersion: '', creationTimestamp: '' };
    const about: KubeObject = { apiVersion: 'v1', kind: 'Node', metadata };
    this.#context.events.record(about, { type: 'Normal', reason, message: `Node ${name} ${what}` });
  }

  /** Looks at one Node; answers what has to be done about it, or undefined. */
  #look(node: Node, ready: Map<string, (string | undefined)[]>): Proc | undefined {
    const { name } = node.metadata;
    const { kernel } = this.#context;
    const found = assess(
      this.#health.get(name),
      node,
      this.#lease(name),
      this.#flags,
      kernel.nowMs,
    );
    const settled =
      !found.conditions &&
      found.current === 'True' &&
      !this.#retry.has(name) &&
      !hasTaint(node.spec.taints, UNREACHABLE) &&
      !hasTaint(node.spec.taints, NOT_READY);
    if (settled) {
      this.#health.set(name, found.health);
      this.#queueOf(node).remove(name);
      this.#noteZone(node, found.current, ready);
      return undefined;
    }
    const silent = Math.floor((kernel.nowMs - found.health.probeMs) / MS_PER_SECOND);
    const work = {
      name: 'monitor',
      actor: ACTOR,
      object: objectRef(node),
      cause: 0,
      wanted: `a heartbeat within ${this.#flags.graceMs / MS_PER_SECOND} s`,
      seen: `the last one ${silent} s ago`,
    };
    return ignore(inSpan(this.#context, work, this.#update(node, ready)));
  }

  #lease(name: string): Lease | undefined {
    return this.#context.get(Lease, keyFor('kube-node-lease', name));
  }

  #noteZone(
    node: Node,
    status: string | undefined,
    ready: Map<string, (string | undefined)[]>,
  ): void {
    if (node.metadata.labels?.[EXCLUDED_LABEL] !== undefined) return;
    const zone = zoneOf(node);
    const list = ready.get(zone);
    if (list) list.push(status);
    else ready.set(zone, [status]);
  }

  /** Upstream's updateNodeFunc. */
  *#update(cached: Node, ready: Map<string, (string | undefined)[]>): Proc {
    const { name } = cached.metadata;
    const { node, observed, current } = yield* this.#updateHealth(cached);
    this.#noteZone(node, current, ready);
    if (current !== undefined) {
      yield* this.#taintByReadiness(node, current);
      const lost = current !== 'True' && observed === 'True';
      if (lost) this.#event(node, 'NodeNotReady', 'status is now: NodeNotReady');
      if (lost || (this.#retry.has(name) && observed !== 'True')) {
        const pods = [...this.#context.informers.for(Pod).by(PODS_BY_NODE, name).values()];
        this.#retry.add(name);
        yield* this.#markPodsNotReady(pods);
      }
    }
    this.#retry.delete(name);
  }

  /** Writes what the silence has made of the conditions; a refused write is tried on a fresh Node. */
  *#updateHealth(
    cached: Node,
  ): Proc<{ node: Node; observed: string; current: string | undefined }> {
    const { client, kernel } = this.#context;
    const { name } = cached.metadata;
    let node = cached;
    for (let attempt = 1; ; attempt++) {
      const found = assess(
        this.#health.get(name),
        node,
        this.#lease(name),
        this.#flags,
        kernel.nowMs,
      );
      const { observed, current, conditions } = found;
      try {
        if (conditions) {
          const next = { ...node, status: { ...node.status, conditions } };
          node = yield* client.updateStatus(Node, next);
        }
        this.#health.set(name, found.health);
        return { node, observed, current };
      } catch (error) {
        this.#health.set(name, { ...found.health, ready: readyCondition(node) });
        if (!isRefusal(error) || attempt >= UPDATE_RETRIES) throw error;
      }
      node = yield* client.get(Node, '', name);
      yield* sleep(RETRY_SLEEP_US);
    }
  }

  *#taintByReadiness(node: Node, status: string): Proc {
    if (status === 'True') return yield* this.#markReachable(node);
    const [wanted, opposite] =
      status === 'False' ? [NOT_READY, UNREACHABLE] : [UNREACHABLE, NOT_READY];
    if (hasTaint(node.spec.taints, opposite)) {
      return yield* swapTaints(node, [wanted], [opposite], this.#context);
    }
    const queue = this.#queueOf(node);
    const { name } = node.metadata;
    if (!hasTaint(node.spec.taints, wanted)) queue.remove(name);
    if (queue.add(name, this.#context.kernel.now)) this.#scheduleTainting();
  }

  *#markReachable(node: Node): Proc {
    yield* removeTaints(node, [UNREACHABLE], this.#context);
    yield* removeTaints(node, [NOT_READY], this.#context);
    this.#queueOf(node).remove(node.metadata.name);
  }

  *#markPodsNotReady(pods: readonly Pod[]): Proc {
    const { client, events, kernel } = this.#context;
    let failure = '';
    for (const pod of pods) {
      const conditions = pod.status.conditions ?? [];
      const ready = conditions.find((c) => c.type === 'Ready');
      if (!ready) continue;
      const next = withPodCondition(conditions, { ...ready, status: 'False' }, kernel.nowMs);
      if (!next) continue;
      try {
        yield* client.updateStatus(Pod, { ...pod, status: { ...pod.status, conditions: next } });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (isApiError(error, 'NotFound')) continue;
        failure = error.message;
      }
      const message = 'Node is not ready';
      events.record(pod, { type: 'Warning', reason: 'NodeNotReady', message });
    }
    if (failure !== '') throw new Retry(failure);
  }

  #queueOf(node: Node): TaintQueue {
    const zone = zoneOf(node);
    if (!this.#zones.has(zone)) this.#zones.set(zone, 'Initial');
    let queue = this.#queues.get(zone);
    if (!queue) this.#queues.set(zone, (queue = new TaintQueue(EVICTIONS_PER_SECOND)));
    return queue;
  }

  *#handleDisruption(
    ready: ReadonlyMap<string, readonly (string | undefined)[]>,
    nodes: readonly Node[],
  ): Proc {
    const { kernel } = this.#context;
    const next = new Map([...ready].map(([zone, list]) => [zone, zoneState(list)]));
    for (const zone of next.keys()) if (!this.#zones.has(zone)) this.#zones.set(zone, 'Initial');
    for (const zone of this.#zones.keys()) if (!next.has(zone)) this.#zones.delete(zone);
    const allAre = [...next.values()].every((s) => s === 'FullDisruption');
    const allWere = [...this.#zones.values()].every((s) => s === 'FullDisruption');
    if (allAre && allWere) return;
    if (allAre) {
      for (const node of nodes) yield* this.#markReachable(node);
      for (const zone of this.#zones.keys()) {
        this.#queues.get(zone)?.setRate(0, kernel.now);
        this.#zones.set(zone, 'FullDisruption');
      }
      return;
    }
    if (allWere) {
      // The silence was the controller's own: everybody gets a new grace period.
      for (const [name, health] of this.#health) {
        this.#health.set(name, { ...health, probeMs: kernel.nowMs });
      }
    }
    for (const [zone, state] of next) {
      if (!allWere && this.#zones.get(zone) === state) continue;
      const rate = evictionRate(state, ready.get(zone)?.length ?? 0);
      if (rate !== undefined) this.#queues.get(zone)?.setRate(rate, kernel.now);
      this.#zones.set(zone, state);
    }
    this.#scheduleTainting();
  }

  /** Upstream looks every 100 ms; here a look is due only while a Node waits and the rate allows it. */
  #scheduleTainting(): void {
    const { kernel } = this.#context;
    let next: number | undefined;
    for (const queue of this.#queues.values()) {
      const at = queue.nextAt(kernel.now);
      if (at !== undefined && (next === undefined || at < next)) next = at;
    }
    if (next === undefined) return;
    const tick = (Math.floor(Math.max(next, kernel.now) / TAINT_PERIOD_US) + 1) * TAINT_PERIOD_US;
    if (this.#taintAt > kernel.now && this.#taintAt <= tick) return;
    this.#taintAt = tick;
    this.#context.after(
      tick - kernel.now,
      () => {
        if (this.#taintAt === tick && !this.#tainting)
          this.#spawn('taint', this.#taintPass(), false);
      },
      false,
    );
  }

  *#taintPass(): Proc {
    this.#tainting = true;
    const { kernel } = this.#context;
    for (const queue of this.#queues.values()) {
      for (let name = queue.take(kernel.now); name !== undefined; name = queue.take(kernel.now)) {
        const node = this.#context.get(Node, name);
        const status = node && readyCondition(node)?.status;
        if (!node || status === 'True') queue.done(name);
        else if (status === undefined) queue.retry(name, kernel.now + TAINT_RETRY_US);
        else if (yield* this.#taint(node, status)) queue.done(name);
        else queue.retry(name, kernel.now);
      }
    }
    this.#tainting = false;
    this.#scheduleTainting();
  }

  *#taint(node: Node, status: string): Proc<boolean> {
    const [wanted, opposite] =
      status === 'False' ? [NOT_READY, UNREACHABLE] : [UNREACHABLE, NOT_READY];
    const work = {
      name: 'taint',
      actor: ACTOR,
      object: objectRef(node),
      cause: 0,
      wanted: `the taint ${wanted.key}:NoExecute`,
      seen: `Ready is ${status}`,
    };
    return yield* inSpan(
      this.#context,
      work,
      swapTaints(node, [wanted], [opposite], this.#context),
    );
  }
}

/** Taints a second in a zone of |nodes| Nodes; undefined: it stays as it is. */
function evictionRate(state: ZoneState, nodes: number): number | undefined {
  switch (state) {
    case 'Normal':
    case 'FullDisruption':
      return EVICTIONS_PER_SECOND;
    case 'PartialDisruption':
      return nodes > LARGE_CLUSTER_NODES ? SECONDARY_EVICTIONS_PER_SECOND : 0;
    case 'Initial':
      return undefined;
  }
}

function* ignore(body: Proc<unknown>): Proc {
  yield* body;
}
