/**
 * `agnhost liveness`: well for ten seconds, then ill for the rest of its life.
 *
 * Models: test/images/agnhost/liveness/server.go (v1.36)
 */
import { goQuote } from '../../../api/meta/go-text.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { HttpRequest, HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import { FormValues, goDuration } from '../tools/go-values.ts';
import { redirection } from './netexec.ts';
import { open, text, waitForEnd } from './program.ts';

const HEALTHY_US = 10 * MICROS_PER_SECOND;
const PORT = 8_080;

export function* liveness(context: ProcessContext): Proc<number> {
  const startedAt = context.kernel.now;
  const serve = (request: HttpRequest): HttpResponse => {
    const values = new FormValues(request.path);
    const us = context.kernel.now - startedAt;
    switch (values.path) {
      case '/started':
        return text(200, goDuration(us));
      case '/healthz':
        if (us <= HEALTHY_US) return text(200, 'ok');
        return text(500, `error: ${us / MICROS_PER_SECOND}`);
      case '/redirect':
        return redirectTo(values.get('loc'));
      default:
        return text(404, '404 page not found\n');
    }
  };
  if (!open(context, PORT, serve)) return 1;
  return yield* waitForEnd(context);
}

/** The location is escaped twice. */
function redirectTo(location: string): HttpResponse {
  try {
    return redirection(302, decodeURIComponent(location));
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return text(400, `invalid redirect: ${goQuote(location)}\n`);
  }
}
