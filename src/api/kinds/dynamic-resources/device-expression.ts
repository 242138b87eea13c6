/**
 * CEL selectors of devices: whether they compile, and whether they may cost too much.
 *
 * Models: k8s.io/dynamic-resource-allocation cel/compile.go; pkg/apis/resource/validation
 *         validateCELSelector (v1.36)
 */
import { compile } from '../../cel/compile.ts';
import { libraryType } from '../../cel/declarations.ts';
import type { CelEnv } from '../../cel/env.ts';
import {
  ANY,
  BOOL,
  type CelType,
  mapOf,
  STRING,
  structOfFields,
  typeString,
} from '../../cel/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';

// types.go of resource/v1
const MAX_COST = 1_000_000; // CELSelectorExpressionMaxCost
const MAX_DRIVER_LENGTH = 63; // DriverNameMaxLength
const MAX_DOMAIN_LENGTH = 63; // DeviceMaxDomainLength
const MAX_ID_LENGTH = 32; // DeviceMaxIDLength
const MAX_VALUE_LENGTH = 64; // DeviceAttributeMaxValueLength
const MAX_ATTRIBUTES = 32; // ResourceSliceMaxAttributesAndCapacitiesPerDevice

const sized = (type: CelType, maxElements: number): CelType => ({ ...type, maxElements });

/** By domain, then by the name within it. */
const byName = (value: CelType): CelType => {
  const inner = sized(mapOf(sized(STRING, MAX_ID_LENGTH), value), MAX_ATTRIBUTES);
  return sized(mapOf(sized(STRING, MAX_DOMAIN_LENGTH), inner), MAX_ATTRIBUTES);
};

const DEVICE = structOfFields('kubernetes.DRADevice', {
  driver: sized(STRING, MAX_DRIVER_LENGTH),
  attributes: byName(sized(ANY, MAX_VALUE_LENGTH)),
  capacity: byName(libraryType('kubernetes.Quantity')),
  allowMultipleAllocations: sized(BOOL, 1),
});

const DEVICES: CelEnv = { variables: { device: DEVICE }, bind: true };

export function checkDeviceExpression(source: string, path: FieldPath, errors: FieldErrors): void {
  const program = compile(source, DEVICES);
  if (program.kind === 'issues') {
    errors.invalid(path, source, `compilation failed: ${program.text}`);
  } else if (program.kind === 'instantiation') {
    const what = `program instantiation failed: ${program.message}`;
    errors.internal(path, what);
  } else if (program.type.kind !== 'bool' && program.type.kind !== 'any') {
    const got = typeString(program.type);
    errors.invalid(path, source, `must evaluate to bool or the unknown type, not ${got}`);
  } else if (program.estimate(DEVICE).max > MAX_COST) {
    errors.forbidden(path, 'too complex, exceeds cost limit');
  }
}
