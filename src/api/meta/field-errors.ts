/**
 * Validation errors by field, worded as the API server words them.
 *
 * Models: k8s.io/apimachinery/pkg/util/validation/field errors.go (v1.36)
 */

export type FieldErrorReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueNotFound'
  | 'FieldValueTypeInvalid'
  | 'InternalError';

export interface FieldError {
  readonly reason: FieldErrorReason;
  readonly field: string;
  /** Without the field: `Invalid value: "x": must be …`. */
  readonly message: string;
}

/** Collects errors in order; paths are written by the caller (`spec.containers[0].name`). */
export class FieldErrors {
  readonly list: FieldError[] = [];

  get none(): boolean {
    return this.list.length === 0;
  }

  add(reason: FieldErrorReason, field: string, message: string): void {
    this.list.push({ reason, field, message });
  }

  required(field: string, detail = ''): void {
    this.add('FieldValueRequired', field, withDetail('Required value', detail));
  }

  invalid(field: string, value: unknown, detail: string): void {
    this.add('FieldValueInvalid', field, withDetail(`Invalid value: ${show(value)}`, detail));
  }

  typeInvalid(field: string, value: unknown, detail: string): void {
    this.add('FieldValueTypeInvalid', field, withDetail(`Invalid value: ${show(value)}`, detail));
  }

  /** |supported| in the order in which it is to be shown. */
  notSupported(field: string, value: unknown, supported: readonly string[]): void {
    const list = supported.map((s) => JSON.stringify(s)).join(', ');
    const detail = supported.length > 0 ? `supported values: ${list}` : '';
    this.add('FieldValueNotSupported', field, withDetail(`Unsupported value: ${show(value)}`, detail));
  }

  forbidden(field: string, detail: string): void {
    this.add('FieldValueForbidden', field, withDetail('Forbidden', detail));
  }

  duplicate(field: string, value: unknown): void {
    this.add('FieldValueDuplicate', field, `Duplicate value: ${show(value)}`);
  }

  tooLong(field: string, maxBytes: number): void {
    this.add('FieldValueTooLong', field, `Too long: may not be more than ${maxBytes} bytes`);
  }

  tooMany(field: string, actual: number, max: number): void {
    this.add('FieldValueTooMany', field, `Too many: ${actual}: must have at most ${max} items`);
  }

  notFound(field: string, value: unknown): void {
    this.add('FieldValueNotFound', field, `Not found: ${show(value)}`);
  }

  internal(field: string, detail: string): void {
    this.add('InternalError', field, withDetail('Internal error', detail));
  }
}

function withDetail(head: string, detail: string): string {
  return detail === '' ? head : `${head}: ${detail}`;
}

/** Values are shown as JSON; nil as null. */
function show(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}
