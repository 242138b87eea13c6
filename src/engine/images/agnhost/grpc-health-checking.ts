/**
 * `agnhost grpc-health-checking`: a server of gRPC's health service that can be told to be ill.
 *
 * Models: test/images/agnhost/grpc-health-checking (v1.36)
 * Simplified: certificates are not read; a server with --tls-cert-file speaks TLS.
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import {
  askedService,
  GRPC_CODES,
  grpcFailure,
  healthAnswer,
  type ServingStatus,
} from '../../node/runtime/grpc-health.ts';
import type { HttpResponse, ProcessContext, RequestHandler } from '../../node/runtime/program.ts';
import { goDuration } from '../tools/go-values.ts';
import { fail, flag, listen, log, numberFlag, text, waitForEnd } from './program.ts';

const NOT_FOUND = '404 page not found\n';

export function* grpcHealthChecking(
  context: ProcessContext,
  args: readonly string[],
  others: OtherServices = {},
): Proc<number> {
  const port = numberFlag(args, 'port', 5_000);
  const httpPort = numberFlag(args, 'http-port', 8_080);
  const certificate = flag(args, 'tls-cert-file') ?? '';
  if ((certificate === '') !== ((flag(args, 'tls-private-key-file') ?? '') === '')) {
    return fail(context, 'Both --tls-cert-file and --tls-private-key-file must be set');
  }
  const health = new Health(context, args, others);
  const web = listen(context, httpPort, health.command);
  if (web !== null) return fail(context, web);
  log(context, `Http server starting to listen on :${httpPort}`);
  const grpc = listen(context, port, health.check, { http2: true, tls: certificate !== '' });
  if (grpc !== null) return fail(context, `Error while starting the listening service ${grpc}`);
  log(context, `gRPC server starting to listen on :${port}`);
  return yield* waitForEnd(context);
}

/** What further services say of themselves. */
export type OtherServices = Readonly<Record<string, ServingStatus>>;

class Health {
  readonly #others: OtherServices;
  readonly #context: ProcessContext;
  readonly #startedAt: number;
  readonly #illAfterSeconds: number;
  readonly #service: string;
  /** Set by request; null: by the time that has passed. */
  #serves: boolean | null = null;

  constructor(context: ProcessContext, args: readonly string[], others: OtherServices) {
    this.#others = others;
    this.#context = context;
    this.#startedAt = context.kernel.now;
    this.#illAfterSeconds = numberFlag(args, 'delay-unhealthy-sec', -1);
    this.#service = flag(args, 'service') ?? '';
  }

  readonly check: RequestHandler = (request): HttpResponse => {
    const service = askedService(request);
    if (service === null) {
      const message = `unknown service ${request.path.split('/')[1] ?? ''}`;
      return grpcFailure({ code: GRPC_CODES.Unimplemented, message });
    }
    log(this.#context, 'Serving the Check request for health check');
    const other = this.#others[service];
    if (other) return healthAnswer(other);
    if (service !== this.#service) {
      return grpcFailure({ code: GRPC_CODES.NotFound, message: 'unknown service' });
    }
    return healthAnswer(this.#isWell() ? 'SERVING' : 'NOT_SERVING');
  };

  readonly command: RequestHandler = ({ path }): HttpResponse => {
    const which = path.replace(/\?.*/, '');
    if (which !== '/make-serving' && which !== '/make-not-serving') return text(404, NOT_FOUND);
    this.#serves = which === '/make-serving';
    log(this.#context, `Mark as ${this.#serves ? 'healthy' : 'unhealthy'}`);
    return text(200, goDuration(this.#age));
  };

  get #age(): number {
    return this.#context.kernel.now - this.#startedAt;
  }

  #isWell(): boolean {
    if (this.#serves !== null) return this.#serves;
    return this.#illAfterSeconds < 0 || this.#age < this.#illAfterSeconds * MICROS_PER_SECOND;
  }
}
