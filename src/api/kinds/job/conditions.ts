/** Conditions of Jobs: pkg/apis/batch/validation validation.go, IsConditionTrue and others (v1.36). */
import type { JobCondition } from '../../generated/types.ts';

type Conditions = readonly JobCondition[] | undefined;

export function isTrue(conditions: Conditions, type: string): boolean {
  return (conditions ?? []).some((c) => c.type === type && c.status === 'True');
}

export function isFalse(conditions: Conditions, type: string): boolean {
  return (conditions ?? []).some((c) => c.type === type && c.status === 'False');
}

export function isFinished(conditions: Conditions): boolean {
  return isTrue(conditions, 'Complete') || isTrue(conditions, 'Failed');
}
