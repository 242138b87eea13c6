/**
 * Changing a Node's taints: read, patch with the read resourceVersion, once more on a conflict.
 *
 * Models: kubernetes pkg/controller/util/node/controller_utils.go (SwapNodeControllerTaint),
 *         pkg/controller/controller_utils.go (AddOrUpdateTaintOnNode, RemoveTaintOffNode) (v1.36)
 */
import type { Taint } from '../../../api/generated/types.ts';
import { Node } from '../../../api/kinds/node.ts';
import { isApiError } from '../../../api/meta/status.ts';
import { hasTaint, withTaint, withoutTaint } from '../../../api/meta/taints.ts';
import { rfc3339 } from '../../../api/meta/time.ts';
import { type Proc, sleep } from '../../../kernel/process.ts';
import type { ControllerContext } from '../../client/controller.ts';

const RETRIES = 4; // UpdateTaintBackoff: five steps
const BACKOFF_US = 100_000; // UpdateTaintBackoff

/** Adds first, then removes, as two patches; what is there already costs nothing. */
export function* swapTaints(
  node: Node,
  add: readonly Taint[],
  remove: readonly Taint[],
  context: ControllerContext,
): Proc {
  const timeAdded = rfc3339(context.kernel.nowMs);
  if (add.length > 0) {
    yield* changeTaints(node.metadata.name, context, (taints) =>
      add.reduce((all: readonly Taint[], t) => withTaint(all, { ...t, timeAdded }), taints),
    );
  }
  yield* removeTaints(node, remove, context);
}

export function* removeTaints(
  node: Node,
  remove: readonly Taint[],
  context: ControllerContext,
): Proc {
  if (!remove.some((t) => hasTaint(node.spec.taints, t))) return;
  yield* changeTaints(node.metadata.name, context, (taints) => remove.reduce(withoutTaint, taints));
}

function* changeTaints(
  name: string,
  { client }: ControllerContext,
  change: (taints: readonly Taint[]) => readonly Taint[],
): Proc {
  for (let attempt = 0; ; attempt++) {
    const node = yield* client.get(Node, '', name);
    const old = node.spec.taints ?? [];
    const taints = change(old);
    if (taints === old) return;
    const patch = {
      metadata: { resourceVersion: node.metadata.resourceVersion },
      spec: { taints: taints.length > 0 ? taints : null },
    };
    try {
      yield* client.patch(Node, '', name, patch, { type: 'strategic' });
      return;
    } catch (error) {
      if (!isApiError(error, 'Conflict') || attempt >= RETRIES) throw error;
    }
    yield* sleep(BACKOFF_US);
  }
}
