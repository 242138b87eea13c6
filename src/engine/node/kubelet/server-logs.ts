/**
 * The kubelet's containerLogs: which container is meant, and its lines as they were asked for.
 *
 * Models:     kubernetes pkg/kubelet/server/server.go getContainerLogs, kubelet_pods.go
 *             validateContainerLogStatus; k8s.io/cri-client pkg/logs/logs.go (v1.36)
 * Simplified: logs are text in memory; what has been rotated away cannot be read
 */
import type {
  ContainerState,
  ContainerStatus,
  Pod,
  PodStatus,
} from '../../../api/generated/types.ts';
import { bytesOfText, textOfBytes } from '../../../api/meta/byte-text.ts';
import { goQuote } from '../../../api/meta/go-text.ts';
import type { NodeAnswer } from '../../../api/meta/node-dial.ts';
import { parseTime, rfc3339Micro } from '../../../api/meta/time.ts';
import type { Timer } from '../../../kernel/event-queue.ts';
import { MICROS_PER_SECOND, type Kernel } from '../../../kernel/kernel.ts';
import type { ContainerLog, LogLine } from '../runtime/logs.ts';
import type { RuntimeContainer } from '../runtime/runtime-container.ts';

/** inotify tells of a change of the file, and it is read. */
const NOTICE_US = 1_000;

export interface LogsHost {
  readonly kernel: Kernel;
  /** Containers of that name which the runtime still keeps. */
  containers(uid: string, name: string): readonly RuntimeContainer[];
}

/** A Pod of this node, and its status as this kubelet knows it. */
export interface KnownPod {
  readonly pod: Pod;
  readonly status: PodStatus;
}

type Query = Readonly<Record<string, string>>;

export function containerLogs(
  host: LogsHost,
  { pod, status }: KnownPod,
  container: string,
  query: Query,
): NodeAnswer {
  const { name, uid } = pod.metadata;
  if (!isContainerOf(pod, container)) {
    return { code: 404, text: `container ${goQuote(container)} not found in pod ${goQuote(name)}` };
  }
  const chosen = logSource(status, name, container, query['previous'] === 'true');
  if ('error' in chosen) return { code: 400, text: chosen.error };
  const source = host.containers(uid, container).find(({ info }) => chosen.id.endsWith(info.id));
  // The log itself says so: the answer is a success.
  if (!source) return { code: 200, text: `unable to retrieve container logs for ${chosen.id}` };
  const writer = new LogWriter(host.kernel, query);
  const { log } = source;
  const text = writer.formatAll(tailOf(log.lines, query['tailLines']));
  if (query['follow'] !== 'true' || writer.full || source.info.state !== 'running') {
    return { code: 200, text };
  }
  return { code: 200, text, follow: (write, end) => follow(host.kernel, log, writer, write, end) };
}

/** Hands out what comes, a little later and all that has come until then together. */
function follow(
  kernel: Kernel,
  log: ContainerLog,
  writer: LogWriter,
  write: (text: string) => void,
  end: () => void,
): () => void {
  let position = log.end;
  let timer: Timer | null = null;
  const flush = (): void => {
    timer = null;
    const more = writer.formatAll(log.from(position));
    position = log.end;
    if (more !== '') write(more);
    if (writer.full) finish();
  };
  const leave = log.follow({
    more() {
      timer ??= kernel.after(NOTICE_US, flush, { periodic: true, scope: null });
    },
    end() {
      flush();
      finish();
    },
  });
  const stop = (): void => {
    leave();
    if (timer) kernel.cancel(timer);
    timer = null;
  };
  const finish = (): void => {
    stop();
    end();
  };
  return stop;
}

function isContainerOf({ spec }: Pod, name: string): boolean {
  const { containers, initContainers = [], ephemeralContainers = [] } = spec;
  const all = [...containers, ...initContainers, ...ephemeralContainers];
  return all.some((c) => c.name === name);
}

type LogSource = { readonly id: string } | { readonly error: string };

/** Which container's log is meant: the one that runs, else the one that ended last. */
function logSource(
  status: PodStatus,
  pod: string,
  container: string,
  previous: boolean,
): LogSource {
  const of = `container ${goQuote(container)} in pod ${goQuote(pod)}`;
  const found = statusOf(status, container);
  if (!found) return { error: `${of} is not available` };
  const { running, terminated, waiting } = (found.state ?? {}) as ContainerState;
  const last = found.lastState?.terminated;
  if (previous) {
    if (last?.containerID) return { id: last.containerID };
    return { error: `previous terminated ${of} not found` };
  }
  if (running) return { id: found.containerID ?? '' };
  if (terminated ?? last) {
    const id = terminated?.containerID || last?.containerID;
    return id ? { id } : { error: `${of} is terminated` };
  }
  if (!waiting) return { error: `${of} is waiting to start - no logs yet` };
  return { error: `${of} is waiting to start: ${waitingFor(waiting.reason ?? '')}` };
}

function statusOf(status: PodStatus, name: string): ContainerStatus | undefined {
  const { containerStatuses, ephemeralContainerStatuses, initContainerStatuses } = status;
  for (const list of [containerStatuses, initContainerStatuses, ephemeralContainerStatuses]) {
    const found = list?.find((c) => c.name === name);
    if (found) return found;
  }
  return undefined;
}

function waitingFor(reason: string): string {
  if (reason === 'ErrImagePull') return "image can't be pulled";
  if (reason === 'ImagePullBackOff') return 'trying and failing to pull image';
  return reason;
}

function tailOf(lines: readonly LogLine[], count: string | undefined): readonly LogLine[] {
  if (count === undefined) return lines;
  const n = Number(count);
  return n === 0 ? [] : lines.slice(-n);
}

/** Lines as they are sent: from a time on, with times in front, up to a number of bytes. */
class LogWriter {
  readonly #epochMs: number;
  /** Microseconds of virtual time; older lines are left out. */
  readonly #since: number;
  readonly #hasTimes: boolean;
  #left: number;
  #isNewLine = true;

  constructor(kernel: Kernel, query: Query) {
    const { sinceSeconds, sinceTime, limitBytes, timestamps } = query;
    this.#epochMs = kernel.epochMs;
    this.#since =
      sinceSeconds !== undefined
        ? kernel.now - Number(sinceSeconds) * MICROS_PER_SECOND
        : sinceTime !== undefined
          ? (parseTime(sinceTime) - kernel.epochMs) * 1_000
          : Number.NEGATIVE_INFINITY;
    this.#hasTimes = timestamps === 'true';
    this.#left = limitBytes === undefined ? Number.POSITIVE_INFINITY : Number(limitBytes);
  }

  get full(): boolean {
    return this.#left <= 0;
  }

  formatAll(lines: readonly LogLine[]): string {
    let text = '';
    for (const line of lines) {
      if (this.full) break;
      text += this.#format(line);
    }
    return text;
  }

  #format({ at, partial, text }: LogLine): string {
    const isNewLine = this.#isNewLine;
    this.#isNewLine = partial !== true;
    if (this.full || at < this.#since) return '';
    // Nanoseconds, of which virtual time knows thousands.
    const time =
      this.#hasTimes && isNewLine ? `${rfc3339Micro(this.#epochMs, at).slice(0, -1)}000Z ` : '';
    const line = `${time}${text}${partial === true ? '' : '\n'}`;
    if (this.#left === Number.POSITIVE_INFINITY) return line;
    // Bytes are counted, wherever in a character the last one is.
    const bytes = bytesOfText(line).subarray(0, this.#left);
    this.#left -= bytes.length;
    return textOfBytes(bytes);
  }
}
