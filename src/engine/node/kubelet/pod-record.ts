/**
 * What the kubelet keeps of each Pod: plain data. Everything here can be found again from the API
 * server and the runtime after a restart.
 */
import type {
  Container,
  Pod,
  PodCondition,
  PodSpec,
  PodStatus,
} from '../../../api/generated/types.ts';
import { EngineAssertion } from '../../../kernel/assert.ts';
import type { Timer } from '../../../kernel/event-queue.ts';
import type { Future } from '../../../kernel/wait.ts';
import type { ContainerResources } from '../runtime/cgroup.ts';
import type { PodIdentity, PodRuntimeStatus } from '../runtime/runtime-types.ts';
import type { AfterEvent, CompiledMachine, Effect } from './compile.ts';
import {
  type ContainerDelay,
  type ContainerEffect,
  type ContainerEvent,
  type ContainerState,
  containerTable,
} from './container-machine.ts';
import type { StartFailure } from './container-status.ts';
import { type InitEffect, type InitEvent, type InitState, initTable } from './init-machine.ts';
import {
  type PodDelay,
  type PodEffect,
  type PodEvent,
  type PodState,
  podTable,
} from './pod-machine.ts';
import { isSidecar } from './restart-policy.ts';
import { isStatic } from './static-manifest.ts';
import { equalJson } from '../../../api/meta/json.ts';

/** How a machine came to its present state: told to whoever looks at the Pod. */
export interface Moved {
  readonly machine: 'pod' | 'init' | 'container';
  /** '' for the machines of the Pod itself. */
  readonly container: string;
  readonly from: string;
  readonly event: string;
  readonly to: string;
}

/** One run of a probe has ended. */
export interface Probed {
  readonly container: string;
  readonly probe: 'startup' | 'readiness' | 'liveness';
  readonly ok: boolean;
  /** What it has found; '' where that says nothing. */
  readonly message: string;
}

/** Somebody who looks into a Pod. */
export interface PodEyes {
  moved(moved: Moved): void;
  probed(probed: Probed): void;
}

export type ContainerKind = 'init' | 'sidecar' | 'app' | 'ephemeral';

export interface ContainerRecord {
  readonly name: string;
  readonly kind: ContainerKind;
  spec: Container;
  state: ContainerState;
  /** The state before, and the event that ended it; '' at first. */
  cameFrom: string;
  cameBy: string;
  /** Why it could not be started the last time; null once it was. */
  failure: StartFailure | null;
  /** Image name that the running container was made from. */
  startedImage: string;
  /** Resources that its cgroup has been given; null before it is created. */
  actuated: ContainerResources | null;
}

/** What the kubelet itself decides about a Pod's end. */
export interface Verdict {
  readonly reason: string;
  readonly message: string;
  /** Message of the condition DisruptionTarget, where there is to be one. */
  readonly disruption?: string;
  /** Found out while the status was made (a deadline); else put over it afterwards. */
  readonly own?: boolean;
}

export interface PodRecord {
  readonly identity: PodIdentity;
  /** `Pod/namespace/name`. */
  readonly ref: string;
  /** Newest object from the API server, with the resources that the node has promised. */
  pod: Pod;
  /** The spec as it asks for other resources than promised; null: it does not. */
  desired: PodSpec | null;
  /** PodResizePending and PodResizeInProgress. */
  resizePending: PodCondition | null;
  resizing: PodCondition | null;
  state: PodState;
  cameFrom: string;
  cameBy: string;
  init: InitState;
  initCameFrom: string;
  initCameBy: string;
  /** Who looks into the Pod; null: nobody does. */
  eyes: PodEyes | null;
  /** Which init container is the current one. */
  initIndex: number;
  /** Init containers, app containers, ephemeral containers, each in the order of the spec. */
  containers: readonly ContainerRecord[];
  /** Some of them are not app containers. */
  mixed: boolean;

  /** What the spec asks for, once somebody wanted to know. */
  requests: Readonly<Record<string, string>> | null;

  /** The runtime's state as PLEG saw it last, and when. */
  observed: PodRuntimeStatus;
  observedAt: number;
  /** When the look comes that its last sync has asked for. */
  relistDue: number;
  /** The runtime has reported a change that PLEG has not looked at yet; span that caused it. */
  changed: boolean;
  changeCause: number;

  /** An update waits for the worker; the worker runs. */
  pending: boolean;
  working: boolean;
  lastSyncAt: number;
  readonly causes: number[];
  requeue: Timer | null;
  /** Rounds in a row that ended in an error. */
  failedRounds: number;
  /** Resolved when a wait of the worker is to end early. */
  interrupt: Future<void> | null;

  /** Told when what is being stopped is to be stopped anew with less time; null: nothing is. */
  hasten: Set<() => void> | null;
  terminating: boolean;
  terminated: boolean;
  finished: boolean;
  /** The object is gone from the API server; of a static Pod: its file from the disk. */
  removed: boolean;
  /** It comes from a file: `pod` is what that says, the API server has a mirror of it at most. */
  readonly isStatic: boolean;
  /** The mirror as the API server has it; the uid of the one that was told the status last. */
  mirror: Pod | null;
  sentMirror: string;
  /** The mirror that the update is about that waits, and the one that runs. */
  mirrorPending: Pod | null;
  mirrorOfRound: Pod | null;
  /** Seconds; 0 = not decided yet. */
  graceSeconds: number;
  /** What the kubelet itself decided about the Pod: eviction, deadline. */
  verdict: Verdict | null;
  /** Seconds that it may take to end, where the kubelet has its own reason; null: as it says. */
  graceOverride: number | null;

  /** Status as this kubelet means to publish it. */
  status: PodStatus | null;
  /** Counts changes of `status`; what of it has been sent. */
  version: number;
  sentVersion: number;
  statusCause: number;
  statusQueued: boolean;
}

const NOTHING: PodRuntimeStatus = { sandbox: null, containers: new Map(), previous: new Map() };
const NEVER = Number.NEGATIVE_INFINITY;

/** |promised|: what an earlier kubelet has promised it. */
export function newPodRecord(object: Pod, promised?: PodSpec): PodRecord {
  const { namespace = '', name, uid } = object.metadata;
  const spec = promised ? promisedSpec(object.spec, promised) : object.spec;
  const pod = spec === object.spec ? object : { ...object, spec };
  const containers = containerRecords(pod, []);
  return {
    identity: { uid, namespace, name },
    ref: `Pod/${namespace}/${name}`,
    pod,
    desired: spec === object.spec ? null : object.spec,
    resizePending: null,
    resizing: null,
    state: podTable.initial.state,
    cameFrom: '',
    cameBy: '',
    init: initTable.initial.state,
    initCameFrom: '',
    initCameBy: '',
    eyes: null,
    initIndex: 0,
    containers,
    mixed: containers.length > pod.spec.containers.length,
    requests: null,
    observed: NOTHING,
    observedAt: NEVER,
    relistDue: NEVER,
    changed: false,
    changeCause: 0,
    pending: false,
    working: false,
    lastSyncAt: NEVER,
    causes: [],
    requeue: null,
    failedRounds: 0,
    interrupt: null,
    hasten: null,
    terminating: false,
    terminated: false,
    finished: false,
    removed: false,
    isStatic: isStatic(pod),
    mirror: null,
    sentMirror: '',
    mirrorPending: null,
    mirrorOfRound: null,
    graceSeconds: 0,
    verdict: null,
    graceOverride: null,
    status: null,
    version: 0,
    sentVersion: 0,
    statusCause: 0,
    statusQueued: false,
  };
}

function containerRecords(
  { spec }: Pod,
  old: readonly ContainerRecord[],
): readonly ContainerRecord[] {
  const record = (c: Container, kind: ContainerKind): ContainerRecord => {
    const known = old.find((r) => r.name === c.name);
    if (known) {
      known.spec = c;
      return known;
    }
    return {
      name: c.name,
      kind,
      spec: c,
      state: containerTable.initial.state,
      cameFrom: '',
      cameBy: '',
      failure: null,
      startedImage: c.image ?? '',
      actuated: null,
    };
  };
  return [
    ...(spec.initContainers ?? []).map((c) => record(c, isSidecar(c) ? 'sidecar' : 'init')),
    ...spec.containers.map((c) => record(c, 'app')),
    ...(spec.ephemeralContainers ?? []).map((c) => record(c, 'ephemeral')),
  ];
}

export function initRecords(p: PodRecord): readonly ContainerRecord[] {
  if (!p.mixed) return [];
  return p.containers.filter((c) => c.kind === 'init' || c.kind === 'sidecar');
}

export function appRecords(p: PodRecord): readonly ContainerRecord[] {
  return p.mixed ? p.containers.filter((c) => c.kind === 'app') : p.containers;
}

/** A newer object. The spec of one generation is kept as one object, for what is worked out from it. */
export function setPod(p: PodRecord, pod: Pod): void {
  if (pod.metadata.generation === p.pod.metadata.generation) {
    p.pod = pod.spec === p.pod.spec ? pod : { ...pod, spec: p.pod.spec };
    return;
  }
  const spec = promisedSpec(pod.spec, p.pod.spec);
  p.desired = spec === pod.spec ? null : pod.spec;
  setSpec(p, p.desired ? { ...pod, spec } : pod);
}

/** What is asked for is promised. */
export function grantDesired(p: PodRecord): void {
  if (!p.desired) return;
  setSpec(p, { ...p.pod, spec: p.desired });
  p.desired = null;
}

function setSpec(p: PodRecord, pod: Pod): void {
  p.containers = containerRecords(pod, p.containers);
  p.mixed = p.containers.length > pod.spec.containers.length;
  p.requests = null;
  p.pod = pod;
}

/** |spec| with the resources of |promised|; |spec| itself when they are the same. */
export function promisedSpec(spec: PodSpec, promised: PodSpec): PodSpec {
  const keep = (list: readonly Container[], old: readonly Container[]): readonly Container[] => {
    let changed = false;
    const kept = list.map((c) => {
      const before = old.find((o) => o.name === c.name);
      if (!before || equalJson(before.resources, c.resources)) return c;
      changed = true;
      return { ...c, resources: before.resources };
    });
    return changed ? kept : list;
  };
  const containers = keep(spec.containers, promised.containers);
  const initContainers = spec.initContainers
    ? keep(spec.initContainers, promised.initContainers ?? [])
    : undefined;
  const samePod = equalJson(spec.resources, promised.resources);
  if (containers === spec.containers && initContainers === spec.initContainers && samePod) {
    return spec;
  }
  const { resources: _, ...rest } = spec;
  return {
    ...rest,
    containers,
    ...(initContainers ? { initContainers } : {}),
    ...(promised.resources ? { resources: promised.resources } : {}),
  };
}

/** A decided event must fit the state; anything else is a mistake of the kubelet's code. */
function move<S extends string, E extends string, F extends string, D extends string>(
  table: CompiledMachine<S, E, F, D>,
  state: S,
  event: E | AfterEvent<D>,
  p: PodRecord,
): { readonly state: S; readonly effects: readonly Effect<F, D>[] } {
  const step = table.step(state, event);
  if (!step) throw new EngineAssertion(`${p.ref}: ${table.id} does not take ${event} in ${state}`);
  return step;
}

export function stepPod(
  p: PodRecord,
  event: PodEvent | AfterEvent<PodDelay>,
): readonly Effect<PodEffect, PodDelay>[] {
  const step = move(podTable, p.state, event, p);
  if (step.state === p.state) return step.effects;
  p.cameFrom = p.state;
  p.cameBy = event;
  p.state = step.state;
  p.eyes?.moved({ machine: 'pod', container: '', from: p.cameFrom, event, to: p.state });
  return step.effects;
}

export function stepInit(p: PodRecord, event: InitEvent): readonly Effect<InitEffect, never>[] {
  const step = move(initTable, p.init, event, p);
  if (step.state === p.init) return step.effects;
  p.initCameFrom = p.init;
  p.initCameBy = event;
  p.init = step.state;
  p.eyes?.moved({ machine: 'init', container: '', from: p.initCameFrom, event, to: p.init });
  return step.effects;
}

export function stepContainer(
  p: PodRecord,
  c: ContainerRecord,
  event: ContainerEvent | AfterEvent<ContainerDelay>,
): readonly Effect<ContainerEffect, ContainerDelay>[] {
  const step = move(containerTable, c.state, event, p);
  if (step.state === c.state) return step.effects;
  c.cameFrom = c.state;
  c.cameBy = event;
  c.state = step.state;
  p.eyes?.moved({ machine: 'container', container: c.name, from: c.cameFrom, event, to: c.state });
  return step.effects;
}
