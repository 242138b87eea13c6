/**
 * What the status of several workloads must fulfil.
 *
 * Models: pkg/apis/apps/validation validation.go, IsDecremented of pkg/apis/core/validation (v1.36)
 */
import { checkNonNegative } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';

/** Each of |fields| of |status| is a count. */
export function checkCounts<K extends string>(
  status: Readonly<Partial<Record<K, number>>>,
  fields: readonly K[],
  errors: FieldErrors,
): void {
  for (const field of fields) checkNonNegative(status[field], `status.${field}`, errors);
}

/** Each of |fields| counts some of the replicas. */
export function checkWithinReplicas<K extends string>(
  status: Readonly<Partial<Record<K, number>>> & { readonly replicas?: number },
  fields: readonly K[],
  errors: FieldErrors,
): void {
  for (const field of fields) {
    const value = status[field] ?? 0;
    if (value > (status.replicas ?? 0)) {
      errors.invalid(`status.${field}`, value, 'cannot be greater than status.replicas');
    }
  }
}

interface Colliding {
  readonly collisionCount?: number;
}

export function checkCollisionCount(next: Colliding, old: Colliding, errors: FieldErrors): void {
  if (old.collisionCount === undefined) return;
  const count = next.collisionCount ?? 0;
  if (next.collisionCount === undefined || count < old.collisionCount) {
    errors.invalid('status.collisionCount', count, 'cannot be decremented');
  }
}
