/**
 * Validation of a CustomResourceDefinition.
 *
 * Models:     k8s.io/apiextensions-apiserver pkg/apis/apiextensions/validation validation.go,
 *             pkg/apis/apiextensions/v1 conversion.go (what all versions share stands on top,
 *             internally, and errors name it there) (v1.36)
 * Simplified: the estimated cost of CEL rules is not limited; every update is held to all rules
 */
import type {
  CustomResourceColumnDefinition as Column,
  CustomResourceConversion as Conversion,
  CustomResourceDefinition as Definition,
  CustomResourceDefinitionNames as Names,
  CustomResourceDefinitionSpec as Spec,
  CustomResourceDefinitionVersion as Version,
  CustomResourceSubresources as Subresources,
} from '../../generated/types.ts';
import { validateDefaults } from '../../custom/default-validation.ts';
import type { Props } from '../../custom/json-schema.ts';
import { validateRuleExpressions } from '../../custom/rule-validation.ts';
import { schemaAt, validateSchema } from '../../custom/schema-validation.ts';
import { validateStructural } from '../../custom/structural-validation.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { equalJson } from '../../meta/json.ts';
import { listOf } from '../../meta/kind-parts.ts';
import { isDNS1035Label, isDNS1123Subdomain } from '../../meta/names.ts';
import { FIELD_IMMUTABLE } from '../../meta/object-meta-validation.ts';
import { isEstablished } from './conditions.ts';
import { internalVersions, type SharedParts } from './internal-json.ts';

const MAX_SELECTABLE = 8; // MaxSelectableFields
const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = [
  'byte',
  'date',
  'date-time',
  'double',
  'float',
  'int32',
  'int64',
  'password',
];
const WARNING_MAX_CHARACTERS = 256;

export function validateDefinition(
  object: Definition,
  old: Definition | null,
  errors: FieldErrors,
): void {
  const { spec, metadata } = object;
  if (!old && metadata.name !== `${spec.names.plural}.${spec.group}`) {
    errors.invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group');
  }
  validateSpec(spec, errors);
  if (old) {
    const same = (path: string, next: unknown, before: unknown): void => {
      if (next !== before) errors.invalid(path, next, FIELD_IMMUTABLE);
    };
    if (isEstablished(old)) {
      same('spec.scope', spec.scope, old.spec.scope);
      same('spec.names.kind', spec.names.kind, old.spec.names.kind);
    }
    same('spec.group', spec.group, old.spec.group);
    same('spec.names.plural', spec.names.plural, old.spec.names.plural);
  }
  validateStatus(object, errors);
  validateStoredVersions(object, errors);
  validateApproval(object, old, errors);
  if (spec.preserveUnknownFields === true && old?.spec.preserveUnknownFields !== true) {
    errors.invalid(
      'spec.preserveUnknownFields',
      true,
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    );
  }
}

export function validateStatus({ status }: Definition, errors: FieldErrors): void {
  validateNames(status.acceptedNames, 'status.acceptedNames', errors);
}

function validateSpec(spec: Spec, errors: FieldErrors): void {
  const { group, scope, names } = spec;
  const versions = listOf(spec.versions);
  if (!group) errors.required('spec.group');
  else {
    const complaints = isDNS1123Subdomain(group);
    if (complaints.length > 0) errors.invalid('spec.group', group, complaints.join(','));
    else if (!group.includes('.')) {
      errors.invalid('spec.group', group, 'should be a domain with at least one dot');
    }
  }
  if (!scope) errors.required('spec.scope');
  else if (scope !== 'Cluster' && scope !== 'Namespaced') {
    errors.notSupported('spec.scope', scope, ['Cluster', 'Namespaced']);
  }
  const shared = sharedParts(versions);
  versions.forEach((version, i) => {
    if (!version.schema?.openAPIV3Schema && !shared.schema) {
      errors.required(`spec.versions[${i}].schema.openAPIV3Schema`);
    }
  });
  const names_ = new Set<string>();
  let isUnique = true;
  versions.forEach((version, i) => {
    const at = `spec.versions[${i}]`;
    if (names_.has(version.name)) isUnique = false;
    names_.add(version.name);
    const complaints = isDNS1035Label(version.name);
    if (complaints.length > 0) errors.invalid(`${at}.name`, version.name, complaints.join(','));
    validateVersion(version, shared, at, errors);
  });
  if (!isUnique) {
    const value = internalVersions(versions, shared);
    errors.invalid('spec.versions', value, 'must contain unique version names');
  }
  if (versions.filter((v) => v.storage).length !== 1) {
    const value = internalVersions(versions, shared);
    const detail = 'must have exactly one version marked as storage version';
    errors.invalid('spec.versions', value, detail);
  }
  // Upstream's own version also has the name of the first one.
  const first = versions[0]?.name;
  const complaints = first ? isDNS1035Label(first) : [];
  if (complaints.length > 0) errors.invalid('spec.version', first, complaints.join(','));
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const) {
    if (!names[name]) errors.required(`spec.names.${name}`);
  }
  validateNames(names, 'spec.names', errors);
  if (shared.schema) {
    const status = versions.some((v) => v.subresources?.status !== undefined);
    validateOneSchema(shared.schema, status, 'spec.validation', errors);
  }
  if (shared.subresources) validateScale(shared.subresources, 'spec.subresources', errors);
  (shared.columns ?? []).forEach((column, i) => {
    validateColumn(column, `spec.additionalPrinterColumns[${i}]`, errors);
  });
  if (shared.selectable) {
    validateSelectable(shared.selectable, versions[0]?.schema?.openAPIV3Schema, 'spec', errors);
  }
  validateConversion(spec.conversion, errors);
}

function sharedParts(versions: readonly Version[]): SharedParts {
  const [first] = versions;
  const same = (part: keyof Version): boolean =>
    versions.every((v) => v[part] !== undefined && equalJson(v[part], first?.[part]));
  const columns = first?.additionalPrinterColumns;
  return {
    schema: same('schema') ? (first?.schema?.openAPIV3Schema ?? null) : null,
    subresources: same('subresources') ? (first?.subresources ?? null) : null,
    columns: columns && columns.length > 0 && same('additionalPrinterColumns') ? columns : null,
    selectable: same('selectableFields') ? (first?.selectableFields ?? null) : null,
  };
}

function validateVersion(
  version: Version,
  shared: SharedParts,
  path: string,
  errors: FieldErrors,
): void {
  validateWarning(version, path, errors);
  const { schema, subresources, additionalPrinterColumns, selectableFields } = version;
  const props = schema?.openAPIV3Schema;
  if (!shared.schema && props) {
    validateOneSchema(props, subresources?.status !== undefined, `${path}.schema`, errors);
  }
  if (!shared.subresources && subresources) {
    validateScale(subresources, `${path}.subresources`, errors);
  }
  if (!shared.columns) {
    (additionalPrinterColumns ?? []).forEach((column, i) => {
      validateColumn(column, `${path}.additionalPrinterColumns[${i}]`, errors);
    });
  }
  if (!shared.selectable && selectableFields) {
    validateSelectable(selectableFields, props, path, errors);
  }
}

function validateWarning(
  { deprecated, deprecationWarning }: Version,
  path: string,
  errors: FieldErrors,
): void {
  if (deprecationWarning === undefined) return;
  const at = `${path}.deprecationWarning`;
  const complain = (detail: string): void => {
    errors.invalid(at, deprecationWarning, detail);
  };
  if (!deprecated) return complain('can only be set for deprecated versions');
  if (deprecationWarning.length > WARNING_MAX_CHARACTERS) {
    complain(`must be <= ${WARNING_MAX_CHARACTERS} characters long`);
  }
  if (deprecationWarning === '') complain('must not be an empty string');
  const bad = deprecationWarning.search(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  if (bad >= 0) {
    const why = 'must only contain printable UTF-8 characters; ';
    complain(`${why}non-printable character found at index ${bad}`);
  }
}

/** With a status subresource these are allowed at the root: allowedFieldsAtRootSchema. */
const NOT_AT_ROOT = new Set([
  'default',
  'nullable',
  'allOf',
  'oneOf',
  'anyOf',
  'not',
  'additionalProperties',
  'x-kubernetes-int-or-string',
]);

function validateOneSchema(
  schema: Props,
  hasStatus: boolean,
  path: string,
  errors: FieldErrors,
): void {
  const at = `${path}.openAPIV3Schema`;
  const before = errors.list.length;
  if (hasStatus) {
    const { type = '' } = schema;
    if (type !== '' && type !== 'object') {
      const detail =
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
      errors.invalid(`${at}.type`, type, detail);
    } else if (Object.keys(schema).some((name) => NOT_AT_ROOT.has(name))) {
      errors.invalid(at, schema, ROOT_FIELDS_DETAIL);
    }
  }
  if (schema.nullable) errors.forbidden(`${at}.nullable`, 'nullable cannot be true at the root');
  const start = errors.list.length;
  validateStructural(schema, at, errors);
  if (errors.list.length === start) validateDefaults(schema, at, errors);
  const isStructural = errors.list.length === start;
  validateSchema(schema, at, errors);
  if (isStructural && errors.list.length === before) {
    validateRuleExpressions(schema, at, errors);
  }
}

const ROOT_FIELDS = [
  'Description',
  'Type',
  'Format',
  'Title',
  'Maximum',
  'ExclusiveMaximum',
  'Minimum',
  'ExclusiveMinimum',
  'MaxLength',
  'MinLength',
  'Pattern',
  'MaxItems',
  'MinItems',
  'UniqueItems',
  'MultipleOf',
  'Required',
  'Items',
  'Properties',
  'ExternalDocs',
  'Example',
  'XPreserveUnknownFields',
  'XValidations',
];
const ROOT_FIELDS_DETAIL =
  `only [${ROOT_FIELDS.join(' ')}] fields are allowed at the root of the schema ` +
  'if the status subresource is enabled';

function validateNames(names: Names, path: string, errors: FieldErrors): void {
  const label = (at: string, value: string | undefined, mixed: boolean): void => {
    if (!value) return;
    const complaints = isDNS1035Label(mixed ? value.toLowerCase() : value);
    if (complaints.length === 0) return;
    const lead = mixed ? 'may have mixed case, but should otherwise match: ' : '';
    errors.invalid(`${path}.${at}`, value, lead + complaints.join(','));
  };
  label('plural', names.plural, false);
  label('singular', names.singular, false);
  label('kind', names.kind, true);
  label('listKind', names.listKind, true);
  (names.shortNames ?? []).forEach((name, i) => {
    label(`shortNames[${i}]`, name, false);
  });
  if (names.kind && names.kind === names.listKind) {
    const detail = 'kind and listKind may not be the same';
    errors.invalid(`${path}.listKind`, names.listKind, detail);
  }
  (names.categories ?? []).forEach((name, i) => {
    label(`categories[${i}]`, name, false);
  });
}

function validateColumn(column: Column, path: string, errors: FieldErrors): void {
  const { name, type, format, jsonPath } = column;
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  if (!name) errors.required(`${path}.name`);
  if (!type) errors.required(`${path}.type`, types);
  else if (!COLUMN_TYPES.includes(type)) errors.invalid(`${path}.type`, type, types);
  if (format && !COLUMN_FORMATS.includes(format)) {
    errors.invalid(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`);
  }
  if (!jsonPath) errors.required(`${path}.JSONPath`);
  else simplePath(jsonPath, `${path}.JSONPath`, errors);
}

function simplePath(value: string, path: string, errors: FieldErrors): boolean {
  if (value.startsWith('.')) return true;
  errors.invalid(path, value, 'must be a simple json path starting with .');
  return false;
}

function validateScale({ scale }: Subresources, path: string, errors: FieldErrors): void {
  if (!scale) return;
  const check = (name: string, value: string | undefined, under: readonly string[]): void => {
    const at = `${path}.scale.${name}`;
    if (!value) return errors.required(at);
    if (!simplePath(value, at, errors) || under.some((part) => value.startsWith(`${part}.`)))
      return;
    const where = under.length > 1 ? `either ${under.join(' or ')}` : under[0];
    errors.invalid(at, value, `should be a json path under ${where}`);
  };
  check('specReplicasPath', scale.specReplicasPath, ['.spec']);
  check('statusReplicasPath', scale.statusReplicasPath, ['.status']);
  if (scale.labelSelectorPath) {
    check('labelSelectorPath', scale.labelSelectorPath, ['.spec', '.status']);
  }
}

function validateSelectable(
  fields: NonNullable<Version['selectableFields']>,
  schema: Props | undefined,
  path: string,
  errors: FieldErrors,
): void {
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, i) => {
    const at = `${path}.selectableFields[${i}].jsonPath`;
    if (!jsonPath) return errors.required(at);
    const found = schema && schemaAt(schema, jsonPath);
    if (!found) {
      const missing = jsonPath.split('.').find((part) => part !== '') ?? '';
      const detail = `is an invalid path: does not refer to a valid field: ${missing}`;
      return errors.invalid(at, jsonPath, detail);
    }
    if (jsonPath.startsWith('.metadata')) {
      errors.invalid(at, jsonPath, 'must not point to fields in metadata');
    }
    if (!['string', 'boolean', 'integer'].includes(found.type ?? '')) {
      errors.invalid(
        at,
        jsonPath,
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      );
    }
    if (seen.has(jsonPath)) errors.duplicate(at, jsonPath);
    seen.add(jsonPath);
  });
  if (seen.size > MAX_SELECTABLE) {
    errors.tooMany(`${path}.selectableFields`, seen.size, MAX_SELECTABLE);
  }
}

function validateConversion(conversion: Conversion | undefined, errors: FieldErrors): void {
  if (!conversion) return;
  const { strategy, webhook } = conversion;
  const path = 'spec.conversion';
  if (!strategy) errors.required(`${path}.strategy`);
  else if (strategy !== 'None' && strategy !== 'Webhook') {
    errors.notSupported(`${path}.strategy`, strategy, ['None', 'Webhook']);
  }
  if (strategy !== 'Webhook') {
    if (webhook?.clientConfig) {
      const detail = 'should not be set when strategy is not set to Webhook';
      errors.forbidden(`${path}.webhookClientConfig`, detail);
    }
    if ((webhook?.conversionReviewVersions ?? []).length > 0) {
      const detail = 'should not be set when strategy is not set to Webhook';
      errors.forbidden(`${path}.conversionReviewVersions`, detail);
    }
    return;
  }
  const at = `${path}.webhookClientConfig`;
  const config = webhook?.clientConfig;
  if (!config) errors.required(at, 'required when strategy is set to Webhook');
  else if ((config.url === undefined) === (config.service === undefined)) {
    errors.required(at, 'exactly one of url or service is required');
  }
  validateReviewVersions(webhook?.conversionReviewVersions ?? [], path, errors);
}

function validateReviewVersions(
  versions: readonly string[],
  path: string,
  errors: FieldErrors,
): void {
  const at = `${path}.conversionReviewVersions`;
  if (versions.length === 0) return errors.required(at);
  const seen = new Set<string>();
  versions.forEach((version, i) => {
    if (seen.has(version)) return errors.invalid(`${at}[${i}]`, version, 'duplicate version');
    seen.add(version);
    for (const complaint of isDNS1035Label(version)) {
      errors.invalid(`${at}[${i}]`, version, complaint);
    }
  });
  if (!seen.has('v1') && !seen.has('v1beta1')) {
    errors.invalid(at, versions, 'must include at least one of v1, v1beta1');
  }
}

function validateStoredVersions({ spec, status }: Definition, errors: FieldErrors): void {
  const path = 'status.storedVersions';
  const stored = status.storedVersions ?? [];
  if (stored.length === 0) {
    return errors.invalid(path, null, 'must have at least one stored version');
  }
  for (const { name, storage } of listOf(spec.versions)) {
    if (storage && !stored.includes(name)) {
      errors.invalid(path, stored, `must have the storage version ${name}`);
    }
  }
  stored.forEach((name, i) => {
    if (listOf(spec.versions).some((v) => v.name === name)) return;
    errors.invalid(
      `${path}[${i}]`,
      name,
      `missing from spec.versions; ${name} was previously a storage version, and must remain in ` +
        'spec.versions until a storage migration ensures no data remains persisted in ' +
        `${name} and removes ${name} from status.storedVersions`,
    );
  });
}

const APPROVAL = 'api-approved.kubernetes.io';

/** Groups of the community need an approval. */
function validateApproval(
  { spec, metadata }: Definition,
  old: Definition | null,
  errors: FieldErrors,
): void {
  const { group } = spec;
  const isProtected = ['k8s.io', 'kubernetes.io'].some(
    (domain) => group === domain || group.endsWith(`.${domain}`),
  );
  const value = metadata.annotations?.[APPROVAL] ?? '';
  if (!isProtected || (old && (old.metadata.annotations?.[APPROVAL] ?? '') === '')) return;
  const path = `metadata.annotations[${APPROVAL}]`;
  const more = 'see https://github.com/kubernetes/enhancements/pull/1111';
  if (value === '') {
    errors.required(path, `protected groups must have approval annotation "${APPROVAL}", ${more}`);
  } else if (!value.startsWith('unapproved') && !/^https?:\/\/[^/]+/.test(value)) {
    errors.invalid(
      path,
      value,
      `protected groups must have approval annotation "${APPROVAL}" with either a URL or a reason starting with "unapproved", ${more}`,
    );
  }
}
