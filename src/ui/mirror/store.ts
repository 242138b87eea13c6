/** The mirror's store and the hook through which components read it. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { Frame, RunFile } from '../../port/protocol.ts';
import { applyFrame } from './apply-frame.ts';
import { clockTick } from './clock.ts';
import { forgetStreams, takeStreams } from './streams.ts';
import { emptyMirror, type LogLine, logKey, type MirrorState } from './state.ts';

export const mirror = createStore<MirrorState>(() => emptyMirror());

/** Select narrowly: a row by reference, a list of an index, a number; not the whole state. */
export function useMirror<T>(selector: (state: MirrorState) => T): T {
  return useStore(mirror, selector);
}

let awaitingNewRun = true;

/** The next whole frame begins another run (start, reset, open). */
export function expectNewRun(): void {
  awaitingNewRun = true;
}

/** |wallMs| is the host's clock when the frame came in; it only smooths what is drawn. */
export function takeFrame(frame: Frame, wallMs: number): void {
  const state = mirror.getState();
  const newRun = frame.whole && (awaitingNewRun || frame.liveAt < state.liveAt);
  if (newRun) {
    awaitingNewRun = false;
    forgetStreams();
  }
  clockTick(frame, wallMs);
  const next = applyFrame(state, frame, newRun);
  mirror.setState({ ...next, engine: { type: 'ready' } }, true);
  takeStreams(frame.streams);
}

export function takeCrash(message: string, run: RunFile): void {
  mirror.setState({ engine: { type: 'crashed', message, run }, playing: false });
}

export function takeLoss(message: string): void {
  mirror.setState({ engine: { type: 'lost', message }, playing: false });
}

export function takeMemoryWarning(message: string, usedMb: number): void {
  mirror.setState({ memory: { message, usedMb }, playing: false });
}

/** Another engine is being started: everything known belongs to the old one. */
export function restartMirror(): void {
  awaitingNewRun = true;
  mirror.setState(emptyMirror(), true);
}

/** Lines of a container that is followed anew arrive from the start again. */
export function forgetLogs(pod: string, container: string): void {
  const logs = new Map<string, readonly LogLine[]>(mirror.getState().logs);
  logs.delete(logKey(pod, container));
  mirror.setState({ logs });
}

/** Forgets the whole objects that are no longer watched; they would grow old unseen. */
export function keepWhole(refs: readonly string[]): void {
  const whole = new Map(mirror.getState().whole);
  for (const ref of whole.keys()) if (!refs.includes(ref)) whole.delete(ref);
  mirror.setState({ whole });
}
