/**
 * Secret: keys and values that are not for every eye.
 *
 * Models:     pkg/registry/core/secret strategy.go, pkg/apis/core/validation ValidateSecret*,
 *             pkg/apis/core/v1 conversion.go (v1.36)
 * Simplified: of TLS keys and certificates only the PEM form is looked at (upstream warns of more)
 */
import type { Secret as SecretType } from '../generated/types.ts';
import { base64Size } from '../meta/base64.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { checkImmutable, complain } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { sortedByKey } from '../meta/go-text.ts';
import { equalJson } from '../meta/json.ts';
import { JsonSyntaxError, parseJson, setOwn } from '../meta/json-text.ts';
import { isConfigMapKey } from '../meta/names.ts';
import type { Draft } from '../meta/object.ts';
import { decodeBase64, encodeBase64 } from '../meta/utf8.ts';

export type Secret = SecretType;

const MAX_BYTES = 1024 * 1024; // core.MaxSecretSize
const IMMUTABLE = 'field is immutable when `immutable` is set';
const ACCOUNT_ANNOTATION = 'kubernetes.io/service-account.name';

/** Keys that must be there, by type; `content` says that each must hold something. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

/** stringData is only a way of writing data: the server never shows it. */
function foldStringData(secret: Draft<Secret>): void {
  const { stringData } = secret;
  if (stringData === undefined) return;
  delete secret.stringData;
  const data = { ...secret.data };
  for (const [key, value] of Object.entries(stringData)) setOwn(data, key, encodeBase64(value));
  if (Object.keys(data).length > 0) secret.data = sortedByKey(data);
}

function validate(secret: Secret, errors: FieldErrors): void {
  const data = secret.data ?? {};
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    complain(isConfigMapKey(key), key, `data[${key}]`, errors);
    bytes += base64Size(value);
  }
  if (bytes > MAX_BYTES) errors.tooLong('data', MAX_BYTES);
  validateByType(secret, data, errors);
}

function validateByType(
  { type = '', metadata }: Secret,
  data: Readonly<Record<string, string>>,
  errors: FieldErrors,
): void {
  switch (type) {
    case 'kubernetes.io/service-account-token':
      if (!metadata.annotations?.[ACCOUNT_ANNOTATION]) {
        errors.required(`metadata.annotations[${ACCOUNT_ANNOTATION}]`);
      }
      return;
    case 'kubernetes.io/basic-auth':
      if (Object.hasOwn(data, 'username') || Object.hasOwn(data, 'password')) return;
      errors.required('data[username]');
      errors.required('data[password]');
      return;
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) errors.required('data[ssh-privatekey]');
      return;
  }
  const keys = Object.hasOwn(REQUIRED_KEYS, type) ? REQUIRED_KEYS[type] : undefined;
  for (const key of keys ?? []) {
    if (!Object.hasOwn(data, key)) errors.required(`data[${key}]`);
    else if (key.startsWith('.docker')) checkJson(data[key] ?? '', `data[${key}]`, errors);
  }
}

function checkJson(base64: string, path: string, errors: FieldErrors): void {
  const message = jsonObjectError(decodeBase64(base64));
  if (message !== '') errors.invalid(path, '<secret contents redacted>', message);
}

function jsonObjectError(text: string): string {
  try {
    const { value } = parseJson(text);
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return '';
    const type = Array.isArray(value)
      ? 'array'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
    return `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
}

function validateUpdate(next: Secret, old: Secret, errors: FieldErrors): void {
  checkImmutable(next.type, old.type, 'type', errors);
  if (old.immutable) {
    if (!next.immutable) errors.forbidden('immutable', IMMUTABLE);
    if (!equalJson(next.data, old.data)) errors.forbidden('data', IMMUTABLE);
  }
  validate(next, errors);
}

/** What Go's tls.X509KeyPair finds first; the Secret is stored all the same. */
function tlsWarnings({ type, data = {} }: Secret): readonly string[] {
  if (type !== 'kubernetes.io/tls') return [];
  for (const [key, what] of [
    ['tls.crt', 'certificate'],
    ['tls.key', 'key'],
  ] as const) {
    const text = decodeBase64(data[key] ?? '');
    if (!/-----BEGIN [^-]+-----/.test(text)) {
      return [`tls: failed to find any PEM data in ${what} input`];
    }
  }
  return [];
}

export const Secret = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Secret',
  metaOnUpdate: 'both',
  defaults(secret) {
    secret.type ??= 'Opaque';
    foldStringData(secret);
  },
  validate,
  validateUpdate,
  warnings: tlsWarnings,
  selectableFields: (secret) => ({ type: secret.type ?? '' }),
  columns: [
    NAME_COLUMN,
    {
      name: 'Type',
      type: 'string',
      description:
        'Used to facilitate programmatic handling of secret data. More info: ' +
        'https://kubernetes.io/docs/concepts/configuration/secret/#secret-types',
      cell: (secret) => secret.type ?? '',
    },
    {
      name: 'Data',
      type: 'string',
      description:
        "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or " +
        "'.'. The serialized form of the secret data is a base64 encoded string, representing the " +
        'arbitrary (possibly non-string) data value here. Described in ' +
        'https://tools.ietf.org/html/rfc4648#section-4',
      cell: (secret) => Object.keys(secret.data ?? {}).length,
    },
    AGE_COLUMN,
  ],
});
