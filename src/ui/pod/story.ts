/** What happened in a Pod, in order, read from its lanes: the time line as a list. */
import type { LaneKind, PodInside, PodLane, PodSegment } from '../../port/protocol-pod.ts';

export type StoryWhat =
  | 'sandbox-begun'
  | 'sandbox-ready'
  | 'sandbox-gone'
  | 'pull-begun'
  | 'pulled'
  | 'pull-failed'
  | 'create-failed'
  | 'started'
  | 'restarted'
  | 'stopping'
  | 'completed'
  | 'failed'
  | 'waits'
  | 'pull-waits'
  | 'hook-begun'
  | 'hook-failed'
  | 'probe-failed'
  | 'probe-ok';

export interface StoryLine {
  readonly at: number;
  /** Name of the container; '' for the Pod. */
  readonly container: string;
  readonly lane: LaneKind;
  readonly what: StoryWhat;
  /** An image, an address, an error, a length of time. */
  readonly note: string;
  readonly exitCode: number | null;
  /** 0 when no span tells of it. */
  readonly span: number;
}

export function podStory(lanes: readonly PodLane[]): readonly StoryLine[] {
  const lines = lanes.flatMap((lane) => [
    ...inOrderOfTelling(lane.segments).flatMap((segment) => segmentLines(lane, segment)),
    ...tickLines(lane),
  ]);
  return lines.sort((a, b) => a.at - b.at);
}

/** A run begins together with its postStart hook, and is told first. */
function inOrderOfTelling(segments: readonly PodSegment[]): readonly PodSegment[] {
  return [...segments].sort(
    (a, b) => a.from - b.from || Number(a.kind === 'hook') - Number(b.kind === 'hook'),
  );
}

function segmentLines(lane: PodLane, segment: PodSegment): readonly StoryLine[] {
  const { kind, from, to, failed, note, exitCode, attempt, span } = segment;
  const line = (at: number, what: StoryWhat, words = note): StoryLine => ({
    at,
    container: lane.name,
    lane: lane.kind,
    what,
    note: words,
    exitCode,
    span,
  });
  const end = (what: StoryWhat): readonly StoryLine[] => (to === null ? [] : [line(to, what)]);
  switch (kind) {
    case 'sandbox':
      return [line(from, 'sandbox-begun')];
    case 'pull':
      return [line(from, 'pull-begun', lane.image), ...end(failed ? 'pull-failed' : 'pulled')];
    case 'create':
      return failed ? end('create-failed') : [];
    case 'run':
      if (lane.kind === 'pod') return [line(from, 'sandbox-ready'), ...end('sandbox-gone')];
      return [
        line(from, attempt > 1 ? 'restarted' : 'started', attempt > 1 ? String(attempt - 1) : ''),
        // A run that is being stopped has not ended: its stopping has.
        ...(exitCode === null ? [] : end(failed ? 'failed' : 'completed')),
      ];
    case 'stop':
      return [line(from, 'stopping'), ...end(failed ? 'failed' : 'completed')];
    case 'back-off':
      return [line(from, 'waits')];
    case 'pull-back-off':
      return [line(from, 'pull-waits')];
    case 'hook':
      return [line(from, 'hook-begun'), ...(failed ? end('hook-failed') : [])];
  }
}

/** Of each probe only what changed: a hundred successes in a row are one. */
function tickLines(lane: PodLane): readonly StoryLine[] {
  const last = new Map<string, boolean>();
  return lane.ticks.flatMap(({ at, probe, ok, message }) => {
    if (last.get(probe) === ok) return [];
    last.set(probe, ok);
    const what: StoryWhat = ok ? 'probe-ok' : 'probe-failed';
    const note = message === '' ? probe : `${probe}: ${message}`;
    return [{ at, container: lane.name, lane: lane.kind, what, note, exitCode: null, span: 0 }];
  });
}

/** Beginning of the Pod's story, and every moment at which something began or ended. */
export function momentsOf(inside: PodInside): readonly number[] {
  return inside.lanes.flatMap((lane) =>
    lane.segments.flatMap(({ from, to }) => (to === null ? [from] : [from, to])),
  );
}
