/**
 * What requests, classes and allocations share: CEL selectors of devices, opaque parameters of
 * drivers, binding conditions, tolerations.
 *
 * Models: pkg/apis/resource/validation validation.go (v1.36)
 */
import type {
  DeviceSelector,
  DeviceToleration,
  OpaqueDeviceConfiguration,
} from '../../generated/types.ts';
import { checkSupported } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { byteLength } from '../../meta/go-text.ts';
import { validateLabelName } from '../../meta/labels.ts';
import { validateCsiDriverName } from '../pod/volume-source-validation.ts';
import { checkDeviceExpression } from './device-expression.ts';
import { checkLabelValue, checkSlice } from './lists.ts';

const MAX_SELECTORS = 32; // types.go DeviceSelectorsMaxSize
const MAX_EXPRESSION_BYTES = 10 * 1024; // types.go CELSelectorExpressionMaxLength
const MAX_PARAMETER_BYTES = 10 * 1024; // types.go OpaqueParametersMaxLength
const MAX_BINDING_CONDITIONS = 4; // types.go BindingConditionsMaxSize
export const TAINT_EFFECTS = ['NoExecute', 'NoSchedule', 'None'];

export function validateSelectors(
  selectors: readonly DeviceSelector[] | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  checkSlice(selectors, MAX_SELECTORS, path, errors, ({ cel }, at) => {
    if (cel === undefined) errors.required(at.child('cel'));
    else if (byteLength(cel.expression ?? '') > MAX_EXPRESSION_BYTES) {
      errors.tooLong(at.child('cel').child('expression'), MAX_EXPRESSION_BYTES);
    } else checkDeviceExpression(cel.expression ?? '', at.child('cel').child('expression'), errors);
  });
}

export function validateConfiguration(
  { opaque }: { readonly opaque?: OpaqueDeviceConfiguration },
  path: FieldPath,
  errors: FieldErrors,
): void {
  const at = path.child('opaque');
  if (opaque === undefined) {
    errors.required(at);
    return;
  }
  validateCsiDriverName(opaque.driver ?? '', at.child('driver'), errors);
  validateRaw(opaque.parameters, at.child('parameters'), MAX_PARAMETER_BYTES, errors);
}

/** An object of somebody else's making. */
export function validateRaw(
  value: unknown,
  path: FieldPath,
  maxBytes: number,
  errors: FieldErrors,
): void {
  if (value === undefined || value === null) errors.required(path);
  else if (byteLength(JSON.stringify(value)) > maxBytes) errors.tooLong(path, maxBytes);
  else if (typeof value !== 'object' || Array.isArray(value)) {
    errors.invalid(path, '<value omitted>', 'must be a valid JSON object');
  }
}

export function validateTolerations(
  tolerations: readonly DeviceToleration[] | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  tolerations?.forEach(({ key = '', operator, value = '', effect }, i) => {
    const at = path.index(i);
    if (key !== '') validateLabelName(key, at.child('key'), errors);
    switch (operator) {
      case 'Exists':
        if (value === '') break;
        errors.invalid(at.child('value'), value, 'must be empty for operator `Exists`');
        break;
      case 'Equal':
        checkLabelValue(value, at.child('value'), errors);
        break;
      default:
        if (!operator) errors.required(at.child('operator'));
        else errors.notSupported(at.child('operator'), operator, ['Equal', 'Exists']);
    }
    if (effect) checkSupported(effect, TAINT_EFFECTS, at.child('effect'), errors);
  });
}

interface Binding {
  readonly bindingConditions?: readonly string[];
  readonly bindingFailureConditions?: readonly string[];
}

export function validateBindingConditions(
  { bindingConditions = [], bindingFailureConditions = [] }: Binding,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const good = path.child('bindingConditions');
  const bad = path.child('bindingFailureConditions');
  const check = (name: string, at: FieldPath): void => validateLabelName(name, at, errors);
  checkSlice(bindingConditions, MAX_BINDING_CONDITIONS, good, errors, check);
  checkSlice(bindingFailureConditions, MAX_BINDING_CONDITIONS, bad, errors, check);
  bindingConditions.forEach((name, i) => {
    if (bindingConditions.indexOf(name) < i) errors.duplicate(good.index(i), name);
  });
  bindingFailureConditions.forEach((name, i) => {
    if (bindingFailureConditions.indexOf(name) < i) errors.duplicate(bad.index(i), name);
    if (!bindingConditions.includes(name)) return;
    const text = 'bindingFailureConditions must not overlap with bindingConditions';
    errors.invalid(bad.index(i), name, text);
  });
  if (bindingConditions.length === 0 && bindingFailureConditions.length > 0) {
    const text = 'bindingConditions are required to use bindingFailureConditions';
    errors.invalid(good, undefined, text);
  }
  if (bindingFailureConditions.length === 0 && bindingConditions.length > 0) {
    const text = 'bindingFailureConditions are required to use bindingConditions';
    errors.invalid(bad, undefined, text);
  }
}
