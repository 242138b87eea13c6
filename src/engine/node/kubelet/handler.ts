/**
 * Runs the handler of a lifecycle hook: a command in the container, an HTTP request to the Pod, or a
 * sleep.
 *
 * Models: pkg/kubelet/lifecycle/handlers.go (v1.36)
 * Simplified: an HTTP hook's answer is not looked at, redirects are not followed.
 */
import type { Container, HTTPGetAction, LifecycleHandler } from '../../../api/generated/types.ts';
import { goQuote } from '../../../api/meta/go-text.ts';
import { type Proc, sleep } from '../../../kernel/process.ts';
import { type KubeletContext, recordPodEvent } from './context.ts';
import { failureText, getFailure, httpTarget } from './http-action.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

const SECOND_US = 1_000_000;

/** Why a hook has failed, as it is shown in the container's status; null: it has not. */
export function* runHook(
  context: KubeletContext,
  p: PodRecord,
  c: ContainerRecord,
  name: 'PostStart' | 'PreStop',
  handler: LifecycleHandler,
): Proc<string | null> {
  const { kernel, actor } = context;
  const detail = { container: c.name };
  const span = kernel.begin({ kind: 'hook', name, from: actor, object: p.ref, detail });
  const failure = yield* runHandler(context, p, c, handler);
  kernel.end(span, failure === null ? undefined : { detail: { error: failure } });
  return failure;
}

function* runHandler(
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
  const podIP = sandbox?.hostNetwork ? context.hostIP : (sandbox?.ip ?? '');
  const target = httpTarget(action, spec, podIP, 'lifecycle');
  if (typeof target === 'string') return target;
  const { host, port, url, request: ask } = target;
  const { hostNetwork } = runtime;
  let answer = yield* hostNetwork.request(host, port, ask);
  if (answer === 'protocol' && ask.tls) {
    answer = yield* hostNetwork.request(host, port, { ...ask, tls: false });
    if (typeof answer === 'object') {
      const text = `request to HTTPS lifecycle hook ${host}:${port} got HTTP response`;
      const message = `${text}, retry with HTTP succeeded`;
      recordPodEvent(context, p, 'Warning', 'LifecycleHTTPFallback', message);
    }
  }
  return typeof answer === 'object'
    ? null
    : getFailure(url, failureText(answer, host, port, ask.tls));
}

/** Go's text of a handler that is none of the three: upstream never runs `tcpSocket`. */
function handlerText({ tcpSocket }: LifecycleHandler): string {
  if (!tcpSocket) return '&LifecycleHandler{Exec:nil,HTTPGet:nil,TCPSocket:nil,Sleep:nil,}';
  const { port, host = '' } = tcpSocket;
  const value = typeof port === 'number' ? `{0 ${port} }` : `{1 0 ${port}}`;
  const socket = `&TCPSocketAction{Port:${value},Host:${host},}`;
  return `&LifecycleHandler{Exec:nil,HTTPGet:nil,TCPSocket:${socket},Sleep:nil,}`;
}
