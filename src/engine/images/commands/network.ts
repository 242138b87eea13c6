/**
 * nslookup, wget and nc against the Pod's network. Without a network they say what the real tools
 * say when there is none.
 *
 * Models: busybox networking/nslookup.c (the larger variant), wget.c, nc.c; resolv.conf(5).
 * Simplified: HTTP only, IPv4 only, no progress bar.
 */
import type { Proc } from '../../../kernel/process.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import { resolvePath } from '../../node/runtime/file-tree.ts';
import type { HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import { compareText } from '../../node/runtime/text.ts';
import { readOptions, usage } from './applet.ts';

type Args = readonly string[];

interface ResolverConfig {
  readonly nameserver: string | undefined;
  readonly search: readonly string[];
  readonly ndots: number;
}

/** What /etc/resolv.conf says; the network knows the server when the file does not. */
function resolverConfig(context: ProcessContext): ResolverConfig {
  const text = context.fs.read('/etc/resolv.conf') ?? '';
  const search = /^search\s+(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
  return {
    nameserver: /^nameserver\s+(\S+)/m.exec(text)?.[1] ?? context.network?.nameserver,
    search,
    ndots: Number(/ndots:(\d+)/.exec(text)?.[1] ?? 1),
  };
}

/** resolv.conf's default: 5 s, twice. */
const DNS_TIMEOUT_US = 10 * MICROS_PER_SECOND;

type Lookup = readonly string[] | null | 'timeout' | 'none';

/**
 * Addresses of a host as getaddrinfo finds them: literal, /etc/hosts, then DNS along the search
 * path.
 */
export function* resolveHost(context: ProcessContext, name: string): Proc<Lookup> {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return [name];
  if (name === 'localhost') return ['127.0.0.1'];
  const hosts = context.fs.read('/etc/hosts') ?? '';
  for (const line of hosts.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address && !address.includes(':') && names.includes(name)) return [address];
  }
  const resolve = context.network?.resolve;
  if (!resolve) return 'none';
  const { search, ndots } = resolverConfig(context);
  const absolute = name.endsWith('.');
  const full = absolute ? name.slice(0, -1) : name;
  const searched = absolute ? [] : search.map((domain) => `${full}.${domain}`);
  const dots = full.split('.').length - 1;
  for (const candidate of dots >= ndots ? [full, ...searched] : [...searched, full]) {
    const addresses = yield* resolve(candidate);
    if (addresses && addresses.length > 0) return addresses;
  }
  return null;
}

export function* nslookupCommand(context: ProcessContext, args: Args): Proc<number> {
  const { operands, unknown } = readOptions(
    args.filter((arg) => !/^-(type|query|querytype)=/.test(arg)),
    '',
  );
  const [name, server] = operands;
  if (unknown !== undefined || name === undefined)
    return usage(context, 'nslookup', '[-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]', unknown);
  const config = resolverConfig(context);
  const nameserver = server ?? config.nameserver;
  const resolve = context.network?.resolve;
  if (!resolve || nameserver === undefined) {
    if (nameserver !== undefined) yield context.rest(DNS_TIMEOUT_US);
    context.stderr(';; connection timed out; no servers could be reached\n\n');
    return 1;
  }
  context.stdout(`Server:\t\t${nameserver}\nAddress:\t${nameserver}:53\n\n`);
  const candidates =
    name.includes('.') || config.search.length === 0
      ? [name.replace(/\.$/, '')]
      : config.search.map((domain) => `${name}.${domain}`);
  let failed = false;
  for (const candidate of candidates) {
    const addresses = yield* resolve(candidate);
    if (addresses && addresses.length > 0) {
      const lines = [...addresses]
        .sort(compareText)
        .map((address) => `Name:\t${candidate}\nAddress: ${address}\n`);
      // The answer for AAAA is empty; the one for A follows it.
      context.stdout(`\n${lines.join('')}\n`);
      continue;
    }
    failed = true;
    // One refusal for A, one for AAAA.
    context.stdout(`** server can't find ${candidate}: NXDOMAIN\n\n`.repeat(2));
  }
  return failed ? 1 : 0;
}

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
  const addresses = yield* resolveHost(context, target.host);
  if (!Array.isArray(addresses)) {
    context.stderr(`wget: bad address '${target.host}'\n`);
    return 1;
  }
  const address = addresses[0] as string;
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
  unreachable: 'Network is unreachable',
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

/**
 * nc -z and plain nc: whether a port answers. Data is HTTP requests only, so there is none to send.
 */
export function* ncCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'zvnlu', 'wpie');
  const [host, portText] = operands;
  if (unknown !== undefined || host === undefined || portText === undefined || flags.has('l')) {
    return usage(
      context,
      'nc',
      '[-iN] [-wN] [-l] [-p PORT] [-f FILE|IPADDR PORT] [-e PROG]',
      unknown,
    );
  }
  const addresses = yield* resolveHost(context, host);
  if (!Array.isArray(addresses)) {
    context.stderr(`nc: bad address '${host}'\n`);
    return 1;
  }
  const address = addresses[0] as string;
  const port = Number(portText);
  const probe = { method: 'GET', path: '/', headers: { Host: host }, body: '' };
  const answer = context.network
    ? yield* context.network.request(address, port, probe)
    : 'unreachable';
  if (typeof answer === 'string') {
    context.stderr(`nc: ${host} (${address}:${port}): ${CONNECT_ERRORS[answer]}\n`);
    return 1;
  }
  if (flags.has('v')) context.stderr(`${host} (${address}:${port}) open\n`);
  return 0;
}
