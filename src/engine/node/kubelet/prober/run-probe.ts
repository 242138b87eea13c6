/**
 * Runs a probe once: by its handler, again up to three times where that is not possible at all.
 *
 * Models: pkg/kubelet/prober/prober.go runProbeWithRetries, runProbe; pkg/probe/exec, pkg/probe/tcp
 * (v1.36)
 */
import type {
  Container,
  ExecAction,
  Probe,
  TCPSocketAction,
} from '../../../../api/generated/types.ts';
import type { Proc } from '../../../../kernel/process.ts';
import { textHead } from '../../network/bytes.ts';
import { expand } from '../container-env.ts';
import { goDuration, type KubeletContext } from '../context.ts';
import { failureText, portOf } from '../http-action.ts';
import type { PodRecord } from '../pod-record.ts';
import { grpcProbe } from './grpc-probe.ts';
import { httpProbe } from './http-probe.ts';
import type { ProbeOutcome } from './outcome.ts';
import { within } from './within.ts';

/** pkg/kubelet/prober maxProbeRetries. */
const TRIES = 3;
const SECOND_US = 1_000_000;
/** pkg/probe/exec maxReadLength. */
const MAX_OUTPUT_BYTES = 10 * 1024;

export function* runProbe(
  context: KubeletContext,
  p: PodRecord,
  container: Container,
  probe: Probe,
): Proc<ProbeOutcome> {
  let outcome: ProbeOutcome = { kind: 'success' };
  for (let n = 0; n < TRIES; n++) {
    outcome = yield* runOnce(context, p, container, probe);
    if (outcome.kind !== 'error') break;
  }
  return outcome;
}

function runOnce(
  context: KubeletContext,
  p: PodRecord,
  container: Container,
  { exec, httpGet, tcpSocket, grpc, timeoutSeconds = 1 }: Probe,
): Proc<ProbeOutcome> {
  const us = timeoutSeconds * SECOND_US;
  const podIP = (p.status ?? p.pod.status).podIP ?? '';
  if (exec) return execProbe(context, p, container, exec, us);
  if (httpGet) return httpProbe(context, httpGet, container, podIP, us);
  if (tcpSocket) return tcpProbe(context, tcpSocket, container, podIP, us);
  if (grpc) return grpcProbe(context, grpc, podIP, us);
  return noHandler(p, container);
}

/** Takes no time, but is one of the handlers, which are all processes. */
function* noHandler(p: PodRecord, { name }: Container): Proc<ProbeOutcome> {
  const { name: pod, namespace, uid } = p.identity;
  const message = `missing probe handler for ${pod}_${namespace}(${uid}):${name}`;
  return { kind: 'error', message };
}

function* execProbe(
  { runtime }: KubeletContext,
  p: PodRecord,
  container: Container,
  { command = [] }: ExecAction,
  timeoutUs: number,
): Proc<ProbeOutcome> {
  const argv = expanded(container, command);
  const result = yield* runtime.execSync(p.identity.uid, container.name, argv, timeoutUs);
  switch (result.kind) {
    case 'exited':
      if (result.exitCode === 0) return { kind: 'success' };
      return { kind: 'failure', message: textHead(result.output, MAX_OUTPUT_BYTES) };
    case 'timeout': {
      const limit = goDuration(timeoutUs);
      const message = `command timed out: "${argv.join(' ')}" timed out after ${limit}`;
      return { kind: 'failure', message };
    }
    case 'failed':
      return { kind: 'error', message: result.message };
  }
}

/** ExpandContainerCommandOnlyStatic: only values in the manifest are known, others are empty. */
function expanded({ env }: Container, command: readonly string[]): readonly string[] {
  if (!command.some((word) => word.includes('$'))) return command;
  const known = new Map<string, string>();
  for (const { name, value } of env ?? []) known.set(name, value ?? '');
  return command.map((word) => expand(word, known));
}

function* tcpProbe(
  { kernel, runtime }: KubeletContext,
  action: TCPSocketAction,
  container: Container,
  podIP: string,
  timeoutUs: number,
): Proc<ProbeOutcome> {
  const port = portOf(action.port, container);
  if (typeof port === 'string') return { kind: 'error', message: port };
  const host = action.host || podIP;
  const socket = yield* within(kernel, timeoutUs, runtime.hostNetwork.connect(host, port));
  if (typeof socket === 'object') {
    socket.close();
    return { kind: 'success' };
  }
  const message =
    socket === 'deadline'
      ? `dial tcp ${host}:${port}: i/o timeout`
      : failureText(socket, host, port);
  return { kind: 'failure', message };
}
