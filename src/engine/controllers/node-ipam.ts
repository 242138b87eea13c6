/**
 * Node IPAM controller: gives every Node a range of Pod addresses, podCIDR.
 *
 * Models:     kubernetes pkg/controller/nodeipam/ipam/range_allocator.go, cidrset (v1.36)
 * Watches:    Node (primary)
 * Writes:     Node patch (spec.podCIDR, spec.podCIDRs); Events
 * Simplified: one address family; the cluster CIDR is 10.0.0.0/8, begun at 10.244.0.0/24 as the usual
 *             10.244.0.0/16 is, and leaves out 10.96.0.0/12, where Services are
 */
import { Node } from '../../api/kinds/node.ts';
import { isApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const SUBNETS_PER_BLOCK = 256;
const UPDATE_RETRIES = 3; // cidrUpdateRetries, cidr_allocator.go

/** Second bytes of the blocks of /24 ranges, in the order in which they are used. */
const BLOCKS: readonly number[] = [...range(244, 255), ...range(112, 243), ...range(0, 95)];

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** The ranges in use. A range that was given back is used again only after all others had their turn. */
export class CidrSet {
  #used = new Set<number>();
  #next = 0;

  allocate(): string | undefined {
    const count = BLOCKS.length * SUBNETS_PER_BLOCK;
    for (let i = 0; i < count; i++) {
      const candidate = (this.#next + i) % count;
      if (this.#used.has(candidate)) continue;
      this.#used.add(candidate);
      this.#next = candidate + 1;
      return cidrText(candidate);
    }
    return undefined;
  }

  occupy(cidr: string): void {
    const index = cidrIndex(cidr);
    if (index !== undefined) this.#used.add(index);
  }

  release(cidr: string): void {
    const index = cidrIndex(cidr);
    if (index !== undefined) this.#used.delete(index);
  }
}

function cidrText(index: number): string {
  const block = BLOCKS[Math.floor(index / SUBNETS_PER_BLOCK)] ?? 0;
  return `10.${block}.${index % SUBNETS_PER_BLOCK}.0/24`;
}

function cidrIndex(cidr: string): number | undefined {
  const match = /^10\.(\d+)\.(\d+)\.0\/24$/.exec(cidr);
  if (!match) return undefined;
  const block = BLOCKS.indexOf(Number(match[1]));
  return block < 0 ? undefined : block * SUBNETS_PER_BLOCK + Number(match[2]);
}

export function nodeIpamController(): ControllerDefinition<Node> {
  const set = new CidrSet();
  /** What a Node has been given but the cache does not show yet. */
  const given = new Map<string, string>();
  return defineController<Node>({
    name: 'node-ipam-controller',
    serviceAccount: 'node-controller',
    eventSource: 'cidrAllocator',
    primary: Node,
    ownHandlers: true,
    start({ informers, queue }) {
      const seen = (node: Node): void => {
        if (node.spec.podCIDR === undefined) queue.add(node.metadata.name);
        else {
          set.occupy(node.spec.podCIDR);
          given.delete(node.metadata.name);
        }
      };
      informers.for(Node).addHandler({
        onAdd: seen,
        onUpdate: seen,
        onDelete: (node) => {
          const cidr = node.spec.podCIDR ?? given.get(node.metadata.name);
          if (cidr !== undefined) set.release(cidr);
          given.delete(node.metadata.name);
        },
      });
    },
    reconcile: (name, context) => assign(name, set, given, context),
  });
}

function* assign(
  name: string,
  set: CidrSet,
  given: Map<string, string>,
  context: ControllerContext,
): Proc {
  const node = context.get(Node, name);
  if (!node || node.spec.podCIDR !== undefined || given.has(name)) return;
  const podCIDR = set.allocate();
  context.note('a podCIDR', 'none');
  if (podCIDR === undefined) return report(node, 'CIDRNotAvailable', context);
  const patch = { spec: { podCIDR, podCIDRs: [podCIDR] } };
  for (let attempt = 1; ; attempt++) {
    try {
      given.set(name, podCIDR);
      yield* context.client.patch(Node, '', name, patch, { type: 'strategic' });
      return;
    } catch (error) {
      if (!isApiError(error)) throw error;
      if (attempt < UPDATE_RETRIES) continue;
      report(node, 'CIDRAssignmentFailed', context);
      given.delete(name);
      set.release(podCIDR);
      throw error;
    }
  }
}

function report(node: Node, status: string, context: ControllerContext): void {
  const message = `Node ${node.metadata.name} status is now: ${status}`;
  context.events.record(node, { type: 'Normal', reason: status, message });
}
