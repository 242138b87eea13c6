/**
 * What the kubelet asks the runtime to create: command line, environment, mounts, user.
 *
 * Models: pkg/kubelet/kuberuntime/kuberuntime_container.go generateContainerConfig,
 * security_context.go, pkg/kubelet/kubelet_pods.go ensureHostsFile (v1.36)
 * Simplified: seccomp, AppArmor and SELinux are accepted and change nothing; hostPID and hostIPC too.
 */
import type { Container, EphemeralContainer, Pod } from '../../../api/generated/types.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { PulledImage } from '../runtime/images.ts';
import type { ProcessUser, SignalName } from '../runtime/program.ts';
import { type ContainerConfig, RuntimeError } from '../runtime/runtime-types.ts';
import { containerUser } from '../runtime/users.ts';
import { type EnvSources, environment, expand } from './container-env.ts';
import { containerMounts } from './container-mounts.ts';
import type { KubeletContext } from './context.ts';
import { hostname } from './etc-files.ts';
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
  checkNonRoot(p, spec, image);
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
    user: userOf(pod, spec, image),
    hostname: hostname(pod, context.node),
    mounts: containerMounts(context, p, spec, variables, image.definition),
    readOnlyRoot: spec.securityContext?.readOnlyRootFilesystem,
    sysctls: pod.spec.securityContext?.sysctls,
    resources: containerResources(pod, spec),
    stopSignal: spec.lifecycle?.stopSignal as SignalName | undefined,
    io: { stdin: spec.stdin, stdinOnce: spec.stdinOnce, tty: spec.tty },
    pids: pidsOf(p, c),
    terminationMessagePath: spec.terminationMessagePath ?? DEFAULT_MESSAGE_PATH,
    fallbackToLogs: spec.terminationMessagePolicy === 'FallbackToLogsOnError',
    init: c.kind !== 'app',
    service: c.kind !== 'init' && pod.spec.restartPolicy === 'Always',
  };
}

/** An ephemeral container may look into another one; where all share, that is nothing new. */
function pidsOf(p: PodRecord, { spec }: ContainerRecord): ContainerConfig['pids'] {
  if (p.pod.spec.shareProcessNamespace) return 'pod';
  const target = (spec as EphemeralContainer).targetContainerName;
  if (!target) return undefined;
  if (p.observed.containers.has(target)) return { target };
  throw new MissingReference(`unable to find target container ${target}`);
}

/** determineEffectiveSecurityContext, convertToRuntimeSecurityContext. */
function userOf(pod: Pod, spec: Container, image: PulledImage): ProcessUser {
  const ofPod = pod.spec.securityContext ?? {};
  const own = spec.securityContext ?? {};
  const { supplementalGroups = [], fsGroup, supplementalGroupsPolicy } = ofPod;
  const user = containerUser(image.definition, {
    uid: own.runAsUser ?? ofPod.runAsUser,
    gid: own.runAsGroup ?? ofPod.runAsGroup,
    groups: fsGroup === undefined ? supplementalGroups : [...supplementalGroups, fsGroup],
    strictGroups: supplementalGroupsPolicy === 'Strict',
    privileged: own.privileged === true,
    capabilities: own.capabilities,
  });
  if (typeof user === 'string') throw new RuntimeError(user);
  return user;
}

/** pkg/kubelet/kuberuntime/security_context.go verifyRunAsNonRoot. */
function checkNonRoot(p: PodRecord, spec: Container, image: PulledImage): void {
  const { securityContext } = p.pod.spec;
  if (!(spec.securityContext?.runAsNonRoot ?? securityContext?.runAsNonRoot)) return;
  const { name, namespace, uid } = p.identity;
  const where = `(pod: "${name}_${namespace}(${uid})", container: ${spec.name})`;
  const uidGiven = spec.securityContext?.runAsUser ?? securityContext?.runAsUser;
  if (uidGiven !== undefined) {
    if (uidGiven !== 0) return;
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
