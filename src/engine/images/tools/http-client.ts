/**
 * Requests as Go programs make them, with the errors in the words of net/http.
 *
 * Models: net/http Client with a Timeout, net.Dial, net.Resolver (Go 1.25).
 * Simplified: redirects are not followed; a name has one address.
 */
import { goQuote } from '../../../api/meta/go-text.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { type Proc, wait } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import type { ConnectFailure, HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import { lookupHost, resolverConfig } from '../../node/runtime/resolver.ts';

export interface GoRequest {
  readonly method?: string;
  readonly host: string;
  readonly port: number;
  /** With the query, without the slash before it. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutUs: number;
  readonly tls?: boolean;
}

/** Go's text, as `%v` prints the error. */
export class GoError extends Error {
  override readonly name = 'GoError';
}

/** The address of a name; throws what Go says when there is none. */
export function* resolve(context: ProcessContext, host: string): Proc<string> {
  const found = yield* lookupHost(context, host);
  if (typeof found !== 'string') return found[0] ?? host;
  const server = resolverConfig(context.fs).servers[0] ?? '127.0.0.1';
  const why = found === 'unknown' ? 'no such host' : 'i/o timeout';
  throw new GoError(`lookup ${host} on ${server}:53: ${why}`);
}

export function* fetch(context: ProcessContext, request: GoRequest): Proc<HttpResponse> {
  const { method = 'GET', host, port, path, tls = false } = request;
  const scheme = tls ? 'https' : 'http';
  const url = `${scheme}://${host}:${port}/${path}`;
  const verb = method[0] + method.slice(1).toLowerCase();
  try {
    const answer = yield* within(context.kernel, request.timeoutUs, send(context, request));
    if (answer !== 'timeout') return answer;
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    throw new GoError(`${verb} ${goQuote(url)}: ${error.message}`);
  }
  const why = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  throw new GoError(`${verb} ${goQuote(url)}: ${why}`);
}

function* send(context: ProcessContext, request: GoRequest): Proc<HttpResponse> {
  const { method = 'GET', host, port, path, headers = {}, body = '', tls } = request;
  let address: string;
  try {
    address = yield* resolve(context, host);
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    throw new GoError(`dial tcp: ${error.message}`);
  }
  const { network } = context;
  const answer = network
    ? yield* network.request(address, port, {
        method,
        path: `/${path}`,
        headers: { Host: `${host}:${port}`, 'User-Agent': 'Go-http-client/1.1', ...headers },
        body,
        ...(tls === undefined ? {} : { tls }),
      })
    : 'unreachable';
  if (typeof answer !== 'string') return answer;
  throw new GoError(dialError(answer, address, port));
}

/** What net.Dial, or reading the answer, ends with. */
export function dialError(failure: ConnectFailure, address: string, port: number): string {
  const dial = `dial tcp ${address}:${port}: `;
  switch (failure) {
    case 'refused':
      return `${dial}connect: connection refused`;
    case 'timeout':
      return `${dial}i/o timeout`;
    case 'unreachable':
      return `${dial}connect: no route to host`;
    case 'reset':
      return 'EOF';
    case 'protocol':
      return 'http: server gave HTTP response to HTTPS client';
  }
}

/** Runs |body| for |us| at most. */
export function* within<T>(kernel: Kernel, us: number, body: Proc<T>): Proc<T | 'timeout'> {
  const done = new Future<(() => T) | 'timeout'>();
  const process = kernel.spawn('within', settle(body, done));
  const timer = Number.isFinite(us) ? kernel.after(us, () => done.resolve('timeout')) : null;
  try {
    const answer = yield* wait(done);
    return answer === 'timeout' ? answer : answer();
  } finally {
    if (timer) kernel.cancel(timer);
    process.cancel();
  }
}

function* settle<T>(body: Proc<T>, done: Future<(() => T) | 'timeout'>): Proc {
  try {
    const value = yield* body;
    done.resolve(() => value);
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    done.resolve(() => {
      throw error;
    });
  }
}
