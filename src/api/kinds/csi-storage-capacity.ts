/**
 * CSIStorageCapacity: how much storage of a class there is in a part of the cluster.
 *
 * Models: pkg/registry/storage/csistoragecapacity strategy.go, pkg/apis/storage/validation
 *         ValidateCSIStorageCapacity*, pkg/api/node util.go (v1.36)
 */
import type { CSIStorageCapacity as CSIStorageCapacityType } from '../generated/types.ts';
import { DEFAULT_COLUMNS } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { checkDnsSubdomain, checkImmutable, NEGATIVE_ERROR } from '../meta/field-checks.ts';
import { FieldErrors } from '../meta/field-errors.ts';
import { compareText } from '../meta/go-text.ts';
import { quantitySign } from '../meta/quantity.ts';
import { validateLabelSelector } from '../meta/selectors.ts';
import { DEPRECATED_NODE_LABELS } from './pod/warnings.ts';

export type CSIStorageCapacity = CSIStorageCapacityType;

function validate(
  { nodeTopology, storageClassName, capacity }: CSIStorageCapacity,
  old: CSIStorageCapacity | undefined,
  errors: FieldErrors,
): void {
  const found = new FieldErrors();
  validateLabelSelector(old?.nodeTopology, '', found);
  const options = { allowInvalidValues: !found.none };
  validateLabelSelector(nodeTopology, 'nodeTopology', errors, options);
  checkDnsSubdomain(storageClassName, 'storageClassName', errors);
  if (capacity !== undefined && quantitySign(capacity) < 0) {
    errors.invalid('capacity', capacity, NEGATIVE_ERROR);
  }
}

function warnings({ nodeTopology }: CSIStorageCapacity): readonly string[] {
  const { matchExpressions = [], matchLabels = {} } = nodeTopology ?? {};
  const out: string[] = [];
  matchExpressions.forEach(({ key }, i) => {
    const text = DEPRECATED_NODE_LABELS[key];
    if (text === undefined) return;
    out.push(`nodeTopology.matchExpressions[${i}].key: ${key} is ${text}`);
  });
  for (const key of Object.keys(matchLabels).sort(compareText)) {
    const text = DEPRECATED_NODE_LABELS[key];
    if (text !== undefined) out.push(`nodeTopology.matchLabels.${key}: ${text}`);
  }
  return out;
}

export const CSIStorageCapacity = defineKind<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  namespaced: true,
  schema: 'io.k8s.api.storage.v1.CSIStorageCapacity',
  metaOnUpdate: 'wholeFirst',
  updateNeedsVersion: true,
  validate(capacity, errors) {
    validate(capacity, undefined, errors);
  },
  validateUpdate(next, old, errors) {
    validate(next, old, errors);
    for (const field of ['nodeTopology', 'storageClassName'] as const) {
      checkImmutable(next[field], old[field], field, errors);
    }
  },
  warnings,
  // Upstream has columns for it and has forgotten to use them: these are the general ones.
  columns: DEFAULT_COLUMNS,
});
