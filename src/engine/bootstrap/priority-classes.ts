/**
 * The two PriorityClasses of the system.
 *
 * Models: pkg/registry/scheduling/rest storage_scheduling.go (v1.36)
 */
import { PriorityClass, SYSTEM_PRIORITY_CLASSES } from '../../api/kinds/priority-class.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { BootstrapObject } from './object.ts';

export const priorityClasses: readonly BootstrapObject[] = SYSTEM_PRIORITY_CLASSES.map(
  (object) => ({ kind: PriorityClass as unknown as AnyKind, object }),
);
