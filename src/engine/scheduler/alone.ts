/**
 * The scheduler without a cluster around it: queue, cycle and picture of the nodes, for measuring what
 * they cost and for comparing what they decide. Each Pod is added, popped, decided about, assumed and
 * seen bound, as it happens in a cluster.
 */
import type { Pod } from '../../api/generated/types.ts';
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import { Rng } from '../../kernel/rng.ts';
import { newCycleState, runCycle } from './cycle.ts';
import { type DecisionRecord, Decisions } from './decisions.ts';
import { factories } from './plugins/index.ts';
import { defaultProfile, Profile } from './profile.ts';
import { SchedulingQueue } from './queue.ts';
import { Snapshot } from './snapshot.ts';

const NAME = 'default-scheduler';

export class SchedulerAlone {
  readonly snapshot = new Snapshot();
  readonly #decisions = new Decisions();
  readonly #profile: Profile;
  readonly #queue: SchedulingQueue;
  readonly #state = newCycleState();
  readonly #rng: Rng;
  #now = 0;

  constructor(seed: number) {
    this.#rng = new Rng(seed, 'scheduler');
    const handle = { snapshot: this.snapshot, isPreempting: () => false };
    const profile = new Profile(defaultProfile(NAME), factories, handle);
    this.#profile = profile;
    this.#queue = new SchedulingQueue(
      {
        initialBackoffUs: MICROS_PER_SECOND,
        maxBackoffUs: 10 * MICROS_PER_SECOND,
        popFromBackoff: true,
        epochUs: 0,
        less: (a, b) => profile.queueSort.less?.(a, b) ?? false,
        gate: (pod) => profile.preEnqueue.find((p) => p.preEnqueue?.(pod)) ?? null,
      },
      () => this.#now,
    );
  }

  /** Decides about |pod| and, when a node was found, puts it there. Null for a Pod with gates. */
  schedule(pod: Pod): DecisionRecord | null {
    this.#now++;
    this.#queue.add(pod, 0);
    const item = this.#queue.pop();
    if (!item) return null;
    const { record, refusedBy } = runCycle(item.pod, {
      profile: this.#profile,
      snapshot: this.snapshot,
      nominator: this.#queue.nominator,
      rng: this.#rng,
      state: this.#state,
      percentage: 0,
    });
    const { uid } = pod.metadata;
    const names = { uid, profile: NAME, scheduler: NAME, attempt: item.attempts, at: this.#now };
    this.#decisions.add(record, { ...names, pod: item.key });
    if (record.node === '') {
      this.#queue.putBack(item, item.pod, refusedBy);
    } else {
      this.snapshot.addPod(pod, record.node);
      this.#queue.done(item);
      const bound: Pod = { ...pod, spec: { ...pod.spec, nodeName: record.node } };
      this.snapshot.addPod(bound, record.node);
      this.#queue.onEvent({ type: 'AssignedPodAdd', pod: bound, old: null }, 0);
    }
    return this.#decisions.get(item.key) ?? null;
  }
}
