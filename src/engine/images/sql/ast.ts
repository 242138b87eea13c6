/** What SQL statements say, as far as they are simulated. */

export type Value = string | number | boolean | null;

export type ColumnType = 'integer' | 'real' | 'text' | 'boolean' | 'time';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly notNull: boolean;
  readonly unique: boolean;
  /** AUTO_INCREMENT, SERIAL. */
  readonly counts: boolean;
  readonly fallback: Value;
}

export type Expression =
  | { readonly type: 'value'; readonly value: Value }
  | { readonly type: 'column'; readonly name: string }
  | { readonly type: 'not'; readonly of: Expression }
  | { readonly type: 'negative'; readonly of: Expression }
  | { readonly type: 'isNull'; readonly of: Expression; readonly negated: boolean }
  | { readonly type: 'in'; readonly of: Expression; readonly list: readonly Expression[] }
  | {
      readonly type: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Expression[] }
  /** `*` of count(*). */
  | { readonly type: 'all' };

export interface Selected {
  readonly expression: Expression;
  /** Heading of the column. */
  readonly title: string;
}

export interface Select {
  readonly type: 'select';
  readonly columns: readonly Selected[];
  readonly table: string | null;
  readonly where: Expression | null;
  readonly orderBy: { readonly expression: Expression; readonly descending: boolean } | null;
  readonly limit: number | null;
}

export type Statement =
  | Select
  | { readonly type: 'createDatabase'; readonly name: string; readonly ifNotExists: boolean }
  | { readonly type: 'dropDatabase'; readonly name: string; readonly ifExists: boolean }
  | { readonly type: 'use'; readonly name: string }
  | {
      readonly type: 'createTable';
      readonly name: string;
      readonly columns: readonly Column[];
      readonly ifNotExists: boolean;
    }
  | { readonly type: 'dropTable'; readonly name: string; readonly ifExists: boolean }
  | {
      readonly type: 'insert';
      readonly table: string;
      readonly columns: readonly string[] | null;
      readonly rows: readonly (readonly Expression[])[];
    }
  | {
      readonly type: 'update';
      readonly table: string;
      readonly changes: readonly (readonly [string, Expression])[];
      readonly where: Expression | null;
    }
  | { readonly type: 'delete'; readonly table: string; readonly where: Expression | null }
  | { readonly type: 'show'; readonly what: 'databases' | 'tables' };

/** Something went wrong, without the words of one server. */
export type SqlFailure =
  | { readonly kind: 'syntax'; readonly near: string; readonly at: number }
  | { readonly kind: 'notSimulated'; readonly what: string }
  | { readonly kind: 'noDatabase'; readonly name: string }
  | { readonly kind: 'noDatabaseChosen' }
  | { readonly kind: 'databaseExists'; readonly name: string }
  | { readonly kind: 'noTable'; readonly name: string }
  | { readonly kind: 'tableExists'; readonly name: string }
  | { readonly kind: 'noColumn'; readonly name: string }
  | { readonly kind: 'valueCount' }
  | { readonly kind: 'null'; readonly column: string; readonly table: string }
  | {
      readonly kind: 'duplicate';
      readonly column: string;
      readonly table: string;
      readonly value: string;
    }
  | { readonly kind: 'type'; readonly column: string; readonly value: string }
  | { readonly kind: 'storage'; readonly why: string };

export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly failure: SqlFailure;

  constructor(failure: SqlFailure) {
    super(failure.kind);
    this.failure = failure;
  }
}
