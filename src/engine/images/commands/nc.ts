/**
 * nc: standard input to a connection, and what comes from it to standard output.
 *
 * Models:     busybox networking/nc.c, nc_bloaty.c (-u, -z, -v)
 * Simplified: -e, -f and -i are not there, -s, -t and -n change nothing; -w counts from the end of the input, and for connects
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import { type Proc, wait } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import {
  AddressInUse,
  type Connection,
  type ConnectFailure,
  type ProcessContext,
} from '../../node/runtime/program.ts';
import { lookupHost } from '../../node/runtime/resolver.ts';
import { readOptions, usage } from './applet.ts';

type Args = readonly string[];

const USAGE = '[-iN] [-wN] [-l] [-p PORT] [-f FILE|IPADDR PORT] [-e PROG]';

const CONNECT_ERRORS: Readonly<Record<ConnectFailure, string>> = {
  refused: 'Connection refused',
  timeout: 'Connection timed out',
  unreachable: 'No route to host',
  reset: 'Connection reset by peer',
  protocol: 'Protocol error',
};

interface Options {
  /** Microseconds of -w; null: for ever. */
  readonly waitUs: number | null;
  readonly verbose: boolean;
  readonly scan: boolean;
}

/** Somebody at the other end. */
interface Link {
  /** Something to wait for before sending more; null when there is room. */
  send(text: string): Connection['full'];
  finish(): void;
  close(): void;
}

export function* ncCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'zvnluNt4', 'wpqs');
  if (unknown !== undefined) return usage(context, 'nc', USAGE, unknown);
  const seconds = flags.get('w');
  const options: Options = {
    waitUs: seconds === undefined ? null : Number(seconds) * MICROS_PER_SECOND,
    verbose: flags.has('v'),
    scan: flags.has('z'),
  };
  const udp = flags.has('u');
  if (flags.has('l')) {
    const port = Number(flags.get('p') ?? operands.at(-1));
    if (!Number.isInteger(port)) return usage(context, 'nc', USAGE);
    return yield* listen(context, port, udp, options);
  }
  const [host, portText] = operands;
  if (host === undefined || portText === undefined) return usage(context, 'nc', USAGE);
  const addresses = yield* lookupHost(context, host);
  const [address] = typeof addresses === 'string' ? [] : addresses;
  if (address === undefined) {
    context.stderr(`nc: bad address '${host}'\n`);
    return 1;
  }
  const port = Number(portText);
  if (udp) return yield* datagrams(context, address, port, 0, options);
  const connection = yield* connectInTime(context, address, port, options);
  if (typeof connection === 'string') {
    context.stderr(`nc: ${host} (${address}:${port}): ${CONNECT_ERRORS[connection]}\n`);
    return 1;
  }
  if (options.verbose) context.stderr(`${host} (${address}:${port}) open\n`);
  if (!options.scan) return yield* converse(context, connection, options);
  connection.close();
  return 0;
}

function* connectInTime(
  context: ProcessContext,
  address: string,
  port: number,
  { waitUs }: Options,
): Proc<Connection | ConnectFailure> {
  if (waitUs === null) return yield* context.connect(address, port);
  const { kernel } = context;
  const done = new Future<Connection | ConnectFailure>();
  const process = kernel.spawn(
    'connect',
    (function* (): Proc {
      done.resolve(yield* context.connect(address, port));
    })(),
  );
  const timer = kernel.after(waitUs, () => done.resolve('timeout'));
  try {
    return yield* wait(done);
  } finally {
    kernel.cancel(timer);
    process.cancel();
  }
}

function* listen(
  context: ProcessContext,
  port: number,
  udp: boolean,
  options: Options,
): Proc<number> {
  try {
    if (udp) return yield* datagrams(context, null, 0, port, options);
    const first = new Future<Connection>();
    context.listenTcp(port, (connection) => {
      if (first.settled) connection.close();
      else first.resolve(connection);
      return undefined;
    });
    return yield* converse(context, yield* wait(first), options);
  } catch (error) {
    if (!(error instanceof AddressInUse)) throw error;
    context.stderr('nc: bind: Address already in use\n');
    return 1;
  }
}

function* converse(
  context: ProcessContext,
  connection: Connection,
  options: Options,
): Proc<number> {
  const talk = new Talk(context, options);
  const reader = context.kernel.spawn('nc', talk.copy(connection));
  const link: Link = {
    send: (text) => {
      connection.write(text);
      return connection.full;
    },
    finish: () => connection.finish(),
    close: () => connection.close(),
  };
  try {
    return yield* talk.run(link);
  } finally {
    reader.cancel();
  }
}

/** |address| is null for whoever sends first. */
function* datagrams(
  context: ProcessContext,
  address: string | null,
  port: number,
  own: number,
  options: Options,
): Proc<number> {
  const talk = new Talk(context, options);
  let peer = address === null ? null : { address, port };
  const socket = context.openUdp(own, ({ remoteAddress, remotePort, text }) => {
    peer ??= { address: remoteAddress, port: remotePort };
    talk.came(text);
  });
  return yield* talk.run({
    send: (text) => {
      if (peer) socket.sendTo(peer.address, peer.port, text);
      return null;
    },
    finish: () => undefined,
    close: () => socket.close(),
  });
}

class Talk {
  readonly #context: ProcessContext;
  readonly #options: Options;
  readonly #ended = new Future<number>();
  #lastAt = 0;

  constructor(context: ProcessContext, options: Options) {
    this.#context = context;
    this.#options = options;
  }

  came(text: string): void {
    this.#lastAt = this.#context.kernel.now;
    this.#context.stdout(text);
  }

  *copy({ input }: Connection): Proc {
    for (;;) {
      const chunk = yield* input.readChunk();
      if (chunk === null) break;
      this.came(chunk);
      yield* this.#context.work(1);
    }
    this.#ended.resolve(0);
  }

  /** Until the other end has closed, or has been silent for long enough. */
  *run(link: Link): Proc<number> {
    const { kernel } = this.#context;
    const writer = kernel.spawn('nc input', this.#send(link));
    try {
      return yield* wait(this.#ended);
    } finally {
      writer.cancel();
      link.close();
    }
  }

  *#send(link: Link): Proc {
    const { stdin, kernel } = this.#context;
    for (let chunk = yield* stdin.readChunk(); chunk !== null; chunk = yield* stdin.readChunk()) {
      const full = link.send(chunk);
      if (full) yield full;
    }
    link.finish();
    const { waitUs } = this.#options;
    if (waitUs === null) return;
    this.#lastAt = kernel.now;
    for (let left = waitUs; left > 0; left = this.#lastAt + waitUs - kernel.now) yield left;
    this.#ended.resolve(0);
  }
}
