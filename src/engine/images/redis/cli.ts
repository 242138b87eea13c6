/**
 * redis-cli: sends the command of its arguments, or those of its input line by line.
 *
 * Models: redis 7.4 redis-cli.c. Simplified: no clusters, no statistics, no scan modes.
 */
import type { Proc } from '../../../kernel/process.ts';
import type { Connection, ProcessContext } from '../../node/runtime/program.ts';
import { lookupHost } from '../../node/runtime/resolver.ts';
import { Terminal } from '../../node/runtime/terminal.ts';
import { encodeCommand, error, readReply, type Reply, shown, splitWords } from './resp.ts';

const DEFAULT_PORT = 6_379;
const START_US = 2_000;
const CONNECT_ERRORS = {
  refused: 'Connection refused',
  timeout: 'Connection timed out',
  unreachable: 'No route to host',
  reset: 'Connection reset by peer',
  protocol: 'Connection reset by peer',
} as const;

interface Settings {
  host: string;
  port: number;
  password: string;
  raw: boolean | null;
  words: readonly string[];
}

export function* redisCli(context: ProcessContext): Proc<number> {
  yield* context.work(START_US);
  const settings = readSettings(context);
  if (typeof settings === 'string') {
    context.stderr(`${settings}\n`);
    return 1;
  }
  const onTerminal = context.files[1] instanceof Terminal;
  const full = settings.raw === null ? onTerminal : !settings.raw;
  const connection = yield* open(context, settings);
  if (typeof connection === 'string') {
    const where = `${settings.host}:${settings.port}`;
    context.stderr(`Could not connect to Redis at ${where}: ${connection}\n`);
    return 1;
  }
  if (settings.words.length > 0) {
    const reply = yield* send(connection, settings.words);
    context.stdout(shown(reply, full));
    return reply.type === 'error' ? 1 : 0;
  }
  const prompt = onTerminal ? `${settings.host}:${settings.port}> ` : '';
  for (;;) {
    context.stdout(prompt);
    const line = yield* context.stdin.readLine();
    if (line === null) return 0;
    const words = splitWords(line);
    if (words.length === 0) continue;
    if (/^(quit|exit)$/i.test(words[0] ?? '')) return 0;
    context.stdout(shown(yield* send(connection, words), full));
  }
}

function readSettings(context: ProcessContext): Settings | string {
  const settings: Settings = {
    host: '127.0.0.1',
    port: DEFAULT_PORT,
    password: context.env.get('REDISCLI_AUTH') ?? '',
    raw: null,
    words: [],
  };
  const words = [...context.argv.slice(1)];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-h') settings.host = words.shift() ?? '';
    else if (word === '-p') settings.port = Number(words.shift());
    else if (word === '-a' || word === '--pass') settings.password = words.shift() ?? '';
    else if (word === '-n') words.shift();
    else if (word === '--raw') settings.raw = true;
    else if (word === '--no-raw') settings.raw = false;
    else if (word === '--no-auth-warning') continue;
    else if (word.startsWith('-'))
      return `Unrecognized option or bad number of args for: '${word}'`;
    else {
      settings.words = [word, ...words];
      break;
    }
  }
  return settings;
}

function* open(context: ProcessContext, settings: Settings): Proc<Connection | string> {
  const found = yield* lookupHost(context, settings.host);
  if (typeof found === 'string') return 'Temporary failure in name resolution';
  const connection = yield* context.connect(found[0] ?? '', settings.port);
  if (typeof connection === 'string') return CONNECT_ERRORS[connection];
  if (settings.password === '') return connection;
  const reply = yield* send(connection, ['AUTH', settings.password]);
  if (reply.type === 'error') context.stderr(`AUTH failed: ${reply.text}\n`);
  return connection;
}

function* send(connection: Connection, words: readonly string[]): Proc<Reply> {
  const problem = connection.write(encodeCommand(words));
  const reply = problem === null ? yield* readReply(connection.input) : null;
  return reply ?? error('Server closed the connection');
}
