/**
 * The Pod that is opened on the page: its story is gathered from the trace once, when it is opened,
 * and then span by span; what the kubelet knows is asked for with each frame.
 */
import type { Pod, Probe } from '../../api/generated/types.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { Span } from '../../kernel/trace.ts';
import type {
  MachineState,
  PodInside,
  PodMachines,
  PodProbe,
  PodPull,
  PodWait,
  ProbeTick,
} from '../../port/protocol-pod.ts';
import type { Cluster } from '../cluster.ts';
import type { Machine } from '../node/machine.ts';
import { parseImageName } from '../node/runtime/image-name.ts';
import type { Moved } from '../node/kubelet/pod-record.ts';
import { podLanes } from '../view/pod-timeline.ts';
import { findObject } from './look.ts';

/** Kept of one Pod; a crash loop of days has more, of which the newest are shown. */
const MAX_SPANS = 2_000;
const MAX_MOVES = 2_000;
/** Kinds of spans that a Pod's time line is made of. */
const TOLD: ReadonlySet<string> = new Set(['cri', 'container', 'hook']);
/** Of one container: more would not be told apart on a time line. */
const MAX_TICKS = 300;

interface MoveAt extends Moved {
  readonly at: number;
}

/** What the kubelet tells of a Pod. */
type Known = NonNullable<ReturnType<Machine['kubelet']['inside']>>;

/** Outlives the run: the page goes on looking at the Pod of that name. */
export class PodFeed {
  #ref = '';
  #pod: Pod | null = null;
  #spans = new Map<number, Span>();
  #moves: MoveAt[] = [];
  /** By container; what was probed before the Pod was opened is not on record. */
  readonly #ticks = new Map<string, ProbeTick[]>();
  /** The state before the first move that was seen, for looks at the past. */
  #watchedSince = 0;
  #watchedUid = '';
  #sent = '';

  follow(ref: string, cluster: Cluster | null): void {
    this.unfollow(cluster);
    this.#ref = ref;
    if (!cluster) return;
    const { trace } = cluster.kernel;
    for (const span of trace.from(trace.firstId)) this.onSpan(span, cluster);
  }

  unfollow(cluster: Cluster | null): void {
    for (const machine of cluster?.machines.values() ?? []) {
      machine.kubelet.watch(this.#watchedUid, null);
    }
    this.#ref = '';
    this.forget();
  }

  /** Another run, in which nothing has been told yet. */
  forget(): void {
    this.#pod = null;
    this.#spans.clear();
    this.#moves = [];
    this.#ticks.clear();
    this.#watchedUid = '';
    this.#sent = '';
  }

  onSpan(span: Span, cluster: Cluster): void {
    if (span.object !== this.#ref || this.#ref === '') return;
    if (span.kind === 'sync' && this.#watchedUid === '') {
      // From its first round on: a frame may come much later.
      const found = cluster.findPod(this.#ref);
      if (found) this.#watch(cluster, found.machine, found.uid);
    }
    if (!TOLD.has(span.kind)) return;
    this.#spans.set(span.id, span);
    if (this.#spans.size <= MAX_SPANS) return;
    const oldest = this.#spans.keys().next().value;
    if (oldest !== undefined) this.#spans.delete(oldest);
  }

  /** |at| is null for now. The answer is null when nothing has changed. */
  take(cluster: Cluster, at: number | null, revision: number | null): PodInside | null {
    if (this.#ref === '') return null;
    const inside = this.#look(cluster, at, revision);
    // Told as a whole: it is small, and the page has nothing to put together.
    const text = JSON.stringify(inside);
    if (text === this.#sent) return null;
    this.#sent = text;
    return inside;
  }

  #look(cluster: Cluster, at: number | null, revision: number | null): PodInside {
    const found = findObject(cluster, this.#ref, revision) as Pod | undefined;
    // What is gone stays readable: its story is over.
    const pod = found ?? this.#pod;
    if (!pod) return { ...NOTHING, ref: this.#ref };
    this.#pod = pod;
    const uid = uidAtNode(pod);
    const node = pod.spec.nodeName ?? '';
    const machine = cluster.machines.get(node);
    const known = machine?.kubelet.inside(uid);
    this.#watch(cluster, machine, uid);
    const live = at === null && machine !== undefined;
    const machines = at === null ? machinesOf(known) : this.#machinesAt(known, at);
    return {
      ref: this.#ref,
      uid: found ? uid : '',
      node,
      lanes: podLanes({
        pod,
        spans: this.#spansOf(cluster, pod),
        at: at ?? cluster.kernel.now,
        runtime: live && found ? machine.runtime.status(uid) : null,
        ticks: (name) => this.#ticks.get(name) ?? [],
        state: (name) => machines?.containers.find((c) => c.name === name)?.state ?? '',
      }),
      machines,
      waits: found ? waitsOf(cluster, pod, at === null ? known : undefined) : [],
      pulls: live && known ? pullsOf(machine, uid, known) : [],
      probes: live && known ? known.probes.map(probeRow) : [],
      registries: registriesOf(cluster, pod),
    };
  }

  /** Of this Pod and not of one before it that had the same name. */
  #spansOf(cluster: Cluster, pod: Pod): readonly Span[] {
    const { epochMs } = cluster.kernel;
    const since = (parseTime(pod.metadata.creationTimestamp) - epochMs) * 1_000;
    const all = [...this.#spans.values()];
    // A static Pod runs before the API server hears of it.
    const spans = isMirror(pod) ? all : all.filter((span) => span.start >= since);
    const first = spans.findIndex((span) => span.name === 'RunPodSandbox');
    return first > 0 ? spans.slice(first) : spans;
  }

  #watch(cluster: Cluster, machine: Machine | undefined, uid: string): void {
    const { kernel } = cluster;
    if (this.#watchedUid !== uid) {
      this.#watchedUid = uid;
      this.#watchedSince = kernel.now;
      this.#moves = [];
      this.#ticks.clear();
    }
    // Each time: a kubelet that was started anew has forgotten who looks.
    machine?.kubelet.watch(uid, {
      moved: (moved) => {
        this.#moves.push({ ...moved, at: kernel.now });
        if (this.#moves.length <= MAX_MOVES) return;
        this.#moves.splice(0, MAX_MOVES / 2);
        this.#watchedSince = this.#moves[0]?.at ?? kernel.now;
      },
      probed: ({ container, ...tick }) => {
        const ticks = this.#ticks.get(container) ?? [];
        ticks.push({ ...tick, at: kernel.now });
        if (ticks.length > MAX_TICKS) ticks.shift();
        this.#ticks.set(container, ticks);
      },
    });
  }

  /** The states of the past are on record from when the Pod was opened. */
  #machinesAt(known: Known | undefined, at: number): PodMachines | null {
    if (!known || at < this.#watchedSince) return null;
    const stateOf = (
      machine: Moved['machine'],
      container: string,
      now: MachineState,
    ): MachineState => {
      const moves = this.#moves.filter((m) => m.machine === machine && m.container === container);
      const before = moves.filter((m) => m.at <= at).at(-1);
      if (before) return { state: before.to, from: before.from, event: before.event };
      const after = moves[0];
      return after ? { state: after.from, from: '', event: '' } : stateText(now);
    };
    return {
      pod: stateOf('pod', '', known.pod),
      init: stateOf('init', '', known.init),
      currentInit: '',
      containers: known.containers.map((c) => ({
        name: c.name,
        ...stateOf('container', c.name, c),
      })),
    };
  }
}

const CONFIG_MIRROR = 'kubernetes.io/config.mirror';

function isMirror({ metadata }: Pod): boolean {
  return metadata.annotations?.[CONFIG_MIRROR] !== undefined;
}

/** A static Pod has the uid of its file, of which its mirror only tells. */
function uidAtNode({ metadata }: Pod): string {
  return metadata.annotations?.[CONFIG_MIRROR] ?? metadata.uid;
}

const NOTHING: PodInside = {
  ref: '',
  uid: '',
  node: '',
  lanes: [],
  machines: null,
  waits: [],
  pulls: [],
  probes: [],
  registries: [],
};

function stateText({ state, from, event }: MachineState): MachineState {
  return { state, from, event };
}

function machinesOf(known: Known | undefined): PodMachines | null {
  if (!known) return null;
  return {
    pod: known.pod,
    init: known.init,
    currentInit: known.currentInit,
    containers: known.containers.map((c) => ({ name: c.name, ...stateText(c) })),
  };
}

function pullsOf(machine: Machine, uid: string, known: Known): readonly PodPull[] {
  return known.containers.flatMap(({ name, image, state }) => {
    if (state !== 'pulling') return [];
    const percent = machine.pullProgress(uid, name);
    return percent === null ? [] : [{ container: name, image, percent }];
  });
}

/** As they are now: the network of a moment in the past is not on record. */
function registriesOf({ registry }: Cluster, { spec }: Pod): PodInside['registries'] {
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  const domains = all.flatMap(({ image = '' }) => {
    const name = parseImageName(image);
    return 'error' in name ? [] : [name.domain];
  });
  return [...new Set(domains)].map((domain) => ({ domain, down: registry.isDown(domain) }));
}

function probeRow({ container, kind, probe, ...rest }: Known['probes'][number]): PodProbe {
  const { periodSeconds = 10, successThreshold = 1, failureThreshold = 3 } = probe;
  const what = probeText(probe);
  const { result, inARow, lastRun, nextAt } = rest;
  return {
    container,
    probe: kind,
    what,
    periodSeconds,
    successThreshold,
    failureThreshold,
    result,
    lastRun,
    inARow,
    nextAt,
  };
}

/** What it does, in one line. */
function probeText({ exec, httpGet, tcpSocket, grpc }: Probe): string {
  if (exec) return `exec ${(exec.command ?? []).join(' ')}`;
  if (httpGet) return `httpGet ${httpGet.host ?? ''}:${httpGet.port}${httpGet.path ?? '/'}`;
  if (tcpSocket) return `tcpSocket ${tcpSocket.host ?? ''}:${tcpSocket.port}`;
  return grpc ? `grpc :${grpc.port} ${grpc.service ?? ''}`.trimEnd() : '';
}

function waitsOf(cluster: Cluster, pod: Pod, known: Known | undefined): readonly PodWait[] {
  const { epochMs, now } = cluster.kernel;
  const micros = (text: string): number => (parseTime(text) - epochMs) * 1_000;
  const waits: PodWait[] = [];
  const { deletionTimestamp } = pod.metadata;
  const { activeDeadlineSeconds } = pod.spec;
  const { startTime, phase } = pod.status;
  const ended = phase === 'Succeeded' || phase === 'Failed';
  if (deletionTimestamp !== undefined) {
    waits.push({ container: '', kind: 'grace', until: micros(deletionTimestamp), next: null });
  } else if (activeDeadlineSeconds !== undefined && startTime !== undefined && !ended) {
    const until = micros(startTime) + activeDeadlineSeconds * 1_000_000;
    waits.push({ container: '', kind: 'deadline', until, next: null });
  }
  for (const { name, state, backoffEndsAt: until } of known?.containers ?? []) {
    if (until === null) continue;
    const kind = state === 'crashBackOff' ? 'crash' : 'pull';
    const next = known?.nextRoundAt ?? null;
    const later = next !== null && next > Math.max(until, now) ? next : null;
    waits.push({ container: name, kind, until, next: later });
  }
  return waits;
}
