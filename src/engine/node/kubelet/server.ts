/**
 * The kubelet's own API: which path leads where, and what is open.
 *
 * Models: pkg/kubelet/server/server.go InstallAuthRequiredHandlers (v1.36)
 * Simplified: no run, runningpods, configz, checkpoint, logs of the machine, debug flags or profiles
 */
import { goQuote } from '../../../api/meta/go-text.ts';
import type { NodeAnswer, NodeRequest } from '../../../api/meta/node-dial.ts';
import type { Rng } from '../../../kernel/rng.ts';
import type { Containerd } from '../runtime/containerd.ts';
import { containerLogs, type KnownPod, type LogsHost } from './server-logs.ts';
import { servePortForward } from './server-portforward.ts';
import { serveAttach, serveExec, type StreamHost } from './server-streams.ts';
import type { StreamSession } from './stream-session.ts';

export interface KubeletServerHost extends LogsHost {
  readonly rng: Rng;
  readonly runtime: Containerd;
  /** The Pod of that name, and its status as this kubelet knows it. */
  pod(namespace: string, name: string): KnownPod | undefined;
  pods(): readonly KnownPod[];
}

export class KubeletServer {
  readonly #host: KubeletServerHost;
  readonly #open = new Set<StreamSession>();
  readonly #follows = new Set<() => void>();

  constructor(host: KubeletServerHost) {
    this.#host = host;
  }

  /** Ends what is open: the kubelet goes. The processes go on. */
  close(): void {
    for (const session of [...this.#open]) session.end();
    for (const end of [...this.#follows]) end();
  }

  /** What is followed ends with the kubelet, too. */
  #followed(answer: NodeAnswer): NodeAnswer {
    const { follow } = answer;
    if (!follow) return answer;
    return {
      ...answer,
      follow: (write, end) => {
        const finish = (): void => {
          this.#follows.delete(cut);
          end();
        };
        const stop = follow(write, finish);
        const cut = (): void => {
          stop();
          finish();
        };
        this.#follows.add(cut);
        return () => {
          this.#follows.delete(cut);
          stop();
        };
      },
    };
  }

  answer(request: NodeRequest): NodeAnswer {
    const parts = request.path.split('/').slice(1);
    const [what = '', namespace = '', name = ''] = parts;
    switch (what) {
      case 'healthz':
        return parts.length === 1 || namespace === 'ping' || namespace === 'log'
          ? { code: 200, text: 'ok', type: 'text/plain; charset=utf-8' }
          : NOT_FOUND;
      case 'pods':
        return this.#list();
      case 'containerLogs':
      case 'exec':
      case 'attach':
      case 'portForward':
        return this.#inPod(what, namespace, name, parts.slice(3), request);
      default:
        return NOT_FOUND;
    }
  }

  #inPod(
    what: 'containerLogs' | 'exec' | 'attach' | 'portForward',
    namespace: string,
    name: string,
    rest: readonly string[],
    request: NodeRequest,
  ): NodeAnswer {
    const found = this.#host.pod(namespace, name);
    if (!found) {
      const text = what === 'containerLogs' ? `pod ${goQuote(name)} does not exist` : NO_POD;
      return { code: 404, text };
    }
    const { uid } = found.pod.metadata;
    // /exec/NAMESPACE/POD[/UID]/CONTAINER
    const container = rest.at(-1) ?? '';
    const host = this.#streams();
    switch (what) {
      case 'containerLogs':
        return this.#followed(containerLogs(this.#host, found, container, request.query));
      case 'exec':
        return serveExec(host, { uid, namespace, name, container }, request);
      case 'attach':
        return serveAttach(host, { uid, namespace, name, container }, request);
      case 'portForward':
        return servePortForward(host, { uid, namespace, name }, request);
    }
  }

  #list(): NodeAnswer {
    const items = this.#host.pods().map(({ pod, status }) => ({ ...pod, status }));
    const list = { kind: 'PodList', apiVersion: 'v1', metadata: {}, items };
    return { code: 200, text: JSON.stringify(list), type: 'application/json' };
  }

  #streams(): StreamHost {
    const { kernel, rng, runtime } = this.#host;
    return {
      kernel,
      rng,
      runtime,
      scope: runtime.scope,
      keep: (session) => {
        this.#open.add(session);
        session.onEnd(() => this.#open.delete(session));
      },
    };
  }
}

const NO_POD = 'pod does not exist';
const NOT_FOUND: NodeAnswer = { code: 404, text: '404 page not found\n' };
