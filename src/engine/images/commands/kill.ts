/** kill: sends signals. Models: busybox procps/kill.c. Simplified: no process groups. */
import type { ProcessContext } from '../../node/runtime/program.ts';
import { parseSignal, SIGNAL_NUMBERS } from '../../node/runtime/signals.ts';

/** |name| is how it calls itself in messages: `sh` as a builtin. */
export function killCommand(
  context: ProcessContext,
  args: readonly string[],
  name: string,
): number {
  const fail = (text: string): number => {
    context.stderr(`${name}: ${text}\n`);
    return 1;
  };
  let words = args;
  let signal = 'TERM';
  const first = words[0];
  if (first === '-l') return listSignals(context, words.slice(1), name);
  if (first === '-s' || first === '-n') {
    signal = words[1] ?? '';
    words = words.slice(2);
  } else if (first === '--') {
    words = words.slice(1);
  } else if (first?.startsWith('-') && first.length > 1) {
    signal = first.slice(1);
    words = words.slice(1);
  }
  const parsed = signal === '0' ? 'probe' : parseSignal(signal);
  if (parsed === undefined) return fail(`bad signal name '${signal}'`);
  if (words[0] === '--') words = words.slice(1);
  if (words.length === 0) return fail('you need to specify whom to kill');
  let status = 0;
  for (const word of words) {
    if (!/^-?\d+$/.test(word)) status = fail(`invalid number '${word}'`);
    else if (!sendTo(context, Number(word), parsed)) {
      status = fail(`can't kill pid ${word}: No such process`);
    }
  }
  return status;
}

function sendTo(
  context: ProcessContext,
  pid: number,
  signal: Parameters<ProcessContext['kill']>[1],
): boolean {
  if (pid > 0) return context.kill(pid, signal);
  // 0 and -1: everybody else in the container but process 1, as kill(2) has it for -1.
  let any = false;
  for (const process of context.processes()) {
    if (process.pid === 1 || process.pid === context.pid) continue;
    any = context.kill(process.pid, signal) || any;
  }
  return any;
}

function listSignals(context: ProcessContext, words: readonly string[], name: string): number {
  if (words.length === 0) {
    for (const [signal, number] of Object.entries(SIGNAL_NUMBERS)) {
      context.stdout(`${String(number).padStart(2)}) ${signal.slice(3)}\n`);
    }
    return 0;
  }
  for (const word of words) {
    const signal = parseSignal(word);
    if (!signal) {
      context.stderr(`${name}: unknown signal '${word}'\n`);
      return 1;
    }
    context.stdout(/^\d+$/.test(word) ? `${signal.slice(3)}\n` : `${SIGNAL_NUMBERS[signal]}\n`);
  }
  return 0;
}
