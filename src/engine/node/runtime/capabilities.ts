/**
 * What a process may do beside others, and what it is told of that in /proc/PID/status.
 *
 * Models: capabilities(7); the sets that containerd 2.x gives to containers (ambient and inheritable
 * ones are empty); v1.SecurityContext (v1.36)
 */

export interface Capabilities {
  /** Each set as the sum of 2 to the power of its members. */
  readonly effective: number;
  readonly bounding: number;
}

/** In the order of the kernel's numbers (linux/capability.h). */
const NAMES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
] as const;

/** containerd oci/spec.go defaultUnixCaps. */
const DEFAULTS: readonly string[] = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
];

function sumOf(names: Iterable<string>): number {
  let sum = 0;
  for (const name of names) {
    const number = NAMES.indexOf(name as (typeof NAMES)[number]);
    if (number >= 0) sum += 2 ** number;
  }
  return sum;
}

export const DEFAULT_CAPABILITIES: Capabilities = {
  effective: sumOf(DEFAULTS),
  bounding: sumOf(DEFAULTS),
};

/** Of who is not root: nothing counts, but a program may be given them. */
export const NO_CAPABILITIES: Capabilities = { effective: 0, bounding: sumOf(DEFAULTS) };

export interface CapabilityChange {
  readonly add?: readonly string[];
  readonly drop?: readonly string[];
}

/** What is left when some are added and dropped; who is not root has none that count. */
export function capabilitiesOf(
  uid: number,
  privileged: boolean,
  change: CapabilityChange | undefined,
): Capabilities | undefined {
  if (!privileged && !change && uid === 0) return undefined;
  const names = new Set<string>(privileged ? NAMES : DEFAULTS);
  const { add = [], drop = [] } = change ?? {};
  if (!privileged) {
    if (add.some(isAll)) for (const name of NAMES) names.add(name);
    if (drop.some(isAll)) names.clear();
    for (const name of add) if (!isAll(name)) names.add(plainName(name));
    for (const name of drop) if (!isAll(name)) names.delete(plainName(name));
  }
  const bounding = sumOf(names);
  return { bounding, effective: uid === 0 ? bounding : 0 };
}

export function hasCapability(capabilities: Capabilities, name: (typeof NAMES)[number]): boolean {
  return Math.floor(capabilities.effective / 2 ** NAMES.indexOf(name)) % 2 === 1;
}

/** The lines of /proc/PID/status. */
export function capabilityLines(capabilities: Capabilities): string {
  const hex = (set: number): string => set.toString(16).padStart(16, '0');
  const { effective, bounding } = capabilities;
  return [
    `CapInh:\t${hex(0)}`,
    `CapPrm:\t${hex(effective)}`,
    `CapEff:\t${hex(effective)}`,
    `CapBnd:\t${hex(bounding)}`,
    `CapAmb:\t${hex(0)}`,
    '',
  ].join('\n');
}

function plainName(name: string): string {
  const upper = name.toUpperCase();
  return upper.startsWith('CAP_') ? upper.slice('CAP_'.length) : upper;
}

function isAll(name: string): boolean {
  return plainName(name) === 'ALL';
}
