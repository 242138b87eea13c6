/**
 * CSINode: which storage drivers a node has, written by its kubelet.
 *
 * Models: pkg/registry/storage/csinode strategy.go, pkg/apis/storage/validation ValidateCSINode*
 *         (v1.36)
 */
import type { CSINode as CSINodeType, CSINodeDriver } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { checkNonNegative, checkQualifiedName, IMMUTABLE_ERROR } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { byteLength } from '../meta/go-text.ts';
import { equalJson } from '../meta/json.ts';
import { validateCsiDriverName } from './pod/volume-source-validation.ts';

export type CSINode = CSINodeType;

const NODE_ID_MAX_BYTES = 256; // csiNodeIDMaxLength

/** Decoded as null when it was left out. */
function driversOf({ spec }: CSINode): readonly CSINodeDriver[] {
  return spec.drivers ?? [];
}

function validate(node: CSINode, errors: FieldErrors): void {
  const names = new Set<string>();
  driversOf(node).forEach((driver, i) => {
    const path = FieldPath.of('spec').child('drivers').index(i);
    const { name, nodeID, allocatable, topologyKeys } = driver;
    validateCsiDriverName(name, path.child('name'), errors);
    if (nodeID === '') errors.required(path.child('nodeID'));
    if (byteLength(nodeID) > NODE_ID_MAX_BYTES) {
      const detail = `must be ${NODE_ID_MAX_BYTES} characters or less`;
      errors.invalid(path.child('nodeID'), nodeID, detail);
    }
    checkNonNegative(allocatable?.count, path.child('allocatable').child('count'), errors);
    if (names.has(name)) errors.duplicate(path.child('name'), name);
    names.add(name);
    const keys = new Set<string>();
    // Upstream names the driver, not the key.
    for (const key of topologyKeys ?? []) {
      if (key === '') errors.required(path);
      if (keys.has(key)) errors.duplicate(path, key);
      keys.add(key);
      checkQualifiedName(key, path, errors);
    }
  });
}

/** A driver stays as it was registered; only how many volumes it takes may change. */
function validateUpdate(next: CSINode, old: CSINode, errors: FieldErrors): void {
  validate(next, errors);
  for (const before of driversOf(old)) {
    for (const driver of driversOf(next)) {
      if (driver.name !== before.name) continue;
      const now = fixedParts(driver);
      if (!equalJson(now, fixedParts(before))) {
        errors.invalid('spec.drivers', now, IMMUTABLE_ERROR);
      }
    }
  }
}

/** The internal form, as messages show it, without what may change. */
function fixedParts({ name, nodeID, topologyKeys }: CSINodeDriver): unknown {
  const keys = topologyKeys ?? [];
  return {
    Name: name,
    NodeID: nodeID,
    TopologyKeys: keys.length === 0 ? null : keys,
    Allocatable: null,
  };
}

export const CSINode = defineKind<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  singular: 'csinode',
  namespaced: false,
  schema: 'io.k8s.api.storage.v1.CSINode',
  metaOnUpdate: 'whole',
  updateNeedsVersion: true,
  validate,
  validateUpdate,
  deleteReturnsObject: true,
  columns: [
    NAME_COLUMN,
    {
      name: 'Drivers',
      type: 'integer',
      description: 'Drivers indicates the number of CSI drivers registered on the node',
      cell: (node) => driversOf(node).length,
    },
    AGE_COLUMN,
  ],
});
