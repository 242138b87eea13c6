/**
 * The kubelet of one node: sees to it that the Pods bound to it run, and reports on them and on the
 * node.
 *
 * Models: pkg/kubelet/kubelet.go (v1.36)
 * Watches: pods with spec.nodeName of this node; its own Node; services, for environment variables
 * Writes:  pods/status, pods (delete), serviceaccounts/token, nodes, nodes/status, leases, events
 * Simplified: no eviction
 *
 * All state is rebuilt from the API server and the runtime when it starts.
 */
import type { Pod as PodObject, Service as ServiceObject } from '../../../api/generated/types.ts';
import { Event } from '../../../api/kinds/event.ts';
import { Node } from '../../../api/kinds/node.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { Service } from '../../../api/kinds/service.ts';
import type { NodeAnswer, NodeRequest } from '../../../api/meta/node-dial.ts';
import type { Scope } from '../../../kernel/event-queue.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { ApiServer } from '../../apiserver/server.ts';
import { EventRecorder } from '../../client/events.ts';
import { type Informer, Informers } from '../../client/informer.ts';
import { Client } from '../../client/typed-client.ts';
import type { Containerd } from '../runtime/containerd.ts';
import { holdsResources } from './admission.ts';
import { type AllocationRecords, Resizer } from './allocation.ts';
import { adopt } from './adopt.ts';
import { readinessIsOld } from './conditions.ts';
import { EvictionManager } from './eviction/manager.ts';
import type { Observations } from './eviction/thresholds.ts';
import { PodAdmission } from './pod-admission.ts';
import { Containers } from './containers.ts';
import type { KubeletContext } from './context.ts';
import { ImageCollector } from './image-collector.ts';
import { ImageRecords } from './image-records.ts';
import { NodeAgent } from './node-agent.ts';
import { shutDown } from './node-shutdown.ts';
import type { MachineInfo } from './node-status.ts';
import { removeOrphans } from './orphans.ts';
import { isTerminal } from './phase.ts';
import { differs, freesRoom } from './pod-changes.ts';
import { Pleg } from './pleg.ts';
import { type PodInside, podInside } from './pod-inside.ts';
import { newPodRecord, type PodEyes, type PodRecord, promisedSpec, setPod } from './pod-record.ts';
import { type PodStates, statesOf } from './pod-states.ts';
import { PodWorkers } from './pod-workers.ts';
import { ProbeManager } from './prober/prober.ts';
import { ReferencedObjects } from './references.ts';
import { serviceEnvironment } from './service-env.ts';
import { StatusManager } from './status-manager.ts';
import { KubeletServer } from './server.ts';
import type { KnownPod } from './server-logs.ts';
import { PodSyncer } from './sync-pod.ts';
import { FileSource } from './file-source.ts';
import { isMirror } from './static-manifest.ts';
import { StaticPods } from './static-pods.ts';
import type { NodeVolumes } from './volumes/node-volumes.ts';
import { VolumeManager } from './volumes/volume-manager.ts';

export class Kubelet {
  readonly name: string;
  #server: ApiServer;
  #kernel: Kernel;
  #runtime: Containerd;
  #volumes: NodeVolumes;
  #machine: MachineInfo;
  #scope: Scope;
  #parts: Parts | null = null;
  /** Files of the node: they outlive this kubelet. */
  readonly #imageRecords = new ImageRecords();
  readonly #allocations: AllocationRecords = new Map();
  #pods = new Map<string, PodRecord>();
  #api: KubeletServer | null = null;

  constructor(server: ApiServer, machine: MachineInfo, runtime: Containerd, volumes: NodeVolumes) {
    this.#server = server;
    this.#kernel = server.kernel;
    this.#machine = machine;
    this.#runtime = runtime;
    this.#volumes = volumes;
    this.name = `kubelet/${machine.name}`;
    this.#scope = { name: this.name, alive: false };
  }

  get running(): boolean {
    return this.#scope.alive;
  }

  /** What the machine is like from the kubelet's next start on. */
  set machine(machine: MachineInfo) {
    this.#machine = machine;
  }

  /** Rounds that wait or run. */
  get queue(): number {
    let n = 0;
    for (const p of this.#pods.values()) if (p.working || p.pending) n++;
    return n;
  }

  start(): void {
    if (this.#scope.alive) return;
    this.#scope = { name: this.name, alive: true };
    this.#kernel.with(this.#kernel.cause, false, this.#scope, () => {
      this.#kernel.point({ kind: 'note', name: 'Started', from: this.name });
      this.#pods.clear();
      this.#parts = this.#build();
      this.#parts.files.start();
      this.#parts.eviction.start();
    });
  }

  stop(): void {
    if (!this.#scope.alive) return;
    this.#scope.alive = false;
    this.#api?.close();
    this.#runtime.onPodChange = null;
    this.#runtime.images.onChange = null;
    this.#runtime.cni.onChange = null;
    this.#parts?.informers.stop();
    this.#parts?.files.stop();
    this.#parts = null;
    this.#kernel.point({ kind: 'note', name: 'Stopped', from: this.name });
  }

  /** State of the machines of each Pod on this node: for the page. */
  podStates(): readonly PodStates[] {
    return [...this.#pods.values()].map(statesOf);
  }

  /** uid of the Pod of that key, the youngest when several have the name. */
  uidOf(key: string): string | undefined {
    let found: string | undefined;
    for (const p of this.#pods.values()) {
      if (`${p.identity.namespace}/${p.identity.name}` === key) found = p.identity.uid;
    }
    return found;
  }

  /** Requests of the API server; null while it does not run. */
  answer(request: NodeRequest): NodeAnswer | null {
    if (!this.running) return null;
    this.#api ??= this.#buildApi();
    return this.#api.answer(request);
  }

  #buildApi(): KubeletServer {
    const runtime = this.#runtime;
    const known = (p: PodRecord): KnownPod => ({ pod: p.pod, status: p.status ?? p.pod.status });
    return new KubeletServer({
      kernel: this.#kernel,
      rng: this.#kernel.rng(`${this.name}/streams`),
      runtime,
      pod: (namespace, name) => {
        const p = this.#pods.get(this.uidOf(`${namespace}/${name}`) ?? '');
        return p && known(p);
      },
      pods: () => [...this.#pods.values()].map(known),
      containers: (uid, name) => {
        const now = runtime.container(uid, name);
        // Of those that have ended only the last is kept (maximum-dead-containers-per-container).
        const before =
          now?.info.state === 'exited' ? undefined : runtime.previousContainer(uid, name);
        return [now, before].filter((c) => c !== undefined);
      },
    });
  }

  /** The machine is about to be switched off: ends when its Pods have had their time to end. */
  *shutDown(): Proc {
    const parts = this.#parts;
    if (!parts) return;
    yield* shutDown({
      kernel: this.#kernel,
      agent: parts.agent,
      settings: this.#machine.settings,
      active: () => this.#active(),
      kill: (p, verdict, graceSeconds) => parts.workers.kill(p, verdict, graceSeconds),
    });
  }

  #active(): readonly PodRecord[] {
    return [...this.#pods.values()].filter((p) => holdsResources(p) && !p.terminating);
  }

  /** What the machine has left, as the kubelet sees it; undefined while it does not run. */
  observe(): Observations | undefined {
    return this.#parts?.eviction.observe();
  }

  /** Image that is being pulled for a container just now; null when none is. */
  pulling(uid: string, container: string): string | null {
    const c = this.#pods.get(uid)?.containers.find((r) => r.name === container);
    return c?.state === 'pulling' ? (c.spec.image ?? null) : null;
  }

  /** When a Pod that fails is tried again next; undefined when none fails. */
  get nextRetryAt(): number | undefined {
    let first: number | undefined;
    for (const { requeue } of this.#pods.values()) {
      if (!requeue || requeue.cancelled || requeue.fired) continue;
      if (first === undefined || requeue.at < first) first = requeue.at;
    }
    return first;
  }

  podState(uid: string): PodStates | undefined {
    const p = this.#pods.get(uid);
    return p && statesOf(p);
  }

  /** What is known of a Pod, for the page; undefined when it is not this kubelet's. */
  inside(uid: string): PodInside | undefined {
    const p = this.#pods.get(uid);
    return p && podInside(p, this.#parts?.containers, this.#parts?.probes.workers(uid) ?? []);
  }

  /** Tells |eyes| of every step of the Pod's machines and every probe from now on; null ends it. */
  watch(uid: string, eyes: PodEyes | null): void {
    const p = this.#pods.get(uid);
    if (p) p.eyes = eyes;
  }

  #build(): Parts {
    const kernel = this.#kernel;
    const scope = this.#scope;
    const { name } = this.#machine;
    const client = new Client(this.#server, {
      user: { name: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] },
      agent: 'kubelet',
      actor: this.name,
    });
    const informers = new Informers(client, scope);
    const context = this.#context(client, informers, {
      probes: () => probes,
      agent: () => agent,
      statics: () => statics,
    });
    const pods = informers.for(Pod, { field: { name: 'spec.nodeName', value: name } });
    const node = informers.for(Node, { field: { name: 'metadata.name', value: name } });
    const workers = this.#buildWorkers(context, informers.for(Service));
    const probes = new ProbeManager(context, {
      setReadiness: (p, id, ready) => workers.statuses.setReadiness(p, id, ready),
      setStarted: (p, id, started) => workers.statuses.setStarted(p, id, started),
      update: (p) => workers.workers.update(p),
    });
    const agent = new NodeAgent(context, this.#machine, node, () => statics.registered());
    const statics = new StaticPods(context, {
      get node() {
        return agent.node;
      },
      add: (pod) => this.#onAdd(pod, workers),
      remove: (p) => this.#onDelete(p.pod, workers),
      wake: (p) => workers.workers.update(p),
    });
    this.#watchPods(pods, statics, workers);
    const files = new FileSource({
      kernel,
      scope,
      disk: this.#volumes.host,
      node: name,
      actor: this.name,
      onPods: (list) => statics.replace(list),
    });
    const machine = this.#machine;
    const host = { agent, machine, pods: () => this.#pods.values() };
    const admission = new PodAdmission(context, host, workers);
    const resizer = new Resizer(context, this.#allocations, {
      refusal: (p, pod) => admission.refusalOf(p, pod),
      sync: (p) => workers.workers.update(p),
    });
    this.#runtime.onPodChange = (uid) => {
      const p = this.#pods.get(uid);
      if (p) workers.pleg.noteChange(p);
    };
    this.#runtime.images.onChange = () => agent.changed();
    const collector = new ImageCollector(context, {
      disk: this.#volumes.disk,
      mounted: () => this.#mountedImages(),
      event: (type, reason, message) => agent.event(type, reason, message),
    });
    collector.start();
    agent.start();
    informers.start();
    informers.whenSynced(() => {
      if (this.#parts) removeOrphans(context, (uid) => this.#pods.has(uid));
    });
    const eviction = this.#buildEviction(context, agent, workers);
    const sources = { informers, statics, files };
    const guards = { admission, eviction, collector, resizer, probes };
    return { ...workers, ...sources, ...guards, context, agent };
  }

  /** What the parts share; |late| are those that are made after it. */
  #context(client: Client, informers: Informers, late: LateParts): KubeletContext {
    const { name, address, allocatable, settings } = this.#machine;
    const scope = this.#scope;
    return {
      kernel: this.#kernel,
      rng: this.#kernel.rng(this.name),
      scope,
      client,
      events: new EventRecorder(client, Event, scope, { component: 'kubelet', host: name }),
      runtime: this.#runtime,
      volumes: this.#volumes,
      references: new ReferencedObjects(client, informers),
      imageRecords: this.#imageRecords,
      parallelPulls: settings.maxParallelImagePulls,
      get probes() {
        return late.probes();
      },
      node: name,
      actor: this.name,
      hostIP: address,
      network: {
        get ready() {
          return late.agent().networkReady;
        },
      },
      allocatable,
      mirrors: {
        reconcile: (p) => late.statics().reconcile(p),
        terminated: () => late.statics().terminated(),
      },
    };
  }

  #watchPods(pods: Informer<PodObject>, statics: StaticPods, workers: Workers): void {
    pods.addHandler({
      onAdd: (pod) => {
        if (isMirror(pod)) statics.onMirror(pod, false);
        else this.#onAdd(pod, workers);
      },
      onUpdate: (pod) => {
        if (isMirror(pod)) statics.onMirror(pod, false);
        else this.#onUpdate(pod, workers);
      },
      onDelete: (pod) => {
        if (isMirror(pod)) statics.onMirror(pod, true);
        else this.#onDelete(pod, workers);
      },
    });
  }

  #buildEviction(context: KubeletContext, agent: NodeAgent, parts: Workers): EvictionManager {
    const runtime = this.#runtime;
    const volumes = this.#volumes;
    const { kernel } = context;
    const source = { now: () => kernel.now, runtime, volumes, host: runtime.host };
    return new EvictionManager(context, source, {
      settings: this.#machine.settings,
      active: () => this.#active(),
      kill: (p, verdict, graceSeconds) => parts.workers.kill(p, verdict, graceSeconds),
      isCleanedUp: (p) => p.finished,
      reclaimDisk: () => this.#reclaimDisk(),
      nodeEvent: (reason, message) => agent.event('Warning', reason, message),
      changed: (pressure) => {
        agent.pressure = pressure;
        agent.changed();
      },
    });
  }

  /** DeleteAllUnusedContainers, DeleteUnusedImages. */
  #reclaimDisk(): void {
    for (const { uid } of this.#runtime.pods()) {
      if (this.#pods.get(uid)?.finished === false) continue;
      for (const [name, { state }] of this.#runtime.status(uid).containers) {
        if (state === 'exited') this.#runtime.removeContainer(uid, name);
      }
    }
    this.#parts?.collector.deleteUnused();
  }

  *#mountedImages(): Iterable<string> {
    for (const { pod } of this.#pods.values()) {
      for (const { image } of pod.spec.volumes ?? []) if (image?.reference) yield image.reference;
    }
  }

  #buildWorkers(context: KubeletContext, services: Informer<ServiceObject>): Workers {
    const pleg: Pleg = new Pleg(context, {
      onExited: (p, c, info) => containers.exited(p, c, info),
      onPodChanged: (p) => workers.update(p),
    });
    const containers = new Containers(context, (p) => ({
      podIP: p.observed.sandbox?.ip || (this.#runtime.status(p.identity.uid).sandbox?.ip ?? ''),
      allocatable: this.#machine.allocatable,
      services: serviceEnvironment(p.pod, services.all()),
    }));
    const statuses = new StatusManager(context, () => undefined);
    const volumes = new VolumeManager(context, (p) => workers.update(p));
    const syncer = new PodSyncer(context, containers, statuses, pleg, volumes);
    const workers: PodWorkers = new PodWorkers(context, syncer, pleg, (p) => {
      if (p.removed) this.#forget(p, context, containers);
    });
    return { pleg, containers, statuses, workers, syncer };
  }

  #onAdd(pod: PodObject, parts: Workers): void {
    const p = newPodRecord(pod, this.#allocations.get(pod.metadata.uid));
    this.#pods.set(pod.metadata.uid, p);
    if (p.isStatic) this.#parts?.statics.added(p);
    this.#parts?.eviction.added(p);
    const known = adopt(p, this.#runtime);
    if (!isTerminal(pod.status.phase)) {
      if (this.#parts?.admission.take(p, known)) this.#parts.resizer.added(p);
      return;
    }
    if (!known) {
      // It came to its end under an earlier kubelet; only the last word is left to be said.
      p.terminating = true;
      p.terminated = true;
      p.state = 'terminated';
    }
    parts.workers.update(p);
  }

  #onUpdate(pod: PodObject, parts: Workers): void {
    const p = this.#pods.get(pod.metadata.uid);
    if (!p) {
      this.#onAdd(pod, parts);
      return;
    }
    const before = p.pod;
    const wanted = p.desired ?? before.spec;
    setPod(p, pod);
    if (promisedSpec(pod.spec, wanted) !== pod.spec) this.#parts?.resizer.updated(p);
    if (p.finished) {
      if (pod.metadata.deletionTimestamp !== undefined) parts.statuses.recheck(p);
    } else if (differs(before, pod) || readinessIsOld(pod)) {
      parts.workers.update(p);
    } else if (before.status !== pod.status) {
      if (freesRoom(before, pod)) this.#parts?.resizer.retry();
      parts.statuses.reconcile(p);
    }
  }

  #onDelete(pod: PodObject, parts: Workers): void {
    const p = this.#pods.get(pod.metadata.uid);
    if (!p) return;
    setPod(p, pod);
    p.removed = true;
    this.#parts?.resizer.removed(p);
    const { context } = this.#parts ?? {};
    if (p.finished && !p.working && context) this.#forget(p, context, parts.containers);
    else parts.workers.update(p);
  }

  /** The Pod is gone from the API server and from the node: containers and logs go too. */
  #forget(p: PodRecord, context: KubeletContext, containers: Containers): void {
    this.#pods.delete(p.identity.uid);
    containers.forget(p);
    this.#parts?.eviction.forgotten(p);
    if (p.isStatic) this.#parts?.statics.ended(p);
    const { scope } = context;
    this.#kernel.spawn('remove pod', this.#runtime.removePod(p.identity.uid), { scope });
  }
}

interface LateParts {
  readonly probes: () => ProbeManager;
  readonly agent: () => NodeAgent;
  readonly statics: () => StaticPods;
}

interface Workers {
  readonly pleg: Pleg;
  readonly containers: Containers;
  readonly statuses: StatusManager;
  readonly syncer: PodSyncer;
  readonly workers: PodWorkers;
}

interface Parts extends Workers {
  readonly context: KubeletContext;
  readonly informers: Informers;
  readonly agent: NodeAgent;
  readonly statics: StaticPods;
  readonly files: FileSource;
  readonly collector: ImageCollector;
  readonly resizer: Resizer;
  readonly probes: ProbeManager;
  readonly admission: PodAdmission;
  readonly eviction: EvictionManager;
}
