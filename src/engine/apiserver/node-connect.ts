/**
 * Requests that the API server passes on to the kubelet of a node, and what comes back of them.
 *
 * Models: k8s.io/apiserver pkg/registry/generic/rest streamer.go, response_checker.go;
 *         k8s.io/apimachinery pkg/util/proxy upgradeaware.go; k8s.io/apiserver pkg/util/proxy
 *         streamtranslator.go (v1.36)
 */
import { bytesOfText } from '../../api/meta/byte-text.ts';
import type { KubeletConnect, NodeConnect } from '../../api/meta/define-kind.ts';
import type {
  NodeAnswer,
  NodeSession,
  StreamOutput,
  StreamStatus,
  Upgrade,
} from '../../api/meta/node-dial.ts';
import { badRequest, failure, noSuchResource } from '../../api/meta/status.ts';
import { decodeUtf8 } from '../../api/meta/utf8.ts';
import type { Call, SessionAnswer, StreamAnswer, TextAnswer } from './call.ts';
import { toSlash } from './proxy.ts';
import { ByteStream } from './rest/stream.ts';
import type { ApiServer } from './server.ts';

/** The first protocol of remote commands that can end one direction alone. */
const FIFTH = 'v5.channel.k8s.io';

export function connectToNode(
  server: ApiServer,
  call: Call,
  connect: NodeConnect,
  upgrades = false,
): TextAnswer | StreamAnswer | SessionAnswer {
  const { dial, refused, unreachable } = connect;
  const { upgrade } = call;
  if (upgrades && !upgrade) throw badRequest('Upgrade request required');
  const answer = server.dial(upgrade ? { ...dial, upgrade } : dial);
  if (connect.translated !== undefined && asksForFifth(upgrade)) {
    return translated(answer, connect.translated);
  }
  if (!answer) throw unreachable;
  const { code, session, text, type } = answer;
  if (session) return { code: 101, session };
  if (code >= 400 && refused) throw refused(code, text);
  return answer.follow ? followed(answer) : { code, text, ...typed(type) };
}

/** The proxy of a node: the kubelet's answer, whatever it is. */
export function connectToKubelet(
  server: ApiServer,
  { forward, query = {}, upgrade }: Call,
  { kubelet: { host, node } }: KubeletConnect,
): TextAnswer | StreamAnswer | SessionAnswer {
  if (!forward) throw noSuchResource();
  const redirected = toSlash(forward);
  if (redirected) return redirected;
  const pairs = Object.entries(query).map(([name, [first = '']]) => [name, first] as const);
  const answer = server.dial({
    node,
    path: decodedPath(forward.path === '' ? '/' : forward.path),
    query: Object.fromEntries(pairs),
    ...(query['command'] ? { command: query['command'] } : {}),
    ...(upgrade ? { upgrade } : {}),
  });
  if (!answer) {
    const why = `dial tcp ${host}: connect: connection refused`;
    throw failure(503, 'ServiceUnavailable', `error trying to reach service: ${why}`);
  }
  const { code, session, text, type } = answer;
  if (session) return { code: 101, session };
  return answer.follow ? followed(answer) : { code, text, ...typed(type) };
}

function decodedPath(path: string): string {
  return decodeUtf8(bytesOfText(path.replace(/%([0-9a-fA-F]{2})/g, escapedByte)));
}

/** The byte as text keeps it (api/meta/byte-text.ts), until all of them are read together. */
function escapedByte(_: string, hex: string): string {
  const byte = Number.parseInt(hex, 16);
  return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 | byte);
}

function typed(type: string | undefined): Pick<TextAnswer, 'headers'> {
  return type === undefined ? {} : { headers: { 'content-type': type } };
}

function followed({ code, follow, text }: NodeAnswer): StreamAnswer {
  let stop = (): void => undefined;
  const stream = new ByteStream(() => stop());
  if (text !== '') stream.write(bytesOfText(text));
  if (follow) {
    stop = follow(
      (more) => stream.write(bytesOfText(more)),
      () => stream.end(),
    );
  }
  return { code, stream, type: 'text/plain' };
}

function asksForFifth(upgrade: Upgrade | undefined): boolean {
  return upgrade?.to === 'websocket' && upgrade.protocols.includes(FIFTH);
}

/** The client's connection stands before the kubelet has been asked: refusals come through it. */
function translated(answer: NodeAnswer | null, unreachable: string): SessionAnswer {
  if (answer?.session) return { code: 101, session: answer.session };
  const message = answer ? `unable to upgrade connection: ${answer.text}` : unreachable;
  return { code: 101, session: new RefusedSession(message) };
}

/** A connection that ends as soon as it is there. */
class RefusedSession implements NodeSession {
  readonly kind = 'exec';
  readonly streams = { stdin: false, stdout: true, stderr: true, tty: false };
  readonly ports = [];
  readonly ended = true;
  readonly backlog = 0;
  readonly #message: string;

  constructor(message: string) {
    this.#message = message;
  }

  send(): void {}

  listen(listener: (output: StreamOutput) => void): void {
    const status: StreamStatus = {
      metadata: {},
      status: 'Failure',
      message: this.#message,
      reason: 'InternalError',
      code: 500,
    };
    listener({ type: 'status', status });
  }
}
