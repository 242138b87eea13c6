/**
 * nslookup: asks a DNS server and prints what it says.
 *
 * Models: busybox networking/nslookup.c, the larger variant (1.29 and later): names without a dot
 * are tried with every search domain, others as they are; and its predecessor of 1.28, which resolves
 * a name along the search path as programs do.
 * Simplified: one server is asked, one question at a time; replies are printed in the order of the
 * questions. What 1.28 found is printed as the larger variant does.
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type {
  DnsAnswer,
  DnsQuestion,
  DnsRecord,
  ProcessContext,
} from '../../node/runtime/program.ts';
import {
  addressesIn,
  lookupHost,
  resolverConfig,
  searchNames,
} from '../../node/runtime/resolver.ts';
import { readOptions, usage } from './applet.ts';

type Args = readonly string[];

/** nslookup.c default_timeout. */
const TIMEOUT_US = 5 * MICROS_PER_SECOND;
const UNANSWERED = ';; connection timed out; no servers could be reached\n\n';
const USAGE = '[-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]';

const TYPES: Readonly<Record<string, DnsQuestion['type']>> = {
  a: 'A',
  aaaa: 'AAAA',
  cname: 'CNAME',
  ptr: 'PTR',
  srv: 'SRV',
  txt: 'TXT',
};

interface Request {
  readonly name: string;
  readonly server: string;
  readonly types: readonly DnsQuestion['type'][];
}

export function nslookupCommand(context: ProcessContext, args: Args): Proc<number> {
  return nslookup(context, args, askAll);
}

/** The one of busybox 1.28. */
export function nslookup128Command(context: ProcessContext, args: Args): Proc<number> {
  return nslookup(context, args, askAlongSearchPath);
}

function* nslookup(
  context: ProcessContext,
  args: Args,
  run: (context: ProcessContext, request: Request) => Proc<number>,
): Proc<number> {
  const typed = args.map((arg) => /^-(?:type|query|querytype|q|t)=(.*)$/.exec(arg)?.[1]);
  const asked = typed.filter((type) => type !== undefined);
  const { operands, unknown } = readOptions(
    args.filter((arg, i) => typed[i] === undefined && arg !== '-debug'),
    '',
  );
  const [name, given] = operands;
  if (unknown !== undefined || name === undefined)
    return usage(context, 'nslookup', USAGE, unknown);
  const types = asked.map((type) => TYPES[type.toLowerCase()]);
  const strange = types.indexOf(undefined);
  if (strange >= 0) {
    context.stderr(`nslookup: invalid query type "${asked[strange]}"\n`);
    return 1;
  }
  const server = yield* serverAddress(context, given);
  if (server === null) return 1;
  const known = types.filter((type) => type !== undefined);
  return yield* run(context, { name, server, types: known });
}

/** Null when its name is not known; the message has been printed. */
function* serverAddress(context: ProcessContext, given: string | undefined): Proc<string | null> {
  if (given === undefined) return resolverConfig(context.fs).servers[0] ?? '127.0.0.1';
  const addresses = yield* lookupHost(context, given);
  if (typeof addresses !== 'string') return addresses[0] ?? null;
  context.stderr(`nslookup: bad address '${given}'\n`);
  return null;
}

function questionsOf(name: string, types: Request['types']): readonly DnsQuestion[] {
  const address = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(name);
  if (address) {
    const reversed = address.slice(1).reverse().join('.');
    return [{ name: `${reversed}.in-addr.arpa`, type: 'PTR' }];
  }
  const full = name.replace(/\.$/, '');
  return (types.length > 0 ? types : ADDRESSES).map((type) => ({ name: full, type }));
}

/** Empty for AAAA, which is the quicker answer. */
const ADDRESSES = ['AAAA', 'A'] as const;

function* askAll(context: ProcessContext, { name, server, types }: Request): Proc<number> {
  const { search } = resolverConfig(context.fs);
  const names =
    name.includes('.') || search.length === 0 ? [name] : search.map((d) => `${name}.${d}`);
  const questions = names.flatMap((n) => questionsOf(n, types));
  return yield* askEach(context, server, questions);
}

/**
 * The first name of the search path that has an address; if none has, what the name itself got, or
 * the first one where the name is no more than a host's.
 */
function* askAlongSearchPath(context: ProcessContext, request: Request): Proc<number> {
  const { name, server, types } = request;
  const names = searchNames(resolverConfig(context.fs), name);
  let chosen = name.includes('.') ? name : (names[0] ?? name);
  if (types.length === 0 && !/^[\d.]+$/.test(name)) {
    for (const candidate of names) {
      const answer = yield* query(context, server, { name: candidate, type: 'A' });
      if (answer === null || addressesIn(answer, candidate).length === 0) continue;
      chosen = candidate;
      break;
    }
  } else if (/^[\d.]+$/.test(name)) {
    chosen = name;
  }
  return yield* askEach(context, server, questionsOf(chosen, types));
}

function* askEach(
  context: ProcessContext,
  server: string,
  questions: readonly DnsQuestion[],
): Proc<number> {
  let failed = false;
  let begun = false;
  for (const question of questions) {
    const answer = yield* query(context, server, question);
    if (answer === null) {
      context.stderr(UNANSWERED);
      return 1;
    }
    if (!begun) context.stdout(`Server:\t\t${server}\nAddress:\t${server}:53\n\n`);
    begun = true;
    if (answer.code !== 'NOERROR') failed = true;
    context.stdout(`${replyText(question, answer)}\n`);
  }
  return failed ? 1 : 0;
}

function* query(
  context: ProcessContext,
  server: string,
  question: DnsQuestion,
): Proc<DnsAnswer | null> {
  const { network } = context;
  if (!network) {
    yield context.rest(TIMEOUT_US);
    return null;
  }
  const answer = yield* network.query(server, question, TIMEOUT_US);
  return typeof answer === 'string' ? null : answer;
}

function replyText({ name }: DnsQuestion, { code, records }: DnsAnswer): string {
  if (code !== 'NOERROR') return `** server can't find ${name}: ${code}\n`;
  return records.map(recordText).join('');
}

function recordText({ name, type, data }: DnsRecord): string {
  switch (type) {
    case 'A':
    case 'AAAA':
      return `Name:\t${name}\nAddress: ${data}\n`;
    case 'CNAME':
      return `${name}\tcanonical name = ${data}\n`;
    case 'PTR':
      return `${name}\tname = ${data}\n`;
    case 'SRV':
      return `${name}\tservice = ${data}\n`;
    case 'TXT':
      return `${name}\ttext = "${data}"\n`;
  }
}
