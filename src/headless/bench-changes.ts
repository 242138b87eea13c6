/**
 * What change costs, by changed Pod, beside what creation costs in the same run: a rolling update, the
 * drain of a tenth of all nodes, the loss of a zone.
 *
 * Creation is measured on a second Deployment of the same size, so that both sides run code that the
 * machine has compiled already.
 */
import { kinds } from '../api/kinds/index.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { Session } from '../engine/session.ts';
import { programsFor } from '../kubectl/programs.ts';
import type { Command, CommandResult, NodeSpec } from '../port/protocol.ts';
import { type Result, resultOf, Stopwatch } from './bench-measure.ts';
import { DEFAULT_EPOCH, workerNodes } from './run-config.ts';

const LIMIT_US = 3_600 * 1_000_000;
const MICROS = 1e6;
/** Long enough for six leases of every node. */
const REST_US = 60 * 1_000_000;

/** Text of a Deployment with so many replicas. */
type Manifest = (replicas: number, name?: string) => string;

interface Replicas {
  readonly status: { readonly readyReplicas?: number; readonly updatedReplicas?: number };
}

class Bench {
  readonly name: string;
  readonly session: Session;
  readonly nodes: readonly NodeSpec[];
  readonly #manifest: Manifest;
  readonly #watch = new Stopwatch();
  #createUs = 0;

  constructor(name: string, nodes: number, manifest: Manifest) {
    this.name = name;
    this.nodes = workerNodes(nodes);
    this.#manifest = manifest;
    const config = { seed: 1, epoch: DEFAULT_EPOCH, nodes: this.nodes, stopped: [] };
    this.session = new Session(config, programsFor(kinds), { traceCapacity: 100_000 });
  }

  /** Two Deployments with |replicas| each; what the second costs is what creation costs. */
  create(replicas: number): void {
    this.#deploy('first', replicas);
    const watch = new Stopwatch();
    this.#deploy('web', replicas);
    this.#createUs = (watch.cpuSeconds * MICROS) / replicas;
  }

  #deploy(name: string, replicas: number): void {
    this.give({ type: 'apply', file: `${name}.yaml`, text: this.#manifest(replicas, name) });
    this.until(`${name} is ready`, () => this.status(name).readyReplicas === replicas);
  }

  give(command: Command, done: (result: CommandResult) => void = () => undefined): void {
    this.session.give(command, (result) => {
      if (result.exitCode !== 0) {
        throw new Error(`${this.name}: ${command.type}: ${result.stderr}${result.stdout}`);
      }
      done(result);
    });
  }

  until(what: string, done: () => boolean): void {
    const { kernel } = this.session.cluster;
    if (kernel.runUntil(done, { maxTime: kernel.now + LIMIT_US })) return;
    throw new Error(`${this.name}: not within an hour: ${what}`);
  }

  status(name: string): Replicas['status'] {
    const key = `/registry/deployments/default/${name}`;
    const object = this.session.cluster.server.store.get(key)?.value.object;
    return (object as unknown as Replicas | undefined)?.status ?? {};
  }

  pods(): readonly (KubeObject & { readonly spec: { readonly nodeName?: string } })[] {
    return this.session.cluster.server.objects('', 'pods', 'default') as never;
  }

  /**
   * Runs |body|, which answers how many Pods it has changed. Leases and statuses of nodes cost the same
   * whatever happens: a change that takes long (zones are given up a node in ten seconds) is not to pay
   * for them, so that they are measured at rest and left out of `change_us`.
   */
  measure(body: () => number): Result {
    const { kernel } = this.session.cluster;
    const begun = kernel.now;
    const watch = new Stopwatch();
    const changed = body();
    const used = watch.cpuSeconds;
    const rest = this.#restCpuSeconds() * ((kernel.now - begun - REST_US) / REST_US);
    const changeUs = ((used - rest) * MICROS) / changed;
    return resultOf(this.name, this.#watch, this.session.cluster, {
      changed,
      create_us: this.#createUs,
      change_us: changeUs,
      ratio: changeUs / this.#createUs,
      rest_cpu_s: rest,
      ratio_with_rest: (used * MICROS) / changed / this.#createUs,
    });
  }

  /** CPU seconds that the cluster takes for REST_US in which nothing happens. */
  #restCpuSeconds(): number {
    const { kernel } = this.session.cluster;
    const watch = new Stopwatch();
    kernel.runUntil(kernel.now + REST_US);
    return watch.cpuSeconds;
  }
}

/** Every Pod of a Deployment is replaced by one of another image. */
export function rolling(name: string, replicas: number, nodes: number, manifest: Manifest): Result {
  const bench = new Bench(name, nodes, manifest);
  bench.create(replicas);
  return bench.measure(() => {
    const image = 'registry.k8s.io/pause:3.9';
    const object = 'Deployment/default/web';
    bench.give({ type: 'set-image', object, container: 'nginx', image });
    bench.until('it begins', () => bench.status('web').updatedReplicas !== replicas);
    bench.until('every Pod is of the new image', () => {
      const { readyReplicas, updatedReplicas } = bench.status('web');
      // The old ones have ended too.
      if (readyReplicas !== replicas || updatedReplicas !== replicas) return false;
      return bench.session.cluster.server.store.count('/registry/pods/') === 2 * replicas;
    });
    return replicas;
  });
}

/** `kubectl drain` of |drained| nodes, one after the other; their Pods come up elsewhere. */
export function drain(
  name: string,
  [replicas, nodes, drained]: readonly [number, number, number],
  manifest: Manifest,
): Result {
  const bench = new Bench(name, nodes, manifest);
  bench.create(replicas / 2);
  const going = new Set(bench.nodes.slice(0, drained).map((node) => node.name));
  return bench.measure(() => {
    const changed = bench.pods().filter((pod) => going.has(pod.spec.nodeName ?? '')).length;
    let done = 0;
    for (const node of going) bench.give({ type: 'drain', node }, () => done++);
    bench.until('all are drained', () => done === drained);
    untilReady(bench, replicas / 2);
    const left = bench.pods().some((pod) => going.has(pod.spec.nodeName ?? ''));
    if (left) throw new Error(`${name}: a Pod is still on a drained node`);
    return changed;
  });
}

/** All machines of one of three zones lose their power; their Pods are replaced after five minutes. */
export function zoneLoss(
  name: string,
  replicas: number,
  nodes: number,
  manifest: Manifest,
): Result {
  const bench = new Bench(name, nodes, manifest);
  bench.create(replicas / 2);
  const lost = new Set(bench.nodes.filter((node) => node.zone === 'a').map((node) => node.name));
  return bench.measure(() => {
    const changed = bench.pods().filter((pod) => lost.has(pod.spec.nodeName ?? '')).length;
    for (const node of lost) {
      bench.give({ type: 'stop', component: `kubelet/${node}` });
      bench.give({ type: 'stop', component: `containerd/${node}` });
    }
    bench.until('the Pods are missed', () => bench.status('web').readyReplicas !== replicas / 2);
    untilReady(bench, replicas / 2);
    return changed;
  });
}

function untilReady(bench: Bench, replicas: number): void {
  bench.until('all Pods are ready again', () =>
    ['first', 'web'].every((name) => bench.status(name).readyReplicas === replicas),
  );
}
