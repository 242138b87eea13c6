/**
 * What the engine needs of an interpreter in which a reader's program runs. The interpreter itself is
 * loaded by the host (src/sandbox) and handed in: the engine knows no package and waits for nothing.
 *
 * Everything here is synchronous and plain data: a turn runs until the program waits for an answer.
 */
import type { OwnLanguage } from '../../port/protocol-own.ts';

export interface OwnProgram {
  readonly name: string;
  readonly language: OwnLanguage;
  readonly source: string;
}

export interface SandboxLimits {
  /** What the program may hold. */
  readonly memoryBytes: number;
  readonly stackBytes: number;
  /** Ticks of one turn; a tick is some 10,000 steps of the interpreter, counted, not timed. */
  readonly turnTicks: number;
}

/** What the program can reach beside the API. */
export interface SandboxWorld {
  /** Milliseconds since 1970, virtual. */
  nowMs(): number;
  /** Where its Math.random begins. */
  readonly seed: number;
  log(level: 'info' | 'warning' | 'error', text: string, line: number | undefined): void;
  /** For "Why is this happening?": what it wants beside what it sees. */
  note(wanted: string, seen: string): void;
  event(input: unknown): void;
}

/** What the program says of itself, as it was written: to be checked. */
export interface Declaration {
  readonly for: unknown;
  readonly owns: unknown;
  /** Kinds that wake objects by a function of the program, or all objects where it has none. */
  readonly watches: readonly { readonly kind: unknown; readonly maps: boolean }[];
}

/** A request of the program to the API. */
export interface Exchange {
  readonly id: number;
  readonly verb: string;
  /** JSON, to be checked. */
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Thrown {
  readonly message: string;
  readonly line?: number;
}

export type Ending = { readonly value: unknown } | { readonly error: Thrown };

/** What came of letting the program run until it waits. */
export interface Turn {
  readonly exchanges: readonly Exchange[];
  /** How the reconcile ended, when it has. */
  readonly ended: Ending | null;
  readonly ticks: number;
}

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

export interface Sandbox {
  readonly declaration: Declaration;
  begin(request: ObjectName): Turn;
  /** |text| is JSON: what the API answered, or why it refused. */
  answer(exchange: number, ok: boolean, text: string): Turn;
  /** Which objects a change of |object| wakes, by the program's own function; to be checked. */
  wakes(watch: number, object: unknown): unknown;
  dispose(): void;
}

/** Throws ProgramError where the program cannot be used. */
export type SandboxMaker = (
  program: OwnProgram,
  limits: SandboxLimits,
  world: SandboxWorld,
) => Sandbox;

/** Something of the reader's program is wrong. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(message: string, line?: number, column?: number) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

/** The program went beyond a limit and was ended: nothing of it can be relied on any more. */
export class SandboxCrash extends Error {
  override readonly name = 'SandboxCrash';
}
