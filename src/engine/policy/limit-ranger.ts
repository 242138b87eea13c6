/**
 * LimitRanger: gives containers the amounts that a namespace's LimitRanges say, and refuses Pods and
 * claims outside of their bounds.
 *
 * Models:     plugin/pkg/admission/limitranger admission.go (v1.36)
 * Simplified: amounts are compared exactly, where upstream first rounds them up to thousandths
 */
import type {
  Container,
  LimitRange,
  LimitRangeItem,
  PersistentVolumeClaim,
  Pod,
} from '../../api/generated/types.ts';
import {
  aggregateContainerLimits,
  aggregateContainerRequests,
} from '../../api/kinds/pod/resources.ts';
import type { AdmissionContext, ServerPlugin } from '../../api/meta/define-kind.ts';
import { compareText } from '../../api/meta/go-text.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { bytes, compareQuantity, milliCpu, quantitySign } from '../../api/meta/quantity.ts';
import { forbidden } from '../../api/meta/status.ts';

const PODS = 'pods';
const CLAIMS = 'persistentvolumeclaims';
const ANNOTATION = 'kubernetes.io/limit-ranger';
const MAX_MILLI_VALUE = Number.MAX_SAFE_INTEGER; // upstream: 2^63 − 1 thousandths
const MILLI = 1000;
const NO_LIST: List = {};

type List = Readonly<Record<string, string>>;

interface Amounts {
  readonly requests: List;
  readonly limits: List;
}

function names(list: List | undefined): string[] {
  return Object.keys(list ?? NO_LIST).sort(compareText);
}

/** What |range| gives to containers that do not say it themselves. */
function containerDefaults(range: LimitRange): Amounts {
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  for (const item of range.spec.limits ?? []) {
    if (item.type !== 'Container') continue;
    Object.assign(requests, item.defaultRequest);
    Object.assign(limits, item.default);
  }
  return { requests, limits };
}

/** Fills in one list; answers the names that it did not have, sorted. */
function fill(container: Draft<Container>, field: 'limits' | 'requests', defaults: List): string[] {
  const own = container.resources[field];
  const missing = names(defaults).filter((name) => own?.[name] === undefined);
  if (missing.length === 0) return missing;
  const filled: Record<string, string> = { ...own };
  for (const name of missing) filled[name] = defaults[name] ?? '0';
  container.resources[field] = filled;
  return missing;
}

/** In place: defaults of |range|, and the annotation that tells which. */
export function setDefaults(pod: Draft<Pod>, range: LimitRange): void {
  const defaults = containerDefaults(range);
  const told: string[] = [];
  const merge = (container: Draft<Container>, called: string): void => {
    container.resources ??= {};
    const limits = fill(container, 'limits', defaults.limits);
    const requests = fill(container, 'requests', defaults.requests);
    const whose = `${called} ${container.name}`;
    if (requests.length > 0) told.push(`${requests.join(', ')} request for ${whose}`);
    if (limits.length > 0) told.push(`${limits.join(', ')} limit for ${whose}`);
  };
  for (const container of pod.spec.containers ?? []) merge(container, 'container');
  for (const container of pod.spec.initContainers ?? []) merge(container, 'init container');
  if (told.length === 0) return;
  const text = `LimitRanger plugin set: ${told.join('; ')}`;
  pod.metadata.annotations = { ...pod.metadata.annotations, [ANNOTATION]: text };
}

/** What one bound complains of, or ''. */
type Bound = (type: string, name: string, enforced: string, amounts: Amounts) => string;

const exceeds = (a: string, b: string): boolean => compareQuantity(a, b) > 0;

const minimum: Bound = (type, name, enforced, { requests, limits }) => {
  const start = `minimum ${name} usage per ${type} is ${enforced}`;
  const request = requests[name];
  const limit = limits[name];
  if (request === undefined) return `${start}.  No request is specified`;
  if (exceeds(enforced, request)) return `${start}, but request is ${request}`;
  if (limit !== undefined && exceeds(enforced, limit)) return `${start}, but limit is ${limit}`;
  return '';
};

const maximum: Bound = (type, name, enforced, { requests, limits }) => {
  const start = `maximum ${name} usage per ${type} is ${enforced}`;
  const request = requests[name];
  const limit = limits[name];
  if (limit === undefined) return `${start}.  No limit is specified`;
  if (exceeds(limit, enforced)) return `${start}, but limit is ${limit}`;
  if (request !== undefined && exceeds(request, enforced)) {
    return `${start}, but request is ${request}`;
  }
  return '';
};

/** Of what has no limits: claims. */
const maximumRequest: Bound = (type, name, enforced, { requests }) => {
  const start = `maximum ${name} usage per ${type} is ${enforced}`;
  const request = requests[name];
  if (request === undefined) return `${start}.  No request is specified`;
  return exceeds(request, enforced) ? `${start}, but request is ${request}` : '';
};

const ratio: Bound = (type, name, enforced, { requests, limits }) => {
  const start = `${name} max limit to request ratio per ${type} is ${enforced}`;
  const request = requests[name] ?? '0';
  const limit = limits[name] ?? '0';
  if (quantitySign(request) === 0) return `${start}, but no request is specified or request is 0`;
  if (quantitySign(limit) === 0) return `${start}, but no limit is specified or limit is 0`;
  const isSmall = [request, limit, enforced].every((q) => bytes(q) <= MAX_MILLI_VALUE);
  const provided = isSmall ? milliCpu(limit) / milliCpu(request) : bytes(limit) / bytes(request);
  const tooLarge =
    bytes(enforced) <= MAX_MILLI_VALUE
      ? provided * MILLI > milliCpu(enforced)
      : provided > bytes(enforced);
  return tooLarge ? `${start}, but provided ratio is ${provided.toFixed(6)}` : '';
};

function check(
  item: LimitRangeItem,
  list: List | undefined,
  bound: Bound,
  amounts: Amounts,
  out: string[],
): void {
  for (const name of names(list)) {
    const complaint = bound(item.type, name, list?.[name] ?? '0', amounts);
    if (complaint !== '') out.push(complaint);
  }
}

function checkAll(item: LimitRangeItem, amounts: Amounts, out: string[]): void {
  check(item, item.min, minimum, amounts, out);
  check(item, item.max, maximum, amounts, out);
  check(item, item.maxLimitRequestRatio, ratio, amounts, out);
}

/** What the Pod as a whole asks for: without its overhead, and from its spec alone. */
function podAmounts({ spec }: Pod): Amounts {
  const requests = aggregateContainerRequests(spec);
  const limits = aggregateContainerLimits(spec);
  for (const name of ['cpu', 'memory']) {
    const request = spec.resources?.requests?.[name];
    const limit = spec.resources?.limits?.[name];
    if (request !== undefined) requests[name] = request;
    if (limit !== undefined) limits[name] = limit;
  }
  return { requests, limits };
}

/** What |range| complains of in |pod|. */
export function podComplaints(pod: Pod, range: LimitRange): readonly string[] {
  const out: string[] = [];
  for (const item of range.spec.limits ?? []) {
    if (item.type === 'Container') {
      const all = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])];
      for (const { resources } of all) {
        const { requests = NO_LIST, limits = NO_LIST } = resources;
        checkAll(item, { requests, limits }, out);
      }
    } else if (item.type === 'Pod') {
      checkAll(item, podAmounts(pod), out);
    }
  }
  return out;
}

/** What |range| complains of in |claim|. */
export function claimComplaints(
  claim: PersistentVolumeClaim,
  range: LimitRange,
): readonly string[] {
  const out: string[] = [];
  const amounts = { requests: claim.spec.resources.requests ?? NO_LIST, limits: NO_LIST };
  for (const item of range.spec.limits ?? []) {
    if (item.type !== 'PersistentVolumeClaim') continue;
    check(item, item.min, minimum, amounts, out);
    check(item, item.max, maximumRequest, amounts, out);
  }
  return out;
}

/** How upstream writes several errors in one. */
export function aggregateText(texts: readonly string[]): string {
  const unique = [...new Set(texts)];
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`;
}

/** Pods cannot change their resources but by resizing. */
function isMeant(old: KubeObject | null, { kind, operation, subresource }: AdmissionContext) {
  if (old?.metadata.deletionTimestamp !== undefined) return false;
  if (subresource === 'resize') return kind.plural === PODS && operation === 'UPDATE';
  return kind.plural !== PODS || operation === 'CREATE';
}

function rangesOf(context: AdmissionContext): readonly LimitRange[] {
  return context.list('', 'limitranges', context.namespace) as readonly LimitRange[];
}

export const limitRanger: ServerPlugin = {
  name: 'LimitRanger',
  operations: ['CREATE', 'UPDATE'],
  resources: [
    { group: '', plural: PODS },
    { group: '', plural: CLAIMS },
  ],
  subresources: ['resize'],
  admit(object, old, context) {
    if (context.kind.plural !== PODS || !isMeant(old, context)) return;
    for (const range of rangesOf(context)) setDefaults(object as unknown as Draft<Pod>, range);
  },
  validate(object, old, context) {
    if (!isMeant(old, context)) return;
    for (const range of rangesOf(context)) {
      const complaints =
        context.kind.plural === PODS
          ? podComplaints(object as unknown as Pod, range)
          : claimComplaints(object as unknown as PersistentVolumeClaim, range);
      if (complaints.length === 0) continue;
      throw forbidden(context.kind, object.metadata.name, aggregateText(complaints));
    }
  },
};
