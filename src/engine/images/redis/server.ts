/**
 * redis-server: serves its store on a port, and keeps it in a file of its working directory.
 *
 * Models: redis 7.4 (server.c, rdb.c, networking.c) in its lines of log and its replies.
 * Simplified: one database; files have a format of their own; of maxmemory-policy all are noeviction;
 * replication, clusters, scripts and transactions are refused by name.
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import { resolvePath } from '../../node/runtime/file-tree.ts';
import { AddressInUse, type Connection, type ProcessContext } from '../../node/runtime/program.ts';
import { formatTime } from '../commands/date.ts';
import { runCommand } from './commands.ts';
import { readConfig, type RedisConfig, setOption } from './config.ts';
import { bulk, encode, error, list, OK, readCommand, type Reply } from './resp.ts';
import { RedisStore } from './store.ts';

/** Of an image that does not say. */
const DEFAULT_VERSION = '7.4.5';
const START_US = 20_000;
const COMMAND_US = 20;
/** What an empty server holds. */
const BASE_BYTES = 1_100_000;
/** serverCron looks whether it is time to save. */
const CRON_US = MICROS_PER_SECOND;
const REFUSED: readonly string[] = [
  'cluster',
  'eval',
  'evalsha',
  'exec',
  'multi',
  'psync',
  'publish',
  'replicaof',
  'slaveof',
  'subscribe',
  'watch',
  'xadd',
  'zadd',
  'zrange',
];

export function* redisServer(context: ProcessContext): Proc<number> {
  yield* context.work(START_US);
  const args = context.argv.slice(1);
  if (args[0] === '--version' || args[0] === '-v') {
    context.stdout(
      `Redis server v=${versionOf(context)} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n`,
    );
    return 0;
  }
  const config = readConfig(context.fs, args, context.cwd);
  if (typeof config === 'string') {
    context.stderr(`${config}\n`);
    return 1;
  }
  return yield* new Server(context, config).run();
}

function versionOf({ env }: ProcessContext): string {
  return env.get('REDIS_VERSION') ?? DEFAULT_VERSION;
}

class Server {
  readonly #context: ProcessContext;
  readonly #config: RedisConfig;
  readonly #store: RedisStore;
  readonly #ended = new Future<number>();
  #savedAt = 0;

  constructor(context: ProcessContext, config: RedisConfig) {
    this.#context = context;
    this.#config = config;
    this.#store = new RedisStore(() => context.kernel.now);
  }

  *run(): Proc<number> {
    const context = this.#context;
    this.#log('C', '* oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo');
    this.#log(
      'C',
      `* Redis version=${versionOf(context)}, bits=64, pid=${context.pid}, just started`,
    );
    const port = Number(this.#config.get('port'));
    try {
      context.listenTcp(port, (connection) => this.#serve(connection));
    } catch (problem) {
      if (!(problem instanceof AddressInUse)) throw problem;
      const why = `Could not create server TCP listening socket *:${port}: bind: Address in use`;
      this.#log('M', `# Warning: ${why}`);
      this.#log('M', `# Failed listening on port ${port} (tcp), aborting.`);
      return 1;
    }
    this.#log('M', '* Running mode=standalone, port=' + `${port}.`);
    this.#log('M', '* Server initialized');
    this.#load();
    this.#hold();
    this.#savedAt = context.kernel.now;
    this.#log('M', '* Ready to accept connections tcp');
    context.onSignal('SIGTERM', () => this.#shutdown('Received SIGTERM scheduling shutdown...'));
    context.onSignal('SIGINT', () => this.#shutdown('Received SIGINT scheduling shutdown...'));
    return (yield this.#ended) as number;
  }

  #log(role: 'C' | 'M', text: string): void {
    const { kernel, pid } = this.#context;
    const ms = String(Math.floor(kernel.now / 1_000) % 1_000).padStart(3, '0');
    const time = formatTime(`%d %b %Y %H:%M:%S.${ms}`, kernel.nowMs);
    this.#context.stdout(`${pid}:${role} ${time} ${text}\n`);
  }

  get #file(): string {
    const name = this.#config.get(this.#appends ? 'appendfilename' : 'dbfilename') ?? '';
    return resolvePath(this.#config.get('dir') ?? '/', name);
  }

  get #appends(): boolean {
    return this.#config.get('appendonly') === 'yes';
  }

  #load(): void {
    const text = this.#context.fs.read(this.#file);
    if (text === undefined) return;
    if (this.#store.load(text, this.#context.kernel.epochMs)) {
      const keys = this.#store.keys().length;
      this.#log('M', `* Done loading RDB, keys loaded: ${keys}, keys expired: 0.`);
      this.#log('M', '* DB loaded from disk: 0.000 seconds');
      return;
    }
    this.#log('M', '# Fatal error loading the DB, check server logs. Exiting.');
    this.#ended.resolve(1);
  }

  /** Null when it is written. */
  #save(): string | null {
    const path = this.#file;
    const problem = this.#context.fs.write(
      path,
      this.#store.save(this.#context.kernel.epochMs),
      false,
    );
    if (problem === null) {
      this.#savedAt = this.#context.kernel.now;
      return null;
    }
    this.#log('M', `# Failed opening the RDB file ${path} for saving: ${problem}`);
    return problem;
  }

  #shutdown(why: string): void {
    this.#log('M', `* ${why}`);
    this.#log('M', '* User requested shutdown...');
    if (this.#config.get('save') !== '' || this.#appends) {
      this.#log('M', '* Saving the final RDB snapshot before exiting.');
      if (this.#save() === null) this.#log('M', '* DB saved on disk');
    }
    this.#log('M', '# Redis is now ready to exit, bye bye...');
    this.#ended.resolve(0);
  }

  #hold(): void {
    this.#context.setMemory(BASE_BYTES + this.#store.bytes);
  }

  *#serve(connection: Connection): Proc {
    const required = this.#config.get('requirepass') ?? '';
    let allowed = required === '';
    for (;;) {
      const words = yield* readCommand(connection.input);
      if (words === null) return;
      if (words.length === 0) continue;
      yield* this.#context.work(COMMAND_US);
      const name = (words[0] ?? '').toLowerCase();
      let reply: Reply;
      if (name === 'auth') {
        allowed = words.at(-1) === required;
        reply = allowed ? OK : error(WRONG_PASSWORD);
      } else if (!allowed) reply = error('NOAUTH Authentication required.');
      else reply = this.#answer(words);
      connection.write(encode(reply));
      while (connection.full) yield connection.full;
      if (name === 'quit') return;
    }
  }

  #answer(words: readonly string[]): Reply {
    const { kernel } = this.#context;
    const before = this.#store.changes;
    const limit = Number(this.#config.get('maxmemory'));
    if (
      limit > 0 &&
      this.#store.bytes > limit &&
      /^(set|append|[lr]push|sadd|hset|mset)$/i.test(words[0] ?? '')
    ) {
      return error("OOM command not allowed when used memory > 'maxmemory'.");
    }
    const reply = runCommand({ store: this.#store, now: kernel.now }, words);
    if (reply === null) return this.#own(words);
    if (this.#store.changes === before) return reply;
    this.#hold();
    if (this.#appends) this.#save();
    else this.#scheduleSave();
    return reply;
  }

  /** Save points: after so many seconds when so many keys have changed. */
  #scheduleSave(): void {
    const { kernel } = this.#context;
    const numbers = (this.#config.get('save') ?? '').split(/\s+/).map(Number);
    for (let i = 0; i + 1 < numbers.length; i += 2) {
      const us = (numbers[i] ?? 0) * MICROS_PER_SECOND;
      if (this.#store.changes !== (numbers[i + 1] ?? 0)) continue;
      const due = Math.max(CRON_US, this.#savedAt + us - kernel.now);
      kernel.after(due, () => this.#saveInBackground(), { periodic: true });
    }
  }

  #saveInBackground(): void {
    if (this.#ended.settled || this.#store.changes === 0) return;
    this.#log('M', `* ${this.#store.changes} changes. Saving...`);
    if (this.#save() === null) this.#log('M', '* Background saving terminated with success');
  }

  /** Commands about the server itself. */
  #own(words: readonly string[]): Reply {
    const [name = '', ...args] = words;
    switch (name.toLowerCase()) {
      case 'ping':
        return args[0] === undefined ? { type: 'status', text: 'PONG' } : bulk(args[0]);
      case 'quit':
      case 'client':
        return OK;
      case 'select':
        return args[0] === '0' ? OK : error('ERR only database 0 is simulated');
      case 'command':
        return list([]);
      case 'config':
        return this.#configure(args);
      case 'info':
        return bulk(this.#info());
      case 'role':
        return list(['master', '0']);
      case 'save':
      case 'bgsave': {
        const problem = this.#save();
        if (problem !== null) return error(`ERR ${problem}`);
        return name.toLowerCase() === 'save'
          ? OK
          : { type: 'status', text: 'Background saving started' };
      }
      case 'shutdown':
        this.#shutdown('User requested shutdown');
        return OK;
      default:
        return unknown(name, args);
    }
  }

  #configure([what = '', name = '', value = '']: readonly string[]): Reply {
    const key = name.toLowerCase();
    if (what.toLowerCase() === 'get') {
      const found = [...this.#config].filter(([n]) => n === key || name === '*');
      return list(found.flat());
    }
    if (what.toLowerCase() !== 'set') return error(`ERR unknown subcommand '${what}'.`);
    const problem = setOption(this.#config, key, value);
    return problem === null ? OK : error(`ERR CONFIG SET failed - ${problem}`);
  }

  #info(): string {
    const { kernel, pid } = this.#context;
    const keys = this.#store.keys().length;
    return [
      '# Server',
      `redis_version:${versionOf(this.#context)}`,
      'redis_mode:standalone',
      `process_id:${pid}`,
      `tcp_port:${this.#config.get('port')}`,
      `uptime_in_seconds:${Math.floor(kernel.now / MICROS_PER_SECOND)}`,
      '# Memory',
      `used_memory:${BASE_BYTES + this.#store.bytes}`,
      `maxmemory:${this.#config.get('maxmemory')}`,
      `maxmemory_policy:${this.#config.get('maxmemory-policy')}`,
      '# Replication',
      'role:master',
      'connected_slaves:0',
      '# Keyspace',
      ...(keys > 0 ? [`db0:keys=${keys},expires=0,avg_ttl=0`] : []),
      '',
    ].join('\r\n');
  }
}

const WRONG_PASSWORD = 'WRONGPASS invalid username-password pair or user is disabled.';

function unknown(name: string, args: readonly string[]): Reply {
  if (REFUSED.includes(name.toLowerCase())) return error(`ERR ${name} is not simulated`);
  const shown = args.map((arg) => `'${arg}' `).join('');
  return error(`ERR unknown command '${name}', with args beginning with: ${shown}`);
}
