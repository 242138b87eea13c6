/**
 * What the kubelet asks the runtime to create: command line, environment, mounts, user.
 *
 * Models: pkg/kubelet/kuberuntime/kuberuntime_container.go generateContainerConfig,
 * pkg/kubelet/kubelet_pods.go makeMounts, ensureHostsFile (v1.36)
 * Simplified: of the security context only user and group count.
 */
import type { Container, Pod, Volume, VolumeMount } from '../../../api/generated/types.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { MemoryFileSystem } from '../runtime/memory-file-system.ts';
import type { Mount } from '../runtime/mount-table.ts';
import type { PulledImage } from '../runtime/images.ts';
import type { ProcessUser, SignalName } from '../runtime/program.ts';
import type { ContainerConfig } from '../runtime/runtime-types.ts';
import { type Environment, type EnvSources, environment, expand } from './container-env.ts';
import type { KubeletContext } from './context.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';
import { MissingReference } from './references.ts';
import { containerResources } from './resize-action.ts';

const DEFAULT_MESSAGE_PATH = '/dev/termination-log';

export function* containerConfig(
  context: KubeletContext,
  p: PodRecord,
  c: ContainerRecord,
  image: PulledImage,
  sources: EnvSources,
): Proc<ContainerConfig> {
  const { pod } = p;
  const { spec } = c;
  const user = userOf(pod, spec);
  checkNonRoot(p, spec, image, user);
  const env = yield* environment(context, pod, c, sources);
  const variables = new Map(env);
  const words = (list: readonly string[] | undefined): readonly string[] =>
    (list ?? []).map((text) => expand(text, variables));
  const { runtime } = context;
  const last = p.observed.containers.get(c.name);
  return {
    name: c.name,
    image,
    restartCount: last ? last.restartCount + 1 : runtime.timesCreated(p.identity.uid, c.name),
    command: words(spec.command),
    args: words(spec.args),
    env,
    workingDir: spec.workingDir,
    user,
    hostname: hostname(pod),
    mounts: mounts(context, p, spec, env),
    resources: containerResources(pod, spec),
    stopSignal: spec.lifecycle?.stopSignal as SignalName | undefined,
    io: { stdin: spec.stdin, stdinOnce: spec.stdinOnce, tty: spec.tty },
    terminationMessagePath: spec.terminationMessagePath ?? DEFAULT_MESSAGE_PATH,
    fallbackToLogs: spec.terminationMessagePolicy === 'FallbackToLogsOnError',
    init: c.kind !== 'app',
    service: c.kind !== 'init' && pod.spec.restartPolicy === 'Always',
  };
}

/** A Pod's host name is its name, at most 63 characters. */
export function hostname(pod: Pod): string {
  const name = pod.spec.hostnameOverride ?? pod.spec.hostname ?? pod.metadata.name;
  return name.slice(0, 63).replace(/[-.]+$/, '');
}

function userOf(pod: Pod, spec: Container): ProcessUser | undefined {
  const uid = spec.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
  if (uid === undefined) return undefined;
  const gid = spec.securityContext?.runAsGroup ?? pod.spec.securityContext?.runAsGroup ?? 0;
  return { name: uid === 0 ? 'root' : String(uid), uid, gid };
}

/** pkg/kubelet/kuberuntime/security_context.go verifyRunAsNonRoot. */
function checkNonRoot(
  p: PodRecord,
  spec: Container,
  image: PulledImage,
  user: ProcessUser | undefined,
): void {
  const { securityContext } = p.pod.spec;
  if (!(spec.securityContext?.runAsNonRoot ?? securityContext?.runAsNonRoot)) return;
  const { name, namespace, uid } = p.identity;
  const where = `(pod: "${name}_${namespace}(${uid})", container: ${spec.name})`;
  if (user) {
    if (user.uid !== 0) return;
    throw new MissingReference(`container's runAsUser breaks non-root policy ${where}`);
  }
  const [imageUser = ''] = (image.definition.user ?? '').split(':');
  if (imageUser === '' || imageUser === '0' || imageUser === 'root') {
    throw new MissingReference(`container has runAsNonRoot and image will run as root ${where}`);
  }
  if (!/^\d+$/.test(imageUser)) {
    const why = `image has non-numeric user (${imageUser}), cannot verify user is non-root`;
    throw new MissingReference(`container has runAsNonRoot and ${why} ${where}`);
  }
}

function mounts(
  context: KubeletContext,
  p: PodRecord,
  spec: Container,
  env: Environment,
): readonly Mount[] {
  const result: Mount[] = (spec.volumeMounts ?? []).map((m) => mount(context, p, m, env));
  if (!result.some((m) => m.path === '/etc/hosts')) {
    result.push({ path: '/etc/hosts', source: etcFiles(context, p), sourcePath: '/hosts' });
  }
  result.push({
    path: '/etc/resolv.conf',
    source: etcFiles(context, p),
    sourcePath: '/resolv.conf',
  });
  return result;
}

function mount(context: KubeletContext, p: PodRecord, m: VolumeMount, env: Environment): Mount {
  const source = context.volumes.get(p.identity.uid, m.name);
  if (!source) throw new MissingReference(`cannot find volume "${m.name}" to mount into container`);
  const volume = p.pod.spec.volumes?.find((v) => v.name === m.name);
  const subPath = m.subPathExpr ? expand(m.subPathExpr, new Map(env)) : (m.subPath ?? '');
  const base = volume?.hostPath?.path ?? '';
  const inner = [base.replace(/\/$/, ''), subPath].filter((s) => s !== '').join('/');
  const sourcePath = inner === '' ? '' : inner.startsWith('/') ? inner : `/${inner}`;
  if (sourcePath !== '' && source.kind(sourcePath) === null) makeDirectories(source, sourcePath);
  return {
    path: m.mountPath,
    source,
    ...(sourcePath === '' ? {} : { sourcePath }),
    ...(m.readOnly || isWrittenByKubelet(volume) ? { readOnly: true } : {}),
  };
}

/** Such volumes are read-only whatever the mount says (their GetAttributes, pkg/volume/*). */
function isWrittenByKubelet(volume: Volume | undefined): boolean {
  return Boolean(volume?.configMap ?? volume?.secret ?? volume?.downwardAPI ?? volume?.projected);
}

function makeDirectories(fs: MemoryFileSystem, path: string): void {
  let prefix = '';
  for (const part of path.split('/').slice(1)) {
    prefix += `/${part}`;
    if (fs.kind(prefix) === null) fs.makeDirectory(prefix);
  }
}

/** /etc/hosts and /etc/resolv.conf: files of the Pod, shared by its containers. */
const ETC_VOLUME = '/etc-files';

function etcFiles(context: KubeletContext, p: PodRecord): MemoryFileSystem {
  const { volumes } = context;
  const { uid } = p.identity;
  const known = volumes.get(uid, ETC_VOLUME);
  if (known) return known;
  const ip = context.runtime.status(uid).sandbox?.ip ?? '';
  const { pod } = p;
  const files = volumes.readOnly(() => ({
    '/hosts': { content: hostsFile(pod, ip === '' ? context.hostIP : ip), mode: 0o644 },
    '/resolv.conf': { content: resolvConf(pod), mode: 0o644 },
  }));
  volumes.set(uid, ETC_VOLUME, files);
  return files;
}

/** pkg/kubelet/kubelet_pods.go managedHostsFileContent. */
function hostsFile(pod: Pod, ip: string): string {
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    `${ip}\t${hostname(pod)}`,
  ];
  const aliases = pod.spec.hostAliases ?? [];
  if (aliases.length > 0) lines.push('', '# Entries added by HostAliases.');
  for (const a of aliases) lines.push(`${a.ip}\t${(a.hostnames ?? []).join('\t')}`);
  return `${lines.join('\n')}\n`;
}

/** Cluster DNS at its usual address (kubeadm's tenth of the service range). */
const CLUSTER_DNS = '10.96.0.10';
const CLUSTER_DOMAIN = 'cluster.local';

function resolvConf(pod: Pod): string {
  const { namespace = 'default' } = pod.metadata;
  const { dnsPolicy, dnsConfig, hostNetwork } = pod.spec;
  const servers: string[] = [];
  const searches: string[] = [];
  const options: string[] = [];
  if (dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork)) {
    servers.push(CLUSTER_DNS);
    const d = CLUSTER_DOMAIN;
    searches.push(`${namespace}.svc.${d}`, `svc.${d}`, d);
    options.push('ndots:5');
  }
  servers.push(...(dnsConfig?.nameservers ?? []));
  searches.push(...(dnsConfig?.searches ?? []));
  for (const o of dnsConfig?.options ?? []) {
    options.push(o.value === undefined ? (o.name ?? '') : `${o.name}:${o.value}`);
  }
  const lines = [];
  if (searches.length > 0) lines.push(`search ${searches.join(' ')}`);
  lines.push(...servers.map((s) => `nameserver ${s}`));
  if (options.length > 0) lines.push(`options ${options.join(' ')}`);
  return `${lines.join('\n')}\n`;
}
