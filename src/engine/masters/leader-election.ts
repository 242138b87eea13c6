/**
 * Leader election over a Lease: of several processes one holds it and works, the others wait until it
 * has not been renewed for as long as it says. Nobody gives it back: who comes next waits it out.
 *
 * Models:     k8s.io/client-go tools/leaderelection leaderelection.go, resourcelock/leaselock.go (v0.36)
 * Writes:     the Lease; Events about it
 * Simplified: coordinated leader election (LeaseCandidate objects, alpha, off by default) chooses nobody
 */
import { Lease } from '../../api/kinds/lease.ts';
import type { Input } from '../../api/meta/object.ts';
import { isApiError } from '../../api/meta/status.ts';
import { rfc3339Micro } from '../../api/meta/time.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { type Proc, sleep } from '../../kernel/process.ts';
import type { Rng } from '../../kernel/rng.ts';
import { isRefusal } from '../client/refusal.ts';
import type { Client } from '../client/typed-client.ts';

const NAMESPACE = 'kube-system'; // --leader-elect-resource-namespace
const LEASE_DURATION_S = 15; // --leader-elect-lease-duration
const RENEW_DEADLINE_US = 10_000_000; // --leader-elect-renew-deadline
const RETRY_PERIOD_US = 2_000_000; // --leader-elect-retry-period
const JITTER_FACTOR = 1.2; // JitterFactor of leaderelection.go
const US_PER_SECOND = 1_000_000;

type Spec = Lease['spec'];

/** What a candidate last saw of the lease, and when by its own clock: others' clocks may be wrong. */
export interface Observed {
  readonly lease: Lease;
  readonly atUs: number;
}

export interface ElectionTimes {
  readonly nowUs: number;
  /** The wall time now, as it is written. */
  readonly now: string;
}

/** What to write, or null: somebody else holds it. Pure. */
export function nextSpec(
  observed: Observed | null,
  identity: string,
  { nowUs, now }: ElectionTimes,
): Spec | null {
  const ours = {
    holderIdentity: identity,
    leaseDurationSeconds: LEASE_DURATION_S,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: 0,
  };
  if (!observed) return ours;
  const { holderIdentity: holder = '', ...old } = observed.lease.spec ?? {};
  const transitions = old.leaseTransitions ?? 0;
  if (holder === identity) {
    const { acquireTime = now } = old;
    return { ...old, ...ours, acquireTime, leaseTransitions: transitions };
  }
  const validUs = (old.leaseDurationSeconds ?? 0) * US_PER_SECOND;
  if (holder !== '' && observed.atUs + validUs > nowUs) return null;
  return { ...old, ...ours, leaseTransitions: transitions + 1 };
}

export class LeaderElector {
  readonly #client: Client;
  readonly #kernel: Kernel;
  readonly #rng: Rng;
  readonly #name: string;
  readonly #identity: string;
  #observed: Observed | null = null;

  constructor(client: Client, rng: Rng, name: string, identity: string) {
    this.#client = client;
    this.#kernel = client.server.kernel;
    this.#rng = rng;
    this.#name = name;
    this.#identity = identity;
  }

  /** The lease as last seen. */
  get lease(): Lease | undefined {
    return this.#observed?.lease;
  }

  get isLeader(): boolean {
    return this.lease?.spec?.holderIdentity === this.#identity;
  }

  /** Ends when the lease is held. */
  *acquire(): Proc {
    while (!(yield* this.#tryAcquireOrRenew())) {
      const jitter = this.#rng.int(RETRY_PERIOD_US * JITTER_FACTOR);
      yield* sleep(RETRY_PERIOD_US + jitter);
    }
  }

  /** Ends when the lease could not be renewed for too long. */
  *renew(): Proc {
    // The time runs from the first try after a success.
    let deadline = this.#kernel.now + RENEW_DEADLINE_US;
    for (;;) {
      const renewed = yield* this.#tryAcquireOrRenew();
      const left = deadline - this.#kernel.now;
      if (!renewed && left < RETRY_PERIOD_US) {
        yield* sleep(Math.max(0, left));
        return;
      }
      yield* sleep(RETRY_PERIOD_US);
      if (renewed) deadline = this.#kernel.now + RENEW_DEADLINE_US;
    }
  }

  *#tryAcquireOrRenew(): Proc<boolean> {
    try {
      // The holder writes without reading, unless somebody else has written.
      if (this.isLeader && (yield* this.#write())) return true;
      yield* this.#read();
      return yield* this.#write();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return false;
    }
  }

  *#read(): Proc {
    let lease: Lease;
    try {
      lease = yield* this.#client.get(Lease, NAMESPACE, this.#name);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
      this.#observed = null;
      return;
    }
    this.#observe(lease);
  }

  /** False when the lease is another's, or has been written meanwhile. */
  *#write(): Proc<boolean> {
    const { now: nowUs, epochMs } = this.#kernel;
    const times = { nowUs, now: rfc3339Micro(epochMs, nowUs) };
    const spec = nextSpec(this.#observed, this.#identity, times);
    if (!spec) return false;
    try {
      const lease = this.#observed
        ? yield* this.#client.update(Lease, { ...this.#observed.lease, spec })
        : yield* this.#client.create(Lease, this.#draft(spec));
      this.#observed = { lease, atUs: this.#kernel.now };
      return true;
    } catch (error) {
      if (!isApiError(error)) throw error;
      return false;
    }
  }

  #draft(spec: Spec): Input<Lease> {
    return { metadata: { name: this.#name, namespace: NAMESPACE }, spec } as Input<Lease>;
  }

  /** Only a change starts the time anew. */
  #observe(lease: Lease): void {
    const known = this.#observed?.lease.metadata.resourceVersion;
    if (known === lease.metadata.resourceVersion) return;
    this.#observed = { lease, atUs: this.#kernel.now };
  }
}
