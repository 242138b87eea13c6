/**
 * PodResizeValidator: refuses to resize a Pod beyond what its node could ever give.
 *
 * Models: plugin/pkg/admission/podresize/admission.go (v1.36)
 */
import type { Node, Pod } from '../../api/generated/types.ts';
import { podRequests } from '../../api/kinds/pod/resources.ts';
import type { ServerPlugin } from '../../api/meta/define-kind.ts';
import { bytes, compareQuantity, milliCpu } from '../../api/meta/quantity.ts';
import { ApiError, forbidden } from '../../api/meta/status.ts';

type List = Readonly<Record<string, string>>;

/** What |requests| ask for beyond |allocatable|; null: nothing. */
export function beyondAllocatable(requests: List, allocatable: List): string | null {
  const parts: string[] = [];
  for (const [name, number] of [
    ['cpu', milliCpu],
    ['memory', bytes],
  ] as const) {
    const wanted = requests[name] ?? '0';
    const there = allocatable[name] ?? '0';
    if (compareQuantity(wanted, there) <= 0) continue;
    parts.push(`${name}, requested: ${number(wanted)}, allocatable: ${number(there)}`);
  }
  if (parts.length === 0) return null;
  return `node didn't have enough allocatable resources: ${parts.join('; ')}`;
}

/** The same refusal, with its cause among the details. */
function withCause(error: ApiError, reason: string): ApiError {
  const { status } = error;
  const causes = [...(status.details?.causes ?? []), { reason }];
  return new ApiError({ ...status, details: { ...status.details, causes } });
}

export const podResize: ServerPlugin = {
  name: 'PodResizeValidator',
  operations: ['UPDATE'],
  resources: [{ group: '', plural: 'pods' }],
  subresources: ['resize'],
  validate(object, old, context) {
    if (context.subresource !== 'resize') return;
    const pod = object as unknown as Pod;
    const { nodeName } = pod.spec;
    if (!nodeName || old?.metadata.generation === pod.metadata.generation) return;
    const { name } = pod.metadata;
    const node = context.lookup('', 'nodes', '', nodeName) as Node | undefined;
    if (!node) throw forbidden(context.kind, name, `node "${nodeName}" not found`);
    const os = node.metadata.labels?.['kubernetes.io/os'];
    if (os !== undefined && os !== 'linux') {
      const why = `pod resize is only supported on linux nodes, node "${nodeName}" is "${os}"`;
      throw withCause(forbidden(context.kind, name, why), 'UnsupportedPlatform');
    }
    const why = beyondAllocatable(podRequests(pod.spec), node.status.allocatable ?? {});
    if (why !== null) throw withCause(forbidden(context.kind, name, why), 'NodeCapacity');
  },
};
