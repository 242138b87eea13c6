/**
 * fluentd: reads the logs of the node's containers from /var/log/containers and writes each line as
 * an event to its own output.
 *
 * Models: quay.io/fluentd_elasticsearch/fluentd, docker.io/fluent/fluentd, with the sources and tags
 * of the documentation's DaemonSet (in_tail, out_stdout).
 * Simplified: no configuration is read, and nothing is sent to Elasticsearch; logs of fluentd itself
 * are left out.
 */
import { goJson } from '../../api/meta/go-text.ts';
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import type { Proc } from '../../kernel/process.ts';
import { Future } from '../../kernel/wait.ts';
import type { ImageDefinition, ProcessContext } from '../node/runtime/program.ts';
import { buildImage } from './build.ts';
import { formatTime } from './commands/date.ts';

const VERSION = '1.18.0';
const DIRECTORY = '/var/log/containers';
const START_US = 800_000;
const MEMORY_BYTES = 60 * 1024 * 1024;
/** How often in_tail looks for what is new. */
const LOOK_US = MICROS_PER_SECOND;
const LINE_US = 20;

function say(context: ProcessContext, text: string): void {
  const time = formatTime('%Y-%m-%d %H:%M:%S +0000', context.kernel.nowMs);
  context.stdout(`${time} [info]: ${text}\n`);
}

function* fluentd(context: ProcessContext): Proc<number> {
  yield* context.work(START_US);
  context.setMemory(MEMORY_BYTES);
  say(context, `starting fluentd-${VERSION} pid=${context.pid} ruby="3.2.6"`);
  const ended = new Future<number>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    context.onSignal(signal, () => ended.resolve(0));
  }
  say(context, `#0 fluentd worker is now running worker=0`);
  const reader = new Reader(context);
  while (!ended.settled) {
    yield* reader.look();
    yield* untilNext(context, ended);
  }
  say(context, 'Worker 0 finished with status 0');
  return (yield ended) as number;
}

/** A pause that the end of the program cuts short. */
function* untilNext(context: ProcessContext, ended: Future<number>): Proc {
  const { kernel } = context;
  const over = new Future<void>();
  const timer = kernel.after(LOOK_US, () => over.resolve(), { periodic: true });
  const end = (): void => over.resolve();
  ended.subscribe({ kernel, wake: end, wakeError: end });
  yield over;
  kernel.cancel(timer);
}

class Reader {
  readonly #context: ProcessContext;
  /** How much of each file has been read, and its bytes then. */
  readonly #read = new Map<string, { readonly length: number; readonly bytes: number }>();

  constructor(context: ProcessContext) {
    this.#context = context;
  }

  *look(): Proc {
    for (const name of this.#context.fs.list(DIRECTORY) ?? []) {
      if (name.endsWith('.log') && !name.includes('_fluentd')) yield* this.#follow(name);
    }
  }

  *#follow(name: string): Proc {
    const context = this.#context;
    const path = `${DIRECTORY}/${name}`;
    const bytes = context.fs.stat(path)?.size ?? 0;
    const before = this.#read.get(name);
    if (before?.bytes === bytes) return;
    if (!before) say(context, `#0 following tail of ${path}`);
    const content = context.fs.read(path);
    if (content === undefined) return;
    // A file that has become smaller has begun anew.
    const from = before && before.bytes < bytes ? before.length : 0;
    const whole = content.slice(from, content.lastIndexOf('\n') + 1);
    this.#read.set(name, { length: from + whole.length, bytes });
    for (const line of whole.split('\n')) {
      if (line === '') continue;
      this.#emit(name, line);
      yield* context.work(LINE_US);
    }
  }

  /** As out_stdout writes an event: its time, its tag and its record. */
  #emit(name: string, line: string): void {
    const match = /^(\S+) (stdout|stderr) [FP] (.*)$/s.exec(line);
    if (!match) return;
    const [, time = '', stream = '', log = ''] = match;
    const [pod = '', namespace = '', container = ''] = name
      .replace(/-[0-9a-f]{64}\.log$/, '')
      .split('_');
    const stamp = time.replace('T', ' ').replace(/(\.\d+)?Z$/, '.000000000 +0000');
    const kubernetes = { pod_name: pod, namespace_name: namespace, container_name: container };
    const record = goJson({ stream, log, kubernetes });
    this.#context.stdout(`${stamp} kubernetes.var.log.containers.${name}: ${record}\n`);
  }
}

const common = {
  base: 'debian-bookworm-slim',
  cmd: ['fluentd'],
  directories: ['/fluentd/etc', '/fluentd/log'],
  programs: { '/usr/local/bin/fluentd': fluentd, '/entrypoint.sh': fluentd, '/run.sh': fluentd },
} as const;

export const fluentdImages: readonly ImageDefinition[] = [
  buildImage({
    ...common,
    repository: 'quay.io/fluentd_elasticsearch/fluentd',
    sizes: { 'v2.5.2': 50_000_000, 'v4.4.0': 67_000_000, 'v5.0.1': 81_000_000 },
  }),
  buildImage({
    ...common,
    repository: 'docker.io/fluent/fluentd',
    sizes: { 'v1.18': 68_000_000 },
    aliases: { latest: 'v1.18', 'v1.18-1': 'v1.18' },
  }),
  buildImage({
    ...common,
    repository: 'docker.io/fluent/fluentd-kubernetes-daemonset',
    sizes: { 'v1.18-debian-elasticsearch8': 110_000_000 },
  }),
  buildImage({
    ...common,
    repository: 'registry.k8s.io/fluentd-gcp',
    sizes: { '1.30': 94_000_000 },
  }),
];
