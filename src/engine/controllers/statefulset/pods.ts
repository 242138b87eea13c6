/**
 * What a StatefulSet does to its Pods and their claims, with the Events that tell of it.
 *
 * Models: kubernetes pkg/controller/statefulset/stateful_pod_control.go (v1.36)
 * Writes: Pod create, update, delete; PersistentVolumeClaim create, update; Events
 */
import type { StatefulSet } from '../../../api/generated/types.ts';
import { PersistentVolumeClaim } from '../../../api/kinds/persistent-volume-claim.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { keyFor } from '../../../api/meta/object.ts';
import { isApiError } from '../../../api/meta/status.ts';
import { type Proc, sleep } from '../../../kernel/process.ts';
import type { ConsistencyStore } from '../../client/consistency.ts';
import { type ControllerContext, Retry } from '../../client/controller.ts';
import { aggregate } from '../../client/ownership.ts';
import { isRefusal } from '../../client/refusal.ts';
import { hasConflictingController, isClaimStale, ownersUpToDate, withOwners } from './claims.ts';
import { type Replica, claimDraft, claimName, correctedPod } from './identity.ts';

const CONFLICT_RETRIES = 4; // retry.DefaultBackoff
const CONFLICT_BACKOFF_US = 10_000; // retry.DefaultBackoff
const CONFLICT_BACKOFF_FACTOR = 5; // retry.DefaultBackoff

export class StatefulPods {
  readonly #set: StatefulSet;
  readonly #context: ControllerContext;
  readonly #store: ConsistencyStore;

  constructor(set: StatefulSet, context: ControllerContext, store: ConsistencyStore) {
    this.#set = set;
    this.#context = context;
    this.#store = store;
  }

  /** Claims first, then the Pod. */
  *create(replica: Replica): Proc {
    const set = this.#set;
    try {
      yield* this.createClaims(replica);
    } catch (error) {
      this.#record('Create', replica.name, error);
      throw error;
    }
    try {
      const pod = yield* this.#context.client.create(Pod, replica.draft ?? {});
      this.#store.wrote(set, Pod, pod);
    } catch (error) {
      if (!isRefusal(error) || isApiError(error, 'AlreadyExists')) throw error;
      yield* this.#ownClaimsOrReport(replica);
      // In a namespace that goes away every create fails: upstream says so all the same.
      this.#record('Create', replica.name, error);
      throw error;
    }
    yield* this.#ownClaimsOrReport(replica);
    this.#record('Create', replica.name);
  }

  *remove(replica: Replica): Proc {
    try {
      const { namespace = '' } = this.#set.metadata;
      const pod = yield* this.#context.client.delete(Pod, namespace, replica.name);
      // Upstream does not wait for this one, but its watches deliver in the order of the writes.
      this.#store.wrote(this.#set, Pod, pod);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) {
        this.#record('Delete', replica.name, error);
        throw error;
      }
    }
    this.#record('Delete', replica.name);
  }

  /** Creates claims that are missing and gives them their owners. */
  *createMissingClaims(replica: Replica): Proc {
    yield* this.createClaims(replica);
    yield* this.#ownClaimsOrReport(replica);
  }

  *createClaims(replica: Replica): Proc {
    const errors: string[] = [];
    // Every round looks at every Pod: drafts are made of missing claims alone.
    for (const template of this.#set.spec.volumeClaimTemplates ?? []) {
      const name = claimName(this.#set, template, replica.ordinal);
      const cached = this.#claim(name);
      if (cached) {
        if (cached.metadata.deletionTimestamp !== undefined) {
          errors.push(`pvc ${name} is being deleted`);
        }
        continue;
      }
      try {
        const draft = claimDraft(this.#set, template, name);
        const claim = yield* this.#context.client.create(PersistentVolumeClaim, draft);
        this.#store.wrote(this.#set, PersistentVolumeClaim, claim);
        this.#recordClaim(replica.name, name);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        errors.push(`failed to create PVC ${name}: ${error.message}`);
        if (!isApiError(error, 'AlreadyExists')) this.#recordClaim(replica.name, name, error);
      }
    }
    if (errors.length > 0) throw new Retry(aggregate(errors));
  }

  /** A claim that is to go with a former Pod of this name keeps the place empty. */
  claimsAreStale(replica: Replica): boolean {
    return this.#claims(replica).some((claim) => isClaimStale(claim, this.#set, replica));
  }

  claimsHaveOwners(replica: Replica): boolean {
    return this.#claims(replica).every((claim) => ownersUpToDate(claim, this.#set, replica));
  }

  *ownClaims(replica: Replica): Proc {
    const set = this.#set;
    for (const claim of this.#claims(replica)) {
      const { name } = claim.metadata;
      if (hasConflictingController(claim, set, replica)) {
        const message =
          `PersistentVolumeClaim ${name} has a conflicting OwnerReference that acts as a ` +
          'manging controller, the retention policy is ignored for this claim';
        this.#context.events.record(set, {
          type: 'Warning',
          reason: 'ConflictingController',
          message,
        });
      }
      if (ownersUpToDate(claim, set, replica)) continue;
      try {
        const owned = withOwners(claim, set, replica);
        const updated = yield* this.#context.client.update(PersistentVolumeClaim, owned);
        this.#store.wrote(set, PersistentVolumeClaim, updated);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        const why = `could not update claim ${name} for delete policy ownerRefs: ${error.message}`;
        throw new Retry(why);
      }
    }
  }

  /** Upstream UpdateStatefulPod: identity, volumes, claims and their owners as they should be. */
  *correct(replica: Replica): Proc {
    let pod = replica.pod;
    let backoff = CONFLICT_BACKOFF_US;
    let attempted = false;
    for (let attempt = 0; pod; attempt++) {
      const wanted = correctedPod(this.#set, pod);
      const owned = this.claimsHaveOwners(replica);
      if (!wanted && owned) break;
      if (wanted?.spec !== pod.spec) yield* this.createClaims(replica);
      if (!owned) yield* this.ownClaims(replica);
      attempted = true;
      try {
        const updated = yield* this.#context.client.update(Pod, wanted ?? pod);
        this.#store.wrote(this.#set, Pod, updated);
        break;
      } catch (error) {
        if (!isApiError(error, 'Conflict') || attempt >= CONFLICT_RETRIES) {
          this.#record('Update', replica.name, error);
          throw error;
        }
      }
      yield* sleep(backoff);
      backoff *= CONFLICT_BACKOFF_FACTOR;
      const { namespace, name } = pod.metadata;
      pod = this.#context.get(Pod, keyFor(namespace, name)) ?? pod;
    }
    if (attempted) this.#record('Update', replica.name);
  }

  *#ownClaimsOrReport(replica: Replica): Proc {
    try {
      yield* this.ownClaims(replica);
    } catch (error) {
      this.#record('Update', replica.name, error);
      throw error;
    }
  }

  #claims(replica: Replica): PersistentVolumeClaim[] {
    const claims: PersistentVolumeClaim[] = [];
    for (const template of this.#set.spec.volumeClaimTemplates ?? []) {
      const claim = this.#claim(claimName(this.#set, template, replica.ordinal));
      if (claim) claims.push(claim);
    }
    return claims;
  }

  #claim(name: string): PersistentVolumeClaim | undefined {
    return this.#context.get(PersistentVolumeClaim, keyFor(this.#set.metadata.namespace, name));
  }

  #record(verb: 'Create' | 'Update' | 'Delete', pod: string, error?: unknown): void {
    this.#event(verb, `${verb} Pod ${pod} in StatefulSet ${this.#set.metadata.name}`, error);
  }

  #recordClaim(pod: string, claim: string, error?: unknown): void {
    const { name } = this.#set.metadata;
    const message =
      error === undefined
        ? `Create Claim ${claim} Pod ${pod} in StatefulSet ${name} success`
        : `Create Claim ${claim} for Pod ${pod} in StatefulSet ${name} failed error: ${textOf(error)}`;
    this.#write('Create', error === undefined, message);
  }

  #event(verb: string, what: string, error: unknown): void {
    const went = error === undefined;
    this.#write(verb, went, went ? `${what} successful` : `${what} failed error: ${textOf(error)}`);
  }

  #write(verb: string, went: boolean, message: string): void {
    this.#context.events.record(this.#set, {
      type: went ? 'Normal' : 'Warning',
      reason: `${went ? 'Successful' : 'Failed'}${verb}`,
      message,
    });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
