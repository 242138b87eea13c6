/** Failures in the words of PostgreSQL. */
import type { SqlFailure } from '../sql/ast.ts';

/** What follows `ERROR:  `, with the lines that stand below it. */
export function postgresError(failure: SqlFailure, sql: string): string {
  switch (failure.kind) {
    case 'syntax': {
      const near = /^(?:\w+|'[^']*'|.)/s.exec(failure.near)?.[0] ?? '';
      if (near === '') return `syntax error at end of input${pointer(sql, sql.length)}`;
      return `syntax error at or near "${near}"${pointer(sql, failure.at)}`;
    }
    case 'notSimulated':
      return `${failure.what} is not simulated`;
    case 'noDatabase':
      return `database "${failure.name}" does not exist`;
    case 'noDatabaseChosen':
      return 'no database is chosen';
    case 'databaseExists':
      return `database "${failure.name}" already exists`;
    case 'noTable':
      return `relation "${failure.name}" does not exist${pointer(sql, sql.indexOf(failure.name))}`;
    case 'tableExists':
      return `relation "${failure.name}" already exists`;
    case 'noColumn':
      return `column "${failure.name}" does not exist${pointer(sql, sql.indexOf(failure.name))}`;
    case 'valueCount':
      return 'INSERT has more expressions than target columns';
    case 'null': {
      const where = `null value in column "${failure.column}" of relation "${failure.table}"`;
      return `${where} violates not-null constraint`;
    }
    case 'duplicate': {
      const what = `duplicate key value violates unique constraint "${failure.table}_pkey"`;
      return `${what}\nDETAIL:  Key (${failure.column})=(${failure.value}) already exists.`;
    }
    case 'type':
      return `invalid input syntax for type integer: "${failure.value}"`;
    case 'storage':
      return `could not write: ${failure.why}`;
  }
}

/** The line of the statement, and a mark below the place. */
function pointer(sql: string, at: number): string {
  if (at < 0) return '';
  const start = sql.lastIndexOf('\n', at - 1) + 1;
  const end = sql.indexOf('\n', at);
  const line = sql.slice(start, end < 0 ? undefined : end);
  const lead = `LINE ${sql.slice(0, at).split('\n').length}: `;
  return `\n${lead}${line}\n${' '.repeat(lead.length + at - start)}^`;
}
