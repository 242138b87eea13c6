/**
 * The state of one shell: variables, functions, options, traps, jobs. A subshell is a copy.
 *
 * Models: busybox ash. Simplified: no job control, no aliases, no prompt.
 */
import { Signal } from '../../../kernel/wait.ts';
import type { CompoundCommand, CompoundList, Redirected, Statement } from 'unbash';
import type { Proc, Suspend } from '../../../kernel/process.ts';
import type { ChildProcess, ProcessContext, SignalName } from '../../node/runtime/program.ts';
import { CopyOnWriteMap } from './copy-on-write.ts';
import { DEFAULT_IFS } from './fields.ts';

export interface Variable {
  readonly value: string | undefined;
  readonly exported: boolean;
  readonly readonly: boolean;
}

export type FunctionBody = CompoundCommand | Redirected | CompoundList;

/** How control leaves the ordinary order of commands. */
export type Flow = 'break' | 'continue' | 'return' | 'exit';

/** What runs commands; handed in, because commands expand words and words run commands. */
export interface Evaluator {
  statements(shell: Shell, list: readonly Statement[]): Proc<void>;
  /** Parses and runs a text in this shell (eval, `.`, traps). */
  source(shell: Shell, text: string): Proc<void>;
  /** Runs words as a command; without |functions|, builtins and programs only. */
  words(shell: Shell, argv: readonly string[], functions: boolean): Proc<void>;
}

/** What a trap may be set on, beside signals. */
export type TrapName = SignalName | 'EXIT' | 'ERR';

export interface Job {
  readonly pid: number;
  readonly process: ChildProcess;
}

export type OptionName =
  | 'allexport'
  | 'errexit'
  | 'errtrace'
  | 'ignoreeof'
  | 'monitor'
  | 'noclobber'
  | 'noexec'
  | 'noglob'
  | 'notify'
  | 'nounset'
  | 'pipefail'
  | 'verbose'
  | 'vi'
  | 'xtrace';

/** An error that ends the shell (not a subshell's parent): printed, then exit with |status|. */
export class ShellError extends Error {
  override readonly name = 'ShellError';
  readonly status: number;

  constructor(message: string, status = 2) {
    super(message);
    this.status = status;
  }
}

/** A builtin on a fast machine; the floor of what a command costs. */
export const BUILTIN_US = 50;
/** fork in the parent, with a small address space to copy. */
export const FORK_US = 150;
/**
 * A loop that never waits would need as many events as the machine has cycles. After this many
 * commands without waiting, each is modelled as slower; the loop still runs, and other processes
 * see
 * no difference.
 */
const BUSY_COMMANDS = 20_000;
const BUSY_US = 5_000;

/** Values longer than this are counted as memory of the process; shorter ones are its base. */
const LARGE_VALUE = 1_024;
/** Bound of what a shell's variables hold where nothing else limits it. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/** Depth of calls and nested evaluations; ash ends with a stack overflow somewhere beyond. */
const MAX_DEPTH = 200;

export class Shell {
  context: ProcessContext;
  arg0: string;
  readonly evaluator: Evaluator;
  readonly variables: CopyOnWriteMap<string, Variable>;
  readonly functions: CopyOnWriteMap<string, FunctionBody>;
  readonly options: CopyOnWriteMap<OptionName, true>;
  /** $1 and so on. */
  positional: readonly string[];
  /** $$: the pid of the shell that subshells come from. */
  readonly mainPid: number;
  /** $! */
  lastBackground: number | null = null;
  /** $? */
  status = 0;
  flow: Flow | null = null;
  /** Loops still to leave (break 2, continue 2). */
  flowLevels = 0;
  loopDepth = 0;
  functionDepth = 0;
  /** Above zero: a failing command does not end the shell (conditions of if, while, && and ||). */
  tested = 0;
  /** Saved variables of each function call in progress. */
  readonly localScopes: Map<string, Variable | undefined>[] = [];
  /** Signal or EXIT → what to run; an empty text ignores the signal. */
  readonly traps = new CopyOnWriteMap<TrapName, string>();
  /** Signals that came and whose traps have not run yet. */
  readonly pending: SignalName[] = [];
  /** Fires with every trapped signal. */
  readonly interrupted = new Signal();
  readonly jobs: Job[] = [];
  /** The next external command is the last thing this process does: it takes its place. */
  tail = false;
  /** The trap on ERR runs: its own failures do not start it again. */
  inTrap = false;
  /** The next simple command runs under `time`. */
  timed = false;
  /** Text of the script file being run, for line numbers. */
  script: string | null = null;
  /** Where the command being run begins in it. */
  position = 0;
  /** It shares its process with the shell it comes from. */
  inline = false;
  /** Where getopts is within a word, and in which one. */
  optionOffset = 1;
  optionIndex = 1;
  /** Status of the last command substitution of the command being expanded. */
  substitutionStatus: number | null = null;
  /** Paths of commands found before. */
  readonly hashed: CopyOnWriteMap<string, string>;
  #environment: Map<string, string> | null = null;
  #held = 0;
  #depth = 0;
  #busy = 0;

  constructor(context: ProcessContext, arg0: string, evaluator: Evaluator, from?: Shell) {
    this.context = context;
    this.evaluator = evaluator;
    this.arg0 = arg0;
    this.positional = from?.positional ?? [];
    this.mainPid = from?.mainPid ?? context.pid;
    this.variables = new CopyOnWriteMap(from?.variables);
    this.functions = new CopyOnWriteMap(from?.functions);
    this.options = new CopyOnWriteMap(from?.options);
    this.hashed = new CopyOnWriteMap(from?.hashed);
    if (!from) return;
    this.#environment = from.#environment;
    this.lastBackground = from.lastBackground;
    this.status = from.status;
    this.loopDepth = from.loopDepth;
    this.functionDepth = from.functionDepth;
    this.tested = from.tested;
    this.timed = from.timed;
    this.script = from.script;
    this.position = from.position;
    this.#held = from.#held;
    this.#depth = from.#depth;
    this.#busy = from.#busy;
    for (const scope of from.localScopes) this.localScopes.push(new Map(scope));
    // A subshell keeps ignoring what is ignored, and forgets the other traps.
    for (const [signal, action] of from.traps.entries())
      if (action === '') this.traps.set(signal, action);
  }

  /** A copy for a subshell, in the same process or (through `attach`) another one. */
  fork(): Shell {
    return new Shell(this.context, this.arg0, this.evaluator, this);
  }

  get(name: string): string | undefined {
    return this.variables.get(name)?.value;
  }

  set(name: string, value: string): void {
    const variable = this.variables.get(name);
    if (!variable) {
      if (value.length > LARGE_VALUE) this.hold(value.length);
      const exported = this.options.has('allexport');
      this.variables.set(name, { value, exported, readonly: false });
      if (exported) this.#environment = null;
      return;
    }
    if (variable.readonly) throw new ShellError(`${name}: is read only`);
    const grown = counted(value) - counted(variable.value);
    if (grown !== 0) this.hold(grown);
    this.variables.set(name, { ...variable, value });
    if (variable.exported) this.#environment = null;
    if (name === 'PATH') this.hashed.clear();
  }

  export(name: string): void {
    const variable = this.variables.get(name);
    if (variable?.exported) return;
    this.variables.set(name, { value: undefined, readonly: false, ...variable, exported: true });
    this.#environment = null;
  }

  unset(name: string): void {
    if (this.variables.get(name)?.readonly) throw new ShellError(`${name}: is read only`);
    const freed = counted(this.variables.get(name)?.value);
    if (freed > 0) this.hold(-freed);
    this.variables.delete(name);
    this.#environment = null;
  }

  /** Large values have come or gone: the process holds |bytes| more. */
  hold(bytes: number): void {
    this.#held += bytes;
    if (this.#held > MAX_HELD_BYTES) throw new ShellError('out of memory', 1);
    this.context.setMemory(this.#held);
  }

  /** Puts a variable back as it was before a function or a prefix assignment changed it. */
  restore(name: string, variable: Variable | undefined): void {
    if (variable) this.variables.set(name, variable);
    else this.variables.delete(name);
    this.#environment = null;
    if (name === 'PATH') this.hashed.clear();
  }

  /** What children see. Shared between them until an exported variable changes. */
  get environment(): Map<string, string> {
    if (!this.#environment) {
      this.#environment = new Map();
      for (const [name, { value, exported }] of this.variables.entries()) {
        if (exported && value !== undefined) this.#environment.set(name, value);
      }
    }
    return this.#environment;
  }

  get ifs(): string {
    return this.get('IFS') ?? DEFAULT_IFS;
  }

  get ignoredSignals(): SignalName[] {
    const ignored: SignalName[] = [];
    for (const [signal, action] of this.traps.entries())
      if (action === '' && signal !== 'EXIT' && signal !== 'ERR') ignored.push(signal);
    return ignored;
  }

  out(text: string): number {
    const file = this.context.files[1];
    const error = file ? file.write(text) : 'Bad file descriptor';
    if (error === null) return 0;
    this.context.stderr(`sh: write error: ${error}\n`);
    return 1;
  }

  error(message: string): void {
    const line = this.script === null ? '' : `line ${this.line}: `;
    this.context.stderr(`${this.arg0}: ${line}${message}\n`);
  }

  /** Error of a builtin. */
  builtinError(name: string, message: string): void {
    this.context.stderr(`${this.arg0}: ${name}: line ${this.line}: ${message}\n`);
  }

  /** Line of the command being run; ash says 0 in a -c script. */
  get line(): number {
    if (this.script === null) return 0;
    let line = 1;
    for (let at = this.script.indexOf('\n'); at >= 0 && at < this.position; line++) {
      at = this.script.indexOf('\n', at + 1);
    }
    return line;
  }

  /** Spends the time of one command; what to wait for, or null. */
  charge(us: number): Suspend | null {
    if (++this.#busy <= BUSY_COMMANDS) return this.context.charge(us);
    return this.context.charge(us < BUSY_US ? BUSY_US : us);
  }

  /** The shell has waited for something: it is not a busy loop. */
  rested(): void {
    this.#busy = 0;
  }

  enter(): void {
    if (++this.#depth > MAX_DEPTH) throw new ShellError('maximum function nesting level exceeded');
  }

  leave(): void {
    this.#depth--;
  }

  stop(flow: Flow, levels = 0): void {
    this.flow = flow;
    this.flowLevels = levels;
  }
}

function counted(value: string | undefined): number {
  return value !== undefined && value.length > LARGE_VALUE ? value.length : 0;
}
