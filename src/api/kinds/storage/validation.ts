/**
 * What the kinds of storage.k8s.io have in common: names of provisioners and their parameters.
 *
 * Models: pkg/apis/storage/validation validation.go, validateProvisioner, validateParameters (v1.36)
 */
import { checkQualifiedName } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { byteLength, compareText } from '../../meta/go-text.ts';

const MAX_PARAMETERS = 512; // maxProvisionerParameterLen
const PARAMETERS_MAX_BYTES = 256 * 1024; // maxProvisionerParameterSize

export function validateProvisioner(name: string, path: string, errors: FieldErrors): void {
  if (name === '') errors.required(path);
  else checkQualifiedName(name.toLowerCase(), path, errors);
}

export function validateParameters(
  parameters: Readonly<Record<string, string>> | undefined,
  path: string,
  errors: FieldErrors,
): void {
  const keys = Object.keys(parameters ?? {}).sort(compareText);
  if (keys.length > MAX_PARAMETERS) {
    errors.tooLong(path, MAX_PARAMETERS);
    return;
  }
  let bytes = 0;
  for (const key of keys) {
    if (key === '') errors.invalid(path, key, 'field can not be empty.');
    bytes += byteLength(key) + byteLength(parameters?.[key] ?? '');
  }
  if (bytes > PARAMETERS_MAX_BYTES) errors.tooLong(path, PARAMETERS_MAX_BYTES);
}
