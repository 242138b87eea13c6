/**
 * From a created container to its process, and what becomes known when that ends.
 *
 * Models: containerd 2.x (internal/cri container_start.go, events.go) and its shim
 */
import type { Scope } from '../../../kernel/event-queue.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Latency, Rng } from '../../../kernel/rng.ts';
import { ContainerIo } from './container-io.ts';
import type { PidTable } from './container-process.ts';
import { containerLayer, type ProcessHandle, startProcess } from './process-runner.ts';
import type { ExitStatus } from './program.ts';
import { ExitWaiter, type RuntimeContainer } from './runtime-container.ts';
import type { RuntimePod } from './runtime-pod.ts';

/** From the end of the process until containerd has the shim's word for it. */
const EXIT_NOTICE: Latency = { p10: 15_000, p50: 30_000, p90: 80_000 };
/** A container of a service that has run this long counts as settled: what it does next is its own. */
const SETTLING_US = 10_000_000;

/** The runtime around it. */
export interface LaunchHost {
  readonly kernel: Kernel;
  readonly rng: Rng;
  readonly name: string;
  readonly scope: Scope;
  container(uid: string, name: string): RuntimeContainer | undefined;
  sharedPids(uid: string): PidTable | undefined;
  changed(pod: RuntimePod): void;
}

export class Launcher {
  readonly #host: LaunchHost;

  constructor(host: LaunchHost) {
    this.#host = host;
  }

  /** Throws StartError where runc refuses. */
  launch(c: RuntimeContainer, pod: RuntimePod, cause: number): void {
    const { config } = c;
    const now = this.#host.kernel.now;
    const started = this.#host.kernel.point({
      kind: 'container',
      name: 'Started',
      from: this.#host.name,
      object: pod.ref,
      parent: cause,
      detail: { container: config.name, init: config.init },
    });
    const process = this.#host.kernel.with(started.id, config.service, this.#host.scope, () =>
      this.#startProcess(c),
    );
    c.started(now, process);
    process.exited.subscribe(
      new ExitWaiter(this.#host.kernel, (status) => this.#onExit(c, pod, status)),
    );
    if (config.service) {
      this.#host.kernel.after(SETTLING_US, () => undefined, {
        periodic: false,
        scope: this.#host.scope,
      });
    }
  }

  #startProcess(c: RuntimeContainer): ProcessHandle {
    const { config } = c;
    const kernel = this.#host.kernel;
    const io = new ContainerIo(kernel, c.log, config.io ?? {});
    c.io = io;
    c.layer = containerLayer(kernel, config.image.definition, c.cgroup.host.disk);
    if (config.mounts.length > 0) c.cgroup.mountsTmpfs(config.mounts);
    return startProcess(kernel, config.image.definition, {
      layer: c.layer,
      command: config.command,
      args: config.args,
      tag: config.image.tag,
      env: config.env,
      workingDir: config.workingDir,
      user: config.user,
      hostname: config.hostname,
      mounts: config.mounts,
      readOnlyRoot: config.readOnlyRoot,
      sysctls: config.sysctls,
      network: c.network,
      cgroup: c.cgroup,
      pids: this.#pidsOf(c),
      output: io,
      stdin: io.stdin,
      terminal: io.terminal,
    });
  }

  #pidsOf({ pod, config: { pids } }: RuntimeContainer): PidTable | undefined {
    if (pids === undefined) return undefined;
    if (pids === 'pod') return this.#host.sharedPids(pod.uid);
    return this.#host.container(pod.uid, pids.target)?.process?.pids;
  }

  #onExit(c: RuntimeContainer, pod: RuntimePod, status: ExitStatus): void {
    if (!this.#host.scope.alive || c.info.state === 'exited') return;
    const finishedAt = this.#host.kernel.now;
    // The end of a container is news, also where its running was nobody's concern.
    this.#host.kernel.after(
      this.#host.rng.latency(EXIT_NOTICE),
      () => this.#exited(c, pod, status, finishedAt),
      { scope: this.#host.scope, periodic: false },
    );
  }

  #exited(c: RuntimeContainer, pod: RuntimePod, status: ExitStatus, finishedAt: number): void {
    if (c.info.state === 'exited') return;
    const kernel = this.#host.kernel;
    const { exitCode } = status;
    const span = kernel.point({
      kind: 'container',
      name: 'Exited',
      from: this.#host.name,
      object: pod.ref,
      detail: { container: c.config.name, init: c.config.init, exitCode },
    });
    kernel.with(span.id, false, this.#host.scope, () => {
      c.exited(finishedAt, exitCode, exitReason(c, exitCode));
      this.#host.changed(pod);
    });
  }
}

/** containerd is told of every kill for lack of memory, and the reason stays (TaskOOM). */
function exitReason(c: RuntimeContainer, exitCode: number): string {
  if (c.cgroup.oomKills > 0) return 'OOMKilled';
  return exitCode === 0 ? 'Completed' : 'Error';
}
