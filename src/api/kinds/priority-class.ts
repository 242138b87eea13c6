/**
 * PriorityClass: a name for a Pod's priority; one of them may be the default.
 *
 * Models: pkg/registry/scheduling/priorityclass strategy.go, pkg/apis/scheduling v1 defaults.go and
 *         helpers.go, validation, plugin/pkg/admission/priority (v1.36)
 */
import type { PriorityClass as PriorityClassType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type AdmissionPlugin, type Column, defineKind } from '../meta/define-kind.ts';
import { checkSupported, IMMUTABLE_ERROR } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { goPointer } from '../meta/go-text.ts';
import { forbidden } from '../meta/status.ts';

export type PriorityClass = PriorityClassType;

const GROUP = 'scheduling.k8s.io';
const PLURAL = 'priorityclasses';
const HIGHEST_USER_PRIORITY = 1_000_000_000; // scheduling.HighestUserDefinablePriority
const SYSTEM_PREFIX = 'system-'; // scheduling.SystemPriorityClassPrefix
const POLICIES = ['PreemptLowerPriority', 'Never'];

/** The two that the API server makes when it starts, pkg/apis/scheduling/v1 helpers.go. */
export const SYSTEM_PRIORITY_CLASSES = [
  {
    apiVersion: `${GROUP}/v1`,
    kind: 'PriorityClass',
    metadata: { name: 'system-node-critical' },
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    apiVersion: `${GROUP}/v1`,
    kind: 'PriorityClass',
    metadata: { name: 'system-cluster-critical' },
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another ' +
      'node if necessary.',
  },
] as const;

function systemComplaint({ metadata, value = 0, globalDefault }: PriorityClass): string {
  const { name } = metadata;
  const system = SYSTEM_PRIORITY_CLASSES.find((c) => c.metadata.name === name);
  if (system === undefined) return `${name} is not a known system priority class`;
  if (system.value !== value) return `value of ${name} PriorityClass must be ${system.value}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : '';
}

function validate(priorityClass: PriorityClass, errors: FieldErrors): void {
  const { metadata, value = 0, preemptionPolicy } = priorityClass;
  if (metadata.name.startsWith(SYSTEM_PREFIX)) {
    const complaint = systemComplaint(priorityClass);
    if (complaint !== '') {
      const text = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only`;
      errors.forbidden('metadata.name', `${text}. error: ${complaint}`);
    }
  } else if (value > HIGHEST_USER_PRIORITY) {
    const text = `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`;
    errors.forbidden('value', text);
  }
  if ((preemptionPolicy as string | undefined) === '') errors.required('preemptionPolicy');
  else checkSupported(preemptionPolicy ?? 'Never', POLICIES, 'preemptionPolicy', errors);
}

function validateUpdate(next: PriorityClass, old: PriorityClass, errors: FieldErrors): void {
  if ((next.value ?? 0) !== (old.value ?? 0)) {
    errors.forbidden('value', 'may not be changed in an update.');
  }
  if (next.preemptionPolicy === old.preemptionPolicy) return;
  errors.invalid('preemptionPolicy', goPointer(next.preemptionPolicy), IMMUTABLE_ERROR);
}

/** Only one class may be the default. */
const defaultPlugin: AdmissionPlugin<PriorityClass> = {
  name: 'Priority',
  validate(priorityClass, old, context) {
    if (priorityClass.globalDefault !== true || context.operation === 'DELETE') return;
    const found = defaultPriorityClass(context.list(GROUP, PLURAL, '') as readonly unknown[]);
    if (found === undefined) return;
    const { name } = priorityClass.metadata;
    if (old !== null && found.metadata.name === name) return;
    const text = `PriorityClass ${found.metadata.name} is already marked as default`;
    throw forbidden({ group: GROUP, plural: PLURAL }, name, `${text}. Only one default can exist`);
  },
};

/** Of several defaults, made at the same time, the lowest counts. */
export function defaultPriorityClass(classes: readonly unknown[]): PriorityClass | undefined {
  let found: PriorityClass | undefined;
  for (const candidate of classes as readonly PriorityClass[]) {
    if (candidate.globalDefault !== true) continue;
    if (found === undefined || (candidate.value ?? 0) < (found.value ?? 0)) found = candidate;
  }
  return found;
}

const COLUMNS: readonly Column<PriorityClass>[] = [
  NAME_COLUMN,
  {
    name: 'Value',
    type: 'integer',
    description:
      'value represents the integer value of this priority class. This is the actual ' +
      'priority that pods receive when they have the name of this class in their pod spec.',
    cell: ({ value = 0 }) => value,
  },
  {
    name: 'Global-Default',
    type: 'boolean',
    description:
      'globalDefault specifies whether this PriorityClass should be considered as the ' +
      'default priority for pods that do not have any priority class. Only one PriorityClass ' +
      'can be marked as `globalDefault`. However, if more than one PriorityClasses exists ' +
      'with their `globalDefault` field set to true, the smallest value of such global ' +
      'default PriorityClasses will be used as the default priority.',
    cell: ({ globalDefault = false }) => globalDefault,
  },
  AGE_COLUMN,
  {
    name: 'PreemptionPolicy',
    type: 'string',
    description:
      'preemptionPolicy is the Policy for preempting pods with lower priority. One of Never, ' +
      'PreemptLowerPriority. Defaults to PreemptLowerPriority if unset.',
    cell: ({ preemptionPolicy }) => preemptionPolicy ?? '',
  },
];

export const PriorityClass = defineKind<PriorityClass>({
  group: GROUP,
  version: 'v1',
  kind: 'PriorityClass',
  plural: PLURAL,
  singular: 'priorityclass',
  shortNames: ['pc'],
  namespaced: false,
  schema: 'io.k8s.api.scheduling.v1.PriorityClass',
  defaults(priorityClass) {
    // Written even when it is zero.
    priorityClass.value ??= 0;
    priorityClass.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  validate,
  validateUpdate,
  admission: [defaultPlugin],
  columns: COLUMNS,
});
