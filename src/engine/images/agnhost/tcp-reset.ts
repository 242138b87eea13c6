/**
 * `agnhost tcp-reset`: reads one byte of each connection and resets it.
 *
 * Models: test/images/agnhost/tcp-reset/tcp-reset.go (v1.36)
 */
import type { Proc } from '../../../kernel/process.ts';
import type { Connection, ProcessContext } from '../../node/runtime/program.ts';
import { bound, fail, log, numberFlag, waitForEnd } from './program.ts';

export function* tcpReset(context: ProcessContext, args: readonly string[]): Proc<number> {
  const port = numberFlag(args, 'port', 8_080);
  const problem = bound('tcp', port, () => {
    context.listenTcp(port, (connection) => refuse(context, connection));
  });
  if (problem !== null) return fail(context, `Error from net.Listen(): ${problem}`);
  log(context, `Serving on port ${port}.`);
  yield* waitForEnd(context, 0);
  log(context, 'Shutting down after receiving signal: terminated.');
  log(context, 'Awaiting pod deletion.');
  return 0;
}

/** Closing while more is unread is what resets it. */
function* refuse(context: ProcessContext, connection: Connection): Proc {
  yield* connection.input.readChunk();
  connection.close();
  log(context, `TCP request from ${connection.remoteAddress}:${connection.remotePort}`);
}
