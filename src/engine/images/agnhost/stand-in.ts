/**
 * The small program of the same name that was recorded (goldens/node): it ends with 0 on SIGTERM, can
 * be switched to not ready, and has two subcommands of its own.
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import type { FormValues } from '../tools/go-values.ts';
import { grpcHealthChecking } from './grpc-health-checking.ts';
import { netexec, type NetexecState } from './netexec.ts';
import { numberFlag, type Subcommand, text, waitForEnd } from './program.ts';

/** Exit code of a Go program that does not handle SIGTERM. */
const UNHANDLED = 2;
/** What `eat` takes at a time, and how often. */
const BITE_BYTES = 8 * 1024 * 1024;
const BITE_US = 50_000;

/** What the subcommand does, but the signal ends it well. */
export function endingWell(run: Subcommand): Subcommand {
  return function* (context, args): Proc<number> {
    const code = yield* run(context, args);
    return code === UNHANDLED ? 0 : code;
  };
}

export function switchedNetexec(context: ProcessContext, args: readonly string[]): Proc<number> {
  let well = true;
  return netexec(context, args, {
    '/healthz': () => (well ? text(200, 'ok') : text(503, 'not ready')),
    '/readyz': () => (well ? text(200, 'ok') : text(503, 'not ready')),
    '/set': (_state, values) => {
      well = values.get('ready') !== '0';
      return text(200, '');
    },
    '/status': status,
    '/sleep': sleepSeconds,
  });
}

function status(_state: NetexecState, values: FormValues): HttpResponse {
  const code = Number(values.get('code') || '200');
  const to = values.get('to');
  const answer = text(code, '');
  return to === '' ? answer : { ...answer, headers: { ...answer.headers, Location: to } };
}

function* sleepSeconds(_state: NetexecState, values: FormValues): Proc<HttpResponse> {
  yield Number(values.get('s') || '0') * MICROS_PER_SECOND;
  return text(200, '');
}

/** One more service, which is always ill. */
export function sickHealthChecking(context: ProcessContext, args: readonly string[]): Proc<number> {
  return grpcHealthChecking(context, args, { sick: 'NOT_SERVING' });
}

/** Ends |after| seconds after SIGTERM, as a server that finishes its requests. */
export function* term(context: ProcessContext, args: readonly string[]): Proc<number> {
  yield* waitForEnd(context);
  yield numberFlag(args, 'after', 0) * MICROS_PER_SECOND;
  return 0;
}

/** Takes memory until there is no more. */
export function* eat(context: ProcessContext): Proc<number> {
  for (let held = BITE_BYTES; ; held += BITE_BYTES) {
    context.setMemory(held);
    yield BITE_US;
    yield* context.work(1);
  }
}
