/**
 * `agnhost guestbook`: the guestbook of Kubernetes' examples: a primary, its replicas, and a front.
 *
 * Models: test/images/agnhost/guestbook/guestbook.go (v1.36)
 */
import { goJson } from '../../../api/meta/go-text.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { HttpRequest, HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import { FormValues } from '../tools/go-values.ts';
import { fetch, GoError, resolve } from '../tools/http-client.ts';
import { endOf, fail, flag, listen, log, pauseUnless, text } from './program.ts';

const REGISTER_US = 15 * MICROS_PER_SECOND;
const RETRY_SECONDS = 1;
const TIMEOUT_US = 5 * MICROS_PER_SECOND;
const PRIMARY = 'agnhost-primary';
const REPLICA = 'agnhost-replica';

interface Book {
  readonly context: ProcessContext;
  readonly backendPort: number;
  store: Record<string, unknown>;
  readonly replicas: string[];
}

export function* guestbook(context: ProcessContext, args: readonly string[]): Proc<number> {
  const port = Number(flag(args, 'http-port') ?? '80');
  const backendPort = Number(flag(args, 'backend-port') ?? '6379');
  const primary = flag(args, 'replicaof') ?? '';
  const book: Book = { context, backendPort, store: {}, replicas: [] };
  const problem = listen(context, port, (request) => answer(book, request));
  if (problem !== null) return fail(context, problem);
  const ended = endOf(context);
  const deadline = context.kernel.now + REGISTER_US;
  while (primary !== '' && !(yield* register(book, primary))) {
    if (yield* pauseUnless(context, RETRY_SECONDS, ended)) return (yield ended) as number;
    if (context.kernel.now < deadline) continue;
    return fail(context, 'Timed out while registering to primary.');
  }
  return (yield ended) as number;
}

/** Tells the primary who is there, and takes over what it has. */
function* register(book: Book, primary: string): Proc<boolean> {
  const { context, backendPort } = book;
  const host = `${primary}:${backendPort}`;
  const own = context.network?.address ?? '';
  try {
    yield* resolve(context, primary);
    log(context, `Registering to primary: ${host}/register?host=${own}`);
    const body = yield* ask(book, primary, `register?host=${own}`);
    const { data } = JSON.parse(body) as { readonly data?: Record<string, unknown> };
    book.store = data ?? {};
    log(context, `Registered to node: ${primary}`);
    return true;
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    const why = `encountered error while registering to primary: ${error.message}`;
    log(context, `${why}. Retrying in ${RETRY_SECONDS}s.`);
    return false;
  }
}

function* ask({ context, backendPort }: Book, host: string, path: string): Proc<string> {
  const { body } = yield* fetch(context, { host, port: backendPort, path, timeoutUs: TIMEOUT_US });
  return body;
}

function answer(book: Book, request: HttpRequest): HttpResponse | Proc<HttpResponse> {
  const values = new FormValues(request.path);
  switch (values.path) {
    case '/register':
      return registered(book, values.get('host'));
    case '/get':
      return get(book, values.get('key'));
    case '/set':
      return set(book, values.get('key'), values.get('value'));
    case '/guestbook':
      return front(book, values);
    default:
      return text(404, '404 page not found\n');
  }
}

function registered({ context, replicas, store }: Book, host: string): HttpResponse {
  log(context, `GET /register?host=${host}`);
  replicas.push(host);
  log(context, `Node '${host}' registered.`);
  return text(200, goJson({ data: store }));
}

function get({ context, store }: Book, key: string): HttpResponse {
  log(context, `GET /get?key=${key}`);
  return text(200, goJson({ data: key === '' ? store : (store[key] ?? '') }));
}

function* set(book: Book, key: string, value: string): Proc<HttpResponse> {
  log(book.context, `GET /set?key=${key}&value=${value}`);
  if (key === '') return text(400, 'cannot set with empty key.\n');
  book.store = { ...book.store, [key]: value };
  for (const replica of book.replicas) {
    try {
      yield* ask(book, replica, `set?key=${key}&value=${value}`);
    } catch (error) {
      if (!(error instanceof GoError)) throw error;
      const what = `encountered error while propagating to replica '${replica}'`;
      return text(417, `${what}: ${error.message}\n`);
    }
  }
  return text(200, goJson({ message: 'Updated' }));
}

function* front(book: Book, values: FormValues): Proc<HttpResponse> {
  const command = values.get('cmd').toLowerCase();
  const [key, value] = [values.get('key'), values.get('value')];
  log(book.context, `GET /guestbook?cmd=${command}&key=${key}&value=${value}`);
  if (command !== 'get' && command !== 'set') {
    return text(400, `unsupported cmd: '${command}'\n`);
  }
  if (command === 'set' && key === '') return text(400, 'cannot set with empty key.\n');
  const host = command === 'get' ? REPLICA : PRIMARY;
  try {
    yield* resolve(book.context, host);
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    return text(400, `host and/or port param are invalid. ${error.message}\n`);
  }
  try {
    return text(200, yield* ask(book, host, `${command}?key=${key}&value=${value}`));
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    return text(417, `encountered error: ${error.message}\n`);
  }
}
