/**
 * `agnhost porter`: serves the values of variables named SERVE_PORT_n, SERVE_TCP_PORT_n,
 * SERVE_UDP_PORT_n and SERVE_TLS_PORT_n on the ports that their names tell.
 *
 * Models: test/images/agnhost/porter/porter.go (v1.36)
 * Simplified: certificates are not read; SERVE_SCTP_PORT_n is refused by name.
 */
import { goJson, goQuote } from '../../../api/meta/go-text.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import { bound, fail, hasFlag, listen, log, text, waitForEnd } from './program.ts';

const NAME = /^SERVE_(?:(TCP|UDP|SCTP|TLS)_)?PORT_(.*)$/s;

export function* porter(context: ProcessContext, args: readonly string[]): Proc<number> {
  const json = hasFlag(args, 'json-response');
  for (const [name, value] of context.env) {
    const match = NAME.exec(name);
    if (!match) continue;
    const [, protocol = 'TCP', port = ''] = match;
    if (protocol === 'SCTP') {
      return fail(context, 'Failed to listen SCTP. error: SCTP is not simulated');
    }
    if (protocol === 'UDP') {
      const problem = bound('udp', Number(port), () => serveUdp(context, Number(port), value));
      if (problem === null) continue;
      return fail(context, `UDP: failed to listen on port ${port}: ${problem}`);
    }
    serveHttp(context, port, value, json, protocol === 'TLS');
  }
  return yield* waitForEnd(context);
}

function serveHttp(
  context: ProcessContext,
  port: string,
  value: string,
  json: boolean,
  tls: boolean,
): void {
  const serve = ({ method }: { readonly method: string }): HttpResponse => {
    if (!json) return text(200, value);
    const headers = { 'Content-Type': 'application/json' };
    return { status: 200, headers, body: goJson({ Method: method, Body: value }) };
  };
  const problem = listen(context, Number(port), serve, { tls });
  if (problem !== null) log(context, `server on port ${goQuote(port)} failed: ${problem}`);
}

function serveUdp(context: ProcessContext, port: number, value: string): void {
  const socket = context.openUdp(port, ({ remoteAddress, remotePort }) => {
    socket.sendTo(remoteAddress, remotePort, value);
  });
  log(context, `Started UDP server on port ${port}`);
}
