/**
 * ServiceCIDR controller: says that a range of Service addresses is ready, and keeps one that was
 * deleted while addresses of Services lie in no other range.
 *
 * Models:     kubernetes pkg/controller/servicecidrs servicecidrs_controller.go (v1.36)
 * Watches:    ServiceCIDR (primary), IPAddress
 * Writes:     ServiceCIDR finalizers and status
 * Simplified: nothing known
 */
import type { Condition } from '../../api/generated/types.ts';
import { IPAddress } from '../../api/kinds/ip-address.ts';
import { ServiceCIDR } from '../../api/kinds/service-cidr.ts';
import { ALLOCATOR, FAMILY_LABEL, MANAGED_BY } from '../../api/kinds/service/addresses.ts';
import { cidrFamily, isStrictSubset, type ParsedCidr, parseCidr } from '../../api/meta/cidr.ts';
import { isApiError } from '../../api/meta/status.ts';
import { parseIp } from '../../api/meta/ip.ts';
import { parseTime, rfc3339 } from '../../api/meta/time.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const NAME = 'service-cidr-controller';
const FINALIZER = 'networking.k8s.io/service-cidr-finalizer';
const DELETION_GRACE_MS = 10_000; // deletionGracePeriod: API servers may not know of it yet
const MICROS_PER_MS = 1000;

export function serviceCidrController(): ControllerDefinition<ServiceCIDR> {
  return defineController<ServiceCIDR>({
    name: NAME,
    serviceAccount: 'service-cidrs-controller',
    primary: ServiceCIDR,
    workers: 5, // app/networking.go startServiceCIDRsController
    start({ informers, queue }) {
      const ranges = informers.for(ServiceCIDR);
      ranges.addHandler({
        onAdd(added) {
          for (const range of ranges.all()) {
            if (overlap(range, added)) queue.add(range.metadata.name);
          }
        },
      });
      const wake = (address: IPAddress): void => {
        if (address.metadata.labels?.[MANAGED_BY] !== ALLOCATOR) return;
        for (const range of ranges.all()) {
          if (holds(range, address.metadata.name)) queue.add(range.metadata.name);
        }
      };
      informers.for(IPAddress).addHandler({ onAdd: wake, onDelete: wake });
    },
    reconcile: sync,
  });
}

function parsed({ spec }: ServiceCIDR): readonly ParsedCidr[] {
  return (spec.cidrs ?? []).flatMap((cidr) => parseCidr(cidr) ?? []);
}

function isSame(a: ParsedCidr, b: ParsedCidr): boolean {
  if (a.prefixLength !== b.prefixLength) return false;
  return String(a.network.bytes) === String(b.network.bytes);
}

function overlap(a: ServiceCIDR, b: ServiceCIDR): boolean {
  return parsed(a).some((x) =>
    parsed(b).some((y) => isSame(x, y) || isStrictSubset(x, y) || isStrictSubset(y, x)),
  );
}

/** Pure: whether |ip| can be given to a Service of |range|: not the first, nor the last of IPv4. */
export function holds(range: ServiceCIDR, ip: string): boolean {
  const bytes = parseIp(ip)?.bytes;
  if (bytes === undefined) return false;
  return parsed(range).some(({ network, prefixLength }) => {
    if (network.bytes.length !== bytes.length) return false;
    let isFirst = true;
    let isLast = true;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const at = bit >> 3;
      const shift = 7 - (bit & 7);
      const own = ((bytes[at] ?? 0) >> shift) & 1;
      if (bit >= prefixLength) {
        if (own === 1) isFirst = false;
        else isLast = false;
      } else if (own !== (((network.bytes[at] ?? 0) >> shift) & 1)) return false;
    }
    return !isFirst && !(isLast && bytes.length === 4);
  });
}

/** Pure: whether no address of a Service would be left without a range. */
export function canGo(
  range: ServiceCIDR,
  ranges: readonly ServiceCIDR[],
  addresses: Iterable<IPAddress>,
): boolean {
  const others = ranges.filter((r) => r.metadata.name !== range.metadata.name);
  const hasParent = parsed(range).every((cidr) =>
    others.some((r) => parsed(r).some((p) => isSame(p, cidr) || isStrictSubset(cidr, p))),
  );
  if (hasParent) return true;
  const families = (range.spec.cidrs ?? []).map((cidr) => cidrFamily(cidr) ?? '');
  for (const { metadata } of addresses) {
    if (metadata.labels?.[MANAGED_BY] !== ALLOCATOR) continue;
    if (!families.includes(metadata.labels[FAMILY_LABEL] as 'IPv4' | 'IPv6')) continue;
    const isAlone = !others.some((r) => holds(r, metadata.name));
    if (isAlone && holds(range, metadata.name)) return false;
  }
  return true;
}

function* sync(name: string, context: ControllerContext): Proc {
  const range = context.get(ServiceCIDR, name);
  if (!range) return;
  const { deletionTimestamp } = range.metadata;
  if (deletionTimestamp !== undefined) return yield* letGo(range, deletionTimestamp, context);
  if (!range.metadata.finalizers?.includes(FINALIZER)) {
    yield* patch(range, { finalizers: [FINALIZER] }, context);
  }
  const message = 'Kubernetes Service CIDR is ready';
  yield* tell(range, { type: 'Ready', status: 'True', reason: '', message }, context);
}

function* letGo(range: ServiceCIDR, deleted: string, context: ControllerContext): Proc {
  const { informers, kernel, queue } = context;
  const ranges = [...informers.for(ServiceCIDR).all()];
  const isFree = canGo(range, ranges, informers.for(IPAddress).all());
  context.note('no address that lies in it alone', isFree ? 'none' : 'some');
  if (!isFree) {
    const message =
      'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a ' +
      'new ServiceCIDR';
    const reason = 'Terminating';
    return yield* tell(range, { type: 'Ready', status: 'False', reason, message }, context);
  }
  const leftMs = DELETION_GRACE_MS - (kernel.nowMs - parseTime(deleted));
  if (leftMs > 0) {
    queue.addAfter(range.metadata.name, leftMs * MICROS_PER_MS);
    return;
  }
  if (!range.metadata.finalizers?.includes(FINALIZER)) return;
  yield* patch(range, { '$deleteFromPrimitiveList/finalizers': [FINALIZER] }, context);
}

function* patch(range: ServiceCIDR, metadata: object, { client }: ControllerContext): Proc {
  try {
    const { name } = range.metadata;
    yield* client.patch(ServiceCIDR, '', name, { metadata }, { type: 'strategic' });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

function* tell(
  range: ServiceCIDR,
  wanted: Omit<Condition, 'lastTransitionTime'>,
  { client, kernel }: ControllerContext,
): Proc {
  const known = range.status.conditions?.find((c) => c.type === wanted.type);
  const isTold =
    known?.status === wanted.status &&
    known.reason === wanted.reason &&
    known.message === wanted.message;
  if (isTold) return;
  const { type, status, reason, message } = wanted;
  const condition = { type, status, lastTransitionTime: rfc3339(kernel.nowMs), reason, message };
  const { name } = range.metadata;
  const configuration = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name },
    status: { conditions: [condition] },
  };
  const options = { fieldManager: NAME, subresource: 'status' };
  yield* client.apply(ServiceCIDR, '', name, configuration, options);
}
