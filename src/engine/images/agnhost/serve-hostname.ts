/**
 * `agnhost serve-hostname`: tells its name by HTTP, TCP or UDP, and takes its time to end.
 *
 * Models: test/images/agnhost/serve-hostname/serve_hostname.go (v1.36)
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { HttpRequest, HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import { bound, fail, hasFlag, listen, log, numberFlag, text, waitForEnd } from './program.ts';

const DEFAULT_PORT = 9_376;
/** After the signal it waits for its Pod's deletion. */
const LINGER_US = 60 * MICROS_PER_SECOND;

export function* serveHostname(context: ProcessContext, args: readonly string[]): Proc<number> {
  const port = numberFlag(args, 'port', DEFAULT_PORT);
  const tcp = hasFlag(args, 'tcp');
  const udp = hasFlag(args, 'udp');
  const http = hasFlag(args, 'http', true);
  if (http && (tcp || udp)) {
    return fail(context, "Can't server TCP/UDP mode and HTTP mode at the same time");
  }
  if (tcp) {
    const problem = bound('tcp', port, () => serveTcp(context, port));
    if (problem !== null) return fail(context, `Error from net.Listen(): ${problem}`);
  }
  if (udp) {
    const problem = bound('udp', port, () => serveUdp(context, port));
    if (problem !== null) return fail(context, `Error from ListenUDP(): ${problem}`);
  }
  if (http) {
    const closes = hasFlag(args, 'close');
    const problem = listen(context, port, (request) => answer(context, request, closes));
    if (problem !== null) return fail(context, problem);
  }
  log(context, `Serving on port ${port}.`);
  yield* waitForEnd(context, 0);
  log(context, 'Shutting down after receiving signal: terminated.');
  log(context, 'Awaiting pod deletion.');
  yield LINGER_US;
  return 0;
}

function answer(context: ProcessContext, request: HttpRequest, closes: boolean): HttpResponse {
  log(context, `HTTP request from ${request.remoteAddress ?? ''}:${request.remotePort ?? 0}`);
  const response = text(200, context.hostname);
  if (!closes) return response;
  return { ...response, headers: { ...response.headers, Connection: 'close' } };
}

function serveTcp(context: ProcessContext, port: number): void {
  context.listenTcp(port, (connection) => {
    const { remoteAddress, remotePort } = connection;
    log(context, `TCP request from ${remoteAddress}:${remotePort}`);
    connection.write(context.hostname);
    connection.close();
    return undefined;
  });
}

function serveUdp(context: ProcessContext, port: number): void {
  const socket = context.openUdp(port, ({ remoteAddress, remotePort }) => {
    log(context, `UDP request from ${remoteAddress}:${remotePort}`);
    socket.sendTo(remoteAddress, remotePort, context.hostname);
  });
}
