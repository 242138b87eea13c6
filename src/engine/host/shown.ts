/**
 * The rows of the moment that is shown. Now: what the cluster commits. The past: the state at a
 * revision that is still known, moved on by the history that follows it.
 */
import type { Span } from '../../kernel/trace.ts';
import type { KeyValue, StoreEvent } from '../etcd/store.ts';
import type { Stored } from '../apiserver/stored.ts';
import type { Cluster } from '../cluster.ts';
import { type Changes, Framer } from './framer.ts';

export interface Shown extends Changes {
  /** True when the rows are all there are, false when they are what has changed. */
  readonly whole: boolean;
  readonly revision: number;
}

interface Past {
  readonly framer: Framer;
  at: number;
  revision: number;
}

export class ShownRows {
  #cluster: Cluster;
  #live: Framer;
  #past: Past | null = null;
  #whole = true;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const { kernel, server } = cluster;
    this.#live = new Framer({
      registry: server.registry,
      all: () => this.#all((prefix) => server.store.range(prefix)),
      nowMs: () => kernel.nowMs,
      progress: (node, uid, container) => cluster.pullProgress(node, uid, container),
    });
  }

  onCommit(event: StoreEvent<Stored>): void {
    this.#live.onCommit(event);
  }

  onSpan(span: Span): void {
    if (span.kind === 'cri' && span.name === 'PullImage') this.#live.onPull(span);
  }

  /** The next rows are all there are. */
  again(): void {
    this.#whole = true;
    this.#past = null;
  }

  takeNow(): Shown {
    // What is shown replaces what was shown of the past.
    const whole = this.#whole || this.#past !== null;
    this.#past = null;
    this.#whole = false;
    const changes = whole ? this.#live.everything() : this.#live.takeChanges();
    return { ...changes, whole, revision: this.#cluster.server.store.revision };
  }

  takeAt(at: number): Shown {
    const { store } = this.#cluster.server;
    const revision = Math.max(store.revisionAt(at), store.compactRevision);
    const past = this.#past;
    this.#whole = true;
    if (!past || revision < past.revision || past.revision < store.compactRevision) {
      this.#past = this.#pastAt(at, revision);
      return { ...this.#past.framer.everything(), whole: true, revision };
    }
    for (const event of store.since(past.revision)) {
      if (event.revision > revision) break;
      past.framer.onCommit(event);
    }
    past.at = at;
    past.revision = revision;
    return { ...past.framer.takeChanges(), whole: false, revision };
  }

  #pastAt(at: number, revision: number): Past {
    const { kernel, server } = this.#cluster;
    const past: Past = {
      at,
      revision,
      framer: new Framer({
        registry: server.registry,
        all: () => this.#all((prefix) => server.store.rangeAt(prefix, past.revision)),
        nowMs: () => kernel.epochMs + Math.floor(past.at / 1_000),
        progress: () => null,
      }),
    };
    return past;
  }

  *#all(range: (prefix: string) => readonly KeyValue<Stored>[]): Generator<KeyValue<Stored>> {
    for (const r of this.#cluster.server.registry.stored) yield* range(r.prefix);
  }
}
