/**
 * dig: asks a DNS server and prints its answer as records.
 *
 * Models: BIND 9.18 dig: +short, +noall, +answer, +search, +tcp, -t, -x, @server.
 * Simplified: of the header only its status and counts; +tcp asks as +notcp does.
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { DnsAnswer, DnsQuestion, ProcessContext } from '../../node/runtime/program.ts';
import {
  ask,
  resolverConfig,
  type ResolverConfig,
  searchNames,
} from '../../node/runtime/resolver.ts';

const START_US = 3_000;
const TYPES: readonly string[] = ['A', 'AAAA', 'SRV', 'PTR', 'TXT', 'CNAME'];
const VERSION = '9.18.33';
/** What dig answers when no server has. */
const NO_SERVER = 9;
const DEFAULT_TIMEOUT_SECONDS = 5;
const DEFAULT_TRIES = 3;

interface Query {
  readonly question: DnsQuestion;
  readonly config: ResolverConfig;
  readonly switches: ReadonlyMap<string, boolean>;
}

export function* dig(context: ProcessContext): Proc<number> {
  yield* context.work(START_US);
  const query = readQuery(context);
  if (typeof query === 'string') {
    context.stderr(query);
    return 1;
  }
  const { config, question, switches } = query;
  const names = switches.get('search') ? searchNames(config, question.name) : [bare(question.name)];
  let answer: DnsAnswer | null = null;
  let asked = question;
  for (const name of names) {
    asked = { ...question, name };
    answer = yield* ask(context, config, asked);
    if (answer === null || answer.records.length > 0 || answer.code === 'NOERROR') break;
  }
  if (answer === null) {
    const server = config.servers[0] ?? '127.0.0.1';
    context.stdout(`;; communications error to ${server}#53: timed out\n`);
    context.stdout(';; no servers could be reached\n');
    return NO_SERVER;
  }
  context.stdout(shown(context, query, asked, answer));
  return 0;
}

function bare(name: string): string {
  return name.replace(/\.$/, '');
}

function readQuery(context: ProcessContext): Query | string {
  const base = resolverConfig(context.fs);
  const switches = new Map<string, boolean>();
  let servers = base.servers;
  let type: string | null = null;
  let name: string | null = null;
  let seconds = DEFAULT_TIMEOUT_SECONDS;
  let attempts = DEFAULT_TRIES;
  const words = [...context.argv.slice(1)];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word.startsWith('@')) servers = [word.slice(1)];
    else if (word.startsWith('+')) {
      const [option = '', value] = word.slice(1).split('=', 2);
      if (option === 'time' || option === 'timeout') seconds = Number(value);
      else if (option === 'tries') attempts = Number(value);
      else if (option === 'retry') attempts = Number(value) + 1;
      else if (option.startsWith('no')) switches.set(option.slice(2), false);
      else switches.set(option, true);
    } else if (word === '-t') type = (words.shift() ?? '').toUpperCase();
    else if (word === '-x') {
      name = `${(words.shift() ?? '').split('.').reverse().join('.')}.in-addr.arpa`;
      type = 'PTR';
    } else if (word === '-p' || word === '-b' || word === '-c') words.shift();
    else if (/^-[46]$/.test(word)) continue;
    else if (word.startsWith('-')) return `Invalid option: ${word}\n`;
    else if (TYPES.includes(word.toUpperCase()) && name !== null) type = word.toUpperCase();
    else if (word.toUpperCase() === 'IN') continue;
    else if (name === null && TYPES.includes(word.toUpperCase()) && words.length > 0) {
      type = word.toUpperCase();
    } else name = word;
  }
  const wanted = type ?? 'A';
  if (!TYPES.includes(wanted)) return `;; Warning, records of type ${wanted} are not simulated\n`;
  if (name === null) return ';; a name to ask for is needed: the root zone is not simulated\n';
  const config = { ...base, servers, attempts, timeoutUs: seconds * MICROS_PER_SECOND };
  return { question: { name, type: wanted as DnsQuestion['type'] }, config, switches };
}

function shown(
  context: ProcessContext,
  { config, switches }: Query,
  asked: DnsQuestion,
  { code, records }: DnsAnswer,
): string {
  if (switches.get('short')) return records.map((r) => `${dataOf(r)}\n`).join('');
  const lines = records.map((r) => `${r.name}.\t\t${r.ttl}\tIN\t${r.type}\t${dataOf(r)}\n`);
  const none = switches.get('all') === false;
  const has = (part: string): boolean => switches.get(part) ?? !none;
  let text = '';
  if (has('comments')) {
    text += `\n; <<>> DiG ${VERSION} <<>> ${context.argv.slice(1).join(' ')}\n`;
    text += ';; global options: +cmd\n;; Got answer:\n';
    text += `;; ->>HEADER<<- opcode: QUERY, status: ${code}, id: ${context.pid}\n`;
    text += `;; flags: qr aa rd; QUERY: 1, ANSWER: ${records.length}, AUTHORITY: 0, ADDITIONAL: 1\n\n`;
  }
  if (has('question')) text += `;; QUESTION SECTION:\n;${asked.name}.\t\tIN\t${asked.type}\n\n`;
  if (has('answer') && lines.length > 0) {
    const title = has('comments') ? ';; ANSWER SECTION:\n' : '';
    text += `${title}${lines.join('')}${has('comments') ? '\n' : ''}`;
  }
  if (has('stats')) {
    const server = config.servers[0] ?? '127.0.0.1';
    text += `;; Query time: 0 msec\n;; SERVER: ${server}#53(${server}) (UDP)\n\n`;
  }
  return text;
}

/** Names in records end with a dot. */
function dataOf({ data, type }: { readonly data: string; readonly type: string }): string {
  const isName = type === 'CNAME' || type === 'PTR' || type === 'SRV';
  if (type === 'TXT') return `"${data}"`;
  return isName && !data.endsWith('.') ? `${data}.` : data;
}
