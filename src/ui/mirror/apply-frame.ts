/**
 * Takes one frame into the mirror. The collections are changed in place (see state.ts); what is
 * returned is a new state object.
 */
import { isDrawn } from '../../port/drawn.ts';
import type { ComponentRow, Frame, ObjectRow, SpanRow } from '../../port/protocol.ts';
import {
  type Act,
  ACTS_KEPT,
  LOG_LINES_KEPT,
  logKey,
  type LogLine,
  type MirrorState,
  REQUESTS_KEPT,
  TOLD_KEPT,
} from './state.ts';

/**
 * @param newRun True when this frame begins another run: spans and acts of the last one are
 * forgotten. A mere seek keeps them, they are still what happened.
 */
export function applyFrame(state: MirrorState, frame: Frame, newRun: boolean): MirrorState {
  if (frame.whole) forgetObjects(state);
  if (newRun) forgetRun(state);
  for (const ref of frame.removed) removeRow(state, ref);
  for (const row of frame.rows) putRow(state, row);
  for (const index of indexes(state)) index.publish();
  const ended = endedNow(state, frame);
  const drawn = toldNow(newRun ? [] : state.acts, frame, ended);
  state.spans.put(frame.spans);
  if (frame.spansDropped > 0) state.spans.closeLost(frame.spans, frame.at);
  takeWhole(state, frame);
  return {
    ...state,
    version: state.version + 1,
    memory: frame.playing ? null : state.memory,
    at: frame.at,
    liveAt: frame.liveAt,
    oldestAt: frame.oldestAt,
    past: frame.past,
    epochMs: frame.epochMs,
    revision: frame.revision,
    playing: frame.playing,
    pace: frame.pace,
    settled: frame.settled,
    hash: frame.hash,
    folded: frame.folded,
    totals: frame.totals,
    steps: frame.steps ?? (newRun ? [] : state.steps),
    told: grown(newRun ? [] : state.told, drawn, TOLD_KEPT),
    toldCount: (newRun ? 0 : state.toldCount) + drawn.length,
    requests: grown(newRun ? [] : state.requests, ended.filter(isRequest), REQUESTS_KEPT),
    acts: nextActs(newRun ? [] : state.acts, frame),
    ...nextComponents(state, frame.components),
    logs: nextLogs(newRun ? new Map() : state.logs, frame),
    pod: frame.pod ?? (newRun ? null : state.pod),
    workings: frame.workings ?? (newRun ? null : state.workings),
  };
}

function indexes(state: MirrorState): MirrorState['byKind'][] {
  return [state.byKind, state.podsByNode, state.byOwner, state.eventsAbout];
}

function forgetRun(state: MirrorState): void {
  state.spans.clear();
  (state.whole as Map<string, unknown>).clear();
}

/** Whole objects stay: they are sent again when they differ at the moment that is shown now. */
function forgetObjects(state: MirrorState): void {
  (state.objects as Map<string, ObjectRow>).clear();
  for (const index of indexes(state)) index.clear();
}

function putRow(state: MirrorState, row: ObjectRow): void {
  const rows = state.objects as Map<string, ObjectRow>;
  const before = rows.get(row.ref);
  if (before !== undefined) unindex(state, before, row);
  rows.set(row.ref, row);
  state.byKind.add(row.kind, row.ref);
  if (row.pod !== undefined) state.podsByNode.add(row.pod.node, row.ref);
  if (row.owner !== undefined) state.byOwner.add(row.owner, row.ref);
  if (row.event !== undefined) state.eventsAbout.add(row.event.about, row.ref);
}

function removeRow(state: MirrorState, ref: string): void {
  const row = state.objects.get(ref);
  if (row === undefined) return;
  unindex(state, row, null);
  (state.objects as Map<string, ObjectRow>).delete(ref);
}

/** Takes |row| out of the lists in which |next| will not stand. */
function unindex(state: MirrorState, row: ObjectRow, next: ObjectRow | null): void {
  if (next === null) state.byKind.remove(row.kind, row.ref);
  if (row.pod !== undefined && row.pod.node !== next?.pod?.node) {
    state.podsByNode.remove(row.pod.node, row.ref);
  }
  if (row.owner !== undefined && row.owner !== next?.owner) {
    state.byOwner.remove(row.owner, row.ref);
  }
  if (row.event !== undefined && row.event.about !== next?.event?.about) {
    state.eventsAbout.remove(row.event.about, row.ref);
  }
}

function takeWhole(state: MirrorState, frame: Frame): void {
  const whole = state.whole as Map<string, unknown>;
  for (const [ref, object] of Object.entries(frame.objects)) whole.set(ref, object);
}

/** Spans that this frame says have ended and that were not known to have; in order of their end. */
function endedNow(state: MirrorState, frame: Frame): readonly SpanRow[] {
  return frame.spans
    .filter((span) => span.end >= 0 && (state.spans.get(span.id)?.end ?? -1) < 0)
    .sort(byEnd);
}

/**
 * What the text log tells of this frame, in order of time. An act of the reader is told when it
 * begins, as its consequences may be over before it is; all else when it has ended.
 */
function toldNow(
  acts: readonly Act[],
  frame: Frame,
  ended: readonly SpanRow[],
): readonly SpanRow[] {
  const begun = newCommands(acts, frame).map((span) => ({ ...span, end: span.start }));
  const drawn = ended.filter((span) => span.kind !== 'command' && isDrawn(span));
  return begun.length === 0 ? drawn : [...begun, ...drawn].sort(byEnd);
}

function byEnd(a: SpanRow, b: SpanRow): number {
  return a.end - b.end || a.id - b.id;
}

function isRequest(span: SpanRow): boolean {
  return span.kind === 'request';
}

function grown(
  list: readonly SpanRow[],
  added: readonly SpanRow[],
  kept: number,
): readonly SpanRow[] {
  return added.length === 0 ? list : [...list, ...added].slice(-kept);
}

function nextActs(acts: readonly Act[], frame: Frame): readonly Act[] {
  const added = newCommands(acts, frame).map((span) => ({
    span: span.id,
    at: span.start,
    name: span.name,
    object: span.object,
  }));
  return added.length === 0 ? acts : [...acts, ...added].slice(-ACTS_KEPT);
}

function newCommands(acts: readonly Act[], frame: Frame): readonly SpanRow[] {
  const last = acts[acts.length - 1]?.span ?? 0;
  return frame.spans.filter((span) => span.kind === 'command' && span.id > last);
}

function nextComponents(
  state: MirrorState,
  rows: readonly ComponentRow[] | null,
): Pick<MirrorState, 'components' | 'componentNames'> {
  if (rows === null) return { components: state.components, componentNames: state.componentNames };
  const components = new Map(rows.map((row) => [row.name, row]));
  const names = rows.map((row) => row.name);
  const same =
    names.length === state.componentNames.length &&
    names.every((name, i) => name === state.componentNames[i]);
  return { components, componentNames: same ? state.componentNames : names };
}

function nextLogs(logs: MirrorState['logs'], frame: Frame): MirrorState['logs'] {
  if (frame.logs.length === 0) return logs;
  const next = new Map<string, readonly LogLine[]>(logs);
  for (const chunk of frame.logs) {
    const key = logKey(chunk.pod, chunk.container);
    next.set(key, [...(next.get(key) ?? []), ...chunk.lines].slice(-LOG_LINES_KEPT));
  }
  return next;
}
