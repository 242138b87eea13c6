/**
 * QuickJS as WebAssembly, one instance for each program: a synchronous binding to the functions that
 * `quickjs-wasi` exports. The package's own class is not used, because it can only be made by
 * waiting, and the engine waits for nothing.
 *
 * 1. The program reaches the host through one function, which takes and gives texts.
 * 2. Time is what `clockMs` says, in UTC; nothing else of the machine is visible.
 * 3. Every entry has a number of ticks; what uses more is ended, and so is the instance. One step may
 *    be a call of a function in C: those over long arrays are counted by the prelude, those over long
 *    texts and numbers are not, and end only with the memory.
 */

/** A value of the guest; 0 is none. */
type Pointer = number;

interface Functions {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  qjs_init2(intrinsics: number): number;
  qjs_set_memory_limit(bytes: number): void;
  qjs_set_max_stack_size(bytes: number): void;
  qjs_set_interrupt_handler(on: number): void;
  qjs_eval(code: Pointer, length: number, file: Pointer, flags: number): Pointer;
  qjs_new_host_function(name: Pointer, length: number, args: number): Pointer;
  qjs_get_global(): Pointer;
  qjs_set_prop_string(object: Pointer, name: Pointer, value: Pointer): number;
  qjs_get_prop_string(object: Pointer, name: Pointer): Pointer;
  qjs_new_string(text: Pointer, length: number): Pointer;
  qjs_get_undefined(): Pointer;
  qjs_is_undefined(value: Pointer): number;
  qjs_is_exception(value: Pointer): number;
  qjs_get_exception(): Pointer;
  qjs_get_string_len(value: Pointer, length: Pointer): Pointer;
  qjs_free_cstring(text: Pointer): void;
  qjs_free_value(value: Pointer): void;
  qjs_call(f: Pointer, self: Pointer, count: number, args: Pointer): Pointer;
  qjs_promise_state(promise: Pointer): number;
  qjs_promise_result(promise: Pointer): Pointer;
  qjs_is_job_pending(): number;
  qjs_execute_pending_job(): number;
  wasm_malloc(bytes: number): Pointer;
  wasm_free(at: Pointer): void;
}

export interface Hooks {
  clockMs(): number;
  /** What the guest's `host(op, text)` answers. */
  host(op: string, text: string): string;
}

export interface Limits {
  readonly memoryBytes: number;
  readonly stackBytes: number;
  readonly turnTicks: number;
}

/** Something was thrown in the guest, and nothing there caught it. */
export class GuestError extends Error {
  override readonly name = 'GuestError';
  readonly guestStack: string;

  constructor(message: string, guestStack: string) {
    super(message);
    this.guestStack = guestStack;
  }
}

/** The instance is of no use any more. */
export class GuestEnded extends Error {
  override readonly name = 'GuestEnded';
}

/** All but performance, DOMException and atob: what a language has, not what a page has. */
const INTRINSICS = 0x3ff;
const MODULE = 1; // JS_EVAL_TYPE_MODULE
const REJECTED = 2;
const FULFILLED = 1;
/** Jobs of one turn; promises that wake each other for ever would pass any number. */
const MAX_JOBS = 100_000;
const MAX_STACK_BYTES = 512 * 1024; // MAX_STACK_SIZE of the package
const OUT_OF_MEMORY = 'out of memory';
/** JS_INTERRUPT_COUNTER_INIT of QuickJS: so often it asks whether it may go on. */
const STEPS_OF_A_TICK = 10_000;

/** What WASI's functions answer; errno of wasi_snapshot_preview1. */
const DONE = 0;
const BAD_FILE = 8;

export class Interpreter {
  readonly #hooks: Hooks;
  readonly #limits: Limits;
  readonly #f: Functions;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  #ticks = 0;
  #ended = '';

  constructor(module: WebAssembly.Module, limits: Limits, hooks: Hooks) {
    this.#hooks = hooks;
    this.#limits = limits;
    const instance = new WebAssembly.Instance(module, this.#imports());
    this.#f = instance.exports as unknown as Functions;
    this.#f._initialize();
    if (this.#f.qjs_init2(INTRINSICS) !== 0) throw new GuestEnded('the interpreter did not start');
    this.#f.qjs_set_memory_limit(limits.memoryBytes);
    this.#f.qjs_set_max_stack_size(Math.min(limits.stackBytes, MAX_STACK_BYTES));
    this.#f.qjs_set_interrupt_handler(1);
    this.#installHost();
  }

  /** Ticks used since the last `turn`. */
  get ticks(): number {
    return this.#ticks;
  }

  /** A new turn begins: its ticks are counted from here. */
  turn(): void {
    this.#ticks = 0;
  }

  /** Runs a script and answers its value, to be freed by the caller or kept for good. */
  script(code: string, file: string): Pointer {
    return this.#eval(code, file, 0);
  }

  /** Runs a module and its jobs; answers the namespace of its exports. */
  module(code: string, file: string): Pointer {
    const promise = this.#eval(code, file, MODULE);
    this.runJobs();
    const state = this.#f.qjs_promise_state(promise);
    const result = this.#f.qjs_promise_result(promise);
    if (state === FULFILLED) return result;
    if (state === REJECTED) throw this.#errorOf(result);
    throw new GuestError('the program waits at its top level for something that never comes', '');
  }

  get(object: Pointer, name: string): Pointer {
    return this.#withText(name, (text) => this.#f.qjs_get_prop_string(object, text));
  }

  text(value: string): Pointer {
    return this.#withText(value, (at, length) => this.#f.qjs_new_string(at, length));
  }

  /** Calls |f| with the values of |args|, which are freed; answers its text, or '' for undefined. */
  call(f: Pointer, args: readonly Pointer[]): string {
    this.#check();
    const at = this.#f.wasm_malloc(Math.max(args.length, 1) * 4);
    if (at === 0) throw this.#end(OUT_OF_MEMORY);
    const view = new DataView(this.#f.memory.buffer);
    for (const [i, arg] of args.entries()) view.setUint32(at + i * 4, arg, true);
    const result = this.#guarded(() =>
      this.#f.qjs_call(f, this.#f.qjs_get_undefined(), args.length, at),
    );
    this.#f.wasm_free(at);
    for (const arg of args) this.#f.qjs_free_value(arg);
    this.#throwIfException(result);
    const text = this.#f.qjs_is_undefined(result) ? '' : this.#textOf(result);
    this.#f.qjs_free_value(result);
    return text;
  }

  /** Runs what promises have set going, until nothing is left. */
  runJobs(): void {
    for (let n = 0; this.#f.qjs_is_job_pending() !== 0; n++) {
      if (n > MAX_JOBS) throw this.#end(`more than ${MAX_JOBS} promises were settled in one turn`);
      const result = this.#guarded(() => this.#f.qjs_execute_pending_job());
      // A job's own exceptions reject promises; what comes up here cannot be caught.
      if (result < 0) throw this.#end(this.#errorOf(this.#f.qjs_get_exception()).message);
    }
    // Where a function that waits was ended, nobody is told.
    if (this.#ticks > this.#limits.turnTicks) throw this.#end(this.#tooLong());
  }

  #installHost(): void {
    const f = this.#withText('host', (at, length) => this.#f.qjs_new_host_function(at, length, 2));
    const global = this.#f.qjs_get_global();
    this.#withText('__host', (name) => this.#f.qjs_set_prop_string(global, name, f));
    this.#f.qjs_free_value(global);
  }

  #eval(code: string, file: string, flags: number): Pointer {
    this.#check();
    const result = this.#withText(file, (name) =>
      this.#withText(code, (at, length) =>
        this.#guarded(() => this.#f.qjs_eval(at, length, name, flags)),
      ),
    );
    this.#throwIfException(result);
    return result;
  }

  #throwIfException(result: Pointer): void {
    if (this.#f.qjs_is_exception(result) !== 0) throw this.#errorOf(this.#f.qjs_get_exception());
  }

  /** The error that |thrown| stands for; what cannot be caught in the guest ends the instance. */
  #errorOf(thrown: Pointer): GuestError | GuestEnded {
    if (this.#ticks > this.#limits.turnTicks) return this.#end(this.#tooLong());
    const message = this.#textOf(thrown);
    if (message.includes(OUT_OF_MEMORY)) return this.#end(this.tooMuch);
    const stack = this.get(thrown, 'stack');
    const isText = this.#f.qjs_is_exception(stack) === 0 && this.#f.qjs_is_undefined(stack) === 0;
    const stackText = isText ? this.#textOf(stack) : '';
    this.#f.qjs_free_value(stack);
    this.#f.qjs_free_value(thrown);
    return new GuestError(message, stackText);
  }

  #tooLong(): string {
    return `it ran for more than ${this.#limits.turnTicks * STEPS_OF_A_TICK} steps without waiting for anything`;
  }

  /** What is said of a program that would have more memory than it may. */
  get tooMuch(): string {
    return `it needs more than ${this.#limits.memoryBytes / 2 ** 20} MiB of memory`;
  }

  /** A trap of WebAssembly leaves the instance in a state that nobody knows. */
  #guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof GuestEnded) throw error;
      throw this.#end(
        error instanceof RangeError ? 'its functions call each other too deeply' : String(error),
      );
    }
  }

  #end(why: string): GuestEnded {
    this.#ended = why === OUT_OF_MEMORY ? this.tooMuch : why;
    return new GuestEnded(this.#ended);
  }

  #check(): void {
    if (this.#ended !== '') throw new GuestEnded(this.#ended);
  }

  #withText<T>(text: string, use: (at: Pointer, length: number) => T): T {
    const bytes = this.#encoder.encode(text);
    const at = this.#f.wasm_malloc(bytes.length + 1);
    if (at === 0) throw this.#end(OUT_OF_MEMORY);
    const memory = new Uint8Array(this.#f.memory.buffer);
    memory.set(bytes, at);
    memory[at + bytes.length] = 0;
    try {
      return use(at, bytes.length);
    } finally {
      this.#f.wasm_free(at);
    }
  }

  #textOf(value: Pointer): string {
    const length = this.#f.wasm_malloc(4);
    if (length === 0) throw this.#end(OUT_OF_MEMORY);
    const at = this.#f.qjs_get_string_len(value, length);
    if (at === 0) {
      // Its own toString threw, or there is no memory left for the text.
      this.#f.qjs_free_value(this.#f.qjs_get_exception());
      this.#f.wasm_free(length);
      return OUT_OF_MEMORY;
    }
    const count = new DataView(this.#f.memory.buffer).getUint32(length, true);
    const text = this.#decoder.decode(new Uint8Array(this.#f.memory.buffer, at, count));
    this.#f.qjs_free_cstring(at);
    this.#f.wasm_free(length);
    return text;
  }

  #hostCall(count: number, args: Pointer): Pointer {
    const view = new DataView(this.#f.memory.buffer);
    const at = (i: number): Pointer => view.getUint32(args + i * 4, true);
    if (count < 2) return this.#f.qjs_get_undefined();
    const [op, text] = [at(0), at(1)].map((value) => this.#textOf(value)) as [string, string];
    if (op === 'cost') return this.text(this.#spend(Number(text) / STEPS_OF_A_TICK));
    return this.text(this.#hooks.host(op, text));
  }

  /** Work that the interpreter does not count by itself. */
  #spend(ticks: number): string {
    this.#ticks += Math.ceil(ticks);
    return this.#ticks > this.#limits.turnTicks ? 'stop' : '';
  }

  #imports(): WebAssembly.Imports {
    const memory = (): DataView => new DataView(this.#f.memory.buffer);
    return {
      env: {
        host_call: (
          _name: Pointer,
          _length: number,
          _self: Pointer,
          count: number,
          args: Pointer,
        ) => this.#hostCall(count, args),
        host_interrupt: () => (++this.#ticks > this.#limits.turnTicks ? 1 : 0),
        host_promise_rejection: (promise: Pointer, reason: Pointer) => {
          this.#f.qjs_free_value(promise);
          this.#f.qjs_free_value(reason);
        },
        host_module_normalize: () => 0,
        host_module_load: () => 0,
        host_get_timezone_offset: () => 0,
      },
      wasi_snapshot_preview1: {
        clock_time_get: (_clock: number, _precision: bigint, result: Pointer) => {
          memory().setBigUint64(
            result,
            BigInt(Math.floor(this.#hooks.clockMs())) * 1_000_000n,
            true,
          );
          return DONE;
        },
        random_get: (at: Pointer, length: number) => {
          new Uint8Array(this.#f.memory.buffer, at, length).fill(0);
          return DONE;
        },
        // What the interpreter itself would print has nowhere to go: it is taken and dropped.
        fd_write: (_file: number, vectors: Pointer, count: number, written: Pointer) => {
          let total = 0;
          for (let i = 0; i < count; i++) total += memory().getUint32(vectors + i * 8 + 4, true);
          memory().setUint32(written, total, true);
          return DONE;
        },
        fd_close: () => BAD_FILE,
        fd_fdstat_get: () => BAD_FILE,
        fd_seek: () => BAD_FILE,
      },
    };
  }
}
