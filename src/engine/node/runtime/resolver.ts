/**
 * Names to addresses, as the C library of a container does it: /etc/hosts, then the servers and the
 * search path of /etc/resolv.conf.
 *
 * Models: glibc getaddrinfo and resolver(5); resolv.conf(5) with ndots, timeout, attempts.
 * Simplified: IPv4 only; nsswitch.conf is not read.
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { DnsAnswer, DnsQuestion, FileSystem, ProcessContext } from './program.ts';

/** resolv.h MAXNS: further servers are not asked. */
const MAX_SERVERS = 3;
/** resolv.conf(5): timeout, attempts and ndots where the file does not say. */
const TIMEOUT_SECONDS = 5;
const ATTEMPTS = 2;
const NDOTS = 1;
/** A chain of names longer than this is a circle. */
const MAX_ALIASES = 8;

export interface ResolverConfig {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
  readonly timeoutUs: number;
  readonly attempts: number;
}

export function resolverConfig(fs: FileSystem): ResolverConfig {
  const servers: string[] = [];
  let search: readonly string[] = [];
  const options = new Map<string, number>();
  for (const line of (fs.read('/etc/resolv.conf') ?? '').split('\n')) {
    const [keyword = '', ...words] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver' && words[0] !== undefined) servers.push(words[0]);
    else if (keyword === 'search' || keyword === 'domain') search = words;
    else if (keyword === 'options') {
      for (const word of words) {
        const [name = '', value = ''] = word.split(':');
        if (/^\d+$/.test(value)) options.set(name, Number(value));
      }
    }
  }
  return {
    servers: servers.slice(0, MAX_SERVERS),
    search,
    ndots: options.get('ndots') ?? NDOTS,
    timeoutUs: (options.get('timeout') ?? TIMEOUT_SECONDS) * MICROS_PER_SECOND,
    attempts: options.get('attempts') ?? ATTEMPTS,
  };
}

/** Full names to ask for, in order, for a name as the user wrote it. */
export function searchNames({ search, ndots }: ResolverConfig, name: string): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = search.map((domain) => `${name}.${domain.replace(/\.$/, '')}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...searched] : [...searched, name];
}

/** Asks the servers in turn; null when none has answered in time. */
export function* ask(
  context: ProcessContext,
  { servers, timeoutUs, attempts }: ResolverConfig,
  question: DnsQuestion,
): Proc<DnsAnswer | null> {
  const { network } = context;
  if (!network) return null;
  for (let attempt = 0; attempt < attempts; attempt++) {
    for (const server of servers) {
      const answer = yield* network.query(server, question, timeoutUs);
      if (typeof answer !== 'string' && answer.code !== 'SERVFAIL') return answer;
    }
  }
  return null;
}

/** What getaddrinfo finds: addresses, no such name, or a failure that may pass. */
export type HostLookup = readonly string[] | 'unknown' | 'unanswered';

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

export function* lookupHost(context: ProcessContext, name: string): Proc<HostLookup> {
  const found = yield* lookupName(context, name);
  return typeof found === 'string' ? found : found.addresses;
}

export interface FoundHost {
  /** The name under which it was found. */
  readonly name: string;
  readonly addresses: readonly string[];
}

export function* lookupName(
  context: ProcessContext,
  name: string,
): Proc<FoundHost | 'unknown' | 'unanswered'> {
  if (IPV4.test(name)) return { name, addresses: [name] };
  const listed = hostsEntry(context.fs, name);
  if (listed !== undefined) return { name, addresses: [listed] };
  const config = resolverConfig(context.fs);
  for (const candidate of searchNames(config, name)) {
    const answer = yield* ask(context, config, { name: candidate, type: 'A' });
    if (answer === null) return 'unanswered';
    const addresses = addressesIn(answer, candidate);
    if (addresses.length > 0) return { name: candidate, addresses };
  }
  return 'unknown';
}

/** Addresses for a name in an answer, behind its aliases. */
export function addressesIn({ records }: DnsAnswer, name: string): readonly string[] {
  let current = name;
  for (let hop = 0; hop < MAX_ALIASES; hop++) {
    const alias = records.find((r) => r.type === 'CNAME' && r.name === current);
    if (!alias) break;
    current = alias.data;
  }
  return records.filter((r) => r.type === 'A' && r.name === current).map((r) => r.data);
}

function hostsEntry(fs: FileSystem, name: string): string | undefined {
  for (const line of (fs.read('/etc/hosts') ?? '').split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address && IPV4.test(address) && names.includes(name)) return address;
  }
  return name === 'localhost' ? '127.0.0.1' : undefined;
}
