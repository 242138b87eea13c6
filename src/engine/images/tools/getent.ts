/**
 * getent: entries of the databases of names: hosts, ahosts, passwd, group.
 *
 * Models: glibc's getent. Simplified: other databases are refused by name.
 */
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { lookupName } from '../../node/runtime/resolver.ts';

const ADDRESS_WIDTH = 15;
const NOT_FOUND = 2;
const FILES: Readonly<Record<string, string>> = { passwd: '/etc/passwd', group: '/etc/group' };

export function* getent(context: ProcessContext): Proc<number> {
  const [, database = '', ...keys] = context.argv;
  if (database === 'hosts' || database === 'ahosts' || database === 'ahostsv4') {
    return yield* hosts(context, keys);
  }
  const file = FILES[database];
  if (file === undefined) {
    context.stderr(`Unknown database: ${database}\n`);
    return 1;
  }
  const lines = (context.fs.read(file) ?? '').split('\n').filter((line) => line !== '');
  let code = 0;
  const wanted = keys.length === 0 ? lines : [];
  for (const key of keys) {
    const found = lines.find((line) => {
      const [name, , id] = line.split(':');
      return name === key || id === key;
    });
    if (found === undefined) code = NOT_FOUND;
    else wanted.push(found);
  }
  for (const line of wanted) context.stdout(`${line}\n`);
  return code;
}

function* hosts(context: ProcessContext, keys: readonly string[]): Proc<number> {
  let code = 0;
  for (const key of keys) {
    const found = yield* lookupName(context, key);
    if (typeof found === 'string') {
      code = NOT_FOUND;
      continue;
    }
    for (const address of found.addresses) {
      context.stdout(`${address.padEnd(ADDRESS_WIDTH)} ${found.name}\n`);
    }
  }
  return code;
}
