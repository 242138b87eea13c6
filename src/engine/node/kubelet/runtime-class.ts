/**
 * Which of the runtime's handlers a Pod's sandbox is to be made by.
 *
 * Models: pkg/kubelet/runtimeclass/runtimeclass_manager.go (v1.36), containerd 2.x
 * internal/cri/config GetSandboxRuntime
 * Simplified: every machine knows one handler, runc.
 */
import type { Pod } from '../../../api/generated/types.ts';
import { RuntimeClass } from '../../../api/kinds/runtime-class.ts';
import { isApiError } from '../../../api/meta/status.ts';
import type { Proc } from '../../../kernel/process.ts';
import { SandboxError } from '../runtime/runtime-types.ts';
import type { KubeletContext } from './context.ts';

const HANDLERS = ['', 'runc'];

/** Throws SandboxError where there is none. */
export function* checkRuntimeClass({ client }: KubeletContext, pod: Pod): Proc {
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
