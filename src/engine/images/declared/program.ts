/** The program of a declared image: it does what its declaration says, and nothing else. */
import { bytes, milliCpu } from '../../../api/meta/quantity.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import type { ImageBehaviour, ServedPort, WrittenLine } from '../../../port/protocol-image.ts';
import {
  AddressInUse,
  type HttpResponse,
  type ProcessContext,
  type Program,
} from '../../node/runtime/program.ts';
import { burners } from '../tools/burner.ts';

const CRASH_CODE = 1;
const SEGMENTATION = 'the program has crashed\n';
/** Memory grows in steps of this. */
const STEP_US = 100_000;

export function declaredProgram(behaviour: ImageBehaviour): Program {
  return function* (context): Proc<number> {
    const ended = new Future<number>();
    handleTerm(context, behaviour, ended);
    if (behaviour.startSeconds) {
      const early = yield* firstOf(context, behaviour.startSeconds, ended);
      if (early !== null) return early;
    }
    for (const port of behaviour.serve ?? []) {
      const problem = open(context, port);
      if (problem === null) continue;
      context.stderr(problem);
      return CRASH_CODE;
    }
    startHelpers(context, behaviour);
    const { crashEverySeconds, exitAfterSeconds, exitCode = 0 } = behaviour;
    const after = exitAfterSeconds ?? crashEverySeconds;
    if (after === undefined) return (yield ended) as number;
    const told = yield* firstOf(context, after, ended);
    if (told !== null) return told;
    if (crashEverySeconds === undefined) return exitCode;
    context.stderr(SEGMENTATION);
    return behaviour.exitCode ?? CRASH_CODE;
  };
}

function handleTerm(
  context: ProcessContext,
  behaviour: ImageBehaviour,
  ended: Future<number>,
): void {
  if (behaviour.ignoreTerm) {
    context.onSignal('SIGTERM', 'ignore');
    return;
  }
  const us = (behaviour.stopAfterSeconds ?? 0) * MICROS_PER_SECOND;
  context.onSignal('SIGTERM', () => {
    if (us === 0) ended.resolve(0);
    else context.kernel.after(us, () => ended.resolve(0));
  });
}

/** The exit code that |ended| brings within |seconds|, or null. */
function* firstOf(
  context: ProcessContext,
  seconds: number,
  ended: Future<number>,
): Proc<number | null> {
  const first = new Future<number | null>();
  const { kernel } = context;
  const pass = function* (): Proc {
    yield context.rest(seconds * MICROS_PER_SECOND);
    first.resolve(null);
  };
  const timer = kernel.spawn('timer', pass());
  const end = (value: unknown): void => first.resolve(value as number);
  ended.subscribe({ kernel, wake: end, wakeError: end });
  try {
    return (yield first) as number | null;
  } finally {
    timer.cancel();
  }
}

function open(context: ProcessContext, served: ServedPort): string | null {
  const { port } = served;
  try {
    context.listen(port, () => answer(context, served));
    return null;
  } catch (error) {
    if (!(error instanceof AddressInUse)) throw error;
    return `cannot listen on port ${port}: address already in use\n`;
  }
}

function answer(
  context: ProcessContext,
  { delaySeconds, status = 200, text = '' }: ServedPort,
): HttpResponse | Proc<HttpResponse> {
  const body = text.replaceAll('$HOSTNAME', context.hostname);
  const headers = { 'Content-Type': 'text/plain; charset=utf-8' };
  const response = { status, headers, body };
  return delaySeconds ? later(response, delaySeconds) : response;
}

function* later(response: HttpResponse, seconds: number): Proc<HttpResponse> {
  yield seconds * MICROS_PER_SECOND;
  return response;
}

/** What goes on beside the rest runs as threads do: processes of the same program. */
function startHelpers(context: ProcessContext, behaviour: ImageBehaviour): void {
  const { cpu, lines = [], memory, memoryOverSeconds = 0 } = behaviour;
  if (memory !== undefined) spawn(context, holder(bytes(memory), memoryOverSeconds));
  if (cpu !== undefined) {
    for (const run of burners(milliCpu(cpu))) spawn(context, run);
  }
  for (const line of lines) {
    if (line.everySeconds === undefined) write(context, line);
    else spawn(context, writer(line, line.everySeconds));
  }
}

function spawn(context: ProcessContext, run: Program): void {
  const { argv, cwd, env, files } = context;
  context.spawn({ argv, run, env, cwd, files });
}

function holder(total: number, overSeconds: number): Program {
  return function* (context): Proc<number> {
    const steps = Math.max(1, Math.ceil((overSeconds * MICROS_PER_SECOND) / STEP_US));
    for (let step = 1; step <= steps; step++) {
      context.setMemory(Math.floor((total / steps) * step));
      if (step < steps) yield STEP_US;
    }
    return (yield new Future<number>()) as number;
  };
}

function writer(line: WrittenLine, everySeconds: number): Program {
  return function* (context): Proc<number> {
    for (;;) {
      write(context, line);
      yield* context.work(1);
      yield context.rest(everySeconds * MICROS_PER_SECOND);
    }
  };
}

function write(context: ProcessContext, { stderr = false, text }: WrittenLine): void {
  const line = `${text.replaceAll('$HOSTNAME', context.hostname)}\n`;
  if (stderr) context.stderr(line);
  else context.stdout(line);
}
