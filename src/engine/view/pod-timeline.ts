/**
 * The containers of one Pod over time: what the kubelet and containerd did for each of them, read
 * from the trace; where the record begins too late, from what containerd holds.
 */
import type { Container, ContainerStatus, Pod } from '../../api/generated/types.ts';
import type { Span } from '../../kernel/trace.ts';
import type { LaneKind, PodLane, PodSegment, ProbeTick } from '../../port/protocol-pod.ts';
import type { ContainerInfo, PodRuntimeStatus } from '../node/runtime/runtime-types.ts';

/** Of one lane; a crash loop of days has more, of which the newest are shown. */
const MAX_SEGMENTS = 120;
/** Shorter gaps are the kubelet's own work: the shortest back-off is one second (maxContainerRestartPeriod). */
const SHORTEST_WAIT_US = 1_000_000;

export interface PodStory {
  readonly pod: Pod;
  /** About this Pod: `cri`, `container` and `hook`, in order of their beginning. */
  readonly spans: readonly Span[];
  /** Moment that is shown; what began later is not known yet. */
  readonly at: number;
  /** What containerd holds now; null when the past is shown or the Pod is not on its node. */
  readonly runtime: PodRuntimeStatus | null;
  readonly ticks: (container: string) => readonly ProbeTick[];
  /** State of the container's machine; '' where it is not known: then its status tells, a bit later. */
  readonly state: (container: string) => string;
}

export function podLanes(story: PodStory): readonly PodLane[] {
  const { pod, at } = story;
  const byContainer = new Map<string, Span[]>();
  const ofPod: Span[] = [];
  for (const span of story.spans) {
    if (span.start > at) continue;
    const name = span.detail?.['container'];
    if (typeof name !== 'string') ofPod.push(span);
    else if (byContainer.has(name)) byContainer.get(name)?.push(span);
    else byContainer.set(name, [span]);
  }
  const { spec } = pod;
  const lane = (c: Pick<Container, 'name' | 'image'>, kind: LaneKind): PodLane => {
    const builder = new LaneBuilder(at);
    for (const span of byContainer.get(c.name) ?? []) builder.take(span);
    const info = story.runtime?.containers.get(c.name);
    const state = story.state(c.name) || (statusOf(pod, c.name)?.state?.waiting?.reason ?? '');
    const segments = builder.finish(state, info);
    const { name, image = '' } = c;
    return { name, kind, image, segments, ticks: story.ticks(c.name).filter((t) => t.at <= at) };
  };
  return [
    podLane(ofPod, story),
    ...(spec.initContainers ?? []).map((c) =>
      lane(c, c.restartPolicy === 'Always' ? 'sidecar' : 'init'),
    ),
    ...spec.containers.map((c) => lane(c, 'app')),
    ...(spec.ephemeralContainers ?? []).map((c) => lane(c, 'ephemeral')),
  ];
}

function statusOf({ status }: Pod, name: string): ContainerStatus | undefined {
  const all = [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ];
  return all.find((s) => s.name === name);
}

/** The sandbox: made, there, and gone again. */
function podLane(spans: readonly Span[], { at, runtime }: PodStory): PodLane {
  const segments: PodSegment[] = [];
  let made = 0;
  for (const span of spans) {
    const end = span.end >= 0 && span.end <= at ? span.end : null;
    if (span.name === 'RunPodSandbox') {
      closeLast(segments, span.start);
      made++;
      const ip = end === null ? undefined : span.detail?.['ip'];
      const note = typeof ip === 'string' ? ip : '';
      segments.push({ ...segment('sandbox', span), to: end, attempt: made });
      // Without an address it was refused.
      if (note !== '') segments.push({ ...segment('run', span), from: end as number, note });
    } else if (span.name === 'StopPodSandbox') {
      closeLast(segments, end ?? at);
    }
  }
  const sandbox = runtime?.sandbox;
  if (sandbox && segments.length === 0) {
    const { createdAt: from, ip: note } = sandbox;
    segments.push({ ...EMPTY, kind: 'run', from, note });
  }
  if (sandbox?.ready === false) closeLast(segments, at);
  return { name: '', kind: 'pod', image: '', segments, ticks: [] };
}

const EMPTY: PodSegment = {
  kind: 'run',
  from: 0,
  to: null,
  failed: false,
  note: '',
  exitCode: null,
  attempt: 0,
  span: 0,
};

function segment(kind: PodSegment['kind'], span: Span): PodSegment {
  return { ...EMPTY, kind, from: span.start, span: span.id };
}

function closeLast(segments: PodSegment[], to: number): void {
  const last = segments.at(-1);
  if (last?.to === null) segments[segments.length - 1] = { ...last, to };
}

/** Puts together what happened to one container, span by span. */
class LaneBuilder {
  #at: number;
  #segments: PodSegment[] = [];
  #starts = 0;
  /** The process could not be started: there is nothing that runs. */
  #refused = false;

  constructor(at: number) {
    this.#at = at;
  }

  take(span: Span): void {
    if (span.kind === 'container') this.#event(span);
    else if (span.kind === 'hook') this.#hook(span);
    else if (span.kind === 'cri') this.#call(span);
  }

  #event(span: Span): void {
    if (span.name === 'Started') {
      if (this.#refused) return;
      closeLast(this.#segments, span.start);
      this.#push({ ...segment('run', span), attempt: ++this.#starts });
    } else if (span.name === 'Exited') {
      const code = span.detail?.['exitCode'];
      this.#exited(span.start, typeof code === 'number' ? code : 0);
    }
  }

  #exited(at: number, exitCode: number): void {
    // A hook cannot outlive its container, though its client may still wait for an answer.
    this.#segments = this.#segments.map((s) =>
      s.kind === 'hook' && (s.to === null || s.to > at) ? { ...s, to: at } : s,
    );
    const last = this.#segments.at(-1);
    if (!last || last.to !== null || (last.kind !== 'run' && last.kind !== 'stop')) return;
    const failed = exitCode !== 0;
    this.#segments[this.#segments.length - 1] = { ...last, to: at, failed, exitCode };
  }

  #call(span: Span): void {
    const end = span.end >= 0 && span.end <= this.#at ? span.end : null;
    const error = end === null ? undefined : span.detail?.['error'];
    const image = String(span.detail?.['image'] ?? '');
    switch (span.name) {
      case 'PullImage': {
        this.#waited(span.start);
        const failed = error !== undefined;
        const note = failed ? String(error) : image;
        this.#push({ ...segment('pull', span), to: end, failed, note });
        return;
      }
      case 'CreateContainer':
        this.#waited(span.start);
        this.#push({ ...segment('create', span), to: end, note: image });
        return;
      case 'StartContainer':
        this.#starting(end, error);
        return;
      case 'StopContainer':
        this.#stopping(span);
        return;
      default:
    }
  }

  /** Between a failure and the next try the container waited. */
  #waited(until: number): void {
    const last = this.#segments.at(-1);
    if (!last) return;
    closeLast(this.#segments, until);
    const from = last.to ?? until;
    const ended = last.kind === 'run' || last.kind === 'stop' || last.failed;
    if (!ended || until - from < SHORTEST_WAIT_US) return;
    const kind = last.kind === 'pull' ? 'pull-back-off' : 'back-off';
    this.#push({ ...EMPTY, kind, from, to: until });
  }

  /** StartContainer belongs to what CreateContainer began. */
  #starting(to: number | null, error: unknown): void {
    const last = this.#segments.at(-1);
    this.#refused = error !== undefined;
    if (last?.kind !== 'create') return;
    const refused = this.#refused ? { failed: true, note: String(error) } : {};
    this.#segments[this.#segments.length - 1] = { ...last, to, ...refused };
  }

  #stopping(span: Span): void {
    const last = this.#segments.at(-1);
    if (last?.kind !== 'run' || last.to !== null) return;
    closeLast(this.#segments, span.start);
    const seconds = span.detail?.['graceSeconds'];
    const note = typeof seconds === 'number' ? `${seconds}s` : '';
    this.#push({ ...segment('stop', span), note, attempt: last.attempt });
  }

  /** Beside the run, not in place of it: it is put before what goes on. */
  #hook(span: Span): void {
    const to = span.end >= 0 && span.end <= this.#at ? span.end : null;
    const failed = to !== null && span.detail?.['error'] !== undefined;
    const hook = { ...segment('hook', span), to, failed, note: span.name };
    this.#segments.splice(Math.max(this.#segments.length - 1, 0), 0, hook);
  }

  #push(next: PodSegment): void {
    this.#segments.push(next);
    if (this.#segments.length > MAX_SEGMENTS) this.#segments.shift();
  }

  /** |state|: of the machine, or the reason of the status. */
  finish(state: string, info: ContainerInfo | undefined): readonly PodSegment[] {
    this.#completeFrom(info);
    const last = this.#segments.at(-1);
    const kind = waitingFor(state);
    if (last?.to != null && kind !== null) this.#push({ ...EMPTY, kind, from: last.to });
    return this.#segments;
  }

  /** What the record has lost, or never had (a power cut tells nobody), containerd knows. */
  #completeFrom(info: ContainerInfo | undefined): void {
    if (!info || info.startedAt === null || this.#refused) return;
    const last = this.#segments.at(-1);
    const open = last?.to === null && (last.kind === 'run' || last.kind === 'stop');
    if (info.state === 'exited') {
      if (!open && last) return;
      if (!last) this.#push({ ...EMPTY, from: info.startedAt, attempt: info.restartCount + 1 });
      this.#exited(info.finishedAt ?? this.#at, info.exitCode);
    } else if (info.state === 'running' && !open) {
      this.#push({ ...EMPTY, from: info.startedAt, attempt: info.restartCount + 1 });
    }
  }
}

/** Machine states, and the reasons that a status gives for them. */
function waitingFor(state: string): 'back-off' | 'pull-back-off' | null {
  switch (state) {
    case 'pullFailed':
    case 'pullBackOff':
    case 'ImagePullBackOff':
    case 'ErrImagePull':
      return 'pull-back-off';
    case 'crashBackOff':
    case 'startFailed':
    case 'CrashLoopBackOff':
    case 'RunContainerError':
    case 'CreateContainerError':
    case 'CreateContainerConfigError':
      return 'back-off';
    default:
      return null;
  }
}
