/**
 * `agnhost port-forward-tester`: takes one connection, checks what comes and sends chunks.
 *
 * Models: test/images/agnhost/port-forward-tester/portforwardtester.go (v1.36)
 */
import { goQuote } from '../../../api/meta/go-text.ts';
import type { Proc } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import type { Connection, ProcessContext } from '../../node/runtime/program.ts';
import { bound, endOf } from './program.ts';

/** Time for the other end to learn that nothing more comes. */
const BEFORE_CLOSE_US = 500_000;
const MICROS_PER_MS = 1_000;

export function* portForwardTester(context: ProcessContext): Proc<number> {
  const variable = (name: string): string => context.env.get(name) ?? '';
  const address = variable('BIND_ADDRESS') || 'localhost';
  const port = Number(variable('BIND_PORT'));
  const ended = endOf(context);
  const accepted = new Future<Connection>();
  const loopback = address === 'localhost' || address.startsWith('127.');
  const problem = bound('tcp', port, () => {
    const options = loopback ? { address: '127.0.0.1' } : {};
    context.listenTcp(
      port,
      (connection) => {
        if (accepted.settled) return undefined;
        accepted.resolve(connection);
        return serve(context, connection, variable, ended);
      },
      options,
    );
  });
  if (problem !== null) {
    context.stdout(`Error listening: ${problem}\n`);
    return 1;
  }
  return (yield ended) as number;
}

function* serve(
  context: ProcessContext,
  connection: Connection,
  variable: (name: string) => string,
  ended: Future<number>,
): Proc {
  const say = (line: string): void => context.stdout(`${line}\n`);
  say('Accepted client connection');
  const expected = variable('EXPECTED_CLIENT_DATA');
  if (expected !== '') {
    const read = (yield* connection.input.readChunk()) ?? '';
    const [got, wanted] = [read.length, expected.length];
    if (got < wanted) {
      say(`Expected to read ${wanted} bytes from client, but got ${got} instead. err=EOF`);
      ended.resolve(2);
      return;
    }
    if (read.slice(0, wanted) !== expected) {
      const [want, have] = [goQuote(expected), goQuote(read.slice(0, wanted))];
      say(`Expect to read ${want}, but got ${have}. err=<nil>`);
      ended.resolve(3);
      return;
    }
    say('Received expected client data');
  }
  const numbers: number[] = [];
  for (const name of ['CHUNKS', 'CHUNK_SIZE', 'CHUNK_INTERVAL']) {
    const value = variable(name);
    if (!/^[-+]?\d+$/.test(value)) {
      const why = `strconv.Atoi: parsing ${goQuote(value)}: invalid syntax`;
      say(`Error parsing ${name} ${goQuote(value)}: ${why}`);
      ended.resolve(1);
      return;
    }
    numbers.push(Number(value));
  }
  const [chunks = 0, size = 0, intervalMs = 0] = numbers;
  for (let i = 0; i < chunks; i++) {
    const error = connection.write('x'.repeat(size));
    if (error !== null) {
      say(`Expected to write ${size} bytes from client, but wrote 0 instead. err=${error}`);
      ended.resolve(4);
      return;
    }
    while (connection.full) yield connection.full;
    if (i + 1 < chunks) yield intervalMs * MICROS_PER_MS;
  }
  say('Shutting down connection');
  connection.finish();
  yield BEFORE_CLOSE_US;
  connection.close();
  say('Done');
  ended.resolve(0);
}
