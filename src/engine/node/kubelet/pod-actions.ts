/**
 * What a round of a Pod's worker has to do to its containers. Pure.
 *
 * Models: pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions,
 * kuberuntime_container.go computeInitContainerActions (v1.36)
 */
import type { Pod } from '../../../api/generated/types.ts';
import type { ContainerInfo, PodRuntimeStatus } from '../runtime/runtime-types.ts';
import { type ContainerRecord, type PodRecord, appRecords, initRecords } from './pod-record.ts';
import type { ProbeResults } from './probe-results.ts';
import { type ResizeAction, resizeAction } from './resize-action.ts';
import { shouldBeStarted } from './restart-policy.ts';

export interface Kill {
  readonly container: ContainerRecord;
  readonly message: string;
  readonly by: 'liveness' | 'startup' | null;
  /** It is started again, whatever its exit code will be. */
  readonly again: boolean;
}

export interface InitActions {
  /** In the order of the spec. */
  readonly starts: readonly ContainerRecord[];
  readonly kills: readonly Kill[];
  readonly resizes: readonly ContainerRecord[];
  /** All of them have done their part: app containers may run. */
  readonly initialized: boolean;
  /** One has failed for good. */
  readonly failed: boolean;
}

export interface AppActions {
  readonly starts: readonly ContainerRecord[];
  readonly kills: readonly Kill[];
  readonly resizes: readonly ContainerRecord[];
  /** Nothing is left to run or to be run: what remains of the Pod is stopped. */
  readonly over: boolean;
}

const DONE: InitActions = { starts: [], kills: [], resizes: [], initialized: true, failed: false };

/** Ephemeral containers are started once, whatever became of them. */
export function ephemeralStarts(p: PodRecord): readonly ContainerRecord[] {
  if (!p.pod.spec.ephemeralContainers) return [];
  return p.containers.filter((c) => c.kind === 'ephemeral' && !p.observed.containers.has(c.name));
}

export function initActions(p: PodRecord, probes: ProbeResults): InitActions {
  const list = initRecords(p);
  if (list.length === 0) return DONE;
  const { containers } = p.observed;
  let initialized = p.pod.spec.containers.some((c) => isUnderWay(p, containers.get(c.name)));
  // From the last one backwards: what ended long ago may have been removed, the last one tells enough.
  let later = initialized;
  const starts = new Set<ContainerRecord>();
  const kills: Kill[] = [];
  const resizes: ContainerRecord[] = [];
  for (let i = list.length - 1; i >= 0; i--) {
    const c = list[i] as ContainerRecord;
    const info = containers.get(c.name);
    if (!info) {
      if (later && c.kind === 'sidecar') starts.add(c);
      continue;
    }
    if (later && c.kind !== 'sidecar') continue;
    const verdict = lookAt(p, c, info, probes);
    if (verdict.kind === 'failed') {
      return { starts: [], kills: [], resizes: [], initialized: false, failed: true };
    }
    if (verdict.kind === 'start') starts.add(c);
    if (verdict.kill) {
      kills.push(verdict.kill);
      starts.add(c);
    }
    if (verdict.resize) resizes.push(c);
    if (verdict.kind === 'passed') {
      const next = list[i + 1];
      if (!next) initialized = true;
      else if (!later) starts.add(next);
    }
    later = true;
  }
  const [first] = list;
  if (!later && first) starts.add(first);
  return {
    starts: list.filter((c) => starts.has(c)),
    kills,
    resizes,
    initialized,
    failed: false,
  };
}

/**
 * What shows that init containers have done their part. One that was created in an earlier sandbox
 * and never started shows nothing.
 */
function isUnderWay({ observed }: PodRecord, info: ContainerInfo | undefined): boolean {
  if (info?.state === 'running') return true;
  const since = observed.sandbox?.createdAt ?? Number.NEGATIVE_INFINITY;
  return info?.state === 'created' && info.createdAt >= since;
}

interface InitVerdict {
  readonly kind: 'start' | 'wait' | 'passed' | 'failed';
  readonly kill?: Kill;
  readonly resize?: boolean;
}

const WAIT: InitVerdict = { kind: 'wait' };

function lookAt(
  p: PodRecord,
  c: ContainerRecord,
  info: ContainerInfo,
  probes: ProbeResults,
): InitVerdict {
  switch (info.state) {
    case 'created':
      return { kind: 'start' };
    case 'exited':
      if (c.kind === 'sidecar') return { kind: 'start' };
      if (info.exitCode === 0) return { kind: 'passed' };
      return { kind: shouldBeStarted(c.spec, p.pod, info) ? 'start' : 'failed' };
    case 'running':
      return c.kind === 'sidecar' ? runningSidecar(p, c, probes) : WAIT;
  }
}

function runningSidecar(p: PodRecord, c: ContainerRecord, probes: ProbeResults): InitVerdict {
  const { uid } = p.identity;
  const failed = probes.failed(uid, c.name);
  const kill = (why: string, by: Kill['by']): Kill => {
    return { container: c, message: `Init container ${c.name} ${why}`, by, again: true };
  };
  if (!probes.started(uid, c.name)) {
    if (failed !== 'startup') return WAIT;
    return { kind: 'wait', kill: kill('failed startup probe', 'startup') };
  }
  if (imageChanged(c)) return { kind: 'passed', kill: kill('definition changed', null) };
  if (failed === 'liveness') {
    return { kind: 'passed', kill: kill('failed liveness probe', 'liveness') };
  }
  const resize = resizeAction(p, c);
  if (resize === 'restart') return { kind: 'passed', kill: resizeKill(c) };
  return { kind: 'passed', resize: resize === 'update' };
}

export function appActions(p: PodRecord, probes: ProbeResults): AppActions {
  const starts: ContainerRecord[] = [];
  const kills: Kill[] = [];
  const resizes: ContainerRecord[] = [];
  let kept = 0;
  for (const c of appRecords(p)) {
    const info = p.observed.containers.get(c.name);
    if (info?.state !== 'running') {
      if (shouldBeStarted(c.spec, p.pod, info)) starts.push(c);
      continue;
    }
    const resize = resizeAction(p, c);
    const kill = killOf(p, c, probes, resize);
    if (!kill) {
      kept++;
      if (resize === 'update') resizes.push(c);
      continue;
    }
    kills.push(kill);
    if (kill.again) starts.push(c);
  }
  return { starts, kills, resizes, over: kept === 0 && starts.length === 0 };
}

function killOf(
  p: PodRecord,
  c: ContainerRecord,
  probes: ProbeResults,
  resize: ResizeAction,
): Kill | null {
  if (imageChanged(c)) {
    const message = `Container ${c.name} definition changed, will be restarted`;
    return { container: c, message, by: null, again: true };
  }
  const by = probes.failed(p.identity.uid, c.name);
  if (by) {
    // No rule is asked: there is no exit code yet.
    const again = (c.spec.restartPolicy ?? p.pod.spec.restartPolicy) !== 'Never';
    const message = `Container ${c.name} failed ${by} probe${again ? ', will be restarted' : ''}`;
    return { container: c, message, by, again };
  }
  return resize === 'restart' ? resizeKill(c) : null;
}

function resizeKill(c: ContainerRecord): Kill {
  const message = `Container ${c.name} resize requires restart`;
  return { container: c, message, by: null, again: true };
}

/** HashContainer looks at name and image only. */
function imageChanged(c: ContainerRecord): boolean {
  return c.startedImage !== c.spec.image && c.state === 'running';
}

/**
 * The sandbox is gone. False: a Pod that has done its work, or may not be run twice, gets no other
 * one.
 */
export function wantsNewSandbox(pod: Pod, runtime: PodRuntimeStatus): boolean {
  const { containers } = runtime;
  if (pod.spec.restartPolicy === 'Never' && containers.size > 0) return false;
  const left = pod.spec.containers.some((c) => {
    const info = containers.get(c.name);
    const succeeded = info?.state === 'exited' && info.exitCode === 0;
    return (c.restartPolicy ?? pod.spec.restartPolicy) !== 'OnFailure' || !succeeded;
  });
  return left || !pod.spec.containers.some((c) => containers.has(c.name));
}
