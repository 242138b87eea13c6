/**
 * The checks of level baseline: what lets a Pod reach its node.
 *
 * Models: k8s.io/pod-security-admission policy check_{appArmorProfile,capabilities_baseline,
 *         hostNamespaces,hostPathVolumes,hostPorts,hostProbesAndhostLifecycle,privileged,
 *         procMount_baseline,seLinuxOptions,seccompProfile_baseline,sysctls,windowsHostProcess}.go
 *         (v1.36)
 */
import type { LifecycleHandler, SELinuxOptions } from '../../../api/generated/types.ts';
import { compareText, goQuote } from '../../../api/meta/go-text.ts';
import {
  type AnyContainer,
  type Check,
  type CheckPod,
  containersOf,
  containersText,
  hasOwnUsers,
  joinQuoted,
  namesWhere,
  plural,
  settersText,
  sorted,
} from './check.ts';

const APPARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_PREFIX = 'container.seccomp.security.alpha.kubernetes.io/';
const PROFILE_TYPES: ReadonlySet<string> = new Set(['RuntimeDefault', 'Localhost']);

export function isAllowedProfile(type: string): boolean {
  return PROFILE_TYPES.has(type);
}

const appArmor: CheckPod = ({ annotations = {} }, spec) => {
  const values = new Set<string>();
  const isBad = ({ securityContext }: Pick<AnyContainer, 'securityContext'>): boolean => {
    const type = securityContext?.appArmorProfile?.type;
    if (type === undefined || isAllowedProfile(type)) return false;
    values.add(type);
    return true;
  };
  const byPod = isBad(spec as Pick<AnyContainer, 'securityContext'>);
  const setters = settersText(byPod, namesWhere(spec, isBad));
  const forbidden = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(APPARMOR_PREFIX) && !isAllowedAppArmor(value))
    .map(([key, value]) => `${key}=${goQuote(value)}`)
    .sort(compareText);
  const bad = [...sorted(values), ...forbidden];
  const who = setters === null ? [] : [setters];
  if (forbidden.length > 0) who.push(plural('annotation', 'annotations', forbidden.length));
  if (who.length === 0) return null;
  return {
    reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', bad.length),
    detail: `${who.join(' and ')} must not set AppArmor profile type to ${joinQuoted(bad)}`,
  };
};

function isAllowedAppArmor(profile: string): boolean {
  return profile === '' || profile === 'runtime/default' || profile.startsWith('localhost/');
}

const CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

/** Added capabilities beyond |allowed|, and who adds them; null = nobody. */
export function addedCapabilities(
  spec: Parameters<CheckPod>[1],
  allowed: ReadonlySet<string>,
): string | null {
  const added = new Set<string>();
  const bad = namesWhere(spec, ({ securityContext }) => {
    const more = (securityContext?.capabilities?.add ?? []).filter((c) => !allowed.has(c));
    for (const capability of more) added.add(capability);
    return more.length > 0;
  });
  if (bad.length === 0) return null;
  const what = joinQuoted(sorted(added));
  return `${containersText(bad)} must not include ${what} in securityContext.capabilities.add`;
}

const capabilities: CheckPod = (_metadata, spec) => {
  const detail = addedCapabilities(spec, CAPABILITIES);
  return detail === null ? null : { reason: 'non-default capabilities', detail };
};

const hostNamespaces: CheckPod = (_metadata, spec) => {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((f) => spec[f] === true);
  if (used.length === 0) return null;
  return { reason: 'host namespaces', detail: used.map((f) => `${f}=true`).join(', ') };
};

const hostPath: CheckPod = (_metadata, { volumes = [] }) => {
  const bad = volumes.filter((v) => v.hostPath !== undefined).map((v) => v.name);
  if (bad.length === 0) return null;
  const detail = `${plural('volume', 'volumes', bad.length)} ${joinQuoted(bad)}`;
  return { reason: 'hostPath volumes', detail };
};

const hostPorts: CheckPod = (_metadata, spec) => {
  const ports = new Set<string>();
  const bad = namesWhere(spec, ({ ports: own = [] }) => {
    const used = own.filter((p) => (p.hostPort ?? 0) !== 0);
    for (const { hostPort } of used) ports.add(String(hostPort));
    return used.length > 0;
  });
  if (bad.length === 0) return null;
  const uses = plural('uses', 'use', bad.length);
  const what = plural('hostPort', 'hostPorts', ports.size);
  const detail = `${containersText(bad)} ${uses} ${what} ${sorted(ports).join(', ')}`;
  return { reason: 'hostPort', detail };
};

const hostProbes: CheckPod = (_metadata, spec) => {
  const hosts = new Set<string>();
  const containers = new Set<string>();
  for (const container of containersOf(spec)) {
    const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
    const handlers: readonly (LifecycleHandler | undefined)[] = [
      livenessProbe,
      readinessProbe,
      startupProbe,
      lifecycle?.postStart,
      lifecycle?.preStop,
    ];
    for (const host of handlers.flatMap((h) => [h?.httpGet?.host, h?.tcpSocket?.host])) {
      if (!host) continue;
      hosts.add(host);
      containers.add(container.name);
    }
  }
  if (containers.size === 0) return null;
  const reason = 'probe or lifecycle host';
  const uses = plural('uses', 'use', containers.size);
  const what = plural(reason, 'probe or lifecycle hosts', hosts.size);
  const who = containersText(sorted(containers));
  return { reason, detail: `${who} ${uses} ${what} ${joinQuoted(sorted(hosts))}` };
};

const privileged: CheckPod = (_metadata, spec) => {
  const bad = namesWhere(spec, (c) => c.securityContext?.privileged === true);
  if (bad.length === 0) return null;
  const detail = `${containersText(bad)} must not set securityContext.privileged=true`;
  return { reason: 'privileged', detail };
};

export const procMount: CheckPod = (_metadata, spec) => {
  const types = new Set<string>();
  const bad = namesWhere(spec, ({ securityContext }) => {
    const type = securityContext?.procMount;
    if (type === undefined || type === 'Default') return false;
    types.add(type);
    return true;
  });
  if (bad.length === 0) return null;
  const what = joinQuoted(sorted(types));
  const detail = `${containersText(bad)} must not set securityContext.procMount to ${what}`;
  return { reason: 'procMount', detail };
};

const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

function seLinux(allowed: ReadonlySet<string>): CheckPod {
  return (_metadata, spec) => {
    const types = new Set<string>();
    let setsUser = false;
    let setsRole = false;
    const isBad = (options: SELinuxOptions | undefined): boolean => {
      const { type = '', user = '', role = '' } = options ?? {};
      const badType = !allowed.has(type);
      if (badType) types.add(type);
      setsUser ||= user !== '';
      setsRole ||= role !== '';
      return badType || user !== '' || role !== '';
    };
    const byPod = isBad(spec.securityContext?.seLinuxOptions);
    const bad = namesWhere(spec, (c) => isBad(c.securityContext?.seLinuxOptions));
    const setters = settersText(byPod, bad);
    if (setters === null) return null;
    const what: string[] = [];
    if (types.size > 0) {
      what.push(`${plural('type', 'types', types.size)} ${joinQuoted(sorted(types))}`);
    }
    if (setsUser) what.push('user may not be set');
    if (setsRole) what.push('role may not be set');
    const start = `${setters} set forbidden securityContext.seLinuxOptions`;
    return { reason: 'seLinuxOptions', detail: `${start}: ${what.join('; ')}` };
  };
}

function isAllowedSeccomp(value: string): boolean {
  return (
    value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/')
  );
}

/** Before there were fields for it. */
const seccompAnnotations: CheckPod = ({ annotations = {} }, spec) => {
  const keys = [SECCOMP_POD, ...containersOf(spec).map((c) => SECCOMP_PREFIX + c.name)];
  const forbidden = new Set<string>();
  for (const key of keys) {
    const value = annotations[key];
    if (value === undefined || isAllowedSeccomp(value)) continue;
    forbidden.add(`${key}=${goQuote(value)}`);
  }
  if (forbidden.size === 0) return null;
  const what = plural('annotation', 'annotations', forbidden.size);
  return {
    reason: 'seccompProfile',
    detail: `forbidden ${what} ${sorted(forbidden).join(', ')}`,
  };
};

export const seccomp: CheckPod = (_metadata, spec) => {
  const types = new Set<string>();
  const isBad = (type: string | undefined): boolean => {
    if (type === undefined || isAllowedProfile(type)) return false;
    types.add(type);
    return true;
  };
  const byPod = isBad(spec.securityContext?.seccompProfile?.type);
  const bad = namesWhere(spec, (c) => isBad(c.securityContext?.seccompProfile?.type));
  const setters = settersText(byPod, bad);
  if (setters === null) return null;
  const what = joinQuoted(sorted(types));
  const detail = `${setters} must not set securityContext.seccompProfile.type to ${what}`;
  return { reason: 'seccompProfile', detail };
};

const SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
];
const SYSCTLS_27 = [...SYSCTLS, 'net.ipv4.ip_local_reserved_ports'];
const SYSCTLS_29 = [
  ...SYSCTLS_27,
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
];
const SYSCTLS_32 = [...SYSCTLS_29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'];

function sysctls(allowed: readonly string[]): CheckPod {
  return (_metadata, { securityContext }) => {
    const bad = (securityContext?.sysctls ?? [])
      .map((s) => s.name)
      .filter((name) => !allowed.includes(name));
    return bad.length === 0 ? null : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  };
}

const hostProcess: CheckPod = (_metadata, spec) => {
  const bad = namesWhere(spec, (c) => c.securityContext?.windowsOptions?.hostProcess === true);
  const byPod = spec.securityContext?.windowsOptions?.hostProcess === true;
  const setters = settersText(byPod, bad);
  if (setters === null) return null;
  const detail = `${setters} must not set securityContext.windowsOptions.hostProcess=true`;
  return { reason: 'hostProcess', detail };
};

const onlyWithoutOwnUsers =
  (run: CheckPod): CheckPod =>
  (metadata, spec) =>
    hasOwnUsers(spec) ? null : run(metadata, spec);

const baseline = (id: string, ...versions: Check['versions']): Check => ({
  id,
  level: 'baseline',
  versions,
});

export const baselineChecks: readonly Check[] = [
  baseline('appArmorProfile', { from: 0, run: appArmor }),
  baseline('capabilities_baseline', { from: 0, run: capabilities }),
  baseline('hostNamespaces', { from: 0, run: hostNamespaces }),
  baseline('hostPathVolumes', { from: 0, run: hostPath }),
  baseline('hostPorts', { from: 0, run: hostPorts }),
  baseline('hostProbesAndHostLifecycle', { from: 34, run: hostProbes }),
  baseline('privileged', { from: 0, run: privileged }),
  baseline(
    'procMount',
    { from: 0, run: procMount },
    { from: 35, run: onlyWithoutOwnUsers(procMount) },
  ),
  baseline(
    'seLinuxOptions',
    { from: 0, run: seLinux(new Set(SELINUX_TYPES)) },
    { from: 31, run: seLinux(new Set([...SELINUX_TYPES, 'container_engine_t'])) },
  ),
  baseline(
    'seccompProfile_baseline',
    { from: 0, run: seccompAnnotations },
    { from: 19, run: seccomp },
  ),
  baseline(
    'sysctls',
    { from: 0, run: sysctls(SYSCTLS) },
    { from: 27, run: sysctls(SYSCTLS_27) },
    { from: 29, run: sysctls(SYSCTLS_29) },
    { from: 32, run: sysctls(SYSCTLS_32) },
  ),
  baseline('windowsHostProcess', { from: 0, run: hostProcess }),
];
