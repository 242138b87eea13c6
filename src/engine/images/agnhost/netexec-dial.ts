/**
 * /dial of `agnhost netexec`: asks somebody else, several times, and tells what came back.
 *
 * Models: test/images/agnhost/netexec/netexec.go, dialHandler (v1.36)
 */
import { goJson } from '../../../api/meta/go-text.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import { type Proc, wait } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import type { HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import type { FormValues } from '../tools/go-values.ts';
import { fetch, GoError, resolve, within } from '../tools/http-client.ts';
import { log, text } from './program.ts';

const TIMEOUT_US = 5 * MICROS_PER_SECOND;
/** A request for more is served no longer than this. */
const MAX_TRIES = 10_000;

interface Target {
  readonly address: string;
  readonly port: number;
}

type Dialer = (context: ProcessContext, target: Target, request: string) => Proc<string>;

export function* dial(
  { context }: { readonly context: ProcessContext },
  values: FormValues,
): Proc<HttpResponse> {
  const [host = '', port = '', request = '', protocol = '', wanted = ''] = [
    'host',
    'port',
    'request',
    'protocol',
    'tries',
  ].map((name) => values.get(name));
  const query = `host=${host}&protocol=${protocol}&port=${port}&request=${request}`;
  log(context, `GET /dial?${query}&tries=${wanted}`);
  if (wanted !== '' && !/^[-+]?\d+$/.test(wanted)) {
    const why = `strconv.Atoi: parsing "${wanted}": invalid syntax`;
    return bad(`tries parameter is invalid. ${why}`);
  }
  if (request === '') return bad('request parameter not specified. <nil>');
  const dialer = DIALERS[protocol.toLowerCase()];
  if (!dialer) return bad(`unsupported protocol. ${protocol}`);
  let target: Target;
  try {
    target = { address: yield* resolve(context, host), port: portOf(port) };
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    return bad(`host and/or port param are invalid. ${error.message}`);
  }
  const tries = Math.min(wanted === '' ? 1 : Number(wanted), MAX_TRIES);
  return text(200, goJson(yield* dialAll(context, dialer, target, request, tries)));
}

function* dialAll(
  context: ProcessContext,
  dialer: Dialer,
  target: Target,
  request: string,
  tries: number,
): Proc<Record<string, readonly string[]>> {
  const responses: string[] = [];
  const errors: string[] = [];
  let last = '';
  for (let i = 0; i < tries; i++) {
    last = '';
    try {
      last = yield* dialer(context, target, request);
      responses.push(last);
    } catch (error) {
      if (!(error instanceof GoError)) throw error;
      errors.push(error.message);
    }
  }
  // As upstream: what the last try said decides whether the answers are told.
  return {
    ...(errors.length > 0 ? { errors } : {}),
    ...(last === '' ? {} : { responses }),
  };
}

function portOf(port: string): number {
  if (/^\d{1,5}$/.test(port)) return Number(port);
  throw new GoError(`lookup tcp/${port}: unknown port`);
}

function bad(message: string): HttpResponse {
  return text(400, `${message}\n`);
}

const DIALERS: Readonly<Record<string, Dialer>> = {
  '': dialHttp,
  http: dialHttp,
  udp: dialUdp,
  sctp: dialSctp,
};

function* dialHttp(context: ProcessContext, target: Target, request: string): Proc<string> {
  const { address, port } = target;
  const answer = yield* fetch(context, {
    host: address,
    port,
    path: request,
    timeoutUs: TIMEOUT_US,
  });
  return answer.body;
}

function* dialUdp(context: ProcessContext, target: Target, request: string): Proc<string> {
  const received = new Future<string>();
  const socket = context.openUdp(0, (datagram) => received.resolve(datagram.text));
  try {
    socket.sendTo(target.address, target.port, request);
    const answer = yield* within(context.kernel, TIMEOUT_US, wait(received));
    if (answer !== 'timeout' || received.settled) return answer;
    const { address: own = '' } = context.network ?? {};
    const path = `read udp ${own}:${socket.port}->${target.address}:${target.port}`;
    throw new GoError(`reading from udp connection failed. err:'${path}: i/o timeout'`);
  } finally {
    socket.close();
  }
}

// oxlint-disable-next-line require-yield
function* dialSctp(): Proc<string> {
  throw new GoError('sctp dial failed. err:SCTP is not simulated');
}
