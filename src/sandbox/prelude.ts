/**
 * What a program finds in its interpreter beside the language: runs there before the program does.
 * It keeps what it needs of the language to itself, so that a program that changes Array or JSON
 * changes them for nobody else. Everything passes through `host(op, text)` as JSON.
 *
 * Its value is a function (op, …) that the sandbox calls.
 */
export const PRELUDE_FILE = 'kubeglass.js';

/** Elements that functions of arrays look at: those in C ask nobody whether they may go on. */
const MAX_LENGTH = 1_000_000;
/** From here on what such a function does is counted like steps of the program. */
const COUNTED_LENGTH = 10_000;

export const PRELUDE = `(() => {
'use strict';
const host = globalThis.__host;
delete globalThis.__host;
const { parse, stringify } = JSON;
const { apply, defineProperty } = Reflect;
const NativePromise = Promise;
const plain = (value) => (value === undefined ? undefined : parse(stringify(value)));

// What takes as long whatever the length is.
const QUICK = ['constructor', 'push', 'pop', 'at', 'keys', 'values', 'entries'];
const count = (length) => {
  if (!(length >= ${COUNTED_LENGTH})) return;
  if (length > ${MAX_LENGTH}) throw new RangeError('an array of more than ${MAX_LENGTH} elements');
  if (host('cost', String(length)) === 'stop') throw new RangeError('the turn is too long');
};
for (const owner of [Array.prototype, Object.getPrototypeOf(Uint8Array.prototype)]) {
  for (const name of Object.getOwnPropertyNames(owner)) {
    const property = Object.getOwnPropertyDescriptor(owner, name);
    if (typeof property.value !== 'function' || QUICK.includes(name)) continue;
    const original = property.value;
    const bounded = { [name](...args) {
      if (this !== null && this !== undefined) count(this.length);
      for (let i = 0; i < args.length; i++) {
        if (typeof args[i] === 'object' && args[i] !== null) count(args[i].length);
      }
      return apply(original, this, args);
    } }[name];
    defineProperty(owner, name, { ...property, value: bounded });
  }
}

class ApiError extends Error {
  constructor(status) {
    super(status.message);
    this.name = 'ApiError';
    this.code = status.code;
    this.reason = status.reason;
    this.status = status;
  }
}

const textOf = (value) => {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return String(value);
  try {
    const text = stringify(value);
    return text === undefined ? String(value) : text;
  } catch (error) {
    return String(error);
  }
};
const say = (level) => (...parts) => {
  let text = '';
  for (let i = 0; i < parts.length; i++) text += (i === 0 ? '' : ' ') + textOf(parts[i]);
  const about = parts.length > 0 && parts[parts.length - 1] instanceof Error ? parts[parts.length - 1].stack : new Error().stack;
  host('log', stringify([level, text, String(about)]));
};
const log = say('info');
const global = (name, value) => defineProperty(globalThis, name, { value, writable: true, configurable: true });
global('console', { log, info: log, debug: log, warn: say('warning'), error: say('error') });
global('ApiError', ApiError);
global('defineController', (controller) => controller);

let next = 1;
let asked = [];
let ended = null;
const waiting = Object.create(null);
const ask = (verb, input) => {
  const id = next++;
  const { stack } = new Error();
  return new NativePromise((resolve, reject) => {
    asked[asked.length] = stringify({ id, verb, input });
    waiting[id] = { resolve, reject, stack };
  });
};
const named = (object) => ({
  kind: object.apiVersion + '/' + object.kind,
  namespace: object.metadata?.namespace,
  name: object.metadata?.name,
});
const client = Object.freeze({
  get: (kind, ref) => ask('get', { kind, namespace: ref.namespace, name: ref.name }),
  list: (kind, options = {}) => ask('list', { kind, ...options }),
  create: (object) => ask('create', { ...named(object), body: object }),
  update: (object) => ask('update', { ...named(object), body: object }),
  updateStatus: (object) => ask('update', { ...named(object), body: object, subresource: 'status' }),
  patch: (kind, ref, patch, options = {}) =>
    ask('patch', { kind, namespace: ref.namespace, name: ref.name, body: patch, type: 'merge', ...options }),
  apply: (object, options = {}) =>
    ask('patch', { ...named(object), body: object, force: true, ...options, type: 'apply' }),
  delete: (kind, ref, options = {}) =>
    typeof kind === 'object'
      ? ask('delete', { ...named(kind), uid: kind.metadata?.uid, ...ref })
      : ask('delete', { kind, namespace: ref.namespace, name: ref.name, ...options }),
});
const context = Object.freeze({
  client,
  log,
  note: (wanted, seen) => void host('note', stringify([String(wanted), String(seen)])),
  event: (object, type, reason, message) =>
    void host('event', stringify({ object, type, reason, message: String(message) })),
});

const thrown = (error) => {
  const isError = error instanceof Error;
  const message = isError ? String(error) : 'thrown: ' + textOf(error);
  return { message, stack: isError ? String(error.stack) : '' };
};
let controller = null;
const operations = {
  define(value) {
    if (value === undefined) throw new TypeError('the program has no "export default"');
    if (typeof value !== 'object' || value === null) throw new TypeError('what is exported by default is no object');
    if (typeof value.reconcile !== 'function') throw new TypeError('the controller has no function "reconcile"');
    const watches = value.watches ?? [];
    if (!Array.isArray(watches)) throw new TypeError('"watches" is not a list');
    controller = value;
    return stringify({
      for: value.for,
      owns: value.owns ?? [],
      watches: watches.map((watch) => ({ kind: watch?.kind, maps: typeof watch?.wakes === 'function' })),
    });
  },
  begin(request) {
    ended = null;
    // No property of promises is looked at on the way, whatever the program has made of them.
    (async () => {
      try {
        const value = await controller.reconcile(parse(request), context);
        ended = { value: plain(value) ?? null };
      } catch (error) {
        ended = { error: thrown(error) };
      }
    })();
  },
  answer(id, ok, text) {
    const open = waiting[id];
    if (open === undefined) return;
    delete waiting[id];
    if (ok === 'yes') return open.resolve(parse(text));
    const error = new ApiError(parse(text));
    error.stack = open.stack;
    open.reject(error);
  },
  take() {
    const list = asked;
    asked = [];
    let text = '';
    for (let i = 0; i < list.length; i++) text += (i === 0 ? '' : ',') + list[i];
    return '{"exchanges":[' + text + '],"ended":' + (ended === null ? 'null' : stringify(ended)) + '}';
  },
  wakes(index, object) {
    const woken = controller.watches[Number(index)].wakes(parse(object));
    return stringify(woken ?? []);
  },
};
return (op, ...args) => operations[op](...args);
})()`;
