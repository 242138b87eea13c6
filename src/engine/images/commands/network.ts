/**
 * wget against the Pod's network. Without a network they say what the real tools
 * say when there is none.
 *
 * Models: busybox networking/wget.c.
 * Simplified: HTTP only, IPv4 only, no progress bar.
 */
import type { Proc } from '../../../kernel/process.ts';
import { resolvePath } from '../../node/runtime/file-tree.ts';
import type { HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import { lookupHost } from '../../node/runtime/resolver.ts';
import { readOptions, usage } from './applet.ts';

type Args = readonly string[];

interface Target {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

function parseUrl(text: string): Target | null {
  const match = /^(?:http:\/\/)?([^/:?#]+)(?::(\d+))?([/?][^#]*)?/.exec(text);
  if (!match || /^(https|ftp):/.test(text)) return null;
  const path = match[3] ?? '/';
  return {
    host: match[1] as string,
    port: Number(match[2] ?? 80),
    path: path.startsWith('/') ? path : `/${path}`,
  };
}

/** What a URL without a scheme that is not known gets. */
const MAX_REDIRECTS = 5;

export function* wgetCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'qcSs', 'OTUPYtY', {
    spider: 's',
    quiet: 'q',
    timeout: 'T',
    'post-data': 'Y',
    header: 'P',
  });
  const [url] = operands;
  if (unknown !== undefined || url === undefined)
    return usage(
      context,
      'wget',
      '[-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR] URL...',
      unknown,
    );
  const quiet = flags.has('q');
  let target = parseUrl(url);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    if (!target) {
      context.stderr(`wget: not an http or ftp url: ${url}\n`);
      return 1;
    }
    const answer = yield* fetchOnce(context, target, quiet, flags);
    if (typeof answer === 'number') return answer;
    const location = answer.headers?.['location'] ?? answer.headers?.['Location'];
    if (answer.status >= 300 && answer.status < 400 && location !== undefined) {
      target = location.startsWith('/') ? { ...target, path: location } : parseUrl(location);
      continue;
    }
    if (answer.status >= 400) {
      context.stderr(
        `wget: server returned error: HTTP/1.1 ${answer.status} ${reasonOf(answer.status)}\n`,
      );
      return 1;
    }
    return flags.has('s') ? 0 : save(context, target, answer.body, flags.get('O')?.[0], quiet);
  }
  context.stderr('wget: too many redirections\n');
  return 1;
}

function* fetchOnce(
  context: ProcessContext,
  target: Target,
  quiet: boolean,
  flags: ReadonlyMap<string, readonly string[]>,
): Proc<HttpResponse | number> {
  const addresses = yield* lookupHost(context, target.host);
  if (typeof addresses === 'string') {
    context.stderr(`wget: bad address '${target.host}'\n`);
    return 1;
  }
  const address = addresses[0] ?? '';
  if (!quiet) context.stderr(`Connecting to ${target.host} (${address}:${target.port})\n`);
  const body = flags.get('Y')?.[0] ?? '';
  const headers = {
    Host: target.host,
    'User-Agent': flags.get('U')?.[0] ?? 'Wget',
    Connection: 'close',
  };
  const answer = context.network
    ? yield* context.network.request(address, target.port, {
        method: flags.has('Y') ? 'POST' : 'GET',
        path: target.path,
        headers,
        body,
      })
    : 'unreachable';
  if (typeof answer !== 'string') return answer;
  if (answer === 'timeout' && flags.has('T')) context.stderr('wget: download timed out\n');
  else
    context.stderr(`wget: can't connect to remote host (${address}): ${CONNECT_ERRORS[answer]}\n`);
  return 1;
}

const CONNECT_ERRORS = {
  refused: 'Connection refused',
  timeout: 'Connection timed out',
  unreachable: 'No route to host',
  reset: 'Connection reset by peer',
  protocol: 'Connection reset by peer',
} as const;

function reasonOf(status: number): string {
  const reasons: Readonly<Record<number, string>> = {
    400: 'Bad Request',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'Not Found',
    500: 'Internal Server Error',
    502: 'Bad Gateway',
    503: 'Service Unavailable',
    504: 'Gateway Timeout',
  };
  return reasons[status] ?? '';
}

function save(
  context: ProcessContext,
  target: Target,
  body: string,
  output: string | undefined,
  quiet: boolean,
): number {
  if (output === '-') {
    context.stdout(body);
    return 0;
  }
  const name = output ?? /([^/?]+)(\?.*)?$/.exec(target.path)?.[1] ?? 'index.html';
  const path = resolvePath(context.cwd, name);
  if (output === undefined && context.fs.kind(path) !== null) {
    context.stderr(`wget: can't open '${name}': File exists\n`);
    return 1;
  }
  if (!quiet) context.stderr(`saving to '${name}'\n`);
  const file = context.open(name, 'write');
  if (typeof file === 'string') {
    context.stderr(`wget: can't open '${name}': ${file}\n`);
    return 1;
  }
  file.write(body);
  file.release();
  if (!quiet) context.stderr(`'${name}' saved\n`);
  return 0;
}
