/**
 * The machine is about to be switched off: its Pods are ended first, those that are critical last.
 *
 * Models: pkg/kubelet/nodeshutdown/nodeshutdown_manager.go, nodeshutdown_manager_linux.go (v1.36)
 * Writes: events; nodes/status and pods/status through others
 * Simplified: Pods by two classes, not by priorities of their own.
 */
import { type Proc, sleep } from '../../../kernel/process.ts';
import type { KubeletSettings } from '../../../port/protocol-node.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { isCritical } from './critical.ts';
import type { NodeAgent } from './node-agent.ts';
import type { PodRecord, Verdict } from './pod-record.ts';

const MESSAGE = 'Pod was terminated in response to imminent node shutdown.';
const VERDICT: Verdict = { reason: 'Terminated', message: MESSAGE, disruption: MESSAGE };
const POLL_US = 100_000;

export interface ShutdownHost {
  readonly kernel: Kernel;
  readonly agent: NodeAgent;
  readonly settings: KubeletSettings;
  /** Pods that have not been told to end for good. */
  active(): readonly PodRecord[];
  kill(p: PodRecord, verdict: Verdict, graceSeconds: number): void;
}

/** Ends when the Pods have ended, or when their time is over. */
export function* shutDown(host: ShutdownHost): Proc {
  const { kernel, agent, settings } = host;
  const total = settings.shutdownGracePeriodSeconds;
  if (total === 0) return;
  const forCritical = settings.shutdownGracePeriodCriticalPodsSeconds;
  agent.event('Normal', 'NodeShutdown', 'Shutdown manager detected shutdown event');
  agent.shuttingDown = true;
  yield* agent.reportNow();
  for (const critical of [false, true]) {
    const seconds = critical ? forCritical : total - forCritical;
    const pods = host.active().filter(({ pod }) => isCritical(pod) === critical);
    for (const p of pods) {
      host.kill(p, VERDICT, Math.min(p.pod.spec.terminationGracePeriodSeconds ?? seconds, seconds));
    }
    const until = kernel.now + seconds * 1_000_000;
    while (kernel.now < until && !pods.every((p) => p.finished)) yield* sleep(POLL_US);
  }
}
