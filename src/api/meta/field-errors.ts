/**
 * Validation errors by field, worded as the API server words them.
 *
 * Models: k8s.io/apimachinery/pkg/util/validation/field errors.go (v1.36)
 */
import type { FieldRef } from './field-path.ts';
import { goJson, goQuote } from './go-text.ts';

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

/** Collects errors in order; a path is a text (`spec.containers[0].name`) or a FieldPath. */
export class FieldErrors {
  readonly list: FieldError[] = [];

  get none(): boolean {
    return this.list.length === 0;
  }

  add(reason: FieldErrorReason, field: FieldRef, message: string): void {
    this.list.push({ reason, field: field.toString(), message });
  }

  required(field: FieldRef, detail = ''): void {
    this.add('FieldValueRequired', field, withDetail('Required value', detail));
  }

  invalid(field: FieldRef, value: unknown, detail: string): void {
    this.add('FieldValueInvalid', field, withDetail(`Invalid value: ${show(value)}`, detail));
  }

  typeInvalid(field: FieldRef, value: unknown, detail: string): void {
    this.add('FieldValueTypeInvalid', field, withDetail(`Invalid value: ${show(value)}`, detail));
  }

  /** |supported| in the order in which it is to be shown. */
  notSupported(field: FieldRef, value: unknown, supported: readonly string[]): void {
    const list = supported.map(goQuote).join(', ');
    const detail = supported.length > 0 ? `supported values: ${list}` : '';
    this.add(
      'FieldValueNotSupported',
      field,
      withDetail(`Unsupported value: ${show(value)}`, detail),
    );
  }

  forbidden(field: FieldRef, detail: string): void {
    this.add('FieldValueForbidden', field, withDetail('Forbidden', detail));
  }

  duplicate(field: FieldRef, value: unknown): void {
    this.add('FieldValueDuplicate', field, `Duplicate value: ${show(value)}`);
  }

  tooLong(field: FieldRef, maxBytes: number): void {
    this.add('FieldValueTooLong', field, `Too long: may not be more than ${maxBytes} bytes`);
  }

  tooMany(field: FieldRef, actual: number, max: number): void {
    const items = max === 1 ? 'item' : 'items';
    this.add('FieldValueTooMany', field, `Too many: ${actual}: must have at most ${max} ${items}`);
  }

  notFound(field: FieldRef, value: unknown): void {
    this.add('FieldValueNotFound', field, `Not found: ${show(value)}`);
  }

  internal(field: FieldRef, detail: string): void {
    this.add('InternalError', field, withDetail('Internal error', detail));
  }
}

function withDetail(head: string, detail: string): string {
  return detail === '' ? head : `${head}: ${detail}`;
}

/** Texts are shown as %q, everything else as JSON; nil as null. */
function show(value: unknown): string {
  return typeof value === 'string' ? goQuote(value) : goJson(value);
}
