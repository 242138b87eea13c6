/**
 * Addresses and open ports: who answers where. Machines of one cluster share it; a Pod's programs see
 * their end of it as a NetworkHook.
 *
 * Models: the CNI bridge of each node and the routes between nodes.
 * Simplified: requests and answers instead of packets; Services come with kube-proxy.
 */
import type { ServiceAnswer, ServiceCall } from '../../../api/meta/service-call.ts';
import { type Proc, sleep } from '../../../kernel/process.ts';
import type { Latency, Rng } from '../../../kernel/rng.ts';
import {
  AddressInUse,
  type ConnectFailure,
  type HttpRequest,
  type HttpResponse,
  type NetworkHook,
  type RequestHandler,
} from '../runtime/program.ts';

/** Round trip through two veth pairs and a bridge, or over the wire between nodes. */
const ROUND_TRIP: Latency = { p10: 80, p50: 160, p90: 500 };
/** A SYN that nobody answers: the client's own timeout is usually shorter. */
const CONNECT_TIMEOUT_US = 30_000_000;

export class PodNetwork {
  #rng: Rng;
  #hosts = new Map<string, Map<number, RequestHandler>>();

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** The network of one Pod (or of the host). |close| takes the address away. */
  attach(address: string): { readonly hook: NetworkHook; close(): void } {
    const ports = new Map<number, RequestHandler>();
    this.#hosts.set(address, ports);
    const hook: NetworkHook = {
      address,
      request: (to, port, request) => this.request(address, to, port, request),
      listen: (port, onRequest) => {
        if (ports.has(port)) throw new AddressInUse(`port ${port} is taken`);
        ports.set(port, onRequest);
        return () => {
          if (ports.get(port) === onRequest) ports.delete(port);
        };
      },
    };
    return {
      hook,
      close: () => {
        if (this.#hosts.get(address) === ports) this.#hosts.delete(address);
      },
    };
  }

  /** The same for a call of the API server. */
  *answer(from: string, call: ServiceCall): Proc<ServiceAnswer> {
    const { address, body, method, path, port } = call;
    // Programs look their headers up as Go and nginx write them.
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(call.headers)) {
      headers[name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())] = value;
    }
    const answer = yield* this.request(from, address, port, { method, path, headers, body });
    return typeof answer === 'string' ? { failure: answer } : answer;
  }

  /** What |from| gets that asks |to|. */
  *request(
    from: string,
    to: string,
    port: number,
    request: HttpRequest,
  ): Proc<HttpResponse | ConnectFailure> {
    const target = to === '127.0.0.1' || to === 'localhost' ? from : to;
    yield* sleep(this.#rng.latency(ROUND_TRIP));
    const ports = this.#hosts.get(target);
    if (!ports) {
      yield* sleep(CONNECT_TIMEOUT_US);
      return 'timeout';
    }
    const handler = ports.get(port);
    if (!handler) return 'refused';
    const answer = handler({ ...request, remoteAddress: from });
    return isResponse(answer) ? answer : yield* answer;
  }
}

function isResponse(answer: HttpResponse | Proc<HttpResponse>): answer is HttpResponse {
  return 'status' in answer;
}
