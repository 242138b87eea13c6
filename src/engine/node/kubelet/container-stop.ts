/**
 * Ending containers: the preStop hook, the wait for those that are to end before, the signal, the
 * kill when the grace period is over.
 *
 * Models: pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer, executePreStopHook,
 * kuberuntime_termination_order.go (v1.36)
 */
import type { Container } from '../../../api/generated/types.ts';
import { type Proc, wait } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import { afterEvent } from './compile.ts';
import type { ContainerEvent } from './container-machine.ts';
import { type KubeletContext, recordPodEvent } from './context.ts';
import { runHook } from './handler.ts';
import { type ContainerRecord, type PodRecord, stepContainer } from './pod-record.ts';

/** killContainer never gives less (minimumGracePeriodInSeconds). */
const MINIMUM_GRACE_SECONDS = 2;
const SECOND_US = 1_000_000;

type Waited = 'came' | 'late' | 'hastened';

export interface Stop {
  /** Of the Event. */
  readonly message: string;
  readonly graceSeconds: number;
  /** It is started again whatever its exit code; by default its policy decides. */
  readonly again?: boolean;
  /** When the containers of the Pod end one after the other. */
  readonly turns?: Turns;
}

/** Sidecars end after the app containers, and the other way round than they began. */
export class Turns {
  readonly #ended = new Map<string, Future<void>>();
  readonly #before = new Map<string, readonly string[]>();

  constructor(p: PodRecord, running: readonly ContainerRecord[]) {
    for (const c of running) this.#ended.set(c.name, new Future());
    const apps = p.containers.filter((c) => c.kind === 'app').map((c) => c.name);
    let later: readonly string[] = [];
    for (const c of [...p.containers].reverse()) {
      if (c.kind !== 'sidecar') continue;
      this.#before.set(c.name, [...apps, ...later]);
      later = [c.name];
    }
  }

  ended(name: string): void {
    this.#ended.get(name)?.resolve();
  }

  /** What has to end before |name|. */
  before(name: string): readonly Future<void>[] {
    const names = this.#before.get(name) ?? [];
    const futures = names.map((n) => this.#ended.get(n));
    return futures.filter((f) => f !== undefined && !f.settled) as Future<void>[];
  }
}

/**
 * Ends a container and waits until it has ended; the kubelet decides then what becomes of it. False:
 * the Pod is to end sooner than was known, and the container is to be stopped anew.
 */
export function* stopContainer(
  context: KubeletContext,
  p: PodRecord,
  c: ContainerRecord,
  stop: Stop,
): Proc<boolean> {
  const { kernel, runtime } = context;
  const running = runtime.container(p.identity.uid, c.name);
  recordPodEvent(context, p, 'Normal', 'Killing', stop.message, c);
  if (!running) return true;
  const { id } = running.info;
  let grace = stop.graceSeconds;
  let event: ContainerEvent | ReturnType<typeof afterEvent<'hookPeriod' | 'turnPeriod'>> = 'KILL';
  const preStop = (c.spec as Container).lifecycle?.preStop;
  if (preStop && grace > 0) {
    stepContainer(p, c, 'PRE_STOP');
    const since = kernel.now;
    const done = new Future<Waited>();
    kernel.spawn('preStop hook', runPreStop(context, p, c, done), { scope: context.scope });
    const waited = yield* inTime(context, p, done, grace);
    if (waited === 'hastened') return false;
    if (waited === 'late') event = afterEvent('hookPeriod');
    grace -= Math.floor((kernel.now - since) / SECOND_US);
  }
  const before = stop.turns && grace > 0 ? stop.turns.before(c.name) : [];
  if (before.length > 0) {
    stepContainer(p, c, 'AWAIT_TURN');
    const since = kernel.now;
    const free = new Future<Waited>();
    kernel.spawn('turn to end', awaitAll(before, free), { scope: context.scope });
    const waited = yield* inTime(context, p, free, grace);
    if (waited === 'hastened') return false;
    if (waited === 'late') event = afterEvent('turnPeriod');
    grace -= Math.floor((kernel.now - since) / SECOND_US);
  }
  grace = Math.max(MINIMUM_GRACE_SECONDS, grace);
  const detail = { container: c.name, graceSeconds: grace };
  const span = runtime.beginCall('StopContainer', p.ref, detail);
  const ended = new Future<Waited>();
  running.onExit(() => ended.resolve('came'));
  signal(context, p, c, event, id);
  // `gracePeriod` of the machine, with the value that the kubelet gives it.
  const waited = yield* inTime(context, p, ended, grace);
  if (waited === 'hastened') {
    kernel.end(span);
    return false;
  }
  if (waited === 'late') {
    const gone = new Future<void>();
    running.onExit(() => gone.resolve());
    signal(context, p, c, afterEvent('gracePeriod'), id);
    yield* wait(gone);
  }
  yield* runtime.finishStop();
  kernel.end(span, { detail: { exitCode: running.info.exitCode } });
  stop.turns?.ended(c.name);
  return true;
}

/** It goes on when its time is over, until it ends or its container does. */
function* runPreStop(
  context: KubeletContext,
  p: PodRecord,
  c: ContainerRecord,
  done: Future<Waited>,
): Proc {
  const handler = c.spec.lifecycle?.preStop;
  const failure = handler ? yield* runHook(context, p, c, 'PreStop', handler) : null;
  // The message is not told, because it may hold secrets.
  if (failure !== null) {
    recordPodEvent(context, p, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', c);
  }
  done.resolve('came');
}

function* awaitAll(futures: readonly Future<void>[], done: Future<Waited>): Proc {
  for (const future of futures) yield* wait(future);
  done.resolve('came');
}

/** Waits for |future|, |seconds| at most, and no longer than the Pod's end is not hastened. */
function* inTime(
  { kernel }: KubeletContext,
  p: PodRecord,
  future: Future<Waited>,
  seconds: number,
): Proc<Waited> {
  const timer = kernel.after(seconds * SECOND_US, () => future.resolve('late'));
  const hasten = (): void => future.resolve('hastened');
  const listeners = (p.hasten ??= new Set());
  listeners.add(hasten);
  const waited = yield* wait(future);
  listeners.delete(hasten);
  if (listeners.size === 0) p.hasten = null;
  kernel.cancel(timer);
  return waited;
}

function signal(
  { runtime }: KubeletContext,
  p: PodRecord,
  c: ContainerRecord,
  event: Parameters<typeof stepContainer>[2],
  id: string,
): void {
  for (const effect of stepContainer(p, c, event)) {
    if (effect.type !== 'do') continue;
    if (effect.name === 'sendStopSignal') runtime.sendStopSignal(id);
    else if (effect.name === 'sendKill') runtime.kill(id);
  }
}
