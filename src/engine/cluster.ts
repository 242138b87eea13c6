/**
 * The wiring diagram: one screen that builds a cluster, top to bottom.
 *
 *   kernel → etcd → kube-apiserver → kube-controller-manager, kube-scheduler → nodes (kubelet, containerd)
 *
 * Everybody talks to the API server only, through a client of their own (invariant 5). A cluster
 * boots before virtual time zero, so that its nodes are Ready when outside acts begin.
 */
import type { UserInfo } from '../api/meta/authorization.ts';
import type { PolicyRule } from '../api/generated/types.ts';
import { kinds } from '../api/kinds/index.ts';
import { schedulingDecisionKind } from '../api/kinds/scheduling-decision.ts';
import { Event } from '../api/kinds/event.ts';
import { nodeMetricsKind } from '../api/kinds/metrics/node-metrics.ts';
import { podMetricsKind } from '../api/kinds/metrics/pod-metrics.ts';
import type { UsageSource } from '../api/kinds/metrics/usage.ts';
import type { AnyKind } from '../api/meta/define-kind.ts';
import { assert } from '../kernel/assert.ts';
import { Kernel, MICROS_PER_SECOND } from '../kernel/kernel.ts';
import type { NodeSpec, RunConfig } from '../port/protocol.ts';
import type { ImageDeclaration } from '../port/protocol-image.ts';
import { ClusterAccess } from './access/access.ts';
import { ADMIN } from './apiserver/rest/handle.ts';
import { SELF } from './apiserver/admission.ts';
import type { Caller, ObjectAnswer } from './apiserver/call.ts';
import type { ApiLatencies } from './apiserver/latency.ts';
import type { OpenApiDocuments } from './apiserver/rest/openapi-texts.ts';
import { ApiServer } from './apiserver/server.ts';
import { clusterDns } from './bootstrap/cluster-dns.ts';
import { cloudControllerManager } from './bootstrap/cloud-controller-manager.ts';
import { bootstrap } from './bootstrap/index.ts';
import { metricsServer } from './bootstrap/metrics-server.ts';
import type { BootstrapObject } from './bootstrap/object.ts';
import { CloudSide } from './cloud-side.ts';
import { ClusterNetwork, CONTROL_PLANE_ADDRESS } from './cluster-network.ts';
import { ControllerManager, type ManagerProcess } from './controller-manager.ts';
import { Client } from './client/typed-client.ts';
import type { Component } from './components.ts';
import { ControlPlane, controlPlaneNode } from './control-plane.ts';
import { controllers } from './controllers/index.ts';
import { Masters, soleWorkers, type Workers } from './masters/masters.ts';
import { declareImage } from './images/declared/image.ts';
import { controlPlaneImages } from './images/control-plane.ts';
import { images } from './images/index.ts';
import { Registry } from './images/registry/registry.ts';
import { Disks } from './storage/disks.ts';
import { storageControllers } from './storage/index.ts';
import { ACCOUNT } from './storage/names.ts';
import { NodePlugin } from './storage/node-plugin.ts';
import { storageObjects } from './storage/objects.ts';
import { plugins } from './policy/index.ts';
import { admissionOrder } from './policy/order.ts';
import { postStart } from './post-start/index.ts';
import { MetricsScraper } from './node/metrics/scraper.ts';
import { Machine } from './node/machine.ts';
import type { LogLine } from './node/runtime/logs.ts';
import type { ImageDefinition, NetworkHook } from './node/runtime/program.ts';
import { OwnControllers } from './own-controllers/own-controllers.ts';
import type { SandboxMaker } from './own-controllers/sandbox.ts';
import { Scheduler, schedulerConfiguration } from './scheduler/scheduler.ts';
import { decisionSource } from './view/decision-object.ts';

/** Long enough for nodes to register, become Ready and renew a lease. */
export const BOOT_US = 30 * MICROS_PER_SECOND;
/** What CoreDNS takes more: its Pods wait for nodes, and its image is pulled. */
const DNS_BOOT_US = 30 * MICROS_PER_SECOND;

export interface ClusterOptions {
  /** Freeze stored objects: development and tests. */
  readonly freeze?: boolean;
  readonly traceCapacity?: number;
  readonly latencies?: ApiLatencies;
  /** OpenAPI documents, where the host has them. */
  readonly openapi?: () => OpenApiDocuments | null;
  /** The interpreter for own controllers; null while the host has not loaded it. */
  readonly sandbox?: () => SandboxMaker | null;
  /** Users by bearer token. */
  readonly tokens?: Readonly<Record<string, UserInfo>>;
  /** Those of kube-controller-manager, where their flags are not the usual ones. */
  readonly controllers?: typeof controllers;
  /** What metrics.k8s.io answers with, where there are no kubelets to ask. */
  readonly metrics?: UsageSource;
}

/** Further masters join when the first one is there. */
const JOIN_US = 10 * MICROS_PER_SECOND;

const DEFAULT_TRACE_CAPACITY = 200_000;

/** What all nodes may do alike stands in the role that was once bound to them. */
const nodeRules = (bootstrap.find(({ object }) => object.metadata.name === 'system:node')?.object[
  'rules'
] ?? []) as readonly PolicyRule[];

function metricsKinds(source: UsageSource): readonly AnyKind[] {
  return [nodeMetricsKind(source), podMetricsKind(source)] as unknown as readonly AnyKind[];
}

/** Controllers inside kube-apiserver act as the server itself. */
const API_SERVER: ManagerProcess = {
  name: 'kube-apiserver',
  user: SELF.user,
  serviceAccounts: false,
};

/** The controllers of the storage driver: a process of its own. */
const CSI_CONTROLLER: ManagerProcess = {
  name: 'csi-controller',
  user: { name: `system:serviceaccount:kube-system:${ACCOUNT}`, groups: ['system:authenticated'] },
  serviceAccounts: true,
};

function csiController(server: ApiServer, disks: Disks): ControllerManager {
  return new ControllerManager(server, storageControllers(disks), Event, CSI_CONTROLLER);
}

export class Cluster {
  readonly config: RunConfig;
  readonly kernel: Kernel;
  readonly server: ApiServer;
  readonly #workers: Workers;
  /** Controllers that the reader has written. */
  readonly ownControllers: OwnControllers;
  readonly machines = new Map<string, Machine>();
  /** The registries that nodes pull from: shared, and outside of the cluster. */
  readonly registry: Registry;
  readonly #network: ClusterNetwork;
  /** Outside of the cluster, and shared: what is on them outlives nodes. Null: there is no driver. */
  readonly disks: Disks | null;
  readonly #storage: ControllerManager | null;
  /** What kube-apiserver does by itself, beyond answering. */
  readonly #postStart: ControllerManager;
  /** Null: the components run beside the machines. */
  readonly #controlPlane: ControlPlane | null;
  /** Null: the machines are nobody's. */
  readonly #cloud: CloudSide | null;
  #nextNodeNumber = 1;

  constructor(config: RunConfig, options: ClusterOptions = {}) {
    this.config = config;
    this.kernel = new Kernel({
      seed: config.seed,
      epochMs: Date.parse(config.epoch),
      startAt: -(config.dns === true ? BOOT_US + DNS_BOOT_US : BOOT_US),
      traceCapacity: options.traceCapacity ?? DEFAULT_TRACE_CAPACITY,
    });
    const metrics = new MetricsScraper(this.kernel, () => this.machines.values());
    const measured = config.metrics === true ? metricsKinds(options.metrics ?? metrics) : [];
    this.server = new ApiServer(this.kernel, {
      kinds: [...kinds, ...measured, ...this.#decisionKinds()],
      plugins,
      pluginOrder: admissionOrder,
      access: (server) => new ClusterAccess(server, { nodeRules, tokens: options.tokens ?? {} }),
      freeze: options.freeze ?? false,
      ...(options.latencies ? { latencies: options.latencies } : {}),
      ...(options.openapi ? { openapi: options.openapi } : {}),
      reach: (call) => this.#network.pods.answer(CONTROL_PLANE_ADDRESS, call),
      dial: (request) => this.machines.get(request.node)?.kubelet.answer(request) ?? null,
    });
    this.server.start();
    this.#bootstrap(bootstrap);
    if (config.dns === true) this.#bootstrap(clusterDns);
    if (config.metrics === true) {
      this.#bootstrap(metricsServer);
      metrics.start();
    }
    if (config.storage === true) this.#bootstrap(storageObjects);

    this.#network = new ClusterNetwork(this.server, options.tokens ?? {});
    const configuration = schedulerConfiguration(config.scheduler ?? {});
    const factories = {
      controllerManager: () =>
        new ControllerManager(this.server, options.controllers ?? controllers, Event),
      scheduler: () => new Scheduler(this.server, { configuration }),
    };
    this.#cloud = config.cloud === true ? new CloudSide(this.server, this.machines) : null;
    if (this.#cloud) {
      this.#bootstrap(cloudControllerManager);
      this.#network.balance(this.#cloud.cloud);
    }
    const { masters } = config;
    this.#workers =
      masters === undefined ? soleWorkers(factories) : new Masters(this.server, masters, factories);
    this.#postStart = new ControllerManager(this.server, postStart, Event, API_SERVER);
    this.disks = config.storage === true ? new Disks(this.kernel) : null;
    this.#storage = this.disks && csiController(this.server, this.disks);
    this.ownControllers = new OwnControllers(this.server, () => this.components(), options.sandbox);
    this.#controlPlane = config.controlPlane
      ? new ControlPlane(this.kernel, [this.#etcd, ...this.#components()])
      : null;
    const own = this.#controlPlane ? controlPlaneImages(this.#controlPlane) : [];
    this.registry = new Registry([...images, ...own]);
    for (const image of config.images ?? []) declareImage(this.registry, image);
    this.#boot(config.stopped);
    this.#network.start();
    for (const node of config.nodes) this.addNode(node);
    this.kernel.runUntil(0);
    // What was before is no part of the run.
    this.server.broadcast.forget(this.server.store.revision);
    this.kernel.trace.forget();
  }

  /** Sets the components going, each by itself or as static Pods. */
  #boot(stopped: readonly string[]): void {
    for (const list of [this.#workers.controllers(), this.#storage?.components() ?? []]) {
      for (const controller of list) if (stopped.includes(controller.name)) controller.stop();
    }
    if (!stopped.includes(CSI_CONTROLLER.name)) this.#storage?.start();
    const cloud = this.#cloud?.component;
    if (cloud && !stopped.includes(cloud.name)) cloud.start();
    for (const component of this.#workers.others()) {
      if (stopped.includes(component.name)) continue;
      this.kernel.after(JOIN_US, () => component.start(), {
        cause: 0,
        periodic: true,
        scope: null,
      });
    }
    const plane = this.#controlPlane;
    if (!plane) {
      this.#postStart.start();
      for (const component of this.#components()) {
        if (!stopped.includes(component.name)) component.start();
      }
      if (stopped.includes('kube-apiserver')) this.#apiServer.stop();
      return;
    }
    this.server.stop();
    const machine = this.#build(controlPlaneNode(), 0);
    plane.install(machine, stopped);
    this.#switchOn(machine);
    const kubeadm = { user: ADMIN, agent: 'kubeadm', actor: 'kubeadm' };
    const options = { cause: 0, periodic: true, scope: null };
    this.kernel.spawn('mark control plane', plane.mark(this.client(kubeadm)), options);
  }

  /** The one at work, where there are several. */
  get controllerManager(): ControllerManager {
    return this.#workers.controllerManager;
  }

  get scheduler(): Scheduler {
    return this.#workers.scheduler;
  }

  /** Puts an image of the reader's into its registry; throws in words what is wrong with it. */
  declareImage(image: ImageDeclaration): ImageDefinition {
    return declareImage(this.registry, image);
  }

  /** Components by their name on the page, in the order in which they are listed there. */
  components(): readonly Component[] {
    const plane = this.#controlPlane?.components() ?? this.#components();
    const cloud = this.#cloud ? [this.#cloud.component] : [];
    const list: Component[] = [...plane, ...this.#workers.others(), ...cloud];
    list.push(...this.#workers.controllers());
    if (this.#storage) list.push(this.#storage, ...this.#storage.components());
    list.push(...this.ownControllers.components());
    for (const machine of this.machines.values()) list.push(...machine.components());
    return list;
  }

  component(name: string): Component | undefined {
    return this.components().find((c) => c.name === name);
  }

  addNode(spec: NodeSpec): void {
    this.#switchOn(this.#build(spec, this.#nextNodeNumber++));
  }

  #build(ordered: NodeSpec, number: number): Machine {
    const spec = this.#cloud?.specOf(ordered) ?? ordered;
    assert(!this.machines.has(spec.name), `there is a node ${spec.name} already`);
    const machine = new Machine(this.server, spec, number, {
      images: this.registry,
      network: this.#network.pods,
      external: this.#cloud !== null,
      ...(spec.preloaded ? { preloaded: spec.preloaded } : {}),
      ...(this.disks ? { drivers: [new NodePlugin(this.disks)] } : {}),
    });
    this.machines.set(spec.name, machine);
    this.#network.addNode(machine.place);
    return machine;
  }

  #switchOn(machine: Machine): void {
    const { stopped } = this.config;
    if (stopped.includes(`containerd/${machine.name}`)) return;
    if (stopped.includes(`kubelet/${machine.name}`)) machine.runtime.start();
    else machine.start();
  }

  /** Machines are a cloud's, whose controllers delete the Nodes of those that are gone. */
  get inCloud(): boolean {
    return this.#cloud !== null;
  }

  /** Somebody outside of the cluster, who reaches what has an address there. */
  get outside(): NetworkHook {
    return this.#network.outside;
  }

  /** The machine is switched off and taken away; its Node object is the caller's to delete. */
  removeNode(name: string): void {
    const machine = this.machines.get(name);
    machine?.stop();
    if (machine) this.#network.removeNode(machine.place);
    this.machines.delete(name);
  }

  /** Percent of the image that is being pulled for a container; null when none is. */
  pullProgress(node: string, uid: string, container: string): number | null {
    return this.machines.get(node)?.pullProgress(uid, container) ?? null;
  }

  /** True when nothing is due but periodic work, and no Pod waits to be tried again. */
  get atRest(): boolean {
    if (!this.kernel.settled) return false;
    for (const { kubelet } of this.machines.values()) {
      if (kubelet.running && kubelet.nextRetryAt !== undefined) return false;
    }
    return true;
  }

  /** Log of a container of the Pod with this key, oldest line first. */
  logs(key: string, container: string, previous = false): readonly LogLine[] {
    for (const machine of this.machines.values()) {
      const uid = machine.kubelet.uidOf(key);
      if (uid !== undefined) return machine.logs(uid, container, { previous }) ?? [];
    }
    return [];
  }

  /** The machine that has the Pod `Pod/namespace/name`, as its kubelet knows it. */
  findPod(ref: string): { readonly machine: Machine; readonly uid: string } | undefined {
    const [, namespace = '', name = ''] = ref.split('/');
    for (const machine of this.machines.values()) {
      const uid = machine.kubelet.uidOf(`${namespace}/${name}`);
      if (uid !== undefined) return { machine, uid };
    }
    return undefined;
  }

  /** A client with a person's identity. */
  client(caller: Caller): Client {
    return new Client(this.server, caller);
  }

  #components(): readonly Component[] {
    return [this.#apiServer, ...this.#workers.first()];
  }

  #etcd: Component = (() => {
    const server = (): ApiServer => this.server;
    return {
      name: 'etcd',
      get running() {
        return server().storageUp;
      },
      queue: 0,
      start: () => {
        server().storageUp = true;
      },
      stop: () => {
        server().storageUp = false;
      },
    };
  })();

  #apiServer: Component = (() => {
    const server = (): ApiServer => this.server;
    return {
      name: 'kube-apiserver',
      get running() {
        return server().scope.alive;
      },
      get queue() {
        return server().inFlight;
      },
      start: () => {
        server().start();
        this.#postStart.start();
      },
      stop: () => {
        this.#postStart.stop();
        server().stop();
      },
    };
  })();

  #decisionKinds(): readonly AnyKind[] {
    if (this.config.decisions !== true) return [];
    const source = decisionSource(() => this.scheduler, this.kernel.epochMs);
    return [schedulingDecisionKind(source) as unknown as AnyKind];
  }

  /** What a new API server creates by itself. */
  #bootstrap(list: readonly BootstrapObject[]): void {
    for (const item of list) {
      const { kind, object } = item;
      const { name, namespace = '' } = object.metadata;
      const resource = this.server.registry.of(kind);
      const base = { caller: SELF, resource, namespace, options: {}, typed: true };
      const created = this.server.execute(
        { ...base, verb: 'create', subresource: '', name: '', body: object },
        0,
      ) as ObjectAnswer;
      const status = item.status?.(this.server.nowText);
      if (!status) continue;
      const body = { ...created.object, status };
      this.server.execute({ ...base, verb: 'update', subresource: 'status', name, body }, 0);
    }
  }
}
