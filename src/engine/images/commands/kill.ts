/** kill: sends signals. Models: busybox procps/kill.c. Simplified: no process groups. */
import type { ProcessContext } from '../../node/runtime/program.ts';
import { parseSignal } from '../../node/runtime/signals.ts';

/** In order of their numbers, signal(7) on x86-64. */
const ALL_SIGNALS =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH POLL PWR SYS'.split(
    ' ',
  );

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
    for (const [i, signal] of ALL_SIGNALS.entries()) {
      context.stdout(`${String(i + 1).padStart(2)}) ${signal}\n`);
    }
    return 0;
  }
  for (const word of words) {
    // An exit status above 128 stands for the signal that it was.
    const number = /^\d+$/.test(word) ? Number(word) & 127 : null;
    const upper = word.toUpperCase().replace(/^SIG/, '');
    const answer =
      number === null ? ALL_SIGNALS.indexOf(upper) + 1 || undefined : ALL_SIGNALS[number - 1];
    if (answer === undefined) {
      context.stderr(`${name}: unknown signal '${word}'\n`);
      return 1;
    }
    context.stdout(`${answer}\n`);
  }
  return 0;
}
