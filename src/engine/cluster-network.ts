/**
 * The network of a cluster: what its machines and Pods are attached to, the rules for the addresses
 * of Services, and kube-apiserver as one more machine on it.
 *
 * Simplified: a watch over this network brings its events when it ends; programs that watch for long
 *             are handed a client instead (ClusterClient). Protocols are not changed inside it.
 */
import type { UserInfo } from '../api/meta/authorization.ts';
import { bytesOfText, textOfBytes } from '../api/meta/byte-text.ts';
import type { Kind } from '../api/meta/define-kind.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { Scope } from '../kernel/event-queue.ts';
import type { Proc } from '../kernel/process.ts';
import { Future } from '../kernel/wait.ts';
import type { ApiRequest, ApiResponse } from '../port/protocol.ts';
import { type Authentication, handle } from './apiserver/rest/handle.ts';
import { isStreamed, type StreamedResponse } from './apiserver/rest/stream.ts';
import type { ApiServer } from './apiserver/server.ts';
import { Informers } from './client/informer.ts';
import { Client } from './client/typed-client.ts';
import { PodNetwork } from './node/network/pod-network.ts';
import { BalancedRouter, type Balancers } from './node/proxy/balanced-router.ts';
import { type ProxyNode, ServiceTable } from './node/proxy/service-table.ts';
import type {
  ClusterClient,
  HttpRequest,
  HttpResponse,
  NetworkHook,
  ObjectHandler,
} from './node/runtime/program.ts';

/** The machine of kube-apiserver on the network of the nodes: the gateway. */
export const CONTROL_PLANE_ADDRESS = '172.30.0.1';
const API_PORT = 6_443;
/** Of documentation (RFC 5737): somebody on the internet. */
const OUTSIDE_ADDRESS = '192.0.2.1';

const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
const PROXY: UserInfo = { name: 'system:kube-proxy', groups: ['system:authenticated'] };

export class ClusterNetwork {
  readonly pods: PodNetwork;
  readonly #server: ApiServer;
  readonly #services: ServiceTable;
  readonly #authentication: Authentication;
  #outside: NetworkHook | null = null;

  constructor(server: ApiServer, tokens: Readonly<Record<string, UserInfo>>) {
    const { kernel } = server;
    this.#server = server;
    this.#authentication = { tokens, anonymous: ANONYMOUS };
    this.pods = new PodNetwork(kernel, kernel.rng('network'));
    const scope: Scope = { name: 'kube-proxy', alive: true };
    const client = new Client(server, { user: PROXY, agent: 'kube-proxy', actor: 'kube-proxy' });
    this.#services = new ServiceTable(client, kernel.rng('kube-proxy'), scope);
    this.pods.services = this.#services;
    this.pods.cluster = (token, actor) => this.#client(token, actor);
    const answer = (request: HttpRequest): Proc<HttpResponse> => this.#answer(request);
    const options = { tls: true, http2: true };
    const isOpen = (): boolean => server.scope.alive;
    this.pods.serve(CONTROL_PLANE_ADDRESS, API_PORT, answer, options, isOpen);
  }

  /** What comes from outside to an address of the cloud's goes through its balancers. */
  balance(balancers: Balancers): void {
    this.pods.services = new BalancedRouter(this.#services, balancers);
  }

  get outside(): NetworkHook {
    this.#outside ??= this.pods.attach(OUTSIDE_ADDRESS).hook;
    return this.#outside;
  }

  start(): void {
    this.#services.start();
  }

  addNode(node: ProxyNode): void {
    this.#services.addNode(node);
  }

  removeNode(node: ProxyNode): void {
    this.#services.removeNode(node);
  }

  /** A client for whoever bears |token|; null: it is nobody's. */
  #client(token: string, actor: string): ClusterClient | null {
    const found = this.#server.access.authenticateToken(token, []);
    if ('error' in found) return null;
    const client = new Client(this.#server, { user: found.user, agent: actor, actor });
    return {
      watch: <T extends KubeObject>(kind: Kind<T>, handler: ObjectHandler<T>) => {
        const scope: Scope = { name: actor, alive: true };
        const informers = new Informers(client, scope);
        const informer = informers.for(kind);
        informer.addHandler(handler);
        informer.whenSynced(() => handler.onSynced?.());
        informers.start();
        return () => {
          scope.alive = false;
          informers.stop();
        };
      },
    };
  }

  *#answer(request: HttpRequest): Proc<HttpResponse> {
    const response = yield* handle(this.#server, apiRequest(request), this.#authentication);
    const body = isStreamed(response) ? yield* collected(response) : textOfBytes(response.body);
    return { status: response.code, headers: answerHeaders(response), body };
  }
}

function apiRequest({ method, path, headers, body }: HttpRequest): ApiRequest {
  const [name = '/', query = ''] = path.split('?', 2);
  const parameters: Record<string, string[]> = {};
  for (const pair of query.split('&').filter((part) => part !== '')) {
    const [key = '', value = ''] = pair.split('=', 2);
    (parameters[decoded(key)] ??= []).push(decoded(value));
  }
  const lower: Record<string, string> = {};
  for (const [key, value] of Object.entries(headers)) lower[key.toLowerCase()] = value;
  // Sessions with containers are refused as from a client that cannot change the protocol.
  delete lower['upgrade'];
  return {
    method,
    path: name,
    query: parameters,
    headers: lower,
    body: body === '' ? null : bytesOfText(body),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // Go leaves what is badly escaped as it is.
    return text;
  }
}

function answerHeaders(response: ApiResponse): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    const canonical = name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
    headers[canonical] = typeof value === 'string' ? value : value.join(', ');
  }
  return headers;
}

function* collected({ stream }: StreamedResponse): Proc<string> {
  let text = '';
  try {
    for (;;) {
      for (let chunk = stream.read(); chunk; chunk = stream.read()) text += textOfBytes(chunk);
      if (stream.ended) return text;
      const readable = new Future<void>();
      stream.onReadable = () => readable.resolve();
      yield readable;
    }
  } finally {
    stream.close();
  }
}
