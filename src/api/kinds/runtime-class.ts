/**
 * RuntimeClass: which handler of the container runtime runs a Pod, and what that costs.
 *
 * Models: pkg/registry/node/runtimeclass strategy.go, pkg/apis/node/validation, pkg/api/node
 *         warnings.go (v1.36)
 */
import type { RuntimeClass as RuntimeClassType, Toleration } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { checkDnsLabel, checkImmutable } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { validateLabels } from '../meta/labels.ts';
import { validateTolerations } from './pod/affinity-validation.ts';
import { TEMPLATE_OPTIONS } from './pod/options.ts';
import { validateOverhead } from './pod/resource-validation.ts';
import { DEPRECATED_NODE_LABELS } from './pod/warnings.ts';

export type RuntimeClass = RuntimeClassType;

function validateUnique(tolerations: readonly Toleration[], errors: FieldErrors): void {
  const seen = new Set<string>();
  tolerations.forEach((toleration, i) => {
    const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
    const identity = JSON.stringify([key, operator, value, effect]);
    if (seen.has(identity)) {
      const seconds = tolerationSeconds ?? null;
      errors.duplicate(`scheduling.tolerations[${i}]`, {
        Key: key,
        Operator: operator,
        Value: value,
        Effect: effect,
        TolerationSeconds: seconds,
      });
    }
    seen.add(identity);
  });
}

function validate({ handler, overhead, scheduling }: RuntimeClass, errors: FieldErrors): void {
  if (!handler) errors.required('handler');
  else checkDnsLabel(handler, 'handler', errors);
  if (overhead !== undefined) {
    validateOverhead(overhead.podFixed, FieldPath.of('overhead'), TEMPLATE_OPTIONS, errors);
  }
  if (scheduling === undefined) return;
  validateLabels(scheduling.nodeSelector, 'scheduling.nodeSelector', errors);
  const { tolerations = [] } = scheduling;
  const path = FieldPath.of('scheduling.tolerations');
  validateTolerations(tolerations, path, TEMPLATE_OPTIONS, errors);
  validateUnique(tolerations, errors);
}

export const RuntimeClass = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  singular: 'runtimeclass',
  namespaced: false,
  schema: 'io.k8s.api.node.v1.RuntimeClass',
  ownMeta: 'generic',
  metaOnUpdate: 'wholeFirst',
  updateNeedsVersion: true,
  createOnUpdate: true,
  validate,
  validateUpdate(next, old, errors) {
    validate(next, errors);
    checkImmutable(next.handler, old.handler, 'handler', errors);
  },
  warnings({ scheduling }) {
    return Object.keys(scheduling?.nodeSelector ?? {})
      .filter((key) => DEPRECATED_NODE_LABELS[key] !== undefined)
      .map((key) => `scheduling.nodeSelector: ${DEPRECATED_NODE_LABELS[key]}`);
  },
  columns: [
    NAME_COLUMN,
    {
      name: 'Handler',
      type: 'string',
      cell: ({ handler }) => handler,
    },
    AGE_COLUMN,
  ],
});
