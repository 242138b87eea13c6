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

const LEASE_REUSE_US = 60 * MICROS_PER_SECOND;

export class Expiry {
  #server: ApiServer;
  /** Seconds to live by storage prefix. */
  #ttl = new Map<string, number>();
  /** In order of time, as the few kinds that expire have one time to live each: side by side. */
  #times: number[] = [];
  #keys: string[] = [];
  #revisions: number[] = [];
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
    this.#times.push(event.at + ttl * MICROS_PER_SECOND);
    this.#keys.push(event.key);
    this.#revisions.push(event.revision);
    this.#arm();
  }

  #arm(): void {
    const next = this.#times[this.#head];
    if (this.#armed || next === undefined) return;
    this.#armed = true;
    const { kernel } = this.#server;
    kernel.at(next + LEASE_REUSE_US, () => this.#sweep(), {
      periodic: true,
      cause: 0,
      scope: null,
    });
  }

  #sweep(): void {
    this.#armed = false;
    const { kernel, store } = this.#server;
    for (;;) {
      const next = this.#times[this.#head];
      if (next === undefined || next > kernel.now) break;
      const key = this.#keys[this.#head] as string;
      const modRevision = this.#revisions[this.#head] as number;
      this.#head++;
      const last = store.get(key)?.value;
      if (last) store.delete(key, { modRevision }, () => last, 0, kernel.now);
    }
    if (this.#head > 1024) {
      this.#times = this.#times.slice(this.#head);
      this.#keys = this.#keys.slice(this.#head);
      this.#revisions = this.#revisions.slice(this.#head);
      this.#head = 0;
    }
    this.#arm();
  }
}
