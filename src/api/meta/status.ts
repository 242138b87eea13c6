/**
 * Status answers: the API server's errors, as data with upstream's exact words.
 *
 * Models: k8s.io/apimachinery/pkg/api/errors errors.go (v1.36)
 */
import type { FieldError } from './field-errors.ts';
import { groupKind, groupResource } from './define-kind.ts';

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code: number;
}

/** Thrown inside the API server and by typed clients; `status` is what goes over the wire. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: Status;

  constructor(status: Status) {
    super(status.message ?? status.reason ?? '');
    this.status = status;
  }

  get code(): number {
    return this.status.code;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }
}

export function isApiError(error: unknown, reason?: string): error is ApiError {
  return error instanceof ApiError && (reason === undefined || error.reason === reason);
}

/** Whether the refusal names |reason| among its causes: `NamespaceTerminating`. */
export function hasStatusCause(error: unknown, reason: string): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status.details?.causes?.some((c) => c.reason === reason) ?? false;
}

interface Named {
  readonly group: string;
  readonly plural: string;
}

interface KindNamed {
  readonly group: string;
  readonly kind: string;
}

/** A failure Status with the given parts. Exact key order is that of the server. */
export function failure(
  code: number,
  reason: string,
  message: string,
  details?: StatusDetails,
): ApiError {
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  });
}

function details(r: Named, name: string, more: StatusDetails = {}): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(r.group === '' ? {} : { group: r.group }),
    kind: r.plural,
    ...more,
  };
}

export function notFound(r: Named, name: string): ApiError {
  return failure(404, 'NotFound', `${groupResource(r)} "${name}" not found`, details(r, name));
}

export function alreadyExists(r: Named, name: string): ApiError {
  return failure(
    409,
    'AlreadyExists',
    `${groupResource(r)} "${name}" already exists`,
    details(r, name),
  );
}

export function conflict(r: Named, name: string, message: string): ApiError {
  return failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${groupResource(r)} "${name}": ${message}`,
    details(r, name),
  );
}

export const MODIFIED_MESSAGE =
  'the object has been modified; please apply your changes to the latest version and try again';

export function forbidden(r: Named, name: string, message: string): ApiError {
  const subject = name === '' ? groupResource(r) : `${groupResource(r)} "${name}"`;
  return failure(403, 'Forbidden', `${subject} is forbidden: ${message}`, details(r, name));
}

export function badRequest(message: string): ApiError {
  return failure(400, 'BadRequest', message);
}

export function invalid(k: KindNamed, name: string, errors: readonly FieldError[]): ApiError {
  const texts = errors.map((e) => `${e.field}: ${e.message}`);
  const unique = [...new Set(texts)];
  const body = unique.length === 1 ? unique[0] : `[${unique.join(', ')}]`;
  return failure(422, 'Invalid', `${groupKind(k)} "${name}" is invalid: ${body}`, {
    ...(name === '' ? {} : { name }),
    ...(k.group === '' ? {} : { group: k.group }),
    ...(k.kind === '' ? {} : { kind: k.kind }),
    causes: errors.map((e) => ({ reason: e.reason, message: e.message, field: e.field })),
  });
}

/** The path names no resource or subresource. */
export function noSuchResource(): ApiError {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** A Status without a reason, as errors that are no API errors are answered. */
export function plainError(message: string): ApiError {
  return failure(500, '', message);
}

export function methodNotSupported(r: Named, verb: string): ApiError {
  return failure(
    405,
    'MethodNotAllowed',
    `${verb} is not supported on resources of kind "${groupResource(r)}"`,
    details(r, ''),
  );
}

export function unsupportedMediaType(message: string): ApiError {
  return failure(415, 'UnsupportedMediaType', message);
}

export function expired(message: string): ApiError {
  return failure(410, 'Expired', message);
}

export function internalError(message: string): ApiError {
  return failure(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}

/** 504 with Retry-After: the requested revision has not been seen yet. */
export function tooLargeResourceVersion(requested: number, current: number): ApiError {
  const message = `Timeout: Too large resource version: ${requested}, current: ${current}`;
  return failure(504, 'Timeout', message, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}
