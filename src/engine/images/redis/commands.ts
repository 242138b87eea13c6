/**
 * The commands of redis that are simulated, one function each, on a store.
 *
 * Models: redis 7.4 t_string.c, t_list.c, t_set.c, t_hash.c, db.c, expire.c and their error texts.
 */
import { bulk, error, integer, list, NIL, OK, type Reply } from './resp.ts';
import type { RedisStore, Value } from './store.ts';

export interface CommandContext {
  readonly store: RedisStore;
  readonly now: number;
}

type Run = (context: CommandContext, args: readonly string[]) => Reply;

/** |least| arguments, and |most|: Infinity for any number. */
interface Command {
  readonly least: number;
  readonly most: number;
  readonly run: Run;
}

const US_PER_MS = 1_000;
const US_PER_SECOND = 1_000_000;
const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value';
const NOT_AN_INTEGER = 'ERR value is not an integer or out of range';
const SYNTAX = 'ERR syntax error';

/** Null: it is not among these. */
export function runCommand(context: CommandContext, words: readonly string[]): Reply | null {
  const [name = '', ...args] = words;
  const key = name.toLowerCase();
  const command = Object.hasOwn(COMMANDS, key) ? COMMANDS[key] : undefined;
  if (!command) return null;
  if (args.length < command.least || args.length > command.most) {
    return error(`ERR wrong number of arguments for '${key}' command`);
  }
  try {
    return command.run(context, args);
  } catch (problem) {
    if (!(problem instanceof CommandError)) throw problem;
    return error(problem.message);
  }
}

class CommandError extends Error {
  override readonly name = 'CommandError';
}

function typed<T extends Value['type']>(
  { store }: CommandContext,
  key: string,
  type: T,
): Extract<Value, { readonly type: T }> | undefined {
  const value = store.get(key);
  if (value === undefined) return undefined;
  if (value.type !== type) throw new CommandError(WRONG_TYPE);
  return value as Extract<Value, { readonly type: T }>;
}

function whole(text: string): number {
  const value = Number(text);
  if (!/^[-+]?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new CommandError(NOT_AN_INTEGER);
  }
  return value;
}

function set(context: CommandContext, [key = '', text = '', ...options]: readonly string[]): Reply {
  const { now, store } = context;
  let expiresAt: number | null = null;
  const words = options.map((o) => o.toUpperCase());
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === 'NX' || word === 'XX') {
      if ((store.get(key) !== undefined) === (word === 'NX')) return NIL;
    } else if (word === 'EX' || word === 'PX') {
      const amount = whole(options[++i] ?? '');
      if (amount <= 0) return error("ERR invalid expire time in 'set' command");
      expiresAt = now + amount * (word === 'EX' ? US_PER_SECOND : US_PER_MS);
    } else if (word === 'KEEPTTL') expiresAt = store.expiresAt(key) ?? null;
    else return error(SYNTAX);
  }
  store.set(key, { type: 'string', text }, expiresAt);
  return OK;
}

function get(context: CommandContext, [key = '']: readonly string[]): Reply {
  const value = typed(context, key, 'string');
  return value ? bulk(value.text) : NIL;
}

function add(context: CommandContext, key: string, by: number): Reply {
  const { store } = context;
  const next = whole(typed(context, key, 'string')?.text ?? '0') + by;
  if (!Number.isSafeInteger(next)) return error('ERR increment or decrement would overflow');
  store.set(key, { type: 'string', text: String(next) }, store.expiresAt(key) ?? null);
  return integer(next);
}

function append(context: CommandContext, [key = '', more = '']: readonly string[]): Reply {
  const { store } = context;
  const text = (typed(context, key, 'string')?.text ?? '') + more;
  store.set(key, { type: 'string', text }, store.expiresAt(key) ?? null);
  return integer(text.length);
}

function multiple(context: CommandContext, args: readonly string[]): Reply {
  if (args.length % 2 !== 0) return error("ERR wrong number of arguments for 'mset' command");
  for (let i = 0; i < args.length; i += 2) {
    context.store.set(args[i] ?? '', { type: 'string', text: args[i + 1] ?? '' });
  }
  return OK;
}

function expire(unitUs: number): Run {
  return ({ now, store }, [key = '', amount = '']) => {
    const at = now + whole(amount) * unitUs;
    return integer(store.expire(key, at) ? 1 : 0);
  };
}

function timeToLive(unitUs: number): Run {
  return ({ now, store }, [key = '']) => {
    const at = store.expiresAt(key);
    if (at === undefined) return integer(-2);
    return integer(at === null ? -1 : Math.round((at - now) / unitUs));
  };
}

function keys({ store }: CommandContext, [pattern = '']: readonly string[]): Reply {
  const regex = globOf(pattern);
  return list(store.keys().filter((key) => regex.test(key)));
}

/** util.c stringmatch: `*`, `?` and sets in brackets. */
function globOf(pattern: string): RegExp {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string;
    if (c === '*') source += '.*';
    else if (c === '?') source += '.';
    else if (c === '[' && pattern.indexOf(']', i) > 0) {
      const end = pattern.indexOf(']', i);
      source += `[${pattern.slice(i + 1, end).replace(/[\\[]/g, '\\$&')}]`;
      i = end;
    } else source += (c === '\\' ? (pattern[++i] ?? '') : c).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  }
  // Runs of stars are one: the pattern comes from outside and must not take for ever.
  const expression = `^${source.replace(/(?:\.\*)+/g, '.*')}$`;
  try {
    return new RegExp(expression, 's');
  } catch (problem) {
    if (!(problem instanceof SyntaxError)) throw problem;
    return /(?!)/; // A set that is none, such as [b-a], matches nothing.
  }
}

function listOf(context: CommandContext, key: string): string[] {
  const known = typed(context, key, 'list');
  if (known) return known.items;
  const items: string[] = [];
  context.store.set(key, { type: 'list', items });
  return items;
}

function push(atHead: boolean): Run {
  return (context, [key = '', ...values]) => {
    const items = listOf(context, key);
    for (const value of values) {
      if (atHead) items.unshift(value);
      else items.push(value);
    }
    context.store.changes++;
    return integer(items.length);
  };
}

function pop(atHead: boolean): Run {
  return (context, [key = '']) => {
    const items = typed(context, key, 'list')?.items;
    const value = atHead ? items?.shift() : items?.pop();
    if (items?.length === 0) context.store.delete(key);
    context.store.changes++;
    return value === undefined ? NIL : bulk(value);
  };
}

function range(context: CommandContext, [key = '', from = '', to = '']: readonly string[]): Reply {
  const items = typed(context, key, 'list')?.items ?? [];
  const at = (n: number): number => (n < 0 ? items.length + n : n);
  return list(items.slice(Math.max(0, at(whole(from))), at(whole(to)) + 1));
}

function addMembers(context: CommandContext, [key = '', ...members]: readonly string[]): Reply {
  let known = typed(context, key, 'set')?.members;
  if (!known) context.store.set(key, { type: 'set', members: (known = new Set()) });
  const before = known.size;
  for (const member of members) known.add(member);
  context.store.changes += known.size - before;
  return integer(known.size - before);
}

function removeMembers(context: CommandContext, [key = '', ...members]: readonly string[]): Reply {
  const known = typed(context, key, 'set')?.members;
  const removed = members.filter((member) => known?.delete(member)).length;
  if (known?.size === 0) context.store.delete(key);
  context.store.changes += removed;
  return integer(removed);
}

function setFields(context: CommandContext, [key = '', ...pairs]: readonly string[]): Reply {
  if (pairs.length % 2 !== 0) return error("ERR wrong number of arguments for 'hset' command");
  let fields = typed(context, key, 'hash')?.fields;
  if (!fields) context.store.set(key, { type: 'hash', fields: (fields = new Map()) });
  const before = fields.size;
  for (let i = 0; i < pairs.length; i += 2) fields.set(pairs[i] ?? '', pairs[i + 1] ?? '');
  context.store.changes++;
  return integer(fields.size - before);
}

function removeFields(context: CommandContext, [key = '', ...names]: readonly string[]): Reply {
  const fields = typed(context, key, 'hash')?.fields;
  const removed = names.filter((name) => fields?.delete(name)).length;
  if (fields?.size === 0) context.store.delete(key);
  context.store.changes += removed;
  return integer(removed);
}

function field(context: CommandContext, [key = '', name = '']: readonly string[]): Reply {
  const value = typed(context, key, 'hash')?.fields.get(name);
  return value === undefined ? NIL : bulk(value);
}

function clear({ store }: CommandContext): Reply {
  store.clear();
  return OK;
}

function counted(test: (context: CommandContext, key: string) => boolean): Run {
  return (context, args) => integer(args.filter((key) => test(context, key)).length);
}

const MANY = Number.POSITIVE_INFINITY;

const COMMANDS: Readonly<Record<string, Command>> = {
  append: { least: 2, most: 2, run: append },
  dbsize: { least: 0, most: 0, run: ({ store }) => integer(store.keys().length) },
  decr: { least: 1, most: 1, run: (c, [key = '']) => add(c, key, -1) },
  decrby: { least: 2, most: 2, run: (c, [key = '', by = '']) => add(c, key, -whole(by)) },
  del: { least: 1, most: MANY, run: counted(({ store }, key) => store.delete(key)) },
  echo: { least: 1, most: 1, run: (_, [text = '']) => bulk(text) },
  exists: { least: 1, most: MANY, run: counted(({ store }, key) => store.get(key) !== undefined) },
  expire: { least: 2, most: 3, run: expire(US_PER_SECOND) },
  flushall: { least: 0, most: 1, run: clear },
  flushdb: { least: 0, most: 1, run: clear },
  get: { least: 1, most: 1, run: get },
  hdel: { least: 2, most: MANY, run: removeFields },
  hget: { least: 2, most: 2, run: field },
  hgetall: {
    least: 1,
    most: 1,
    run: (c, [key = '']) => list([...(typed(c, key, 'hash')?.fields ?? [])].flat()),
  },
  hset: { least: 3, most: MANY, run: setFields },
  incr: { least: 1, most: 1, run: (c, [key = '']) => add(c, key, 1) },
  incrby: { least: 2, most: 2, run: (c, [key = '', by = '']) => add(c, key, whole(by)) },
  keys: { least: 1, most: 1, run: keys },
  llen: {
    least: 1,
    most: 1,
    run: (c, [k = '']) => integer(typed(c, k, 'list')?.items.length ?? 0),
  },
  lpop: { least: 1, most: 1, run: pop(true) },
  lpush: { least: 2, most: MANY, run: push(true) },
  lrange: { least: 3, most: 3, run: range },
  mget: {
    least: 1,
    most: MANY,
    run: ({ store }, args) =>
      list(
        args.map((key) => {
          const value = store.get(key);
          return value?.type === 'string' ? value.text : null;
        }),
      ),
  },
  mset: { least: 2, most: MANY, run: multiple },
  persist: {
    least: 1,
    most: 1,
    run: ({ store }, [key = '']) =>
      integer(store.expiresAt(key) && store.expire(key, null) ? 1 : 0),
  },
  pexpire: { least: 2, most: 3, run: expire(US_PER_MS) },
  pttl: { least: 1, most: 1, run: timeToLive(US_PER_MS) },
  rpop: { least: 1, most: 1, run: pop(false) },
  rpush: { least: 2, most: MANY, run: push(false) },
  sadd: { least: 2, most: MANY, run: addMembers },
  scard: {
    least: 1,
    most: 1,
    run: (c, [k = '']) => integer(typed(c, k, 'set')?.members.size ?? 0),
  },
  set: { least: 2, most: MANY, run: set },
  sismember: {
    least: 2,
    most: 2,
    run: (c, [key = '', m = '']) => integer(typed(c, key, 'set')?.members.has(m) ? 1 : 0),
  },
  smembers: {
    least: 1,
    most: 1,
    run: (c, [key = '']) => list([...(typed(c, key, 'set')?.members ?? [])]),
  },
  srem: { least: 2, most: MANY, run: removeMembers },
  strlen: {
    least: 1,
    most: 1,
    run: (c, [key = '']) => integer(typed(c, key, 'string')?.text.length ?? 0),
  },
  ttl: { least: 1, most: 1, run: timeToLive(US_PER_SECOND) },
  type: {
    least: 1,
    most: 1,
    run: ({ store }, [key = '']) => ({ type: 'status', text: store.get(key)?.type ?? 'none' }),
  },
};
