/**
 * Shells that were opened in containers: they go on while another view is shown, and their text can
 * be written into a new terminal. What is typed goes out as commands, and so into the run.
 */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { StreamChunk } from '../../port/protocol-pod.ts';
import { onStream } from '../mirror/streams.ts';
import { reason, runCommand } from '../session/actions.ts';
import { ask } from '../session/engine.ts';

/** Characters kept of what a shell has written. */
const TEXT_KEPT = 200_000;
/** The engine counts on hearing after as many characters that they were read (engine/streams.ts). */
const TAKEN_AT_ONCE = 262_144;

export interface Shell {
  readonly stream: number;
  readonly end: StreamChunk['end'];
}

interface Output {
  text: string;
  untold: number;
  listener: ((text: string) => void) | null;
}

/** By `pod reference|container`. */
const shells = createStore<ReadonlyMap<string, Shell>>(() => new Map());
const outputs = new Map<number, Output>();

export function useShell(pod: string, container: string): Shell | undefined {
  return useStore(shells, (all) => all.get(key(pod, container)));
}

/** |size| is that of the terminal that will show it. */
export async function openShell(
  pod: string,
  container: string,
  size: { readonly cols: number; readonly rows: number },
): Promise<void> {
  listen();
  const argv = ['sh'];
  const result = await runCommand({
    type: 'open-stream',
    pod,
    container,
    argv,
    stdin: true,
    tty: true,
  });
  const stream = result?.stream;
  if (stream === undefined) return;
  outputOf(stream);
  put(key(pod, container), { stream, end: null });
  resizeShell(stream, size.cols, size.rows);
}

export function typeInto(stream: number, text: string): void {
  send(stream, { type: 'stdin', text });
}

export function resizeShell(stream: number, width: number, height: number): void {
  send(stream, { type: 'resize', width, height });
}

export function closeShell(pod: string, container: string): void {
  const shell = shells.getState().get(key(pod, container));
  if (shell === undefined) return;
  if (shell.end === null) send(shell.stream, { type: 'close' });
  outputs.delete(shell.stream);
  const rest = new Map(shells.getState());
  rest.delete(key(pod, container));
  shells.setState(rest, true);
}

/** Hands out all that was written and will be; returns how to end it. */
export function readShell(stream: number, listener: (text: string) => void): () => void {
  const output = outputOf(stream);
  output.listener = listener;
  if (output.text !== '') listener(output.text);
  return () => {
    if (output.listener === listener) output.listener = null;
  };
}

function key(pod: string, container: string): string {
  return `${pod}|${container}`;
}

function put(id: string, shell: Shell): void {
  shells.setState(new Map(shells.getState()).set(id, shell), true);
}

function outputOf(stream: number): Output {
  const known = outputs.get(stream);
  if (known) return known;
  const fresh: Output = { text: '', untold: 0, listener: null };
  outputs.set(stream, fresh);
  return fresh;
}

let listening = false;

function listen(): void {
  if (listening) return;
  listening = true;
  onStream((chunk) => {
    if (chunk === null) {
      outputs.clear();
      shells.setState(new Map(), true);
      return;
    }
    const { stream, text, end } = chunk;
    const output = outputOf(stream);
    output.text = (output.text + text).slice(-TEXT_KEPT);
    output.listener?.(text);
    output.untold += text.length;
    if (output.untold >= TAKEN_AT_ONCE) {
      send(stream, { type: 'taken', count: output.untold });
      output.untold = 0;
    }
    if (end === null) return;
    for (const [id, shell] of shells.getState())
      if (shell.stream === stream) put(id, { stream, end });
  });
}

function send(stream: number, input: Parameters<typeof inputCommand>[1]): void {
  ask({ type: 'command', command: inputCommand(stream, input) }).catch((error: unknown) => {
    outputs.get(stream)?.listener?.(`\r\n${reason(error)}\r\n`);
  });
}

type InputCommand = Extract<
  Extract<Parameters<typeof ask>[0], { type: 'command' }>['command'],
  { type: 'stream-input' }
>;

function inputCommand(stream: number, input: InputCommand['input']): InputCommand {
  return { type: 'stream-input', stream, input };
}
