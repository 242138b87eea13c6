/**
 * Refusals of query parameters and delete options, before the request reaches any object.
 *
 * Models: k8s.io/apimachinery pkg/apis/meta/v1/validation validation.go, pkg/apis/meta/
 *         internalversion/validation (v1.36)
 */
import { FieldErrors } from '../../../api/meta/field-errors.ts';
import { goQuote } from '../../../api/meta/go-text.ts';
import { validateFieldManager } from '../../../api/meta/object-meta-validation.ts';
import { badRequest, invalid } from '../../../api/meta/status.ts';
import type { ApiRequest } from '../../../port/protocol.ts';
import type { PatchType, Verb } from '../call.ts';

type Query = ApiRequest['query'];

const FIELD_VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];
const PROPAGATIONS = ['Foreground', 'Background', 'Orphan'];
const LIST_MATCHES = ['Exact', 'NotOlderThan', ''];
const INTEGERS = ['limit', 'timeoutSeconds', 'gracePeriodSeconds'];

/** Throws what the server answers to options that cannot be. */
export function validateOptions(verb: Verb, query: Query, patchType: PatchType | undefined): void {
  for (const name of INTEGERS) checkInteger(query, name);
  const errors = new FieldErrors();
  switch (verb) {
    case 'create':
      writeErrors(query, errors);
      return refuse('CreateOptions', errors);
    case 'update':
      writeErrors(query, errors);
      return refuse('UpdateOptions', errors);
    case 'patch':
      patchErrors(query, patchType, errors);
      writeErrors(query, errors);
      return refuse('PatchOptions', errors);
    case 'list':
      listErrors(query, errors);
      return refuse('ListOptions', errors);
    case 'watch':
      watchErrors(query, errors);
      return refuse('ListOptions', errors);
    case 'delete':
    case 'deletecollection':
      dryRunErrors(query['dryRun'] ?? [], errors);
      return refuse('DeleteOptions', errors);
    case 'get':
      return;
  }
}

/** DeleteOptions that came as a body. */
export function validateDeleteOptions(body: unknown): void {
  const options = (body ?? {}) as Readonly<Record<string, unknown>>;
  const policy = options['propagationPolicy'];
  const errors = new FieldErrors();
  if (options['orphanDependents'] !== undefined && policy !== undefined) {
    const detail = 'orphanDependents and deletionPropagation cannot be both set';
    errors.invalid('propagationPolicy', policy, detail);
  }
  if (policy !== undefined && !PROPAGATIONS.includes(String(policy))) {
    errors.notSupported('propagationPolicy', policy, [...PROPAGATIONS, 'nil']);
  }
  const dryRun = options['dryRun'];
  if (Array.isArray(dryRun)) dryRunErrors(dryRun as readonly string[], errors);
  refuse('DeleteOptions', errors);
}

function refuse(kind: string, errors: FieldErrors): void {
  if (!errors.none) throw invalid({ group: 'meta.k8s.io', kind }, '', errors.list);
}

function first(query: Query, name: string): string {
  return query[name]?.[0] ?? '';
}

function checkInteger(query: Query, name: string): void {
  const text = first(query, name);
  if (text === '' || /^[+-]?\d+$/.test(text)) return;
  throw badRequest(`strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`);
}

function writeErrors(query: Query, errors: FieldErrors): void {
  validateFieldManager(first(query, 'fieldManager'), 'fieldManager', errors);
  dryRunErrors(query['dryRun'] ?? [], errors);
  const validation = first(query, 'fieldValidation');
  if (!FIELD_VALIDATIONS.includes(validation)) {
    errors.notSupported('fieldValidation', validation, FIELD_VALIDATIONS);
  }
}

function patchErrors(query: Query, type: PatchType | undefined, errors: FieldErrors): void {
  if (type === 'apply') {
    if (first(query, 'fieldManager') === '') {
      errors.required('fieldManager', 'is required for apply patch');
    }
  } else if (query['force'] !== undefined) {
    errors.forbidden('force', 'may not be specified for non-apply patch');
  }
}

function dryRunErrors(values: readonly string[], errors: FieldErrors): void {
  if (values.some((value) => value !== 'All')) errors.notSupported('dryRun', values, ['All']);
}

function listErrors(query: Query, errors: FieldErrors): void {
  const match = first(query, 'resourceVersionMatch');
  const path = 'resourceVersionMatch';
  if (match !== '') {
    if (first(query, 'resourceVersion') === '') {
      errors.forbidden(path, `${path} is forbidden unless resourceVersion is provided`);
    }
    if (first(query, 'continue') !== '') {
      errors.forbidden(path, `${path} is forbidden when continue is provided`);
    }
    if (!LIST_MATCHES.includes(match)) errors.notSupported(path, match, LIST_MATCHES);
    if (match === 'Exact' && first(query, 'resourceVersion') === '0') {
      errors.forbidden(path, `${path} "exact" is forbidden for resourceVersion "0"`);
    }
  }
  if (query['sendInitialEvents'] !== undefined) {
    errors.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  }
}

function watchErrors(query: Query, errors: FieldErrors): void {
  const match = first(query, 'resourceVersionMatch');
  const path = 'resourceVersionMatch';
  const initial = query['sendInitialEvents'] !== undefined;
  if (initial && match !== 'NotOlderThan') {
    errors.forbidden(path, `sendInitialEvents requires setting ${path} to NotOlderThan`);
  }
  if (match === '') return;
  if (!initial) {
    errors.forbidden(path, `${path} is forbidden for watch unless sendInitialEvents is provided`);
  }
  if (match !== 'NotOlderThan') errors.notSupported(path, match, ['NotOlderThan']);
  if (first(query, 'continue') !== '') {
    errors.forbidden(path, `${path} is forbidden when continue is provided`);
  }
}
