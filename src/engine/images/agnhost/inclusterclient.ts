/**
 * `agnhost inclusterclient`: asks the API server for its health again and again, and tells a hash of
 * the token it used.
 *
 * Models: test/images/agnhost/inclusterclient/main.go (v1.36); client-go's in-cluster configuration
 */
import { encodeBase64Bytes } from '../../../api/meta/utf8.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { bytesOfText } from '../../../api/meta/byte-text.ts';
import { sha256Hex } from '../commands/hash.ts';
import { fetch, GoError } from '../tools/http-client.ts';
import { endOf, fail, log, numberFlag, pauseUnless } from './program.ts';

export const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const TIMEOUT_US = 30 * MICROS_PER_SECOND;
const PLACE = 'main.go:60';

export function* inClusterClient(context: ProcessContext, args: readonly string[]): Proc<number> {
  log(context, 'started', PLACE);
  const host = context.env.get('KUBERNETES_SERVICE_HOST') ?? '';
  const port = context.env.get('KUBERNETES_SERVICE_PORT') ?? '';
  if (host === '' || port === '') {
    const why =
      'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and ' +
      'KUBERNETES_SERVICE_PORT must be defined';
    return fail(context, `err: ${why}`);
  }
  if (context.fs.read(TOKEN_FILE) === undefined) {
    return fail(context, `err: open ${TOKEN_FILE}: no such file or directory`);
  }
  const ended = endOf(context);
  const seconds = numberFlag(args, 'poll-interval', 30);
  while (!(yield* pauseUnless(context, seconds, ended))) {
    log(context, 'calling /healthz', PLACE);
    const authorization = `Bearer ${(context.fs.read(TOKEN_FILE) ?? '').trim()}`;
    log(context, `authz_header=${tokenHash(authorization)}`, PLACE);
    const problem = yield* ask(context, host, Number(port), authorization);
    if (problem === null) continue;
    log(context, 'status=failed', PLACE);
    log(context, `error checking /healthz: ${problem}`, PLACE);
  }
  return (yield ended) as number;
}

function* ask(
  context: ProcessContext,
  host: string,
  port: number,
  authorization: string,
): Proc<string | null> {
  const request = { host, port, path: 'healthz', tls: true, timeoutUs: TIMEOUT_US };
  try {
    const headers = { Authorization: authorization };
    const { status, body } = yield* fetch(context, { ...request, headers });
    return status < 300 ? null : `the server answered ${status}\n${body}`;
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    return error.message;
  }
}

/** base64.RawURLEncoding of the SHA-256 of a salted text. */
function tokenHash(authorization: string): string {
  const hex = sha256Hex(bytesOfText(`salt|${authorization}`));
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return encodeBase64Bytes(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
