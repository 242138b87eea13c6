/**
 * `agnhost nettest`: Pods of a Service look for each other and tell whether all have been heard.
 *
 * Models: test/images/agnhost/nettest/nettest.go (v1.36)
 */
import { goJson, goQuote } from '../../../api/meta/go-text.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { HttpRequest, HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import { fetch, GoError } from '../tools/http-client.ts';
import { TOKEN_FILE } from './inclusterclient.ts';
import { endOf, fail, flag, listen, log, numberFlag, pauseUnless, text } from './program.ts';

const MAX_LOG = 500;
const ROUNDS = 15;
const TIMEOUT_US = 30 * MICROS_PER_SECOND;
const LEAST_SECONDS = 300;
const LEAST_PAUSE_SECONDS = 5;

interface State {
  readonly hostname: string;
  sent: Record<string, number> | null;
  received: Record<string, number> | null;
  readonly errors: string[];
  readonly log: string[];
  contacting: boolean;
}

interface Options {
  readonly peers: number;
  readonly service: string;
  readonly namespace: string;
}

export function* nettest(context: ProcessContext, args: readonly string[]): Proc<number> {
  const options: Options = {
    peers: numberFlag(args, 'peers', 8),
    service: flag(args, 'service') ?? 'nettest',
    namespace: flag(args, 'namespace') ?? 'default',
  };
  if (options.service === '') return fail(context, 'Must provide -service flag.');
  const state: State = {
    hostname: context.hostname,
    sent: null,
    received: null,
    errors: [],
    log: [],
    contacting: true,
  };
  const delay = numberFlag(args, 'delay-shutdown', 0);
  const ended = endOf(context);
  if (delay > 0) {
    context.onSignal('SIGTERM', () => {
      log(context, `Sleeping ${delay} seconds before exit ...`);
      context.kernel.after(delay * MICROS_PER_SECOND, () => ended.resolve(0));
    });
  }
  const problem = listen(context, numberFlag(args, 'port', 8_080), (request) => {
    if (request.path === '/quit') ended.resolve(0);
    return answer(state, options, request);
  });
  if (problem !== null) return fail(context, problem);
  const pause = Math.max(LEAST_PAUSE_SECONDS, Math.floor(options.peers / 10));
  const deadline = context.kernel.now + Math.max(LEAST_SECONDS, options.peers) * MICROS_PER_SECOND;
  while (context.kernel.now < deadline) {
    const found = yield* endpoints(context, state, options);
    if (found.length >= options.peers) break;
    const which = `${options.namespace}/${options.service} has ${found.length} endpoints`;
    const less = `less than ${options.peers} as expected. Waiting for all endpoints to come up.`;
    note(state, `${which} ([${found.join(' ')}]), which is ${less}`);
    if (yield* pauseUnless(context, pause, ended)) return (yield ended) as number;
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const target of yield* endpoints(context, state, options)) {
      yield* contact(context, state, target);
    }
    if (yield* pauseUnless(context, pause, ended)) return (yield ended) as number;
  }
  state.contacting = false;
  return (yield ended) as number;
}

function note(state: State, line: string): void {
  state.log.push(line);
  if (state.log.length > MAX_LOG) state.log.shift();
}

function answer(
  state: State,
  { peers, service, namespace }: Options,
  request: HttpRequest,
): HttpResponse {
  switch (request.path.replace(/\?.*/, '')) {
    case '/read':
      return text(200, goJson(shown(state), 1));
    case '/write':
      return write(state, request.body);
    case '/status': {
      const [sent, received] = [state.sent, state.received].map((m) => Object.keys(m ?? {}).length);
      if (Number(sent) >= peers && Number(received) >= peers) return text(200, 'pass');
      if (state.contacting) return text(200, 'running');
      const counts = `${sent} sent and ${received} received and ${peers} peers`;
      note(state, `Declaring failure for ${namespace}/${service} with ${counts}`);
      return text(200, 'fail');
    }
    default:
      return text(request.path === '/quit' ? 200 : 404, '');
  }
}

function shown(state: State): object {
  return {
    Hostname: state.hostname,
    Sent: state.sent,
    Received: state.received,
    Errors: state.errors.length > 0 ? state.errors : null,
    Log: state.log.length > 0 ? state.log : null,
    StillContactingPeers: state.contacting,
  };
}

function write(state: State, body: string): HttpResponse {
  const source = sourceOf(body);
  if (source === '') state.errors.push(`${state.hostname}: Got request with no source`);
  else state.received = { ...state.received, [source]: (state.received?.[source] ?? 0) + 1 };
  return text(200, `${goJson({ Hostname: state.hostname })}\n`);
}

function sourceOf(body: string): string {
  try {
    return (JSON.parse(body) as { readonly Source?: string }).Source ?? '';
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return '';
  }
}

interface Endpoints {
  readonly subsets?: readonly {
    readonly addresses?: readonly { readonly ip: string }[];
    readonly ports?: readonly { readonly port: number }[];
  }[];
}

interface Target {
  readonly host: string;
  readonly port: number;
}

/** From the API server, with the Pod's token. */
function* endpoints(
  context: ProcessContext,
  state: State,
  { namespace, service }: Options,
): Proc<readonly Target[]> {
  const host = context.env.get('KUBERNETES_SERVICE_HOST') ?? '';
  const port = Number(context.env.get('KUBERNETES_SERVICE_PORT') ?? '443');
  const path = `api/v1/namespaces/${namespace}/endpoints/${service}`;
  const headers = { Authorization: `Bearer ${(context.fs.read(TOKEN_FILE) ?? '').trim()}` };
  try {
    const request = { host, port, path, headers, tls: true, timeoutUs: TIMEOUT_US };
    const { status, body } = yield* fetch(context, request);
    if (status >= 300) throw new GoError(`the server answered ${status}`);
    const { subsets = [] } = JSON.parse(body) as Endpoints;
    return subsets.flatMap(({ addresses = [], ports = [] }) =>
      addresses.flatMap(({ ip }) => ports.map((p) => ({ host: ip, port: p.port }))),
    );
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    note(state, `Unable to read the endpoints for ${namespace}/${service}: ${error.message}.`);
    return [];
  }
}

function* contact(context: ProcessContext, state: State, { host, port }: Target): Proc {
  const url = `http://${host}:${port}`;
  note(state, `Attempting to contact ${url}`);
  const body = goJson({ Source: state.hostname, Dest: url });
  const headers = { 'Content-Type': 'application/json' };
  try {
    const request = { method: 'POST', host, port, path: 'write', headers, body };
    const answered = yield* fetch(context, { ...request, timeoutUs: TIMEOUT_US });
    const { Hostname = '' } = JSON.parse(answered.body) as { readonly Hostname?: string };
    state.sent = { ...state.sent, [Hostname]: (state.sent?.[Hostname] ?? 0) + 1 };
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    note(state, `Warning: unable to contact the endpoint ${goQuote(url)}: ${error.message}`);
  }
}
