/**
 * Ports of the node that a Pod takes, and which of them clash.
 *
 * Models: k8s.io/component-helpers scheduling, pkg/scheduler/framework/types.go HostPortInfo (v1.36)
 */
import type { Container, Pod } from '../../generated/types.ts';

export interface HostPort {
  readonly protocol: string;
  /** 0.0.0.0: on all addresses of the node. */
  readonly ip: string;
  readonly port: number;
}

const EVERYWHERE = '0.0.0.0';
const NONE: readonly HostPort[] = [];

/** Those of containers and of sidecars; other init containers end before anybody could ask. */
export function hostPortsOf(pod: Pod): readonly HostPort[] {
  let found: HostPort[] | null = null;
  const look = (container: Container): void => {
    for (const { hostPort, hostIP, protocol } of container.ports ?? []) {
      if (!hostPort) continue;
      const ip = hostIP === undefined || hostIP === '' ? EVERYWHERE : hostIP;
      (found ??= []).push({ protocol: protocol ?? 'TCP', ip, port: hostPort });
    }
  };
  for (const c of pod.spec.containers) look(c);
  for (const c of pod.spec.initContainers ?? []) if (c.restartPolicy === 'Always') look(c);
  return found ?? NONE;
}

export function clash(a: HostPort, b: HostPort): boolean {
  if (a.protocol !== b.protocol || a.port !== b.port) return false;
  return a.ip === b.ip || a.ip === EVERYWHERE || b.ip === EVERYWHERE;
}
