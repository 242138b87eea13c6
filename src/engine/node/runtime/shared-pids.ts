/**
 * The pids that the containers of a Pod with shareProcessNamespace have in common. The process of the
 * sandbox is number 1: when it ends, all others do.
 *
 * Models: containerd internal/cri sandbox_run_linux.go with pause; pid_namespaces(7).
 */
import type { Kernel } from '../../../kernel/kernel.ts';
import { PidTable } from './container-process.ts';
import { type ProcessHandle, startProcess } from './process-runner.ts';
import type { ImageDefinition } from './program.ts';
import { ExitWaiter } from './runtime-container.ts';

export interface SharedPids {
  readonly pids: PidTable;
  readonly pause: ProcessHandle;
}

/** |onEnd|: the process has ended, by whomever. */
export function startPause(
  kernel: Kernel,
  image: ImageDefinition,
  hostname: string,
  onEnd: () => void,
): SharedPids {
  const pids = new PidTable();
  const output = { stdout: () => undefined, stderr: () => undefined };
  const pause = startProcess(kernel, image, { hostname, output, pids });
  pause.exited.subscribe(new ExitWaiter(kernel, onEnd));
  return { pids, pause };
}
