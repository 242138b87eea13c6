/**
 * The five conditions of a Namespace that is going away.
 *
 * Models: kubernetes pkg/controller/namespace/deletion/status_condition_utils.go (v1.36)
 */
import type { NamespaceCondition } from '../../../api/generated/types.ts';
import { compareText } from '../../../api/meta/go-text.ts';
import { rfc3339 } from '../../../api/meta/time.ts';

/** What a pass over the contents has found. */
export interface DeletionFindings {
  readonly errors: readonly string[];
  /** Objects left, by `resource.group`. */
  readonly remaining: ReadonlyMap<string, number>;
  /** Objects left, by finalizer. */
  readonly finalizers: ReadonlyMap<string, number>;
}

/** Types in upstream's order, each with what it says while all is well. */
const FINE = [
  [
    'NamespaceDeletionDiscoveryFailure',
    'ResourcesDiscovered',
    'All resources successfully discovered',
  ],
  [
    'NamespaceDeletionGroupVersionParsingFailure',
    'ParsedGroupVersions',
    'All legacy kube types successfully parsed',
  ],
  [
    'NamespaceDeletionContentFailure',
    'ContentDeleted',
    'All content successfully deleted, may be waiting on finalization',
  ],
  ['NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'],
  [
    'NamespaceFinalizersRemaining',
    'ContentHasNoFinalizers',
    'All content-preserving finalizers finished',
  ],
] as const;

interface Trouble {
  readonly reason: string;
  readonly message: string;
}

/** The conditions after a pass; the same list when nothing has changed. */
export function deletionConditions(
  old: readonly NamespaceCondition[],
  findings: DeletionFindings,
  nowMs: number,
): readonly NamespaceCondition[] {
  const troubles = troublesOf(findings);
  const next = [...old];
  let changed = false;
  for (const [type, reason, message] of FINE) {
    const trouble = troubles.get(type);
    const fresh = {
      status: trouble ? 'True' : 'False',
      lastTransitionTime: rfc3339(nowMs),
      reason: trouble?.reason ?? reason,
      message: trouble?.message ?? message,
    };
    const at = next.findIndex((c) => c.type === type);
    const before = next[at];
    if (before === undefined) next.push({ type, ...fresh });
    else if (
      before.status === fresh.status &&
      before.reason === fresh.reason &&
      before.message === fresh.message
    ) {
      continue;
    } else {
      const since = before.status === fresh.status ? before.lastTransitionTime : undefined;
      next[at] = { type, ...fresh, ...(since === undefined ? {} : { lastTransitionTime: since }) };
    }
    changed = true;
  }
  return changed ? next : old;
}

function troublesOf({ errors, remaining, finalizers }: DeletionFindings): Map<string, Trouble> {
  const troubles = new Map<string, Trouble>();
  if (errors.length > 0) {
    const list = [...errors].sort(compareText).join(', ');
    troubles.set('NamespaceDeletionContentFailure', {
      reason: 'ContentDeletionFailed',
      message: `Failed to delete all resource types, ${errors.length} remaining: ${list}`,
    });
  }
  if (remaining.size > 0) {
    const list = texts(remaining, (what, n) => `${what} has ${n} resource instances`);
    troubles.set('NamespaceContentRemaining', {
      reason: 'SomeResourcesRemain',
      message: `Some resources are remaining: ${list}`,
    });
  }
  if (finalizers.size > 0) {
    const list = texts(finalizers, (what, n) => `${what} in ${n} resource instances`);
    troubles.set('NamespaceFinalizersRemaining', {
      reason: 'SomeFinalizersRemain',
      message: `Some content in the namespace has finalizers remaining: ${list}`,
    });
  }
  return troubles;
}

function texts(
  counts: ReadonlyMap<string, number>,
  text: (what: string, count: number) => string,
): string {
  return [...counts]
    .map(([what, count]) => text(what, count))
    .sort(compareText)
    .join(', ');
}
