/**
 * Ending all containers of a Pod, and the order in which that is done.
 *
 * Models: pkg/kubelet/kuberuntime/kuberuntime_container.go killContainersWithSyncResult;
 *         kuberuntime_manager.go getContainersToReset (v1.36)
 */
import { all, type Proc } from '../../../kernel/process.ts';
import { Turns } from './container-stop.ts';
import type { Containers } from './containers.ts';
import type { KubeletContext } from './context.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { restartsAll } from './restart-policy.ts';

/**
 * All at once; sidecars wait until it is their turn. |graceSeconds|: given by whoever ends the Pod.
 * False: the Pod is to end sooner than was known, and something still runs.
 */
export function* stopAll(
  context: KubeletContext,
  containers: Containers,
  p: PodRecord,
  graceSeconds: number,
): Proc<boolean> {
  const { kernel } = context;
  const running = p.containers.filter(
    (c) => p.observed.containers.get(c.name)?.state === 'running',
  );
  const turns = running.some((c) => c.kind === 'sidecar') ? new Turns(p, running) : null;
  const stop = (c: ContainerRecord): Proc =>
    containers.stop(p, c, {
      message: `Stopping container ${c.name}`,
      graceSeconds,
      ...(turns ? { turns } : {}),
    });
  const [only] = running;
  if (!only) return true;
  if (running.length === 1) {
    yield* stop(only);
    return !isRunning(context, p, only);
  }
  const outcomes = yield* all(kernel, 'stop containers', killOrder(p, running).map(stop));
  for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
  return !running.some((c) => isRunning(context, p, c));
}

function isRunning({ runtime }: KubeletContext, p: PodRecord, c: ContainerRecord): boolean {
  return runtime.container(p.identity.uid, c.name)?.info.state === 'running';
}

/**
 * The order in which the kubelet's goroutines come to run that end one container each: they are made
 * for the newest container first, and the one that is made last runs first.
 */
function killOrder(p: PodRecord, running: readonly ContainerRecord[]): readonly ContainerRecord[] {
  const createdAt = (c: ContainerRecord): number =>
    p.observed.containers.get(c.name)?.createdAt ?? 0;
  const list = [...running].sort((a, b) => createdAt(b) - createdAt(a));
  const first = list.pop();
  return first ? [first, ...list] : list;
}

/** getContainersToReset: app containers first, and last of all those that asked for it. */
export function resetOrder(p: PodRecord): readonly ContainerRecord[] {
  const known = p.containers.filter((c) => p.observed.containers.has(c.name));
  const asked = (c: ContainerRecord): boolean => {
    const info = p.observed.containers.get(c.name);
    return info?.state === 'exited' && restartsAll(c.spec, info.exitCode);
  };
  const apps = known.filter((c) => c.kind === 'app');
  const inits = known.filter((c) => c.kind === 'init' || c.kind === 'sidecar');
  const all = [...apps, ...inits];
  return [...all.filter((c) => !asked(c)), ...all.filter(asked)];
}
