/**
 * The kubelet's exec, attach and portForward, and the streaming server of the runtime behind them.
 *
 * Models:     pkg/kubelet/server/server.go getExec, getAttach, getPortForward; kubelet_pods.go;
 *             k8s.io/cri-streaming pkg/streaming; containerd internal/cri/server container_execsync.go,
 *             container_attach.go, sandbox_portforward_linux.go (v1.36, containerd 2.x)
 * Simplified: streams end after four hours at the kubelet (streamingConnectionIdleTimeout) is left out
 */
import { goQuote } from '../../../api/meta/go-text.ts';
import type { NodeAnswer, NodeRequest, StreamInput } from '../../../api/meta/node-dial.ts';
import type { Scope } from '../../../kernel/event-queue.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { Latency, Rng } from '../../../kernel/rng.ts';
import type { ContainerIo } from '../runtime/container-io.ts';
import type { Containerd } from '../runtime/containerd.ts';
import { AttachedInput, BrokenPipe } from '../runtime/open-file.ts';
import { type OutputSinks, type ProcessHandle, StartError } from '../runtime/process-runner.ts';
import { ExitWaiter, type RuntimeContainer } from '../runtime/runtime-container.ts';
import { Terminal } from '../runtime/terminal.ts';
import { exitStatus, internalStatus, StreamSession, SUCCESS } from './stream-session.ts';

/** From the end of a process until its exit status has been sent (recorded exec calls, less start). */
const EXIT_NOTICE: Latency = { p10: 10_000, p50: 20_000, p90: 60_000 };
/** containerd has the shim delete the task first (runc delete, on busy nodes). */
const EXIT_NOTED_US = 120_000;
/** From containerd through the pipe of the shim until the program reads it. */
const INPUT_US = 2_000;
const HEX = '0123456789abcdef';
const ID_LENGTH = 64;

export interface StreamHost {
  readonly kernel: Kernel;
  readonly rng: Rng;
  readonly runtime: Containerd;
  /** The runtime's: processes go on without the kubelet. */
  readonly scope: Scope;
  /** Ends with the kubelet. */
  keep(session: StreamSession): void;
}

export interface StreamTarget {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
}

type Streams = StreamSession['streams'];

/** remotecommand.NewOptions; a text is the error. */
function streamsOf({ query }: NodeRequest): Streams | string {
  const is = (name: string): boolean => query[name] === '1';
  const tty = is('tty');
  const streams = { stdin: is('input'), stdout: is('output'), stderr: is('error') && !tty, tty };
  if (streams.stdin || streams.stdout || streams.stderr) return streams;
  return 'you must specify at least 1 of stdin, stdout, stderr';
}

export function serveExec(
  host: StreamHost,
  target: StreamTarget,
  request: NodeRequest,
): NodeAnswer {
  const streams = streamsOf(request);
  if (typeof streams === 'string') return { code: 400, text: streams };
  const { uid, container } = target;
  const c = host.runtime.container(uid, container);
  if (isBeingCleared(host, c)) return cleared('exec', streams, 'executing command in', EXEC_STEP);
  if (c?.info.state !== 'running') {
    return { code: 500, text: `container not found (${goQuote(container)})` };
  }
  const session = new StreamSession('exec', streams);
  host.keep(session);
  const { kernel, scope } = host;
  kernel.spawn('exec', runExec(host, session, target, request.command ?? []), {
    scope,
    periodic: false,
  });
  return { code: 101, text: '', session };
}

function* runExec(
  host: StreamHost,
  session: StreamSession,
  { uid, container }: StreamTarget,
  argv: readonly string[],
): Proc {
  const { kernel, rng, runtime } = host;
  const output = sinksOf(session);
  const terminal = session.streams.tty ? new Terminal(output) : undefined;
  const stdin = new AttachedInput();
  if (!session.streams.stdin) stdin.close();
  serveInput(session, terminal, stdin);
  const id = rng.text(ID_LENGTH, HEX);
  let process: ProcessHandle;
  try {
    process = yield* runtime.exec(uid, container, argv, {
      output,
      ...(session.streams.stdin ? { stdin } : {}),
      ...(terminal ? { terminal } : {}),
    });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const why = `failed to exec in container: failed to start exec "${id}": ${error.execMessage}`;
    session.end(internalStatus(`error executing command in container: ${why}`));
    return;
  }
  process.exited.subscribe(
    new ExitWaiter(kernel, ({ exitCode }) => {
      kernel.after(rng.latency(EXIT_NOTICE), () => session.end(exitStatus(exitCode)), {
        periodic: false,
        scope: host.scope,
      });
    }),
  );
}

/** What a process writes goes to the client, and nowhere once that has gone. */
function sinksOf(session: StreamSession): OutputSinks {
  const sink =
    (type: 'stdout' | 'stderr') =>
    (text: string): void => {
      if (session.gone) throw new BrokenPipe();
      if (session.streams[type]) session.emit({ type, text });
    };
  return {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    isBounded: true,
    get full() {
      return session.full;
    },
  };
}

/** The client's keys go to the terminal, its bytes to standard input. */
function serveInput(
  session: StreamSession,
  terminal: Terminal | undefined,
  stdin: AttachedInput,
): void {
  session.backlogOf = () => terminal?.backlog ?? stdin.backlog;
  session.serve({
    input(input) {
      switch (input.type) {
        case 'stdin':
          if (!session.streams.stdin) return;
          if (terminal) terminal.push(input.text);
          else stdin.push(input.text);
          return;
        case 'stdin-end':
          // A terminal whose typist goes away ends the reads of the programs, as CloseIO does.
          if (terminal) terminal.input.hangUp();
          else stdin.close();
          return;
        case 'resize':
          terminal?.resize(input.width, input.height);
          return;
        default:
          // The rest belongs to port-forwards, or was seen to by the session.
          return;
      }
    },
    gone() {
      terminal?.hangUp();
      stdin.close();
    },
  });
}

/** Its process has ended, but containerd has not noted that yet. */
function isBeingCleared({ kernel }: StreamHost, c: RuntimeContainer | undefined): boolean {
  const { finishedAt = null, startedAt = null, state } = c?.info ?? {};
  if (state !== 'exited' || startedAt === null || finishedAt === null) return false;
  return kernel.now - finishedAt < EXIT_NOTED_US;
}

const EXEC_STEP = 'failed to exec in container: ';

function cleared(kind: 'attach' | 'exec', streams: Streams, doing: string, step = ''): NodeAnswer {
  const session = new StreamSession(kind, streams);
  const why = `${step}failed to load task: no running task found: not found`;
  session.end(internalStatus(`error ${doing} container: ${why}`));
  return { code: 101, text: '', session };
}

export function serveAttach(
  host: StreamHost,
  target: StreamTarget,
  request: NodeRequest,
): NodeAnswer {
  const asked = streamsOf(request);
  if (typeof asked === 'string') return { code: 400, text: asked };
  const { uid, namespace, name, container } = target;
  const c = host.runtime.container(uid, container);
  if (isBeingCleared(host, c)) return cleared('attach', asked, 'attaching to');
  const io = c?.info.state === 'running' ? c.io : null;
  if (!io)
    return { code: 500, text: `container ${container} not found in pod ${name}_${namespace}` };
  // The terminal is the container's: what the client says about it does not count.
  const tty = io.terminal !== undefined;
  const session = new StreamSession('attach', { ...asked, stderr: asked.stderr && !tty, tty });
  host.keep(session);
  attachTo(host, session, io, c?.config.io?.stdinOnce === true);
  return { code: 101, text: '', session };
}

function attachTo(
  host: StreamHost,
  session: StreamSession,
  io: ContainerIo,
  stdinOnce: boolean,
): void {
  const { stdin, terminal } = io;
  const end = (): void => session.end(SUCCESS);
  const output = sinksOf(session);
  const leave = io.attach({
    stdout: (text) => output.stdout(text),
    stderr: (text) => output.stderr(text),
    get full() {
      return session.full;
    },
    end,
  });
  const reach = (give: () => void): void => {
    host.kernel.after(INPUT_US, give, { scope: host.scope, periodic: false });
  };
  const takesInput = session.streams.stdin && (stdin ?? terminal) !== undefined;
  session.onEnd(leave);
  session.backlogOf = () => terminal?.backlog ?? stdin?.backlog ?? 0;
  session.serve({
    input(input: StreamInput) {
      if (input.type === 'resize') terminal?.resize(input.width, input.height);
      if (!takesInput) return;
      const { type } = input;
      if (type === 'stdin') reach(() => (terminal ?? stdin)?.push(input.text));
      // The container's own input ends only where it was meant for one client.
      else if (type === 'stdin-end' && stdinOnce && stdin) reach(() => stdin.close());
      // What the program makes of the last words comes too late for this client.
      else if (type === 'stdin-end') end();
    },
    gone() {
      leave();
      if (takesInput && stdinOnce) reach(() => stdin?.close());
    },
  });
}
