/** Output of connections into Pods goes straight to whoever shows it: a terminal keeps its own text. */
import type { StreamChunk } from '../../port/protocol-pod.ts';

/** Null: another run begins, in which the numbers of streams mean others. */
type Listener = (chunk: StreamChunk | null) => void;

const listeners = new Set<Listener>();

/** Hears of every stream; returns how to end it. */
export function onStream(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function forgetStreams(): void {
  for (const listener of listeners) listener(null);
}

export function takeStreams(chunks: readonly StreamChunk[]): void {
  for (const chunk of chunks) for (const listener of listeners) listener(chunk);
}
