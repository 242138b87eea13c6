/**
 * A component of which several instances run, one of them at work: kube-controller-manager and
 * kube-scheduler of a control plane with more than one master. Stopping it does not give the lease
 * back, so that the next leader is there only when the lease has run out. One that cannot renew ends
 * itself, and is started again.
 *
 * Models:     cmd/kube-controller-manager/app/controllermanager.go, cmd/kube-scheduler/app/server.go
 *             (v1.36), with --leader-elect
 * Writes:     the Lease of its component in kube-system; Events about it
 * Simplified: instances beyond the first are no static Pods; all talk to the one API server
 */
import { Event } from '../../api/kinds/event.ts';
import type { UserInfo } from '../../api/meta/authorization.ts';
import type { Scope } from '../../kernel/event-queue.ts';
import type { Proc } from '../../kernel/process.ts';
import type { Rng } from '../../kernel/rng.ts';
import type { ApiServer } from '../apiserver/server.ts';
import { EventRecorder } from '../client/events.ts';
import { Client } from '../client/typed-client.ts';
import type { Component } from '../components.ts';
import { LeaderElector } from './leader-election.ts';

const HEX = '0123456789abcdef';
/** A process that has ended itself is started at once, then after 10 s, 20 s … as any container. */
const FIRST_RESTART_US = 1_000_000;
const RESTART_BASE_US = 10_000_000;
const RESTART_MAX_US = 300_000_000;
/** Who has run for so long begins at once again (kubelet: twice the longest back-off). */
const FORGIVEN_AFTER_US = 600_000_000;

export interface ElectionOptions {
  /** `kube-controller-manager`: name of the lease, agent and actor. */
  readonly lease: string;
  /** Of the page: `kube-controller-manager/cp-2`. */
  readonly name: string;
  /** Name of the machine it runs on. */
  readonly host: string;
  readonly user: UserInfo;
  /** source.component of its Events. */
  readonly eventSource: string;
}

export class ElectedComponent implements Component {
  readonly name: string;
  readonly #server: ApiServer;
  readonly #part: Component;
  readonly #options: ElectionOptions;
  readonly #rng: Rng;
  #scope: Scope;
  #startedAt = 0;
  #crashes = 0;
  #identity = '';

  constructor(server: ApiServer, part: Component, options: ElectionOptions) {
    this.name = options.name;
    this.#server = server;
    this.#part = part;
    this.#options = options;
    this.#rng = server.kernel.rng(`leader election of ${options.name}`);
    this.#scope = { name: options.name, alive: false };
  }

  /** The process is there, be it at work or waiting. */
  get running(): boolean {
    return this.#scope.alive;
  }

  get leads(): boolean {
    return this.#part.running;
  }

  get queue(): number {
    return this.#part.queue;
  }

  get detail(): Readonly<Record<string, number | string>> {
    const role = this.leads ? 'leader' : this.running ? 'standby' : 'stopped';
    return { ...this.#part.detail, role, identity: this.#identity };
  }

  start(): void {
    if (this.running) return;
    this.#crashes = 0;
    this.#run();
  }

  stop(): void {
    this.#scope.alive = false;
    // Not the one that a restart may be waiting for.
    this.#scope = { name: this.name, alive: false };
    this.#part.stop();
  }

  #run(): void {
    const { lease, host, name, user, eventSource } = this.#options;
    const { kernel } = this.#server;
    const scope: Scope = { name, alive: true };
    this.#scope = scope;
    this.#startedAt = kernel.now;
    // A process that comes back is a stranger to its own lease.
    const uuid = [8, 4, 4, 4, 12].map((length) => this.#rng.text(length, HEX)).join('-');
    this.#identity = `${host}_${uuid}`;
    const client = new Client(this.#server, { user, agent: lease, actor: lease });
    const elector = new LeaderElector(client, this.#rng, lease, this.#identity);
    const events = new EventRecorder(client, Event, scope, { component: eventSource });
    const options = { cause: 0, periodic: true, scope };
    kernel.spawn(`${name} leader election`, this.#lead(elector, events, scope), options);
  }

  *#lead(elector: LeaderElector, events: EventRecorder, scope: Scope): Proc {
    const { kernel } = this.#server;
    yield* elector.acquire();
    const { lease } = elector;
    if (lease) {
      const message = `${this.#identity} became leader`;
      events.record(lease, { type: 'Normal', reason: 'LeaderElection', message });
    }
    kernel.with(0, false, null, () => this.#part.start());
    yield* elector.renew();
    // Upstream: "leaderelection lost", and the process ends; what it would say of that is not sent.
    scope.alive = false;
    this.#part.stop();
    if (kernel.now - this.#startedAt > FORGIVEN_AFTER_US) this.#crashes = 0;
    const backOff = RESTART_BASE_US * 2 ** (this.#crashes - 1);
    const delay = this.#crashes === 0 ? FIRST_RESTART_US : Math.min(RESTART_MAX_US, backOff);
    this.#crashes++;
    this.#restartAfter(delay, scope);
  }

  /** Unless it has been started, or stopped by somebody, in the meantime. */
  #restartAfter(us: number, ended: Scope): void {
    const restart = (): void => {
      if (this.#scope === ended) this.#run();
    };
    this.#server.kernel.after(us, restart, { scope: null, periodic: true, cause: 0 });
  }
}
