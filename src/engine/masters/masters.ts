/**
 * The instances of kube-controller-manager and kube-scheduler where a run asks for masters: on cp-1,
 * cp-2 and so on, of each component one at work.
 *
 * Simplified: one kube-apiserver and one etcd serve all masters
 */
import type { ApiServer } from '../apiserver/server.ts';
import type { Component } from '../components.ts';
import {
  CONTROLLER_MANAGER,
  type ControllerManager,
  type ManagerProcess,
} from '../controller-manager.ts';
import { ElectedComponent } from './elected-component.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';

type Identity = Pick<ManagerProcess, 'name' | 'user'>;

const SCHEDULER: Identity = {
  name: 'kube-scheduler',
  user: { name: 'system:kube-scheduler', groups: ['system:authenticated'] },
};
/** Name of the first profile, which is the scheduler's in its Events. */
const PROFILE = 'default-scheduler';

interface Elected<T extends Component> {
  readonly part: T;
  readonly component: ElectedComponent;
}

/** What makes one more instance of each. */
export interface Factories {
  readonly controllerManager: () => ControllerManager;
  readonly scheduler: () => Scheduler;
}

/** Who works for the control plane: one of each, or several of which one is elected. */
export interface Workers {
  /** The one at work; the first where none is. */
  readonly controllerManager: ControllerManager;
  readonly scheduler: Scheduler;
  /** What the first master runs. */
  first(): readonly Component[];
  /** What further masters run. */
  others(): readonly Component[];
  /** Controllers as parts of the page. */
  controllers(): readonly Component[];
}

/** No election: as with --leader-elect=false. */
export function soleWorkers(factories: Factories): Workers {
  const controllerManager = factories.controllerManager();
  const scheduler = factories.scheduler();
  return {
    controllerManager,
    scheduler,
    first: () => [controllerManager, scheduler],
    others: () => [],
    controllers: () => controllerManager.components(),
  };
}

export class Masters implements Workers {
  readonly #managers: readonly Elected<ControllerManager>[];
  readonly #schedulers: readonly Elected<Scheduler & Component>[];

  constructor(server: ApiServer, count: number, factories: Factories) {
    const numbers = Array.from({ length: count }, (_, i) => i + 1);
    const elect = <T extends Component>(
      part: T,
      n: number,
      { name, user }: Identity,
      eventSource: string,
    ): Elected<T> => {
      const host = `cp-${n}`;
      const own = n === 1 ? name : `${name}/${host}`;
      const options = { lease: name, name: own, host, user, eventSource };
      return { part, component: new ElectedComponent(server, part, options) };
    };
    const { name: manager } = CONTROLLER_MANAGER;
    this.#managers = numbers.map((n) =>
      elect(factories.controllerManager(), n, CONTROLLER_MANAGER, manager),
    );
    this.#schedulers = numbers.map((n) => elect(factories.scheduler(), n, SCHEDULER, PROFILE));
  }

  first(): readonly Component[] {
    return [...this.#managers.slice(0, 1), ...this.#schedulers.slice(0, 1)].map((e) => e.component);
  }

  others(): readonly Component[] {
    return [...this.#managers.slice(1), ...this.#schedulers.slice(1)].map((e) => e.component);
  }

  get controllerManager(): ControllerManager {
    return leading(this.#managers);
  }

  get scheduler(): Scheduler {
    return leading(this.#schedulers);
  }

  /** Whoever leads does not run those that are stopped. */
  controllers(): readonly Component[] {
    return this.controllerManager.components().map((component) => ({
      ...component,
      start: () => {
        for (const { part } of this.#managers) part.startController(component.name);
      },
      stop: () => {
        for (const { part } of this.#managers) part.stopController(component.name);
      },
    }));
  }
}

function leading<T extends Component>(instances: readonly Elected<T>[]): T {
  const [first] = instances;
  const one = instances.find(({ component }) => component.leads) ?? first;
  if (!one) throw new Error('a control plane has at least one master');
  return one.part;
}
