/** A cluster under chaos: what stands in its store, requests of its user, and faults in its server. */
import type { KubeObject } from '../../api/meta/object.ts';
import { conflict, internalError } from '../../api/meta/status.ts';
import type { Call } from '../../engine/apiserver/call.ts';
import type { Component } from '../../engine/components.ts';
import { defaultNode } from '../../port/run-config.ts';
import { ClusterPlane } from '../stand-in/cluster-plane.ts';
import type { Plan } from './plan.ts';

const USER = 'user'; // the manager's name of Plane.request's user agent
const CHANGED =
  'the object has been modified; please apply your changes to the latest version and try again';
const LATE_MS = 60_000;
const IMAGES = ['nginx:1.27', 'busybox:1.36'];

export interface Refusals {
  readonly oneOf: number;
  readonly answer: 'Conflict' | 'InternalError';
}

export class World {
  readonly plane: ClusterPlane;
  /** Set while writes of components are refused. */
  refusals: Refusals | null = null;
  lateLeases = false;
  /** Requests that components have been answered. */
  requests = 0;
  #writes = 0;

  constructor({ seed, nodes }: Plan, freeze: boolean) {
    const list = Array.from({ length: nodes }, (_, i) => ({
      ...defaultNode(i + 1),
      preloaded: IMAGES,
    }));
    this.plane = new ClusterPlane({ seed, config: { nodes: list }, freeze });
    const { server } = this.plane.cluster;
    const execute = server.execute.bind(server);
    server.execute = (call, span) => execute(this.#disturbed(call), span);
  }

  /** Every object of a plural, in the order of their names. */
  all<T extends KubeObject>(plural: string): readonly T[] {
    const { store, registry } = this.plane.server;
    const prefix = registry.stored.find((r) => r.plural === plural)?.prefix;
    if (prefix === undefined) throw new Error(`nothing is stored as ${plural}`);
    return store.range(prefix).map((kv) => kv.value.object as T);
  }

  everything(): readonly KubeObject[] {
    const { store, registry } = this.plane.server;
    return registry.stored.flatMap(({ prefix }) =>
      store.range(prefix).map((kv) => kv.value.object),
    );
  }

  /** A request of the user; false when nobody answers. */
  request(method: string, path: string, body?: unknown, type = 'application/json'): boolean {
    if (!this.plane.server.scope.alive) return false;
    const { status } = this.plane.request(method, path, body, type);
    // What the API server writes for the request may be refused too.
    if (status >= 500 && !this.refusals) throw new Error(`${method} ${path}: ${status}`);
    return status < 300;
  }

  patch(path: string, body: unknown): boolean {
    return this.request('PATCH', path, body, 'application/merge-patch+json');
  }

  component(name: string): Component | undefined {
    return this.plane.cluster.component(name);
  }

  healAll(): void {
    this.refusals = null;
    this.lateLeases = false;
    for (const { name } of this.plane.cluster.components()) {
      const component = this.component(name);
      if (component?.running === false) component.start();
    }
  }

  #disturbed(call: Call): Call {
    if (call.caller.agent.startsWith(USER)) return call;
    this.requests++;
    const isWrite = call.verb !== 'get' && call.verb !== 'list' && call.verb !== 'watch';
    if (!isWrite) return call;
    const { refusals } = this;
    if (refusals && ++this.#writes % refusals.oneOf === 0) throw refusal(call, refusals);
    const late = this.lateLeases && call.resource.plural === 'leases' && call.verb === 'update';
    return late ? { ...call, body: withLateClock(call.body) } : call;
  }
}

function refusal({ verb, resource, name }: Call, { answer }: Refusals): Error {
  // What is not there yet cannot have changed.
  if (answer === 'InternalError' || verb === 'create') return internalError('chaos');
  return conflict(resource, name, CHANGED);
}

/** As from a machine whose clock is behind. */
function withLateClock(body: unknown): unknown {
  const lease = body as { readonly spec: { readonly renewTime?: string } };
  const { renewTime } = lease.spec;
  if (renewTime === undefined) return body;
  const text = new Date(Date.parse(renewTime) - LATE_MS).toISOString().replace('Z', '000Z');
  return { ...lease, spec: { ...lease.spec, renewTime: text } };
}
