/**
 * Whether a value fits a schema, in the words of the OpenAPI validator that the real server uses.
 *
 * Models:     k8s.io/kube-openapi/pkg/validation/validate (schema, type, object, slice, number and
 *             string validators), k8s.io/apiextensions-apiserver pkg/apiserver/validation (v1.36)
 * Simplified: properties are looked at in the order of their names, where Go's order is random
 */
import { equalJson } from '../meta/json.ts';
import { FieldErrors } from '../meta/field-errors.ts';
import { goJson } from '../meta/go-text.ts';
import { fitsFormat, isKnownFormat } from './formats.ts';
import { additionalOf, isMap, itemsOf, type Props, propertiesOf } from './json-schema.ts';
import { matchesPattern } from './pattern.ts';

/** One finding: how it is to be told, and where (dotted, may be empty). */
interface Finding {
  readonly path: string;
  tell(errors: FieldErrors, path: string): void;
}

interface Result {
  readonly findings: Finding[];
  /** How many checks went well: the best of several alternatives is told. */
  matches: number;
}

/** |path| is where the value stands: '' for a whole object (told as `<nil>`). */
export function validateValue(
  value: unknown,
  schema: Props,
  path: string,
  errors: FieldErrors,
): void {
  const found = new FieldErrors();
  for (const finding of check(value, schema, '').findings) {
    const below = finding.path.replace(/^\./, '');
    const full = path === '' ? below : below === '' ? path : `${path}.${below}`;
    finding.tell(found, full === '' ? '<nil>' : full);
  }
  // What two parts of a schema complain of alike is said once.
  const told = new Set<string>();
  for (const { reason, field, message } of found.list) {
    const text = `${field}: ${message}`;
    if (told.has(text)) continue;
    told.add(text);
    errors.add(reason, field, message);
  }
}

function check(value: unknown, schema: Props, path: string): Result {
  const result: Result = { findings: [], matches: 0 };
  checkType(value, schema, path, result);
  if (value !== null && value !== undefined) {
    checkJunctors(value, schema, path, result);
    if (typeof value === 'string') checkString(value, schema, path, result);
    if (typeof value === 'number') checkNumber(value, schema, path, result);
    if (Array.isArray(value)) checkList(value, schema, path, result);
  }
  checkEnum(value, schema, path, result);
  if (isMap(value)) checkMap(value, schema, path, result);
  result.matches++;
  return result;
}

function add(result: Result, path: string, tell: Finding['tell']): void {
  result.findings.push({ path, tell });
}

function invalid(result: Result, path: string, value: unknown, why: string): void {
  add(result, path, (errors, at) => {
    errors.invalid(at, value, `${path.replace(/^\./, '')} in body ${why}`);
  });
}

function merge(result: Result, other: Result): void {
  result.findings.push(...other.findings);
  result.matches += other.matches;
}

function typesOf(schema: Props): readonly string[] {
  if (schema['x-kubernetes-int-or-string']) return ['integer', 'string'];
  return schema.type ? [schema.type] : [];
}

function checkType(value: unknown, schema: Props, path: string, result: Result): void {
  const types = typesOf(schema);
  if (types.length === 0) return;
  const typeError = (wanted: string, given: string): void => {
    const at = path.replace(/^\./, '');
    add(result, path, (errors, where) => {
      errors.typeInvalid(where, given, `${at} in body must be of type ${wanted}: "${given}"`);
    });
  };
  if (value === null || value === undefined) {
    if (!schema.nullable) typeError(types.join(','), 'null');
    return;
  }
  const given = typeName(value);
  const format = isKnownFormat(schema.format) ? schema.format : undefined;
  const isNumeric = types.includes('number') || types.includes('integer');
  if (!isNumeric && format && typeof value === 'string') return;
  const isFit =
    types.includes(given) ||
    (given === 'integer' && types.includes('number')) ||
    (given === 'number' && Number.isInteger(value) && types.includes('integer'));
  if (!isFit) typeError(types.join(','), given);
  else result.matches++;
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value === 'object' ? 'object' : typeof value;
}

function checkJunctors(value: unknown, schema: Props, path: string, result: Result): void {
  const at = path.replace(/^\./, '');
  // Upstream's composite errors have neither a field nor a value.
  const composite = (why: string): void => {
    result.findings.push({
      path: '',
      tell: (errors, root) => {
        errors.invalid(root, '', `"${at}" ${why}`);
      },
    });
  };
  const anyOf = (schema.anyOf ?? []).map((s) => check(value, s, path));
  if (anyOf.length > 0 && !anyOf.some(isValid)) {
    composite('must validate at least one schema (anyOf)');
    merge(result, best(anyOf));
  }
  const oneOf = (schema.oneOf ?? []).map((s) => check(value, s, path));
  const valid = oneOf.filter(isValid).length;
  if (oneOf.length > 0 && valid !== 1) {
    const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
    composite(`must validate one and only one schema (oneOf). ${found}`);
    if (valid === 0) merge(result, best(oneOf));
  }
  const allOf = (schema.allOf ?? []).map((s) => check(value, s, path));
  for (const each of allOf) merge(result, each);
  if (!allOf.every(isValid)) {
    const none = allOf.some(isValid) ? '' : '. None validated';
    composite(`must validate all the schemas (allOf)${none}`);
  }
  if (schema.not && isValid(check(value, schema.not, path))) {
    composite('must not validate the schema (not)');
  }
  result.matches++;
}

function isValid(result: Result): boolean {
  return result.findings.length === 0;
}

/** The alternative of which most went well; the first of equals. */
function best(results: readonly Result[]): Result {
  return results.reduce((a, b) => (b.matches > a.matches ? b : a));
}

function checkString(value: string, schema: Props, path: string, result: Result): void {
  checkText(value, schema, path, result);
  const { format } = schema;
  if (!isKnownFormat(format) || fitsFormat(format, value)) return;
  const at = path.replace(/^\./, '');
  add(result, path, (errors, where) => {
    errors.typeInvalid(where, value, `${at} in body must be of type ${format}: "${value}"`);
  });
}

/** One finding a string: upstream's validator stops at the first. */
function checkText(value: string, schema: Props, path: string, result: Result): void {
  const { maxLength, minLength, pattern } = schema;
  const length = [...value].length;
  if (maxLength !== undefined && length > maxLength) {
    add(result, path, (errors, at) => {
      errors.tooLong(at, maxLength);
    });
    return;
  }
  if (minLength !== undefined && length < minLength) {
    return invalid(result, path, value, `should be at least ${minLength} chars long`);
  }
  if (pattern && !matchesPattern(pattern, value)) {
    return invalid(result, path, value, `should match '${pattern}'`);
  }
  result.matches++;
}

function checkNumber(value: number, schema: Props, path: string, result: Result): void {
  const { multipleOf, maximum, minimum, exclusiveMaximum, exclusiveMinimum } = schema;
  checkRange(value, schema, 'Checked', path, result);
  // A whole number is compared with whole limits, unless the schema's type shows that they are not.
  const limit = (bound: number, name: string): number => {
    const fits = checkRange(bound, schema, name, path, result);
    return fits && Number.isInteger(value) ? Math.trunc(bound) : bound;
  };
  if (multipleOf !== undefined) {
    checkMultiple(value, limit(multipleOf, 'MultipleOf'), path, result);
  }
  if (minimum !== undefined) {
    const bound = limit(minimum, 'Minimum boundary');
    const how = exclusiveMinimum ? 'greater than' : 'greater than or equal to';
    if (exclusiveMinimum ? value <= bound : value < bound) {
      invalid(result, path, value, `should be ${how} ${goJson(bound)}`);
    }
  }
  if (maximum !== undefined) {
    const bound = limit(maximum, 'Maximum boundary');
    const how = exclusiveMaximum ? 'less than' : 'less than or equal to';
    if (exclusiveMaximum ? value >= bound : value > bound) {
      invalid(result, path, value, `should be ${how} ${goJson(bound)}`);
    }
  }
  result.matches++;
}

function checkMultiple(value: number, factor: number, path: string, result: Result): void {
  if (factor <= 0) {
    add(result, path, (errors, at) => {
      const why = `factor MultipleOf declared for ${path.replace(/^\./, '')} must be positive`;
      errors.invalid(at, factor, `${why}: ${goJson(factor)}`);
    });
    return;
  }
  const times = factor < 1 ? (1 / factor) * value : value / factor;
  if (!Number.isInteger(times)) {
    invalid(result, path, value, `should be a multiple of ${goJson(factor)}`);
  }
}

const MAX_INT32 = 2 ** 31;
const MAX_INT64 = 2 ** 63;

/** Upstream IsValueValidAgainstRange: such errors have neither a field nor a value. */
function checkRange(
  value: number,
  { type = '', format = '' }: Props,
  what: string,
  path: string,
  result: Result,
): boolean {
  if (type !== 'integer') return true;
  const max = format === 'int32' ? MAX_INT32 : MAX_INT64;
  if (Number.isInteger(value) && value >= -max && value < max) return true;
  const wanted = format === '' ? '(default format)' : `with format ${format}`;
  const at = path.replace(/^\./, '');
  result.findings.push({
    path: '',
    tell: (errors, root) => {
      errors.invalid(root, '', `${what} value must be of type integer ${wanted} in ${at}`);
    },
  });
  return false;
}

function checkList(value: readonly unknown[], schema: Props, path: string, result: Result): void {
  const items = itemsOf(schema);
  if (items) value.forEach((item, i) => merge(result, check(item, items, `${path}[${i}]`)));
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && value.length < minItems) {
    invalid(result, path, value.length, `should have at least ${minItems} items`);
  }
  if (maxItems !== undefined && value.length > maxItems) {
    add(result, path, (errors, at) => {
      errors.tooMany(at, value.length, maxItems);
    });
  }
  result.matches++;
}

function checkEnum(value: unknown, schema: Props, path: string, result: Result): void {
  const { enum: allowed } = schema;
  if (!allowed || allowed.length === 0) return;
  if (value === null && schema.nullable) return;
  if (allowed.some((one) => equalJson(one, value))) return;
  const texts = allowed.map((one) => (typeof one === 'string' ? one : goJson(one)));
  add(result, path, (errors, at) => {
    errors.notSupported(at, value, texts);
  });
}

function checkMap(
  value: Readonly<Record<string, unknown>>,
  schema: Props,
  path: string,
  result: Result,
): void {
  const names = Object.keys(value);
  const { minProperties, maxProperties } = schema;
  if (minProperties !== undefined && names.length < minProperties) {
    invalid(result, path, names.length, `should have at least ${minProperties} properties`);
  }
  if (maxProperties !== undefined && names.length > maxProperties) {
    add(result, path, (errors, at) => {
      errors.tooMany(at, names.length, maxProperties);
    });
  }
  const declared = schema.properties ?? {};
  const additional = additionalOf(schema);
  if (additional) {
    for (const name of names) {
      if (Object.hasOwn(declared, name)) continue;
      merge(result, check(value[name], additional, `${path}.${name}`));
    }
  }
  for (const [name, property] of propertiesOf(schema)) {
    if (!Object.hasOwn(value, name)) continue;
    merge(result, check(value[name], property, path === '' ? name : `${path}.${name}`));
  }
  for (const name of schema.required ?? []) {
    if (Object.hasOwn(value, name)) continue;
    add(result, `${path}.${name}`, (errors, at) => {
      errors.required(at);
    });
  }
}
