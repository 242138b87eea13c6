/**
 * `agnhost connect HOST:PORT`: tries a TCP or UDP connection and names what was wrong.
 *
 * Models: test/images/agnhost/connect/connect.go (v1.36)
 * Simplified: no SCTP, which is refused by name.
 */
import { type Proc, wait } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { parseGoDuration } from '../tools/go-values.ts';
import { dialError, GoError, resolve, within } from '../tools/http-client.ts';
import { flag, splitHostPort } from './program.ts';

const FLAGS = ['timeout', 'protocol', 'udp-data', 'sctp-data'];

export function* connect(context: ProcessContext, args: readonly string[]): Proc<number> {
  const end = (message: string): number => {
    context.stderr(`${message}\n`);
    return 1;
  };
  const targets = operandsOf(args);
  const [target = ''] = targets;
  if (targets.length !== 1) return end(`Error: accepts 1 arg(s), received ${targets.length}`);
  const given = parseGoDuration(flag(args, 'timeout') ?? '0s') ?? 0;
  const timeoutUs = given > 0 ? given : Number.POSITIVE_INFINITY;
  const parts = splitHostPort(target);
  if (typeof parts === 'string') return end(`UNKNOWN: ${parts}`);
  let address: string;
  try {
    address = yield* resolve(context, parts.host);
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    return end(`DNS: ${error.message}`);
  }
  const protocol = flag(args, 'protocol') ?? 'tcp';
  switch (protocol) {
    case '':
    case 'tcp':
      return yield* connectTcp(context, address, parts.port, timeoutUs, end);
    case 'udp': {
      const data = flag(args, 'udp-data') ?? 'hostname';
      return yield* connectUdp(context, { address, port: parts.port, data, timeoutUs }, end);
    }
    case 'sctp':
      return end('OTHER: SCTP is not simulated');
    default:
      return end(`Unsupported protocol\n${protocol}`);
  }
}

function operandsOf(args: readonly string[]): readonly string[] {
  return args.filter((arg, i) => {
    if (arg.startsWith('-')) return false;
    return !FLAGS.includes((args[i - 1] ?? '').replace(/^--?/, ''));
  });
}

function* connectTcp(
  context: ProcessContext,
  address: string,
  port: number,
  timeoutUs: number,
  end: (message: string) => number,
): Proc<number> {
  const answer = yield* within(context.kernel, timeoutUs, context.connect(address, port));
  if (answer === 'timeout') return end('TIMEOUT');
  if (answer === 'refused') return end('REFUSED');
  if (typeof answer === 'string') return end(`OTHER: ${dialError(answer, address, port)}`);
  answer.close();
  return 0;
}

interface UdpCall {
  readonly address: string;
  readonly port: number;
  readonly data: string;
  readonly timeoutUs: number;
}

function* connectUdp(
  context: ProcessContext,
  { address, port, data, timeoutUs }: UdpCall,
  end: (message: string) => number,
): Proc<number> {
  const received = new Future<string>();
  const socket = context.openUdp(0, (datagram) => received.resolve(datagram.text));
  socket.sendTo(address, port, `${data}\n`);
  const answer = yield* within(context.kernel, timeoutUs, wait(received));
  socket.close();
  if (!received.settled) {
    const own = `${context.network?.address ?? ''}:${socket.port}`;
    return end(`TIMEOUT: read udp ${own}->${address}:${port}: i/o timeout`);
  }
  if (answer !== '') return 0;
  const why = 'Cannot guarantee the server received the request.';
  return end(`OTHER: No data received from the server. ${why}`);
}
