/**
 * Runs the handler of a lifecycle hook: a command in the container, an HTTP request to the Pod, or a
 * sleep.
 *
 * Models: pkg/kubelet/lifecycle/handlers.go, pkg/probe/http/request.go (v1.36)
 * Simplified: an HTTP hook's answer is not looked at, redirects are not followed.
 */
import type { Container, HTTPGetAction, LifecycleHandler } from '../../../api/generated/types.ts';
import { goQuote } from '../../../api/meta/go-text.ts';
import { type Proc, sleep } from '../../../kernel/process.ts';
import type { ConnectFailure } from '../runtime/program.ts';
import { type KubeletContext, recordPodEvent } from './context.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

const SECOND_US = 1_000_000;
/** pkg/probe/http/request.go userAgent("lifecycle"). */
const HEADERS = { 'User-Agent': 'kube-lifecycle/1.36', Accept: '*/*', Connection: 'close' };

/** Why a hook has failed, as it is shown in the container's status; null: it has not. */
export function* runHandler(
  context: KubeletContext,
  p: PodRecord,
  c: ContainerRecord,
  handler: LifecycleHandler,
): Proc<string | null> {
  const { namespace, name, uid } = p.identity;
  const where = `for Container ${goQuote(c.name)} in Pod ${goQuote(`${name}_${namespace}(${uid})`)}`;
  if (handler.exec) {
    const command = handler.exec.command ?? [];
    const failure = yield* runCommand(context, p, c, command);
    if (!failure) return null;
    const output = `message: ${goQuote(failure.output)}`;
    const head = `Exec lifecycle hook ([${command.join(' ')}]) ${where}`;
    return `${head} failed - error: ${failure.error}, ${output}`;
  }
  if (handler.httpGet) {
    const error = yield* request(context, p, c.spec, handler.httpGet);
    if (error === null) return null;
    return `HTTP lifecycle hook (${handler.httpGet.path ?? ''}) ${where} failed - error: ${error}`;
  }
  if (handler.sleep) {
    yield* sleep(handler.sleep.seconds * SECOND_US);
    return null;
  }
  return `Cannot run handler: invalid handler: ${handlerText(handler)}`;
}

interface CommandFailure {
  readonly error: string;
  readonly output: string;
}

/** RunInContainer. The output stands in the message, not in the error of the exit code. */
function* runCommand(
  context: KubeletContext,
  p: PodRecord,
  c: ContainerRecord,
  command: readonly string[],
): Proc<CommandFailure | null> {
  const result = yield* context.runtime.execSync(p.identity.uid, c.name, command);
  switch (result.kind) {
    case 'exited': {
      const { exitCode, output } = result;
      if (exitCode === 0) return null;
      return { error: `command '${command.join(' ')}' exited with ${exitCode}: `, output };
    }
    case 'timeout':
      return { error: 'command timed out', output: result.output };
    case 'failed':
      return { error: result.message, output: '' };
  }
}

function* request(
  context: KubeletContext,
  p: PodRecord,
  spec: Container,
  action: HTTPGetAction,
): Proc<string | null> {
  const { runtime } = context;
  const { sandbox } = runtime.status(p.identity.uid);
  const host = action.host || (sandbox?.hostNetwork ? context.hostIP : (sandbox?.ip ?? ''));
  const port = portOf(action.port, spec);
  if (typeof port === 'string') return port;
  const tls = action.scheme === 'HTTPS';
  const path = action.path?.startsWith('/') ? action.path : `/${action.path ?? ''}`;
  const headers: Record<string, string> = { ...HEADERS, Host: `${host}:${port}` };
  for (const { name, value } of action.httpHeaders ?? []) headers[name] = value;
  const ask = { method: 'GET', path, headers, body: '' };
  const { hostNetwork } = runtime;
  let answer = yield* hostNetwork.request(host, port, { ...ask, tls });
  if (answer === 'protocol' && tls) {
    answer = yield* hostNetwork.request(host, port, { ...ask, tls: false });
    if (typeof answer === 'object') {
      const text = `request to HTTPS lifecycle hook ${host}:${port} got HTTP response`;
      const message = `${text}, retry with HTTP succeeded`;
      recordPodEvent(context, p, 'Warning', 'LifecycleHTTPFallback', message);
    }
  }
  if (typeof answer === 'object') return null;
  const url = `${tls ? 'https' : 'http'}://${host}:${port}${path}`;
  return `Get ${goQuote(url)}: ${failureText(answer, host, port)}`;
}

/** pkg/probe/util.go ResolveContainerPort; a string is its error. */
function portOf(port: number | string, spec: Container): number | string {
  if (typeof port === 'number') return validPort(port);
  const named = spec.ports?.find((p) => p.name === port);
  if (named) return validPort(named.containerPort);
  const number = /^[+-]?\d+$/.test(port) ? Number(port) : Number.NaN;
  if (Number.isNaN(number)) return `strconv.Atoi: parsing ${goQuote(port)}: invalid syntax`;
  return validPort(number);
}

function validPort(port: number): number | string {
  return port > 0 && port < 65_536 ? port : `invalid port number: ${port}`;
}

function failureText(failure: ConnectFailure, host: string, port: number): string {
  const dial = `dial tcp ${host}:${port}`;
  switch (failure) {
    case 'refused':
      return `${dial}: connect: connection refused`;
    case 'timeout':
      return `${dial}: connect: connection timed out`;
    case 'unreachable':
      return `${dial}: connect: no route to host`;
    case 'reset':
      return 'EOF';
    case 'protocol':
      return 'net/http: HTTP/1.x transport connection broken: malformed HTTP response';
  }
}

/** Go's text of a handler that is none of the three: upstream never runs `tcpSocket`. */
function handlerText({ tcpSocket }: LifecycleHandler): string {
  if (!tcpSocket) return '&LifecycleHandler{Exec:nil,HTTPGet:nil,TCPSocket:nil,Sleep:nil,}';
  const { port, host = '' } = tcpSocket;
  const value = typeof port === 'number' ? `{0 ${port} }` : `{1 0 ${port}}`;
  const socket = `&TCPSocketAction{Port:${value},Host:${host},}`;
  return `&LifecycleHandler{Exec:nil,HTTPGet:nil,TCPSocket:${socket},Sleep:nil,}`;
}
