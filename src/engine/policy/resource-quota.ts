/**
 * ResourceQuota: nobody gets more than the quotas of a namespace leave. What an admitted object uses
 * is added to their status at once; the quota controller puts right what goes away again.
 *
 * Models:     k8s.io/apiserver pkg/admission/plugin/resourcequota controller.go, admission.go (v1.36)
 * Simplified: no resources that need a quota without there being one (LimitedResources), as by
 *             default. Upstream tries again when a quota has changed meanwhile: here a request does
 *             all of its work at one instant, so none has
 */
import type { ResourceQuota } from '../../api/generated/types.ts';
import type { AdmissionContext, ServerPlugin } from '../../api/meta/define-kind.ts';
import { compareText } from '../../api/meta/go-text.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { compareQuantity } from '../../api/meta/quantity.ts';
import { type ApiError, forbidden } from '../../api/meta/status.ts';
import type { Evaluator } from '../../api/quota/evaluator.ts';
import {
  addLists,
  type List,
  listText,
  mask,
  moreThan,
  withoutZeros,
} from '../../api/quota/lists.ts';
import { evaluatorFor, isInteresting, matchesScopes } from '../../api/quota/registry.ts';

const NOTHING: List = {};

interface Request {
  readonly evaluator: Evaluator;
  readonly object: KubeObject;
  readonly old: KubeObject | null;
  readonly nowMs: number;
  /** Status updates have happened already: they are counted, not refused. */
  readonly isRefusable: boolean;
  readonly refuse: (text: string) => ApiError;
}

function isFor(quota: ResourceQuota, evaluator: Evaluator, object: KubeObject): boolean {
  return isInteresting(evaluator, quota.status.hard) && matchesScopes(evaluator, quota, object);
}

/** Refuses objects that do not say what |quota| needs to know. */
function checkStated(quota: ResourceQuota, { evaluator, object, refuse }: Request): void {
  const { hard = NOTHING, used = NOTHING } = quota.status;
  const { name } = quota.metadata;
  const restricted = Object.keys(hard).filter((n) => evaluator.counts(n));
  const missing = evaluator.missing?.(restricted, object) ?? '';
  if (missing !== '') throw refuse(`failed quota: ${name}: ${missing}`);
  if (restricted.every((n) => used[n] !== undefined)) return;
  const names = restricted.sort(compareText).join(',');
  throw refuse(`status unknown for quota: ${name}, resources: ${names}`);
}

/** What the request adds to |quota|. An object that comes into its scope counts in full. */
function deltaFor(quota: ResourceQuota, request: Request, usage: List): List {
  const { evaluator, old, nowMs } = request;
  if (old === null || !isFor(quota, evaluator, old)) return withoutZeros(usage);
  return moreThan(usage, evaluator.usage(old, nowMs));
}

/** |quota|'s usage with |delta|; refuses when that is too much. */
function raised(quota: ResourceQuota, delta: List, request: Request): List {
  const { hard = NOTHING, used = NOTHING } = quota.status;
  const requested = mask(delta, new Set(Object.keys(hard)));
  const next = addLists(used, requested);
  const exceeded = new Set(
    Object.keys(requested).filter((n) => compareQuantity(next[n] ?? '0', hard[n] ?? '0') > 0),
  );
  if (exceeded.size > 0 && request.isRefusable) {
    const parts = [
      `exceeded quota: ${quota.metadata.name}`,
      `requested: ${listText(mask(requested, exceeded))}`,
      `used: ${listText(mask(used, exceeded))}`,
      `limited: ${listText(mask(hard, exceeded))}`,
    ];
    throw request.refuse(parts.join(', '));
  }
  return next;
}

/** Pure: the quotas whose usage the request raises, with their new usage. Throws when it may not. */
export function charge(
  quotas: readonly ResourceQuota[],
  request: Request,
): readonly { readonly quota: ResourceQuota; readonly used: List }[] {
  const { evaluator, object, nowMs } = request;
  const interesting = quotas.filter((quota) => isFor(quota, evaluator, object));
  for (const quota of interesting) checkStated(quota, request);
  if (interesting.length === 0) return [];
  const usage = evaluator.usage(object, nowMs);
  return interesting.flatMap((quota) => {
    const delta = deltaFor(quota, request, usage);
    if (Object.keys(delta).length === 0) return [];
    const used = raised(quota, delta, request);
    const isMore = Object.keys(delta).some((name) => quota.status.hard?.[name] !== undefined);
    return isMore ? [{ quota, used }] : [];
  });
}

function validate(object: KubeObject, old: KubeObject | null, context: AdmissionContext): void {
  const { kind, operation, subresource, namespace } = context;
  if (namespace === '') return;
  if (subresource === 'status' && kind.plural !== 'persistentvolumeclaims') return;
  const quotas = context.list('', 'resourcequotas', namespace) as readonly ResourceQuota[];
  if (quotas.length === 0) return;
  const evaluator = evaluatorFor(kind);
  if (!evaluator?.handles(operation, subresource, object, old)) return;
  const charges = charge(quotas, {
    evaluator,
    object,
    old: operation === 'UPDATE' ? old : null,
    nowMs: Date.parse(context.now),
    isRefusable: subresource !== 'status',
    refuse: (text) => forbidden(kind, object.metadata.name, text),
  });
  if (context.dryRun) return;
  for (const { quota, used } of charges) {
    const next: ResourceQuota = { ...quota, status: { ...quota.status, used } };
    context.updateStatus('', 'resourcequotas', next as unknown as KubeObject);
  }
}

export const resourceQuota: ServerPlugin = {
  name: 'ResourceQuota',
  operations: ['CREATE', 'UPDATE'],
  subresources: ['resize', 'status'],
  validate,
};
