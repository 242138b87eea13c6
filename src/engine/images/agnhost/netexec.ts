/**
 * `agnhost netexec`: a web and UDP server with many switches.
 *
 * Models: test/images/agnhost/netexec/netexec.go (v1.36)
 * Simplified: no SCTP, which is refused by name; of an upload one file is taken.
 */
import { goJson, goQuote } from '../../../api/meta/go-text.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { Future } from '../../../kernel/wait.ts';
import type {
  Datagram,
  HttpRequest,
  HttpResponse,
  ProcessContext,
  UdpSocket,
} from '../../node/runtime/program.ts';
import { formatTime } from '../commands/date.ts';
import { dial } from './netexec-dial.ts';
import { shell, upload } from './netexec-files.ts';
import { FormValues, goDuration, parseGoDuration } from '../tools/go-values.ts';
import { bound, endOf, fail, flag, listen, log, numberFlag, text } from './program.ts';

const NANOS = 9;

export interface NetexecState {
  readonly context: ProcessContext;
  readonly httpPort: number;
  readonly ended: Future<number>;
  /** The UDP server runs. */
  ready: boolean;
  ending: boolean;
}

type Answer = HttpResponse | Proc<HttpResponse>;
type Handler = (state: NetexecState, values: FormValues, request: HttpRequest) => Answer;

export function* netexec(
  context: ProcessContext,
  args: readonly string[],
  more: Readonly<Record<string, Handler>> = {},
): Proc<number> {
  const httpPort = numberFlag(args, 'http-port', 8_080);
  const udpPort = numberFlag(args, 'udp-port', 8_081);
  const delay = numberFlag(args, 'delay-shutdown', 0);
  const override = flag(args, 'http-override') ?? '';
  if (numberFlag(args, 'sctp-port', -1) !== -1) {
    return fail(context, 'failed to create listener for SCTP address: SCTP is not simulated');
  }
  const state: NetexecState = {
    context,
    httpPort,
    ended: endOf(context, 0),
    ready: false,
    ending: false,
  };
  onTerm(state, delay);
  if (udpPort !== -1) {
    const problem = openUdp(state, udpPort);
    if (problem !== null) {
      const detail = `failed to create listener for UDP address :${udpPort}`;
      return fail(context, `Error occurred: ${detail}:${problem}`);
    }
  }
  const handlers = { ...HANDLERS, ...more };
  const serve = (request: HttpRequest): Answer => {
    const asked =
      override === '' ? request : { ...request, method: 'GET', path: override, body: '' };
    const values = new FormValues(asked.path, formOf(asked));
    return (handlers[values.path] ?? root)(state, values, asked);
  };
  log(context, `Started HTTP server on port ${httpPort}`);
  const tls = (flag(args, 'tls-cert-file') ?? '') !== '';
  const problem = listen(context, httpPort, serve, { tls });
  if (problem !== null) return fail(context, problem);
  return (yield state.ended) as number;
}

function onTerm(state: NetexecState, delay: number): void {
  const { context, ended } = state;
  context.onSignal('SIGTERM', () => {
    state.ending = true;
    if (delay <= 0) {
      ended.resolve(0);
      return;
    }
    log(context, `Sleeping ${delay} seconds before terminating...`);
    context.kernel.after(delay * MICROS_PER_SECOND, () => ended.resolve(0));
  });
}

function openUdp(state: NetexecState, port: number): string | null {
  const { context } = state;
  const opened: { socket?: UdpSocket } = {};
  const problem = bound('udp', port, () => {
    opened.socket = context.openUdp(port, (datagram) => {
      const answer = udpAnswer(state, port, datagram);
      if (answer === null) return;
      opened.socket?.sendTo(datagram.remoteAddress, datagram.remotePort, answer);
    });
  });
  if (problem !== null) return problem;
  log(context, `Started UDP server on port  ${port}`);
  state.ready = true;
  return null;
}

function udpAnswer({ context }: NetexecState, port: number, datagram: Datagram): string | null {
  const client = `${datagram.remoteAddress}:${datagram.remotePort}`;
  const received = datagram.text.trim().toLowerCase();
  if (received === 'hostname') {
    log(context, 'Sending udp hostName response');
    return context.hostname;
  }
  if (received.startsWith('echo ')) {
    const said = received.slice('echo '.length);
    log(context, `Echoing ${said} to UDP client ${client}`);
    return said;
  }
  if (received === 'clientip') {
    log(context, `Sending clientip back to UDP client ${client}`);
    return client;
  }
  if (received === 'serverport') {
    log(context, `Sending server port to UDP client ${port}`);
    return String(port);
  }
  if (received !== '') log(context, `Unknown UDP command received from ${client}: ${received}`);
  return null;
}

function formOf({ headers, body }: HttpRequest): string {
  const type = headers['Content-Type'] ?? headers['content-type'] ?? '';
  return type.startsWith('application/x-www-form-urlencoded') ? body : '';
}

function root({ context }: NetexecState): HttpResponse {
  log(context, 'GET /');
  const { now, nowMs } = context.kernel;
  const nanos = `${String(now % MICROS_PER_SECOND).padStart(6, '0')}000`.slice(0, NANOS);
  return text(200, `NOW: ${formatTime(`%Y-%m-%d %H:%M:%S.${nanos}`, nowMs)} +0000 UTC`);
}

function plain(name: string, answer: (state: NetexecState) => string): Handler {
  return (state) => {
    log(state.context, `GET /${name}`);
    return text(200, answer(state));
  };
}

function header({ context }: NetexecState, values: FormValues, { headers }: HttpRequest): Answer {
  const key = values.get('key');
  log(context, key === '' ? 'GET /header' : `GET /header?key=${key}`);
  if (key === '') {
    const all = Object.entries(headers).map(([name, value]) => [name, [value]]);
    return text(200, goJson(Object.fromEntries(all)));
  }
  const found = Object.entries(headers).find(([n]) => n.toLowerCase() === key.toLowerCase());
  return text(200, found?.[1] ?? '');
}

function echo({ context }: NetexecState, values: FormValues): Answer {
  const message = values.get('msg');
  const code = values.get('code');
  log(context, `GET /echo?msg=${message}&code=${code}`);
  if (code === '') return text(200, message);
  if (!isNumber(code)) return text(200, notAnInteger('', code));
  return text(Number(code), message);
}

function* exit(state: NetexecState, values: FormValues): Proc<HttpResponse> {
  const { context, ended } = state;
  const [code, timeout, delay] = ['code', 'timeout', 'wait'].map((name) => values.get(name));
  log(context, `GET /exit?code=${code}&timeout=${timeout}&wait=${delay}`);
  const durations: number[] = [];
  for (const [name, value = ''] of [
    ['timeout', timeout],
    ['wait', delay],
  ] as const) {
    const us = value === '' ? 0 : parseGoDuration(value);
    if (us === null) {
      const must = 'must be a valid golang duration or empty';
      return text(200, `argument '${name}' ${must}, got ${goQuote(value)}\n`);
    }
    durations.push(us);
  }
  if (code && !isNumber(code)) return text(200, notAnInteger(' [0-127]', code));
  const [timeoutUs = 0, waitUs = 0] = durations;
  const plan = `${goDuration(waitUs)}, allowing ${goDuration(timeoutUs)} for connections to close`;
  log(context, `Will begin shutdown in ${plan}, then will exit with ${Number(code)}`);
  yield Math.max(0, waitUs);
  if (timeoutUs !== 0) log(context, 'Graceful shutdown completed with: <nil>');
  ended.resolve(Number(code));
  return text(200, '');
}

function healthz({ context, ready }: NetexecState): Answer {
  log(context, 'GET /healthz');
  return text(ready ? 200 : 412, '');
}

function readyz({ context, ready, ending }: NetexecState): Answer {
  log(context, 'GET /readyz');
  if (ending) return text(503, 'shutting down');
  return ready ? text(200, 'ok') : text(412, '');
}

function redirect({ context }: NetexecState, values: FormValues, request: HttpRequest): Answer {
  const location = values.get('location');
  const code = values.get('code');
  log(context, `${request.method} /redirect?msg=${location}&code=${code}`);
  if (code !== '' && !isNumber(code)) return text(200, notAnInteger('', code));
  return redirection(Number(code || 302), location);
}

/** http.Redirect. */
export function redirection(status: number, location: string): HttpResponse {
  const headers = { Location: location, 'Content-Type': 'text/html; charset=utf-8' };
  const words: Readonly<Record<number, string>> = {
    301: 'Moved Permanently',
    302: 'Found',
    303: 'See Other',
    307: 'Temporary Redirect',
    308: 'Permanent Redirect',
  };
  const body = `<a href="${location}">${words[status] ?? ''}</a>.\n\n`;
  return { status, headers, body };
}

function shutdown({ context, ended }: NetexecState): Answer {
  log(context, 'GET /shutdown');
  ended.resolve(0);
  return text(200, '');
}

function isNumber(code: string): boolean {
  return /^[-+]?\d+$/.test(code);
}

function notAnInteger(range: string, code: string): string {
  return `argument 'code' must be an integer${range} or empty, got ${goQuote(code)}\n`;
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  '/clientip': (state, _values, request) =>
    plain('clientip', () => `${request.remoteAddress ?? ''}:${request.remotePort ?? 0}`)(
      state,
      _values,
      request,
    ),
  '/serverport': plain('serverport', ({ httpPort }) => String(httpPort)),
  '/header': header,
  '/dial': dial,
  '/echo': echo,
  '/exit': exit,
  '/healthz': healthz,
  '/readyz': readyz,
  '/hostname': plain('hostname', ({ context }) => context.hostname),
  '/hostName': plain('hostName', ({ context }) => context.hostname),
  '/redirect': redirect,
  '/shell': shell,
  '/upload': upload,
  '/shutdown': shutdown,
};
