/**
 * Objects of kinds with a time to live vanish some time after their last write (Events: an hour),
 * as etcd's leases do it for the real server.
 *
 * Models: k8s.io/apiserver pkg/storage/etcd3/lease_manager.go: leases are shared by neighbouring
 *         writes, so a key may live up to a minute longer
 */
import type { StoreEvent } from '../etcd/store.ts';
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import type { Stored } from './stored.ts';
import type { ApiServer } from './server.ts';

interface Due {
  readonly at: number;
  readonly key: string;
  readonly revision: number;
}

const LEASE_REUSE_US = 60 * MICROS_PER_SECOND;

export class Expiry {
  #server: ApiServer;
  /** Seconds to live by storage prefix. */
  #ttl = new Map<string, number>();
  /** In order of time, as the few kinds that expire have one time to live each. */
  #due: Due[] = [];
  #head = 0;
  #armed = false;

  constructor(server: ApiServer) {
    this.#server = server;
    for (const r of server.registry.resources) {
      if (r.kind.ttlSeconds !== undefined) this.#ttl.set(r.prefix, r.kind.ttlSeconds);
    }
  }

  onEvent(event: StoreEvent<Stored>): void {
    if (event.type === 'DELETE') return;
    const ttl = this.#ttl.get(event.kv.bucket);
    if (ttl === undefined) return;
    this.#due.push({
      at: event.at + ttl * MICROS_PER_SECOND,
      key: event.key,
      revision: event.revision,
    });
    this.#arm();
  }

  #arm(): void {
    const next = this.#due[this.#head];
    if (this.#armed || !next) return;
    this.#armed = true;
    const { kernel } = this.#server;
    kernel.at(next.at + LEASE_REUSE_US, () => this.#sweep(), {
      periodic: true,
      cause: 0,
      scope: null,
    });
  }

  #sweep(): void {
    this.#armed = false;
    const { kernel, store } = this.#server;
    for (;;) {
      const next = this.#due[this.#head];
      if (!next || next.at > kernel.now) break;
      this.#head++;
      const last = store.get(next.key)?.value;
      if (!last) continue;
      store.delete(next.key, { modRevision: next.revision }, () => last, 0, kernel.now);
    }
    if (this.#head > 1024) {
      this.#due = this.#due.slice(this.#head);
      this.#head = 0;
    }
    this.#arm();
  }
}
