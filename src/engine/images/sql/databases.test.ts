/** mysql and postgres: what their clients print, and that data outlive the server. */
import { describe, expect, it } from 'vitest';
import { LoneNetwork, LonePod } from '../../../testing/lone-pod.ts';
import { imageTree } from '../../node/runtime/executables.ts';
import { FileStore } from '../../node/runtime/file-system.ts';
import type { ImageDefinition } from '../../node/runtime/program.ts';
import { mysqlImages } from '../mysql.ts';
import { postgresImages } from '../postgres.ts';

const [mysql] = mysqlImages as readonly [ImageDefinition];
const [postgres] = postgresImages as readonly [ImageDefinition];
const A = '10.244.0.5';
const B = '10.244.0.6';

type Options = NonNullable<ConstructorParameters<typeof LonePod>[3]>;

function pod(
  network: LoneNetwork,
  address: string,
  image: ImageDefinition,
  options: Options,
): LonePod {
  return new LonePod(network, address, image, options);
}

function run(
  network: LoneNetwork,
  image: ImageDefinition,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { out: string; err: string; code: number | null } {
  const client = pod(network, B, image, { command, env: Object.entries(env) });
  network.run(2);
  return { out: client.out, err: client.err, code: client.exitCode };
}

describe('mysql', () => {
  const network = new LoneNetwork();
  const disk = new FileStore({ base: imageTree(mysql), clock: network.kernel });
  const env = [
    ['MYSQL_ROOT_PASSWORD', 'secret'],
    ['MYSQL_DATABASE', 'shop'],
  ] as const;
  const server = pod(network, A, mysql, { env, layer: disk, tag: '8.0' });
  network.run(15);
  const sql = (statement: string): ReturnType<typeof run> =>
    run(network, mysql, ['mysql', '-h', A, '-e', statement, 'shop'], { MYSQL_PWD: 'secret' });

  it('needs a password to begin with', () => {
    const alone = new LoneNetwork();
    const refused = pod(alone, A, mysql, {});
    alone.run(5);
    expect(refused.exitCode).toBe(1);
    expect(refused.err).toMatch(
      /\[ERROR\] \[Entrypoint\]: Database is uninitialized and password option is not specified\n {4}You need to specify one of the following as an environment variable:\n {4}- MYSQL_ROOT_PASSWORD\n/,
    );
  });

  it('says that it is ready', () => {
    expect(server.err).toMatch(/ready for connections\. Version: '8\.0\.43'/);
  });

  it.each<[string, string, string]>([
    ['CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL)', '', ''],
    ["INSERT INTO t (name) VALUES ('apple'), ('pear'), ('plum')", '', ''],
    ["SELECT * FROM t WHERE name LIKE 'p%' ORDER BY id DESC", 'id\tname\n3\tplum\n2\tpear\n', ''],
    ['SELECT COUNT(*), MAX(id) AS most FROM t', 'COUNT(*)\tmost\n3\t3\n', ''],
    ["UPDATE t SET name = 'fig' WHERE id = 1; SELECT name FROM t LIMIT 1", 'name\nfig\n', ''],
    [
      'DELETE FROM t WHERE id IN (2, 3); SELECT COUNT(*) n FROM t',
      '',
      "ERROR 1064 (42000) at line 1: You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near 'n FROM t' at line 1\n",
    ],
    ['SHOW TABLES', 'Tables_in_shop\nt\n', ''],
    ['SELECT 1 + 1', '1 + 1\n2\n', ''],
    [
      'SELECT * FROM nothing',
      '',
      "ERROR 1146 (42S02) at line 1: Table 'shop.nothing' doesn't exist\n",
    ],
    [
      "INSERT INTO t VALUES (1, 'x')",
      '',
      "ERROR 1062 (23000) at line 1: Duplicate entry '1' for key 't.PRIMARY'\n",
    ],
    [
      'INSERT INTO t (name) VALUES (NULL)',
      '',
      "ERROR 1048 (23000) at line 1: Column 'name' cannot be null\n",
    ],
    [
      'CREATE DATABASE shop',
      '',
      "ERROR 1007 (HY000) at line 1: Can't create database 'shop'; database exists\n",
    ],
    ['GRANT ALL ON *.* TO me', '', 'ERROR 1235 (42000) at line 1: GRANT is not simulated\n'],
  ])('%s', (statement, out, err) => {
    expect(sql(statement)).toEqual({ out, err, code: err === '' ? 0 : 1 });
  });

  it('turns strangers away', () => {
    expect(run(network, mysql, ['mysql', '-h', A, '-pwrong', '-e', 'SELECT 1']).err).toBe(
      'mysql: [Warning] Using a password on the command line interface can be insecure.\n' +
        "ERROR 1045 (28000): Access denied for user 'root'@'10.244.0.6' (using password: YES)\n",
    );
    expect(run(network, mysql, ['mysql', '-h', '10.244.0.9', '-e', 'SELECT 1']).code).toBeNull();
    expect(run(network, mysql, ['mysqladmin', 'ping']).err).toMatch(
      /^mysqladmin: connect to server at 'localhost' failed\nerror: 'Can't connect to local MySQL server/,
    );
    expect(run(network, mysql, ['mysqladmin', '-h', A, 'ping']).out).toBe('mysqld is alive\n');
  });

  it('finds its data again', () => {
    server.process.signal('SIGTERM');
    network.run(3);
    expect(server.exitCode).toBe(0);
    const again = new LoneNetwork();
    const second = pod(again, A, mysql, { layer: disk });
    again.run(15);
    expect(second.err).not.toMatch(/Initializing/);
    const client = pod(again, B, mysql, {
      command: ['mysql', '-h', A, '-uroot', '-psecret', '-N', '-e', 'SELECT name FROM t', 'shop'],
    });
    again.run(2);
    expect(client.out).toBe('fig\n');
  });
});

describe('postgres', () => {
  const network = new LoneNetwork();
  pod(network, A, postgres, { env: [['POSTGRES_PASSWORD', 'secret']] });
  network.run(10);
  const psql = (statement: string, ...more: readonly string[]): ReturnType<typeof run> =>
    run(network, postgres, ['psql', '-h', A, '-U', 'postgres', ...more, '-c', statement], {
      PGPASSWORD: 'secret',
    });

  it('needs a password to begin with', () => {
    const alone = new LoneNetwork();
    const refused = pod(alone, A, postgres, {});
    alone.run(5);
    expect(refused.exitCode).toBe(1);
    expect(refused.err).toMatch(/^Error: Database is uninitialized and superuser password is not/);
  });

  it('does not begin in a directory that holds something', () => {
    const alone = new LoneNetwork();
    const disk = new FileStore({ base: imageTree(postgres), clock: alone.kernel });
    const keeper = pod(alone, B, postgres, {
      layer: disk,
      command: ['mkdir', '/var/lib/postgresql/data/lost+found'],
    });
    alone.run(1);
    expect(keeper.exitCode).toBe(0);
    const refused = pod(alone, A, postgres, { layer: disk, env: [['POSTGRES_PASSWORD', 'x']] });
    alone.run(5);
    expect(refused.err).toMatch(
      /initdb: error: directory "\/var\/lib\/postgresql\/data" exists but is not empty\n/,
    );
  });

  it.each<[string, string, string]>([
    [
      'CREATE TABLE t (id SERIAL PRIMARY KEY, name TEXT, ok BOOLEAN DEFAULT true)',
      'CREATE TABLE\n',
      '',
    ],
    ["INSERT INTO t (name) VALUES ('apple'), ('pear')", 'INSERT 0 2\n', ''],
    [
      'SELECT * FROM t',
      ' id | name  | ok \n----+-------+----\n  1 | apple | t\n  2 | pear  | t\n(2 rows)\n\n',
      '',
    ],
    ['UPDATE t SET ok = false WHERE id = 2', 'UPDATE 1\n', ''],
    ['SELECT name FROM t WHERE NOT ok', ' name \n------\n pear\n(1 row)\n\n', ''],
    [
      'SELECT * FROM nothing',
      '',
      'ERROR:  relation "nothing" does not exist\nLINE 1: SELECT * FROM nothing\n                      ^\n',
    ],
    ['SELEC 1', '', 'ERROR:  syntax error at or near "SELEC"\nLINE 1: SELEC 1\n        ^\n'],
    [
      'INSERT INTO t (id) VALUES (1)',
      '',
      'ERROR:  duplicate key value violates unique constraint "t_pkey"\nDETAIL:  Key (id)=(1) already exists.\n',
    ],
    ["INSERT INTO t (id) VALUES ('x')", '', 'ERROR:  invalid input syntax for type integer: "x"\n'],
    ['DELETE FROM t', 'DELETE 2\n', ''],
    [
      '\\dt',
      ' Schema | Name | Type  \n--------+------+-------\n public | t    | table\n(1 row)\n\n',
      '',
    ],
  ])('%s', (statement, out, err) => {
    expect(psql(statement)).toEqual({ out, err, code: err === '' ? 0 : 1 });
  });

  it('prints bare values too', () => {
    expect(psql('SELECT 1, NULL', '-tA').out).toBe('1|\n');
  });

  it('turns strangers away', () => {
    const stranger = ['psql', '-h', A, '-U', 'postgres', '-c', 'SELECT 1'];
    expect(run(network, postgres, stranger)).toEqual({
      out: '',
      err: 'psql: error: connection to server at "10.244.0.5" (10.244.0.5), port 5432 failed: FATAL:  password authentication failed for user "postgres"\n',
      code: 2,
    });
    expect(run(network, postgres, ['pg_isready', '-h', A]).out).toBe(
      '10.244.0.5:5432 - accepting connections\n',
    );
    expect(run(network, postgres, ['pg_isready']).code).toBe(2);
  });
});
