/**
 * A reader's program in its interpreter: what engine/own-controllers asks for, over QuickJS.
 */
import {
  type Declaration,
  type Ending,
  type Exchange,
  type ObjectName,
  type OwnProgram,
  ProgramError,
  type Sandbox,
  SandboxCrash,
  type SandboxLimits,
  type SandboxMaker,
  type SandboxWorld,
  type Thrown,
  type Turn,
} from '../engine/own-controllers/sandbox.ts';
import { GuestEnded, GuestError, type Hooks, Interpreter } from './interpreter.ts';
import { PRELUDE, PRELUDE_FILE } from './prelude.ts';
import { stripTypes } from './strip-types.ts';

/** `at reconcile (web.ts:12:8)`; the name has no characters that mean something here. */
const POSITION = /\(?([a-z0-9.-]+\.(?:ts|js)):(\d+)(?::(\d+))?\)?$/;

type RawEnding = { readonly value: unknown } | { readonly error: RawError };
interface RawError {
  readonly message: string;
  readonly stack: string;
}

export function sandboxMaker(module: WebAssembly.Module): SandboxMaker {
  return (program, limits, world) => new QuickSandbox(module, program, limits, world);
}

class QuickSandbox implements Sandbox {
  readonly declaration: Declaration;
  readonly #file: string;
  #guest: Interpreter | null;
  readonly #bridge: number;

  constructor(
    module: WebAssembly.Module,
    { name, language, source }: OwnProgram,
    limits: SandboxLimits,
    world: SandboxWorld,
  ) {
    this.#file = `${name}.${language === 'typescript' ? 'ts' : 'js'}`;
    const code = language === 'typescript' ? stripTypes(source) : source;
    let isBorn = false;
    const hooks: Hooks = {
      // Math.random begins with the time at which the interpreter is made: that is the seed.
      clockMs: () => (isBorn ? world.nowMs() : world.seed),
      host: (op, text) => this.#host(world, op, text),
    };
    try {
      const guest = new Interpreter(module, limits, hooks);
      this.#guest = guest;
      isBorn = true;
      this.#bridge = guest.script(PRELUDE, PRELUDE_FILE);
      guest.turn();
      const exported = guest.get(guest.module(code, this.#file), 'default');
      const declared = guest.call(this.#bridge, [guest.text('define'), exported]);
      this.declaration = JSON.parse(declared) as Declaration;
    } catch (error) {
      throw this.#problemOf(error);
    }
  }

  begin(request: ObjectName): Turn {
    return this.#turn('begin', [JSON.stringify(request)]);
  }

  answer(exchange: number, ok: boolean, text: string): Turn {
    return this.#turn('answer', [String(exchange), ok ? 'yes' : 'no', text]);
  }

  wakes(watch: number, object: unknown): unknown {
    return this.#in((guest) => {
      const args = ['wakes', String(watch), JSON.stringify(object)].map((a) => guest.text(a));
      const text = guest.call(this.#bridge, args);
      guest.runJobs();
      return JSON.parse(text) as unknown;
    });
  }

  dispose(): void {
    this.#guest = null;
  }

  #turn(op: string, args: readonly string[]): Turn {
    return this.#in((guest) => {
      guest.call(
        this.#bridge,
        [op, ...args].map((a) => guest.text(a)),
      );
      guest.runJobs();
      const text = guest.call(this.#bridge, [guest.text('take')]);
      const { exchanges, ended } = JSON.parse(text) as {
        exchanges: readonly Exchange[];
        ended: RawEnding | null;
      };
      return { exchanges, ended: ended && this.#ending(guest, ended), ticks: guest.ticks };
    });
  }

  #in<T>(body: (guest: Interpreter) => T): T {
    const guest = this.#guest;
    if (guest === null) throw new SandboxCrash('it has been ended');
    guest.turn();
    try {
      return body(guest);
    } catch (error) {
      if (error instanceof GuestEnded) {
        this.dispose();
        throw new SandboxCrash(error.message);
      }
      throw this.#problemOf(error);
    }
  }

  #ending(guest: Interpreter, ended: RawEnding): Ending {
    if (!('error' in ended)) return ended;
    const { message, stack } = ended.error;
    // The interpreter gives these to the program like any other error; it may not go on from them.
    if (message.includes('InternalError: out of memory')) {
      throw new GuestEnded(guest.tooMuch);
    }
    return { error: this.#thrown(message, stack) };
  }

  #thrown(message: string, stack: string): Thrown {
    const at = this.#positionIn(stack);
    return { message, ...(at ? { line: at.line } : {}) };
  }

  #problemOf(error: unknown): unknown {
    if (error instanceof GuestEnded) return new ProgramError(error.message);
    if (!(error instanceof GuestError)) return error;
    const at = this.#positionIn(error.guestStack);
    return new ProgramError(error.message, at?.line, at?.column);
  }

  /** The first place of the program's own file in |stack|. */
  #positionIn(stack: string): { readonly line: number; readonly column: number } | undefined {
    for (const entry of stack.split('\n')) {
      const found = POSITION.exec(entry.trim());
      if (found?.[1] !== this.#file) continue;
      return { line: Number(found[2]), column: Number(found[3] ?? 1) };
    }
    return undefined;
  }

  #host(world: SandboxWorld, op: string, text: string): string {
    const input = JSON.parse(text) as unknown;
    if (op === 'event') world.event(input);
    if (op === 'note') {
      const [wanted, seen] = input as [string, string];
      world.note(wanted, seen);
    }
    if (op === 'log') {
      const [level, said, stack] = input as ['info' | 'warning' | 'error', string, string];
      world.log(level, said, this.#positionIn(stack)?.line);
    }
    return '';
  }
}
