/**
 * Files that the kernel makes up when they are read: /proc of the machine and /sys/fs/cgroup of the
 * container.
 *
 * Models: proc(5), cgroups(7), cgroup v2 (Documentation/admin-guide/cgroup-v2.rst)
 * Simplified: of many files only these, and of those the fields that programs look at.
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Cgroup } from './cgroup.ts';
import type { ContainerProcess, ContainerWorld } from './container-process.ts';

const KB = 1_024;
const JIFFY_US = 10_000;
const MAX_BYTES = Number.POSITIVE_INFINITY;

const CGROUP = '/sys/fs/cgroup/';
const SYSCTLS = '/proc/sys/';

/** A sysctl of a Pod. */
export interface KernelSetting {
  readonly name: string;
  readonly value: string;
}

type Text = (process: ContainerProcess) => string;

const FILES: Readonly<Record<string, Text>> = {
  '/proc/cpuinfo': cpuinfo,
  '/proc/filesystems': () => 'nodev\tproc\nnodev\tsysfs\nnodev\ttmpfs\nnodev\tcgroup2\n\text4\n',
  '/proc/loadavg': (process) =>
    `0.00 0.00 0.00 1/${process.world.pids.all().length} ${process.pid}\n`,
  '/proc/meminfo': meminfo,
  '/proc/mounts': mounts,
  '/proc/stat': stat,
  '/proc/sys/kernel/shm_rmid_forced': () => '0\n',
  '/proc/sys/net/core/somaxconn': () => '4096\n',
  '/proc/sys/net/ipv4/ip_local_port_range': () => '32768\t60999\n',
  // containerd lets everybody open low ports and ping.
  '/proc/sys/net/ipv4/ip_unprivileged_port_start': () => '0\n',
  '/proc/sys/net/ipv4/ping_group_range': () => '0\t2147483647\n',
  '/proc/sys/net/ipv4/tcp_fin_timeout': () => '60\n',
  '/proc/sys/net/ipv4/tcp_keepalive_intvl': () => '75\n',
  '/proc/sys/net/ipv4/tcp_keepalive_probes': () => '9\n',
  '/proc/sys/net/ipv4/tcp_keepalive_time': () => '7200\n',
  '/proc/sys/net/ipv4/tcp_syncookies': () => '1\n',
  '/proc/sys/kernel/hostname': (process) => `${process.hostname}\n`,
  '/proc/sys/kernel/osrelease': () => '6.12.0-1-amd64\n',
  '/proc/sys/kernel/pid_max': () => '4194304\n',
  '/proc/sys/net/ipv4/ip_forward': () => '1\n',
  '/proc/uptime': (process) => {
    const seconds = Math.max(0, process.kernel.now / MICROS_PER_SECOND).toFixed(2);
    return `${seconds} ${seconds}\n`;
  },
  '/proc/version': () => 'Linux version 6.12.0-1-amd64 #1 SMP PREEMPT_DYNAMIC\n',
  ...cgroupFiles({
    'cgroup.controllers': () => 'cpuset cpu io memory hugetlb pids\n',
    'cgroup.procs': (_cgroup, process) =>
      process.world.pids
        .all()
        .map(({ pid }) => `${pid}\n`)
        .join(''),
    'cpu.max': (cgroup) => `${cgroup.cpuMax}\n`,
    'cpu.stat': (cgroup) =>
      `usage_usec ${Math.floor(cgroup.cpuUs)}\nuser_usec ${Math.floor(cgroup.cpuUs)}\nsystem_usec 0\n` +
      `nr_periods 0\nnr_throttled ${cgroup.throttledPeriods}\nthrottled_usec ${Math.floor(cgroup.throttledUs)}\n`,
    'cpu.weight': (cgroup) => `${cgroup.cpuWeight}\n`,
    'cpuset.cpus.effective': (cgroup) => `0-${Math.max(0, Math.ceil(cgroup.host.cores) - 1)}\n`,
    'memory.current': (cgroup) => `${cgroup.usage().memoryBytes}\n`,
    'memory.events': (cgroup) =>
      `low 0\nhigh 0\nmax 0\noom ${cgroup.oomKills}\noom_kill ${cgroup.oomKills}\noom_group_kill 0\n`,
    'memory.high': () => 'max\n',
    'memory.max': (cgroup) => `${orMax(cgroup.memoryLimitBytes)}\n`,
    'memory.oom.group': (cgroup) => `${cgroup.oomGroup ? 1 : 0}\n`,
    'memory.peak': (cgroup) => `${cgroup.memoryPeakBytes}\n`,
    'memory.stat': (cgroup) => `anon ${cgroup.usage().rssBytes}\nfile 0\nkernel 0\nshmem 0\n`,
    'memory.swap.max': () => '0\n',
    'pids.current': (cgroup) => `${cgroup.processes}\n`,
    'pids.max': (cgroup) => `${orMax(cgroup.pidsLimit)}\n`,
  }),
};

/** Paths of all of them: they can be seen in their directories. */
export const KERNEL_FILES: readonly string[] = Object.keys(FILES);

/** What |path| holds right now; undefined: it is none of these. */
export function kernelFile(process: ContainerProcess, path: string): string | undefined {
  return sysctl(process.world.sysctls, path) ?? FILES[path]?.(process);
}

/** What the Pod has set. */
function sysctl(settings: ContainerWorld['sysctls'], path: string): string | undefined {
  if (!settings || !path.startsWith(SYSCTLS)) return undefined;
  const wanted = path.slice(SYSCTLS.length);
  const found = settings.find(({ name }) => pathOf(name) === wanted);
  return found && `${found.value}\n`;
}

/** The first separator of a name tells which of the two it uses (NormalizeName). */
function pathOf(name: string): string {
  if (/[./]/.exec(name)?.[0] !== '.') return name;
  return name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
}

function cgroupFiles(
  files: Readonly<Record<string, (cgroup: Cgroup, process: ContainerProcess) => string>>,
): Record<string, Text> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]): [string, Text] => [
      CGROUP + name,
      (process) => text(process.cgroup, process),
    ]),
  );
}

/** Limits are kept in whole pages. */
const PAGE_BYTES = 4_096;

function orMax(limit: number): string {
  if (limit === MAX_BYTES) return 'max';
  return String(limit >= PAGE_BYTES ? Math.floor(limit / PAGE_BYTES) * PAGE_BYTES : limit);
}

function memoryOf(process: ContainerProcess): readonly [total: number, used: number] {
  const { host } = process.cgroup;
  const total = host.memoryBytes === MAX_BYTES ? 16 * KB ** 3 : host.memoryBytes;
  return [total, Math.min(total, host.usedMemoryBytes)];
}

function meminfo(process: ContainerProcess): string {
  const [total, used] = memoryOf(process);
  const row = (name: string, bytes: number): string =>
    `${`${name}:`.padEnd(15)} ${String(Math.floor(bytes / KB)).padStart(8)} kB\n`;
  const free = total - used;
  return (
    row('MemTotal', total) +
    row('MemFree', free) +
    row('MemAvailable', free) +
    row('Buffers', 0) +
    row('Cached', 0) +
    row('SwapCached', 0) +
    row('SwapTotal', 0) +
    row('SwapFree', 0) +
    row('Shmem', 0)
  );
}

function cpuinfo(process: ContainerProcess): string {
  let text = '';
  for (let i = 0; i < Math.ceil(process.cgroup.host.cores); i++) {
    text +=
      `processor\t: ${i}\nvendor_id\t: GenuineIntel\nmodel name\t: Simulated CPU @ 3.00GHz\n` +
      `cpu MHz\t\t: 3000.000\ncache size\t: 16384 KB\ncpu cores\t: 1\nbogomips\t: 6000.00\n\n`;
  }
  return text;
}

function stat(process: ContainerProcess): string {
  const busy = Math.floor(process.cgroup.cpuUs / JIFFY_US);
  const all = Math.floor(Math.max(0, process.kernel.now) / JIFFY_US);
  const line = `${busy} 0 0 ${Math.max(0, all - busy)} 0 0 0 0 0 0\n`;
  const boot = Math.floor(process.kernel.epochMs / 1_000);
  return `cpu  ${line}cpu0 ${line}btime ${boot}\nprocesses ${process.pid}\n`;
}

/** Mounts of the container, with those that the runtime always makes. */
export function mounts(process: ContainerProcess): string {
  const [root, ...rest] = process.fs.mounts();
  const line = (type: string, path: string, readOnly: boolean, device = type): string =>
    `${device} ${path} ${type} ${readOnly ? 'ro' : 'rw'},relatime 0 0\n`;
  let text = line(root?.type ?? 'overlay', '/', root?.readOnly === true);
  text += line('proc', '/proc', false) + line('tmpfs', '/dev', false);
  text += line('sysfs', '/sys', true) + line('cgroup2', '/sys/fs/cgroup', true, 'cgroup');
  for (const { type, path, readOnly } of rest)
    text += line(type, path, readOnly, type === 'ext4' ? '/dev/sda1' : type);
  return text;
}
