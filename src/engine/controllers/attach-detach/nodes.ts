/**
 * What the controller knows of nodes: which volumes they say they use, which it has told them are
 * attached. One writer, one list for each node, so that no write undoes another.
 *
 * Models: pkg/controller/volume/attachdetach/cache actual_state_of_world.go, statusupdater
 *         node_status_updater.go (v1.36)
 */
import type { Node as NodeObject } from '../../../api/generated/types.ts';
import { Node } from '../../../api/kinds/node.ts';
import { isApiError } from '../../../api/meta/status.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { ControllerContext } from '../../client/controller.ts';

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

export class AttachedNodes {
  readonly #context: ControllerContext;
  /** The last that was heard of each node: one that is gone may still have volumes mounted. */
  readonly #inUse = new Map<string, ReadonlySet<string>>();
  readonly #reported = new Map<string, Set<string>>();

  constructor(context: ControllerContext) {
    this.#context = context;
  }

  seen({ metadata, status }: NodeObject): void {
    this.#inUse.set(metadata.name, new Set(status.volumesInUse ?? []));
    if (this.#reported.has(metadata.name)) return;
    this.#reported.set(metadata.name, new Set((status.volumesAttached ?? []).map((v) => v.name)));
  }

  /** What was reported went with the Node object. */
  gone({ metadata }: NodeObject): void {
    this.#reported.delete(metadata.name);
  }

  /** Who has never been heard of is taken to use all that is attached to it. */
  uses(node: string, volume: string): boolean {
    return this.#inUse.get(node)?.has(volume) ?? true;
  }

  exists(node: string): boolean {
    return this.#context.get(Node, node) !== undefined;
  }

  isHealthy(node: string): boolean {
    const { conditions = [] } = this.#context.get(Node, node)?.status ?? {};
    return conditions.some((c) => c.type === 'Ready' && c.status === 'True');
  }

  isOutOfService(node: string): boolean {
    const { taints = [] } = this.#context.get(Node, node)?.spec ?? {};
    return taints.some((t) => t.key === OUT_OF_SERVICE);
  }

  isReported(node: string, volume: string): boolean {
    return this.#reported.get(node)?.has(volume) === true;
  }

  *report(node: string, volume: string): Proc {
    const list = this.#reported.get(node);
    if (!list || list.has(volume)) return;
    list.add(volume);
    yield* this.#write(node, list, () => list.delete(volume));
  }

  *withdraw(node: string, volume: string): Proc {
    const list = this.#reported.get(node);
    if (!list?.delete(volume)) return;
    yield* this.#write(node, list, () => list.add(volume));
  }

  *#write(node: string, list: ReadonlySet<string>, undo: () => void): Proc {
    const volumesAttached = Array.from(list, (name) => ({ name, devicePath: '' }));
    const status = { volumesAttached: volumesAttached.length > 0 ? volumesAttached : null };
    const options = { type: 'strategic', subresource: 'status' } as const;
    try {
      yield* this.#context.client.patch(Node, '', node, { status }, options);
    } catch (error) {
      if (isApiError(error, 'NotFound')) return;
      undo();
      throw error;
    }
  }
}
