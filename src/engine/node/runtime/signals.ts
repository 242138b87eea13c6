/** Signals: numbers and default actions on Linux (x86-64), signal(7). */
import type { SignalName } from './program.ts';

export const SIGNAL_NUMBERS: Readonly<Record<SignalName, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGWINCH: 28,
};

const NAMES_BY_NUMBER = new Map<number, SignalName>(
  Object.entries(SIGNAL_NUMBERS).map(([name, number]) => [number, name as SignalName]),
);

/** Without a handler these do nothing. Stopping a process is not simulated: it goes on. */
const IGNORED_BY_DEFAULT: ReadonlySet<SignalName> = new Set([
  'SIGCHLD',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGWINCH',
]);

export function endsByDefault(signal: SignalName): boolean {
  return !IGNORED_BY_DEFAULT.has(signal);
}

/** Reads `TERM`, `SIGTERM`, `term` or `15`. */
export function parseSignal(text: string): SignalName | undefined {
  if (/^\d+$/.test(text)) return NAMES_BY_NUMBER.get(Number(text));
  const upper = text.toUpperCase();
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  return name in SIGNAL_NUMBERS ? (name as SignalName) : undefined;
}

/** Thrown through a program that sends a deadly signal to itself. */
export class Killed extends Error {
  override readonly name = 'Killed';
  readonly signal: SignalName;

  constructor(signal: SignalName) {
    super(signal);
    this.signal = signal;
  }
}
