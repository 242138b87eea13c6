/**
 * kube-controller-manager: one process that runs every controller over one set of shared informers.
 *
 * Models:     cmd/kube-controller-manager (v1.36)
 * Simplified: no client-side rate limit (upstream: 20 a second). Absent: resourceclaim-controller,
 *             device-taint-eviction-controller. Absent as by default, with their feature gates off:
 *             podcertificaterequest-cleaner-controller, podgroup-protection-controller,
 *             kube-apiserver-serving-clustertrustbundle-publisher-controller,
 *             storageversion-garbage-collector-controller, storage-version-migrator-controller,
 *             resourcepoolstatusrequest-controller, selinux-warning-controller
 */
import type { Event as EventObject } from '../api/generated/types.ts';
import type { UserInfo } from '../api/meta/authorization.ts';
import type { Kind } from '../api/meta/define-kind.ts';
import type { Scope } from '../kernel/event-queue.ts';
import type { ApiServer } from './apiserver/server.ts';
import { ControllerRunner, type ControllerDefinition } from './client/controller.ts';
import { EventRecorder } from './client/events.ts';
import { Informers } from './client/informer.ts';
import { Client } from './client/typed-client.ts';

/** The process that runs the controllers: its name in the trace, and who it is to the API server. */
export interface ManagerProcess {
  readonly name: string;
  readonly user: UserInfo;
  /** Controllers act as service accounts of their own (--use-service-account-credentials). */
  readonly serviceAccounts: boolean;
}

export const CONTROLLER_MANAGER: ManagerProcess = {
  name: 'kube-controller-manager',
  user: { name: 'system:kube-controller-manager', groups: ['system:authenticated'] },
  serviceAccounts: true,
};

export class ControllerManager {
  readonly name: string;
  readonly controllerNames: readonly string[];
  #server: ApiServer;
  #controllers: readonly (() => ControllerDefinition)[];
  #eventKind: Kind<EventObject>;
  #process: ManagerProcess;
  #scope: Scope;
  #informers: Informers | null = null;
  #runners = new Map<string, ControllerRunner>();
  /** Controllers that are kept from running. */
  #stopped = new Set<string>();

  constructor(
    server: ApiServer,
    /** Each call makes a controller with fresh state, as a restarted process has it. */
    controllers: readonly (() => ControllerDefinition)[],
    eventKind: Kind<EventObject>,
    process: ManagerProcess = CONTROLLER_MANAGER,
  ) {
    this.name = process.name;
    this.#process = process;
    this.#scope = { name: process.name, alive: false };
    this.#server = server;
    this.#controllers = controllers;
    this.#eventKind = eventKind;
    this.controllerNames = controllers.map((make) => make().name);
  }

  get running(): boolean {
    return this.#scope.alive;
  }

  get queue(): number {
    let n = 0;
    for (const runner of this.#runners.values()) n += runner.queueLength;
    return n;
  }

  start(): void {
    if (this.running) return;
    const { name, user } = this.#process;
    this.#scope = { name, alive: true };
    const client = new Client(this.#server, {
      user,
      agent: name,
      actor: name,
    });
    const { kernel } = this.#server;
    kernel.with(0, false, this.#scope, () => {
      this.#informers = new Informers(client, this.#scope);
      for (const make of this.#controllers) {
        const definition = make();
        if (!this.#stopped.has(definition.name)) this.#add(definition, client, this.#informers);
      }
      this.#informers.start();
      for (const runner of this.#runners.values()) runner.start();
    });
  }

  stop(): void {
    this.#scope.alive = false;
    this.#informers?.stop();
    this.#informers = null;
    this.#runners.clear();
  }

  /** Ends one controller; the whole process restarts without it, as with --controllers=-name. */
  stopController(name: string): void {
    this.#stopped.add(name);
    this.#restart();
  }

  startController(name: string): void {
    this.#stopped.delete(name);
    this.#restart();
  }

  /** Each controller as something the page can show, stop and start. */
  components(): readonly {
    name: string;
    running: boolean;
    queue: number;
    detail: Readonly<Record<string, number | string>>;
    start(): void;
    stop(): void;
  }[] {
    return this.controllerNames.map((name) => {
      const runner = this.#runners.get(name);
      return {
        name,
        running: runner !== undefined,
        queue: runner?.queueLength ?? 0,
        detail: { busy: runner?.busy ?? 0, current: runner?.current ?? '' },
        start: () => this.startController(name),
        stop: () => this.stopController(name),
      };
    });
  }

  #restart(): void {
    if (!this.running) return;
    this.stop();
    this.start();
  }

  #add(definition: ControllerDefinition, client: Client, informers: Informers): void {
    const scope: Scope = this.#scope;
    const account = {
      name: `system:serviceaccount:kube-system:${definition.serviceAccount ?? definition.name}`,
      groups: [
        'system:serviceaccounts',
        'system:serviceaccounts:kube-system',
        'system:authenticated',
      ],
    };
    const ownAccount = this.#process.serviceAccounts && definition.asManager !== true;
    const own = client.as({
      user: ownAccount ? account : this.#process.user,
      actor: this.#process.serviceAccounts ? definition.name : this.name,
    });
    const events = new EventRecorder(own, this.#eventKind, scope, {
      component: definition.eventSource ?? definition.name,
    });
    const runner = new ControllerRunner(
      definition,
      this.#server.kernel,
      own,
      informers,
      events,
      scope,
    );
    this.#runners.set(definition.name, runner);
  }
}
