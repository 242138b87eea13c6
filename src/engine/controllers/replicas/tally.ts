/**
 * Running counts of the Pods of every ReplicaSet, kept up with each Pod event, so that a sync of ten
 * thousand Pods costs no more than one of ten. What it answers must equal a count from scratch; the
 * test compares the two.
 *
 * Simplified: nothing of upstream's behaviour; upstream lists and counts all Pods in every sync
 */
import type { Pod, ReplicaSet } from '../../../api/generated/types.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { controllerOf } from '../../../api/meta/owner-references.ts';
import {
  isPodActive,
  isPodReady,
  isPodTerminating,
  podReadySinceMs,
} from '../../../api/meta/pod-state.ts';
import { type Selector, compileStoredSelector } from '../../../api/meta/selectors.ts';
import type { PodCounts } from './status.ts';

const MS_PER_SECOND = 1_000;

const BIT = { active: 1, fullyLabeled: 2, ready: 4, terminating: 8, misfit: 16 } as const;

/** What the Pods of one ReplicaSet add up to. */
interface Entry {
  selector: Selector | null;
  rs: ReplicaSet | null;
  /** Bits of each Pod by uid. */
  readonly pods: Map<string, number>;
  /** Active Pods that the selector no longer matches: to be released. */
  readonly misfits: Map<string, Pod>;
  /** Ready Pods and since when, only kept while minReadySeconds asks for it. */
  readonly readySince: Map<string, number>;
  active: number;
  fullyLabeled: number;
  ready: number;
  terminating: number;
}

export class PodTally {
  #byOwner = new Map<string, Entry>();
  /** Only Pods that objects of this kind control are counted. */
  readonly #kind: string;

  constructor(kind = 'ReplicaSet') {
    this.#kind = kind;
  }

  /** A Pod appeared, changed or went (next undefined). */
  observe(old: Pod | undefined, next: Pod | undefined): void {
    const before = old && this.#ownerOf(old);
    const after = next && this.#ownerOf(next);
    if (old && before !== undefined && before !== after) this.#remove(before, old);
    if (next && after !== undefined) this.#put(this.#entry(after), next);
    else if (old && before !== undefined) this.#remove(before, old);
  }

  #ownerOf(pod: Pod): string | undefined {
    const ref = controllerOf(pod);
    return ref?.kind === this.#kind ? ref.uid : undefined;
  }

  /** The ReplicaSet is gone. Its Pods still count until they go too. */
  forget(uid: string): void {
    const entry = this.#byOwner.get(uid);
    if (!entry) return;
    if (entry.pods.size === 0) this.#byOwner.delete(uid);
    else entry.rs = null;
  }

  /** The counts for |rs|; |podsOf| lists its Pods, called only when its selector or labels changed. */
  counts(rs: ReplicaSet, podsOf: () => Iterable<Pod>, nowMs: number): PodCounts {
    const entry = this.#bind(rs, podsOf);
    const minReadyMs = minReady(rs) * MS_PER_SECOND;
    let available = entry.ready;
    if (minReadyMs > 0) {
      available = 0;
      for (const since of entry.readySince.values()) if (since + minReadyMs <= nowMs) available++;
    }
    const { active, fullyLabeled, ready, terminating } = entry;
    return { active, fullyLabeled, ready, available, terminating };
  }

  /** Active Pods that |rs| controls but no longer selects. */
  misfits(rs: ReplicaSet, podsOf: () => Iterable<Pod>): readonly Pod[] {
    const { misfits } = this.#bind(rs, podsOf);
    return misfits.size === 0 ? [] : [...misfits.values()];
  }

  /** Milliseconds until the next ready Pod has been ready for minReadySeconds. */
  msToNextAvailable(rs: ReplicaSet, nowMs: number): number | undefined {
    const minReadyMs = minReady(rs) * MS_PER_SECOND;
    let next: number | undefined;
    for (const since of this.#byOwner.get(rs.metadata.uid)?.readySince.values() ?? []) {
      const left = since + minReadyMs - nowMs;
      if (left > 0 && (next === undefined || left < next)) next = left;
    }
    return next;
  }

  #entry(uid: string): Entry {
    let entry = this.#byOwner.get(uid);
    if (!entry) {
      entry = {
        selector: null,
        rs: null,
        pods: new Map(),
        misfits: new Map(),
        readySince: new Map(),
        active: 0,
        fullyLabeled: 0,
        ready: 0,
        terminating: 0,
      };
      this.#byOwner.set(uid, entry);
    }
    return entry;
  }

  #bind(rs: ReplicaSet, podsOf: () => Iterable<Pod>): Entry {
    const entry = this.#entry(rs.metadata.uid);
    if (entry.rs === rs) return entry;
    const old = entry.rs;
    entry.rs = rs;
    if (
      old === null ||
      minReady(old) > 0 !== minReady(rs) > 0 ||
      !equalJson(old.spec.selector, rs.spec.selector) ||
      !equalJson(old.spec.template.metadata.labels, rs.spec.template.metadata.labels)
    ) {
      entry.selector = compileStoredSelector(rs.spec.selector);
      for (const pod of podsOf()) this.#put(entry, pod);
    }
    return entry;
  }

  #put(entry: Entry, pod: Pod): void {
    const { uid } = pod.metadata;
    this.#add(entry, entry.pods.get(uid) ?? 0, -1);
    const bits = this.#bits(entry, pod);
    entry.pods.set(uid, bits);
    this.#add(entry, bits, 1);
    if (bits & BIT.misfit) entry.misfits.set(uid, pod);
    else entry.misfits.delete(uid);
    const waits = bits & BIT.ready && entry.rs !== null && minReady(entry.rs) > 0;
    const since = waits ? podReadySinceMs(pod) : undefined;
    if (since === undefined) entry.readySince.delete(uid);
    else entry.readySince.set(uid, since);
  }

  #remove(owner: string, pod: Pod): void {
    const entry = this.#byOwner.get(owner);
    if (!entry) return;
    const { uid } = pod.metadata;
    this.#add(entry, entry.pods.get(uid) ?? 0, -1);
    entry.pods.delete(uid);
    entry.misfits.delete(uid);
    entry.readySince.delete(uid);
    if (entry.pods.size === 0 && entry.rs === null) this.#byOwner.delete(owner);
  }

  #add(entry: Entry, bits: number, sign: 1 | -1): void {
    if (bits & BIT.active) entry.active += sign;
    if (bits & BIT.fullyLabeled) entry.fullyLabeled += sign;
    if (bits & BIT.ready) entry.ready += sign;
    if (bits & BIT.terminating) entry.terminating += sign;
  }

  #bits(entry: Entry, pod: Pod): number {
    const { selector, rs } = entry;
    if (selector === null || rs === null) return 0; // counted when the ReplicaSet is seen
    const labels = pod.metadata.labels;
    const matches = selector.matches(labels);
    if (!isPodActive(pod)) return matches && isPodTerminating(pod) ? BIT.terminating : 0;
    if (!matches) return BIT.misfit;
    let bits: number = BIT.active;
    if (hasLabels(labels, rs.spec.template.metadata.labels)) bits |= BIT.fullyLabeled;
    if (isPodReady(pod)) bits |= BIT.ready;
    return bits;
  }
}

function minReady(rs: ReplicaSet): number {
  return rs.spec.minReadySeconds ?? 0;
}

type Labels = Readonly<Record<string, string>> | undefined;

function hasLabels(labels: Labels, wanted: Labels): boolean {
  for (const key in wanted) if (labels?.[key] !== wanted[key]) return false;
  return true;
}
