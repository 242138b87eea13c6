/**
 * Lists, sets and names in resource.k8s.io.
 *
 * Models: pkg/apis/resource/validation validateSlice, validateSet, validateMap, names (v1.36)
 */
import { checkDnsSubdomain, complain } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { byteLength, compareText } from '../../meta/go-text.ts';
import { DNS_SUBDOMAIN_MAX_BYTES, isLabelValue, regexError } from '../../meta/names.ts';
import { validateCsiDriverName } from '../pod/volume-source-validation.ts';

export const RESOURCE_GROUP = 'resource.k8s.io';
export const MAX_REQUESTS = 32; // types.go DeviceRequestsMaxSize, AllocationResultsMaxSize
const MAX_DOMAIN_BYTES = 63; // types.go DeviceMaxDomainLength
const MAX_ID_BYTES = 32; // types.go DeviceMaxIDLength
/** Longer keys are shown in short. */
export const MAX_KEY_BYTES = MAX_DOMAIN_BYTES + 1 + MAX_ID_BYTES;

const IDENTIFIER_FORMAT = '[A-Za-z_][A-Za-z0-9_]*';
const IDENTIFIER = new RegExp(`^${IDENTIFIER_FORMAT}$`);
const IDENTIFIER_TEXT = regexError(
  "a valid C identifier must start with alphabetic character or '_', followed by a string of " +
    "alphanumeric characters or '_'",
  IDENTIFIER_FORMAT,
  'my_name',
  'MY_NAME',
  'MyName',
);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

type ItemCheck<T> = (item: T, path: FieldPath) => void;

/** False when the list is too long: then that is all there is to say. */
export function checkSlice<T>(
  list: readonly T[] | null | undefined,
  max: number,
  path: FieldPath,
  errors: FieldErrors,
  check: ItemCheck<T>,
): boolean {
  if (list === undefined || list === null) return true;
  if (list.length > max) {
    errors.tooMany(path, list.length, max);
    return false;
  }
  list.forEach((item, i) => check(item, path.index(i)));
  return true;
}

export function checkSet<T>(
  list: readonly T[] | null | undefined,
  max: number,
  path: FieldPath,
  errors: FieldErrors,
  check: ItemCheck<T>,
  keyOf: (item: T) => string,
  shown: (item: T) => unknown = keyOf,
): void {
  if (!checkSlice(list, max, path, errors, check)) return;
  const seen = new Set<string>();
  list?.forEach((item, i) => {
    const key = keyOf(item);
    if (seen.has(key)) errors.duplicate(path.index(i), shown(item));
    seen.add(key);
  });
}

/** In the order of keys: Go's is random. What is wrong with a key is said of the map. */
export function checkMap<T>(
  map: Readonly<Record<string, T>> | undefined,
  max: number,
  shownBytes: number,
  path: FieldPath,
  errors: FieldErrors,
  checkKey: (key: string) => void,
  check: ItemCheck<T>,
): void {
  const keys = Object.keys(map ?? {}).sort(compareText);
  if (keys.length > max) {
    errors.tooMany(path, keys.length, max);
    return;
  }
  for (const key of keys) {
    checkKey(key);
    check(map?.[key] as T, path.key(shortened(key, shownBytes)));
  }
}

function shortened(text: string, max: number): string {
  if (text.length <= max) return text;
  const left = max - '...'.length;
  return `${text.slice(0, Math.floor((left + 1) / 2))}...${text.slice(-Math.floor(left / 2))}`;
}

/** `name` or `domain/name`. */
export function checkAttributeName(name: string, path: FieldPath, errors: FieldErrors): void {
  const parts = name.split('/');
  const [first = '', second = ''] = parts;
  if (parts.length === 1) checkIdentifier(first, path, errors);
  if (parts.length !== 2) return;
  if (first === '') errors.invalid(path, '', 'the domain must not be empty');
  else validateCsiDriverName(first, path, errors);
  if (second === '') errors.invalid(path, '', 'the name must not be empty');
  else checkIdentifier(second, path, errors);
}

export function checkFullAttributeName(name: string, path: FieldPath, errors: FieldErrors): void {
  checkAttributeName(name, path, errors);
  if (name.includes('/')) return;
  const text = 'a fully qualified name must be a domain and a name separated by a slash';
  errors.invalid(path, name, text);
}

function checkIdentifier(id: string, path: FieldPath, errors: FieldErrors): void {
  if (byteLength(id) > MAX_ID_BYTES) errors.tooLong(path, MAX_ID_BYTES);
  if (!IDENTIFIER.test(id)) errors.invalid(path, id, IDENTIFIER_TEXT);
}

export function checkPoolName(name: string, path: FieldPath, errors: FieldErrors): void {
  if (name === '') {
    errors.required(path);
    return;
  }
  if (byteLength(name) > DNS_SUBDOMAIN_MAX_BYTES) errors.tooLong(path, DNS_SUBDOMAIN_MAX_BYTES);
  for (const part of name.split('/')) checkDnsSubdomain(part, path, errors);
}

export function checkLabelValue(value: string, path: FieldPath, errors: FieldErrors): void {
  complain(isLabelValue(value), value, path, errors);
}

export function checkShareId(id: string | undefined, path: FieldPath, errors: FieldErrors): void {
  if (id === undefined || UUID.test(id)) return;
  const lower = id.toLowerCase();
  if (UUID.test(lower)) {
    const form = '`xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters';
    errors.invalid(path, id, `uid must be in RFC 4122 normalized form, ${form}`);
  } else {
    const why = id.length === 36 ? 'invalid UUID format' : `invalid UUID length: ${byteLength(id)}`;
    errors.invalid(path, id, `error validating uid: ${why}`);
  }
}
