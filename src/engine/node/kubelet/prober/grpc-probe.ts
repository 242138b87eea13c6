/**
 * A probe by the health service of gRPC.
 *
 * Models: pkg/probe/grpc/grpc.go (v1.36); google.golang.org/grpc blocking dial with its back-off
 */
import type { GRPCAction } from '../../../../api/generated/types.ts';
import { type Proc, sleep } from '../../../../kernel/process.ts';
import { type GrpcError, healthRequest, readHealthAnswer } from '../../runtime/grpc-health.ts';
import type { HttpResponse } from '../../runtime/program.ts';
import { goDuration, type KubeletContext } from '../context.ts';
import type { ProbeOutcome } from './outcome.ts';
import { within } from './within.ts';

const USER_AGENT = 'kube-probe/1.36 grpc-go';
/** google.golang.org/grpc/codes, by number. */
const CODES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];
/** grpc backoff.DefaultConfig: 1 s, × 1.6, jitter 20 %, at most 120 s. */
const FIRST_PAUSE_US = 1_000_000;
const PAUSE_FACTOR = 1.6;
const PAUSE_MAX_US = 120_000_000;
const JITTER = 0.2;

export function* grpcProbe(
  context: KubeletContext,
  { port, service = '' }: GRPCAction,
  host: string,
  timeoutUs: number,
): Proc<ProbeOutcome> {
  const { kernel } = context;
  const address = `${host}:${port}`;
  const state = { connected: false };
  const call = untilAnswered(context, host, port, service, state);
  const answer = yield* within(kernel, timeoutUs, call);
  const limit = goDuration(timeoutUs);
  if (answer === 'deadline') {
    const message = state.connected
      ? `timeout: health rpc did not complete within ${limit}`
      : `timeout: failed to connect service "${address}" within ${limit}: context deadline exceeded`;
    return { kind: 'failure', message };
  }
  const status = readHealthAnswer(answer);
  if (status === 'SERVING') return { kind: 'success' };
  if (typeof status === 'string') {
    return { kind: 'failure', message: `service unhealthy (responded with "${status}")` };
  }
  return { kind: 'failure', message: callFailure(status, limit) };
}

function callFailure({ code, message }: GrpcError, limit: string): string {
  switch (CODES[code]) {
    case 'Unimplemented':
      return (
        'error: this server does not implement the grpc health protocol ' +
        `(grpc.health.v1.Health): ${message}`
      );
    case 'DeadlineExceeded':
      return `timeout: health rpc did not complete within ${limit}`;
    default: {
      const name = CODES[code] ?? `Code(${code})`;
      return `error: health rpc probe failed: rpc error: code = ${name} desc = ${message}`;
    }
  }
}

/** Connects again and again, until the time of the probe is over. */
function* untilAnswered(
  { rng, runtime }: KubeletContext,
  host: string,
  port: number,
  service: string,
  state: { connected: boolean },
): Proc<HttpResponse> {
  const ask = healthRequest(service);
  const headers = { ...ask.headers, Host: `${host}:${port}`, 'User-Agent': USER_AGENT };
  const request = { ...ask, headers, tls: false };
  for (let pause = FIRST_PAUSE_US; ; pause = Math.min(pause * PAUSE_FACTOR, PAUSE_MAX_US)) {
    // Whoever has the port open and says nothing has taken the call.
    state.connected = true;
    const answer = yield* runtime.hostNetwork.request(host, port, request);
    if (typeof answer === 'object') return answer;
    state.connected = false;
    yield* sleep(pause * (1 - JITTER + (2 * JITTER * rng.int(1_001)) / 1_000));
  }
}
