/** Failures in the words of MySQL 8: number, state and message. */
import type { SqlFailure } from '../sql/ast.ts';

interface Worded {
  readonly code: number;
  readonly state: string;
  readonly message: string;
}

const MANUAL =
  'You have an error in your SQL syntax; check the manual that corresponds to your MySQL server ' +
  'version for the right syntax to use near';
/** Of the statement only so much is repeated. */
const NEAR_LENGTH = 80;

export function mysqlError(failure: SqlFailure, database: string | null): Worded {
  switch (failure.kind) {
    case 'syntax': {
      const near = failure.near.slice(0, NEAR_LENGTH);
      return { code: 1064, state: '42000', message: `${MANUAL} '${near}' at line 1` };
    }
    case 'notSimulated':
      return { code: 1235, state: '42000', message: `${failure.what} is not simulated` };
    case 'noDatabase':
      return { code: 1049, state: '42000', message: `Unknown database '${failure.name}'` };
    case 'noDatabaseChosen':
      return { code: 1046, state: '3D000', message: 'No database selected' };
    case 'databaseExists': {
      const message = `Can't create database '${failure.name}'; database exists`;
      return { code: 1007, state: 'HY000', message };
    }
    case 'noTable': {
      const message = `Table '${database ?? ''}.${failure.name}' doesn't exist`;
      return { code: 1146, state: '42S02', message };
    }
    case 'tableExists':
      return { code: 1050, state: '42S01', message: `Table '${failure.name}' already exists` };
    case 'noColumn': {
      const message = `Unknown column '${failure.name}' in 'field list'`;
      return { code: 1054, state: '42S22', message };
    }
    case 'valueCount': {
      const message = "Column count doesn't match value count at row 1";
      return { code: 1136, state: '21S01', message };
    }
    case 'null':
      return { code: 1048, state: '23000', message: `Column '${failure.column}' cannot be null` };
    case 'duplicate': {
      const key = `${failure.table}.PRIMARY`;
      const message = `Duplicate entry '${failure.value}' for key '${key}'`;
      return { code: 1062, state: '23000', message };
    }
    case 'type': {
      const message = `Incorrect integer value: '${failure.value}' for column '${failure.column}' at row 1`;
      return { code: 1366, state: 'HY000', message };
    }
    case 'storage':
      return {
        code: 1030,
        state: 'HY000',
        message: `Got error from storage engine: ${failure.why}`,
      };
  }
}
