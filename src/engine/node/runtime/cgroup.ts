/**
 * The control group of a container: its limits of memory, CPU time and processes, what its processes
 * use of them, and what happens when there is no more.
 *
 * Models: cgroup v2 (cpu.max, cpu.weight, memory.max, memory.oom.group, pids.max) as runc 1.x and the
 * kubelet (pkg/kubelet/cm, v1.36) set it up: passing the memory limit kills all processes.
 * Simplified: page cache is not counted; CPU time of other containers on the node takes nothing
 * away; memory that a tmpfs holds counts for every container that mounts it.
 */
import type { Kernel } from '../../../kernel/kernel.ts';
import { Disk } from './file-system.ts';
import type { Mount } from './mount-table.ts';

/** Length of the period in which the CPU quota may be used (kernel default, and the kubelet's). */
export const CPU_PERIOD_US = 100_000;
/** The smallest quota the kernel takes (pkg/kubelet/cm/helpers_linux.go MinQuotaPeriod). */
const MIN_QUOTA_US = 1_000;
/** pkg/kubelet/cm/helpers_linux.go. */
const SHARES_PER_CPU = 1_024;
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
/** From the refused allocation to the death of the processes. */
const OOM_KILL_US = 300;
const MILLIS_PER_CORE = 1_000;

/** What the Pod asks for one container; undefined: nothing. */
export interface ContainerResources {
  readonly cpuRequestMillis?: number | undefined;
  readonly cpuLimitMillis?: number | undefined;
  readonly memoryRequestBytes?: number | undefined;
  readonly memoryLimitBytes?: number | undefined;
}

export const NO_RESOURCES: ContainerResources = {};

/** The machine under all containers: what there is, and what they hold of it together. */
export class HostResources {
  readonly cores: number;
  readonly memoryBytes: number;
  /** Where containers keep what they write beside their volumes. */
  readonly disk: Disk;
  /** Held by all containers; kept as they change, so that nobody has to add up. */
  usedMemoryBytes = 0;
  /** CPU time of all containers, ended ones too. */
  cpuUs = 0;
  /** Groups with tmpfs volumes: what those hold is read when somebody asks. */
  readonly tmpfsUsers = new Set<Cgroup>();
  /** Taken by what runs on the machine beside containers. */
  systemMemoryBytes = 0;
  /** Of all containers. */
  processes = 0;
  /** Called when the machine itself has no memory left and |victim| is killed for it. */
  onSystemOom: ((victim: Cgroup, command: string, pid: number) => void) | null = null;

  get freeMemoryBytes(): number {
    for (const group of this.tmpfsUsers) group.usage();
    return Math.max(0, this.memoryBytes - this.systemMemoryBytes - this.usedMemoryBytes);
  }

  constructor(cores: number, memoryBytes: number, diskBytes = Number.POSITIVE_INFINITY) {
    this.cores = cores;
    this.memoryBytes = memoryBytes;
    this.disk = new Disk(diskBytes);
  }
}

/** Of a container that runs outside any machine (tests). */
const LONE_HOST_CORES = 2;

/** One moment of a container's accounting, as the CRI stats give it. */
export interface CgroupUsage {
  /** CPU time since the container was started. */
  readonly cpuUs: number;
  /** memory.current. */
  readonly memoryBytes: number;
  /** The same without what could be given back at once: nothing here. */
  readonly workingSetBytes: number;
  /** Anonymous memory: without files on tmpfs. */
  readonly rssBytes: number;
  readonly processes: number;
}

/** A process as its group sees it. */
export interface CgroupMember {
  readonly pid: number;
  readonly argv: readonly string[];
  readonly cgroup: Cgroup;
  readonly memoryBytes: number;
  /** SIGKILL from outside the pid namespace. */
  killByKernel(): void;
}

/** Lists all processes that may belong to a group. */
interface MemberTable {
  all(): readonly CgroupMember[];
}

/** Only volumes in memory are of a limited size of their own. */
function memoryOf(mount: Mount): number {
  const store = mount.made === undefined ? mount.source : mount.made;
  return store?.type === 'tmpfs' && store.disk ? store.usedBytes : 0;
}

export class Cgroup {
  readonly host: HostResources;
  resources: ContainerResources;
  /** Kills all processes at once, as the kubelet has it unless singleProcessOOMKill is set. */
  oomGroup = true;
  /** CPU time used so far. */
  cpuUs = 0;
  throttledUs = 0;
  throttledPeriods = 0;
  memoryPeakBytes = 0;
  /** Times the kernel has killed here. */
  oomKills = 0;
  /** Memory is gone, and the kernel is about to kill. */
  dying = false;
  /** Bound of the number of processes: podPidsLimit, or none (-1). */
  pidsLimit = Number.POSITIVE_INFINITY;
  /** Processes now; which they are is looked up when the kernel has to kill. */
  processes = 0;
  #tmpfs: readonly Mount[] | null = null;
  #table: MemberTable | null = null;
  #anonymousBytes = 0;
  #tmpfsBytes = 0;
  /** CPU time booked so far lasts until then, at the rate of the quota. */
  #bookedUntil = Number.NEGATIVE_INFINITY;

  constructor(resources: ContainerResources = NO_RESOURCES, host?: HostResources) {
    this.resources = resources;
    this.host = host ?? new HostResources(LONE_HOST_CORES, Number.POSITIVE_INFINITY);
  }

  /** In-place resize; a limit below what is held kills, as a write to memory.max does. */
  update(kernel: Kernel, resources: ContainerResources): void {
    this.resources = resources;
    this.#checkMemory(kernel);
  }

  get memoryLimitBytes(): number {
    return this.resources.memoryLimitBytes || Number.POSITIVE_INFINITY;
  }

  /** Cores the container may use at most: its quota, else all of the machine. */
  get cores(): number {
    const millis = this.resources.cpuLimitMillis;
    if (!millis) return this.host.cores;
    return Math.max((millis / MILLIS_PER_CORE) * CPU_PERIOD_US, MIN_QUOTA_US) / CPU_PERIOD_US;
  }

  get memoryBytes(): number {
    return this.#anonymousBytes + this.#tmpfsBytes;
  }

  get full(): boolean {
    return this.processes >= this.pidsLimit;
  }

  usage(): CgroupUsage {
    this.#readTmpfs();
    const { cpuUs, memoryBytes } = this;
    return {
      cpuUs,
      memoryBytes,
      workingSetBytes: memoryBytes,
      rssBytes: this.#anonymousBytes,
      processes: this.processes,
    };
  }

  /** One more process; |table| lists all that may belong to this group. */
  add(kernel: Kernel, table: MemberTable, bytes: number): void {
    this.processes++;
    this.host.processes++;
    this.#table ??= table;
    this.charge(kernel, bytes);
  }

  /** A process has ended: what it held is free again. */
  remove(kernel: Kernel, bytes: number): void {
    this.processes--;
    this.host.processes--;
    this.charge(kernel, -bytes);
    if (this.processes === 0) this.#forgetTmpfs();
  }

  /** Takes |bytes| more memory, or gives them back. */
  charge(kernel: Kernel, bytes: number): void {
    this.#anonymousBytes += bytes;
    this.host.usedMemoryBytes += bytes;
    if (bytes > 0) this.#checkMemory(kernel);
  }

  /** What the container mounts, some of it in memory; looked into when it may matter. */
  mountsTmpfs(mounts: readonly Mount[]): void {
    this.#tmpfs = mounts;
    this.host.tmpfsUsers.add(this);
  }

  /** Somebody has written to a tmpfs. */
  tmpfsChanged(kernel: Kernel): void {
    this.#readTmpfs();
    this.#checkMemory(kernel);
  }

  /**
   * Books |us| of CPU time from now on; answers how long they take. A group may use its quota ahead
   * within one period, then it waits.
   */
  spend(now: number, us: number): number {
    this.cpuUs += us;
    this.host.cpuUs += us;
    const from = this.#bookedUntil > now ? this.#bookedUntil : now;
    this.#bookedUntil = from + us / this.cores;
    const wait = Math.ceil(this.#bookedUntil - CPU_PERIOD_US - now - us);
    if (wait <= 0) return us;
    this.throttledUs += wait;
    this.throttledPeriods++;
    return us + wait;
  }

  /** cpu.max. */
  get cpuMax(): string {
    const millis = this.resources.cpuLimitMillis;
    if (!millis) return `max ${CPU_PERIOD_US}`;
    return `${Math.round(this.cores * CPU_PERIOD_US)} ${CPU_PERIOD_US}`;
  }

  /** cpu.weight, from CPU shares as runc converts them. */
  get cpuWeight(): number {
    const { cpuRequestMillis, cpuLimitMillis } = this.resources;
    const millis = cpuRequestMillis ?? cpuLimitMillis ?? 0;
    const shares = Math.floor((millis * SHARES_PER_CPU) / MILLIS_PER_CORE);
    const bounded = Math.min(Math.max(shares, MIN_SHARES), MAX_SHARES);
    return 1 + Math.floor(((bounded - MIN_SHARES) * 9_999) / (MAX_SHARES - MIN_SHARES));
  }

  get anonymousBytes(): number {
    return this.#anonymousBytes;
  }

  #readTmpfs(): void {
    if (!this.#tmpfs) return;
    let bytes = 0;
    for (const mount of this.#tmpfs) bytes += memoryOf(mount);
    this.host.usedMemoryBytes += bytes - this.#tmpfsBytes;
    this.#tmpfsBytes = bytes;
  }

  #forgetTmpfs(): void {
    this.host.usedMemoryBytes -= this.#tmpfsBytes;
    this.#tmpfsBytes = 0;
    this.host.tmpfsUsers.delete(this);
  }

  #checkMemory(kernel: Kernel): void {
    const { memoryBytes, host } = this;
    if (memoryBytes > this.memoryPeakBytes) this.memoryPeakBytes = memoryBytes;
    if (this.dying || this.processes === 0) return;
    const isOver = memoryBytes > this.memoryLimitBytes;
    if (!isOver && host.usedMemoryBytes <= host.memoryBytes) return;
    // The kill comes as an event of its own: whoever asks for memory is running right now.
    this.dying = true;
    kernel.after(OOM_KILL_US, () => this.#kill(isOver));
  }

  #kill(isOwnLimit: boolean): void {
    this.dying = false;
    const members = this.#table?.all().filter((member) => member.cgroup === this) ?? [];
    if (members.length === 0) return;
    this.oomKills++;
    // The kernel takes the process that holds most; of equal ones the youngest.
    const victim = members.reduce((a, b) => (b.memoryBytes >= a.memoryBytes ? b : a));
    if (!isOwnLimit) this.host.onSystemOom?.(this, victim.argv[0] ?? '', victim.pid);
    for (const member of this.oomGroup ? members : [victim]) member.killByKernel();
  }
}
