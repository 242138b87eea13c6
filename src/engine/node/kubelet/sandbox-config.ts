/**
 * What a Pod's sandbox is to be made by, and its name: found out before the runtime is asked.
 *
 * Models: pkg/kubelet/kuberuntime/kuberuntime_sandbox.go generatePodSandboxConfig, pkg/kubelet/util
 * GetNodenameForKernel, pkg/kubelet/runtimeclass/runtimeclass_manager.go (v1.36), containerd 2.x
 * internal/cri/config GetSandboxRuntime
 * Simplified: every machine knows one handler, runc.
 */
import type { Pod } from '../../../api/generated/types.ts';
import { RuntimeClass } from '../../../api/kinds/runtime-class.ts';
import { isApiError } from '../../../api/meta/status.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { HostPort } from '../network/pod-network.ts';
import { SandboxError } from '../runtime/runtime-types.ts';
import type { KubeletContext } from './context.ts';
import { hostname } from './etc-files.ts';

const HANDLERS = ['', 'runc'];

/** Longest name that the kernel takes (fqdnMaxLen). */
const MAX_FQDN_LENGTH = 64;

/** Throws SandboxError where there can be none. */
export function* checkSandbox(context: KubeletContext, pod: Pod): Proc {
  const name = hostname(pod, context.node);
  if (pod.spec.setHostnameAsFQDN === true && name.length > MAX_FQDN_LENGTH) {
    const limit = `${MAX_FQDN_LENGTH} characters is the max, ${name.length} characters requested`;
    throw new SandboxError(
      'failed to construct FQDN from pod hostname and cluster domain, ' +
        `FQDN ${name} is too long (${limit})`,
    );
  }
  yield* checkRuntimeClass(context, pod);
}

function* checkRuntimeClass({ client }: KubeletContext, pod: Pod): Proc {
  const name = pod.spec.runtimeClassName ?? '';
  if (name === '') return;
  let handler: string;
  try {
    ({ handler } = yield* client.get(RuntimeClass, '', name));
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
    throw new SandboxError(error.message);
  }
  if (HANDLERS.includes(handler)) return;
  const why = `no runtime for "${handler}" is configured`;
  throw new SandboxError(`rpc error: code = Unknown desc = failed to get sandbox runtime: ${why}`);
}

/** makePortMappings; Pods on the node's network have its ports already. */
export function hostPorts({ spec }: Pod): readonly HostPort[] {
  if (spec.hostNetwork === true) return [];
  return [...(spec.initContainers ?? []), ...spec.containers].flatMap((c) =>
    (c.ports ?? [])
      .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0)
      .map(({ hostPort = 0, hostIP = '', protocol = 'TCP', containerPort }) => {
        return { hostPort, hostIP, protocol, containerPort };
      }),
  );
}
