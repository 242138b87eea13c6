/**
 * A kubelet that starts finds Pods that an earlier one began: the states of their machines follow
 * from what the runtime holds. Pure but for the record.
 */
import type { ContainerInfo, PodRuntimeStatus } from '../runtime/runtime-types.ts';
import type { ContainerState } from './container-machine.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { shouldBeStarted } from './restart-policy.ts';

interface Runtime {
  status(uid: string): PodRuntimeStatus;
}

/** True when the runtime knows the Pod. */
export function adopt(p: PodRecord, runtime: Runtime): boolean {
  const status = runtime.status(p.identity.uid);
  if (!status.sandbox) return false;
  p.observed = status;
  for (const c of p.containers) {
    const info = status.containers.get(c.name);
    if (!info) continue;
    c.state = stateOf(p, c, info);
    c.actuated = info.resources;
    // Which name it was made from is not kept by the runtime; a change meanwhile is not noticed.
    c.startedImage = c.spec.image ?? '';
  }
  const created = (c: ContainerRecord): boolean => status.containers.has(c.name);
  const inits = p.containers.filter((c) => c.kind !== 'app');
  if (p.containers.some((c) => c.kind === 'app' && created(c))) {
    p.init = 'initialized';
    p.state = 'running';
  } else if (inits.some(created)) {
    p.init = 'running';
    for (const [i, c] of inits.entries()) if (created(c)) p.initIndex = i;
    p.state = 'initializing';
  } else {
    p.state = 'initializing';
  }
  return true;
}

function stateOf(p: PodRecord, c: ContainerRecord, info: ContainerInfo): ContainerState {
  switch (info.state) {
    case 'created':
      return 'waiting';
    case 'running':
      return 'running';
    case 'exited':
      return shouldBeStarted(c.spec, p.pod, info) ? 'exited' : 'done';
  }
}
