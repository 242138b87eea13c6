/**
 * Validation of environment variables and of the downward API, which volumes use too.
 *
 * Models: pkg/apis/core/validation validation.go, ValidateEnv … validateFileKeySelector;
 *         pkg/apis/core/pods helpers.go, ConvertDownwardAPIFieldLabel (v1.36)
 */
import type {
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkQualifiedName,
  complain,
} from '../../meta/field-checks.ts';
import { isConfigMapKey, isDNS1123Subdomain, isRelaxedEnvVarName } from '../../meta/names.ts';
import { canonicalQuantity, quantitySign } from '../../meta/quantity.ts';
import { validateNoBacksteps } from './path-validation.ts';

export function validateEnv(
  env: readonly EnvVar[] | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (env === undefined) return;
  for (let i = 0; i < env.length; i++) {
    const variable = env[i] as EnvVar;
    const name = variable.name ?? '';
    if (name === '') errors.required(path.index(i).child('name'));
    else {
      const complaints = isRelaxedEnvVarName(name);
      if (complaints.length > 0) complain(complaints, name, path.index(i).child('name'), errors);
    }
    if (variable.valueFrom !== undefined) {
      const at = path.index(i).child('valueFrom');
      validateValueFrom(variable.valueFrom, variable.value ?? '', at, errors);
    }
  }
}

function validateValueFrom(
  source: EnvVarSource,
  value: string,
  path: FieldPath,
  errors: FieldErrors,
): void {
  let sources = 0;
  if (source.fieldRef !== undefined) {
    sources++;
    validateFieldRef(source.fieldRef, ENV_FIELDS, path.child('fieldRef'), errors);
  }
  if (source.resourceFieldRef !== undefined) {
    sources++;
    validateResourceFieldRef(
      source.resourceFieldRef,
      path.child('resourceFieldRef'),
      false,
      errors,
    );
  }
  for (const field of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const ref = source[field];
    if (ref === undefined) continue;
    sources++;
    const at = path.child(field);
    checkDnsSubdomain(ref.name ?? '', at.child('name'), errors);
    if (ref.key === '') errors.required(at.child('key'));
    else complain(isConfigMapKey(ref.key), ref.key, at.child('key'), errors);
  }
  if (source.fileKeyRef !== undefined) {
    sources++;
    validateFileKeyRef(source.fileKeyRef, path.child('fileKeyRef'), errors);
  }
  if (sources === 0) {
    const text =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` ' +
      'or `fileKeyRef`';
    errors.invalid(path, '', text);
  } else if (value !== '') {
    errors.invalid(path, '', 'may not be specified when `value` is not empty');
  } else if (sources > 1) {
    errors.invalid(path, '', 'may not have more than one field specified at a time');
  }
}

function validateFileKeyRef(
  ref: NonNullable<EnvVarSource['fileKeyRef']>,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (ref.key === '') errors.required(path.child('key'));
  else complain(isRelaxedEnvVarName(ref.key), ref.key, path.child('key'), errors);
  if (ref.volumeName === '') errors.required(path.child('volumeName'));
  else checkDnsLabel(ref.volumeName, path.child('volumeName'), errors);
  if (ref.path === '') errors.required(path.child('path'));
  else validateNoBacksteps(ref.path, path.child('path'), errors);
}

export function validateEnvFrom(
  sources: readonly EnvFromSource[] | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  sources?.forEach((source, i) => {
    const at = path.index(i);
    const prefix = source.prefix ?? '';
    if (prefix !== '') complain(isRelaxedEnvVarName(prefix), prefix, at.child('prefix'), errors);
    let given = 0;
    for (const field of ['configMapRef', 'secretRef'] as const) {
      const ref = source[field];
      if (ref === undefined) continue;
      given++;
      const name = ref.name ?? '';
      const nameAt = at.child(field).child('name');
      if (name === '') errors.required(nameAt);
      // Upstream takes the name for a prefix here, so a trailing dash passes.
      else complain(prefixComplaints(name), name, nameAt, errors);
    }
    if (given === 0) {
      errors.invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`');
    } else if (given > 1) {
      errors.invalid(path, '', 'may not have more than one field specified at a time');
    }
  });
}

/** Upstream NameIsDNSSubdomain with prefix: a trailing dash is masked. */
function prefixComplaints(name: string): readonly string[] {
  const masked = name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
  return isDNS1123Subdomain(masked);
}

export const ENV_FIELDS: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

export const VOLUME_FIELDS: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** Labels of fields that the downward API knows at all. */
const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  ...ENV_FIELDS,
  ...VOLUME_FIELDS,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

const SUBSCRIPTED = /^([^]+?)\['([^]*)'\]$/;

export function validateFieldRef(
  ref: ObjectFieldSelector,
  supported: readonly string[],
  path: FieldPath,
  errors: FieldErrors,
): void {
  if ((ref.apiVersion ?? '') === '') return errors.required(path.child('apiVersion'));
  if (ref.fieldPath === '') return errors.required(path.child('fieldPath'));
  const subscripted = SUBSCRIPTED.exec(ref.fieldPath);
  const problem = conversionError(ref, subscripted?.[1]);
  if (problem !== undefined) {
    const text = `error converting fieldPath: ${problem}`;
    errors.invalid(path.child('fieldPath'), ref.fieldPath, text);
    return;
  }
  if (subscripted !== null) {
    const [, field, key = ''] = subscripted;
    const isAnnotation = field === 'metadata.annotations';
    checkQualifiedName(isAnnotation ? key.toLowerCase() : key, path, errors);
    return;
  }
  const field = ref.fieldPath === 'spec.host' ? 'spec.nodeName' : ref.fieldPath;
  if (!supported.includes(field)) errors.notSupported(path.child('fieldPath'), field, supported);
}

function conversionError(
  { apiVersion, fieldPath }: ObjectFieldSelector,
  subscripted: string | undefined,
): string | undefined {
  if (apiVersion !== 'v1') return `unsupported pod version: ${apiVersion ?? ''}`;
  if (subscripted !== undefined) {
    return subscripted === 'metadata.annotations' || subscripted === 'metadata.labels'
      ? undefined
      : `field label does not support subscript: ${fieldPath}`;
  }
  return KNOWN_FIELDS.has(fieldPath) || fieldPath === 'spec.host'
    ? undefined
    : `field label not supported: ${fieldPath}`;
}

const RESOURCE_FIELDS: readonly string[] = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const HUGE_PAGES_FIELD = /^(limits|requests)\.hugepages-/;
const CPU_DIVISORS = ['1m', '1'];
const BYTE_DIVISORS = '1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei';

export function validateResourceFieldRef(
  ref: ResourceFieldSelector,
  path: FieldPath,
  isVolume: boolean,
  errors: FieldErrors,
): void {
  const { resource } = ref;
  if (isVolume && (ref.containerName ?? '') === '') errors.required(path.child('containerName'));
  else if (resource === '') errors.required(path.child('resource'));
  else if (!RESOURCE_FIELDS.includes(resource) && !HUGE_PAGES_FIELD.test(resource)) {
    errors.notSupported(path.child('resource'), resource, RESOURCE_FIELDS);
  }
  validateDivisor(resource, ref.divisor, path.child('divisor'), errors);
}

function validateDivisor(
  resource: string,
  divisor: string | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (divisor === undefined || quantitySign(divisor) === 0) return;
  const text = canonicalQuantity(divisor);
  if (resource.endsWith('.cpu')) {
    if (RESOURCE_FIELDS.includes(resource) && !CPU_DIVISORS.includes(text)) {
      const message = "only divisor's values 1m and 1 are supported with the cpu resource";
      errors.invalid(path, resource, message);
    }
    return;
  }
  const what = HUGE_PAGES_FIELD.test(resource)
    ? 'hugepages'
    : { memory: 'memory', 'ephemeral-storage': 'local ephemeral storage' }[
        resource.replace(/^(limits|requests)\./, '')
      ];
  if (what === undefined || BYTE_DIVISORS.split(', ').includes(text)) return;
  const message = `only divisor's values ${BYTE_DIVISORS} are supported with the ${what} resource`;
  errors.invalid(path, resource, message);
}
