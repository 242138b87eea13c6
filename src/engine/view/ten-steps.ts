/**
 * Recognises the ten steps from a manifest to running containers in the trace. Nothing is scripted:
 * a step is there when the spans that make it are there, and its trigger is the step that caused it.
 *
 *   1 stored · 2 controller told · 3 ReplicaSet made · 4 its controller told · 5 Pods made
 *   6 scheduler told · 7 bound · 8 kubelet told · 9 sandbox and init containers · 10 containers run
 *
 * Spans are fed in the order in which they begin and end; the same recogniser serves the running
 * page (incrementally) and a finished trace.
 */
import type { Span } from '../../kernel/trace.ts';
import type { StepRow } from '../../port/protocol.ts';

const WORKLOAD = 'Deployment';
const MIDDLE = 'ReplicaSet';
const POD = 'Pod';
const WORKLOAD_CONTROLLER = 'deployment-controller';
const MIDDLE_CONTROLLER = 'replicaset-controller';
const MANAGER = 'kube-controller-manager';
const SCHEDULER = 'kube-scheduler';
const PERSON = 'kubectl';
const KUBELET = 'kubelet/';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What is known of one object so far: its steps by number, as indexes into the list. */
interface Known {
  readonly steps: Map<number, number>;
  /** Pods: node, and whether an app container has started. */
  node: string;
  started: boolean;
}

export interface StepLimits {
  /** Pods of one story that are told; of the rest nothing is said. */
  readonly pods: number;
  /** When a story begins and there are more rows than this, what went before is forgotten. */
  readonly rows: number;
}

const NO_LIMITS: StepLimits = { pods: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY };

export class StepRecogniser {
  readonly steps: Mutable<StepRow>[] = [];
  /** Raised with every change, so that readers know when to look again. */
  version = 0;
  /** Steps recognised so far, those forgotten included. */
  added = 0;
  #limits: StepLimits;
  #toldPods = 0;
  #objects = new Map<string, Known>();
  #bySpan = new Map<number, number>();
  #lookup: (id: number) => Span | undefined;
  #now: () => number;

  /** |now| answers the moment of the span that is being shown. */
  constructor(
    lookup: (id: number) => Span | undefined,
    now: () => number,
    limits: StepLimits = NO_LIMITS,
  ) {
    this.#lookup = lookup;
    this.#now = now;
    this.#limits = limits;
  }

  /** A span has begun, or has ended. */
  onSpan(span: Span): void {
    switch (span.kind) {
      case 'request':
        this.#onRequest(span);
        return;
      case 'watch':
        if (span.end >= 0) this.#onDelivery(span);
        return;
      case 'work':
      case 'schedule':
        if (span.end < 0) this.#onWork(span);
        return;
      case 'cri':
        this.#onRuntimeCall(span);
        return;
      case 'container':
        if (span.end >= 0) this.#onContainer(span);
        return;
    }
  }

  /** A request counts from its commit on: watchers may hear of it before the client does. */
  #onRequest(span: Span): void {
    const code = Number(span.detail?.['code'] ?? 0);
    if (code < 200 || code >= 300) return;
    const known = this.#bySpan.get(span.id);
    if (known !== undefined) {
      const row = this.steps[known] as Mutable<StepRow>;
      if (span.end >= 0 && row.step !== 10) row.end = span.end;
      return;
    }
    const kind = kindOf(span.object);
    if (span.from === PERSON) this.#onPersonsWrite(span, kind);
    else if (span.from === WORKLOAD_CONTROLLER && kind === MIDDLE) this.#onMiddleWrite(span);
    else if (span.from === MIDDLE_CONTROLLER && kind === POD && span.name === 'create') {
      const owner = this.#lookup(span.parent)?.object ?? '';
      this.#add(5, span.object, MIDDLE_CONTROLLER, span, this.#step(owner, 4));
    } else if (span.from === SCHEDULER && span.name === 'create binding') this.#onBinding(span);
    else if (span.from.startsWith(KUBELET) && span.name === 'patch status') this.#onStatus(span);
  }

  #onPersonsWrite(span: Span, kind: string): void {
    if (span.revision === 0 || (kind !== WORKLOAD && kind !== POD)) return;
    if (span.name === 'create') {
      this.#beginStory();
      this.#objects.delete(span.object);
      this.#add(1, span.object, PERSON, span, null);
      return;
    }
    if (
      kind !== WORKLOAD ||
      !['patch', 'update', 'patch scale', 'update scale'].includes(span.name)
    )
      return;
    // A change begins the story of this object anew.
    this.#beginStory();
    this.#objects.delete(span.object);
    this.#add(1, span.object, PERSON, span, null);
  }

  #beginStory(): void {
    this.#toldPods = 0;
    if (this.steps.length <= this.#limits.rows) return;
    this.steps.length = 0;
    this.#objects.clear();
    this.#bySpan.clear();
  }

  #onMiddleWrite(span: Span): void {
    const owner = this.#lookup(span.parent)?.object ?? '';
    if (span.name === 'create') {
      this.#add(3, span.object, WORKLOAD_CONTROLLER, span, this.#step(owner, 2));
    } else if (span.name === 'update' && span.revision > 0) {
      // Scaling an old ReplicaSet: told again, from this change on.
      const known = this.#objects.get(span.object);
      known?.steps.delete(3);
      known?.steps.delete(4);
      this.#add(3, span.object, WORKLOAD_CONTROLLER, span, this.#step(owner, 2));
    }
  }

  /** Work that no delivery caused: a component that has just started learnt of the object by listing. */
  #onWork(span: Span): void {
    if (span.parent !== 0 || (span.also?.length ?? 0) > 0) return;
    const { object } = span;
    if (span.from === WORKLOAD_CONTROLLER) this.#told(2, span, span.from, this.#step(object, 1));
    else if (span.from === MIDDLE_CONTROLLER) this.#told(4, span, span.from, this.#step(object, 3));
    else if (span.from === SCHEDULER) this.#told(6, span, SCHEDULER, this.#made(object));
  }

  /** Being told by a list takes no time of its own. */
  #told(step: number, span: Span, actor: string, trigger: number | null): void {
    const added = this.#add(step, span.object, actor, span, trigger);
    if (added) {
      added.end = span.start;
      added.revision = null;
    }
  }

  /** The step that made a Pod: a controller's, or a person's. */
  #made(object: string): number | null {
    return this.#step(object, 5) ?? this.#step(object, 1);
  }

  #onDelivery(span: Span): void {
    const kind = kindOf(span.object);
    const cause = this.#lookup(span.parent);
    if (cause?.kind === 'request') this.#onRequest(cause);
    if (span.to === MANAGER && span.name !== 'DELETED') {
      if (kind === WORKLOAD) {
        const trigger = this.#step(span.object, 1);
        if (trigger !== null && this.#revisionOf(trigger) === span.revision) {
          this.#add(2, span.object, WORKLOAD_CONTROLLER, span, trigger);
        }
      } else if (kind === MIDDLE) {
        const trigger = this.#step(span.object, 3);
        if (trigger !== null && this.#revisionOf(trigger) === span.revision) {
          this.#add(4, span.object, MIDDLE_CONTROLLER, span, trigger);
        }
      }
      return;
    }
    if (kind !== POD || span.name !== 'ADDED') return;
    if (span.to === SCHEDULER) {
      this.#add(6, span.object, SCHEDULER, span, this.#made(span.object));
    } else if (span.to.startsWith(KUBELET)) {
      this.#known(span.object).node = span.to.slice(KUBELET.length);
      this.#add(8, span.object, span.to, span, this.#step(span.object, 7));
    }
  }

  #onBinding(span: Span): void {
    const cycle = this.#lookup(span.parent);
    const added = this.#add(7, span.object, SCHEDULER, span, this.#step(span.object, 6));
    // The step begins where the scheduler takes the Pod up.
    if (added && cycle?.kind === 'schedule') added.at = cycle.start;
  }

  #onRuntimeCall(span: Span): void {
    if (kindOf(span.object) !== POD) return;
    const node = span.to.slice(span.to.indexOf('/') + 1);
    if (span.name === 'RunPodSandbox') {
      this.#told(8, span, `${KUBELET}${node}`, this.#step(span.object, 7));
      const added = this.#add(
        9,
        span.object,
        `${KUBELET}${node}`,
        span,
        this.#step(span.object, 8),
      );
      if (added) added.end = null;
    }
    const isApp = span.detail?.['container'] !== undefined && span.detail['init'] !== true;
    if (
      isApp &&
      (span.name === 'PullImage' ||
        span.name === 'CreateContainer' ||
        span.name === 'StartContainer')
    ) {
      this.#beginRunning(span, node);
    } else if (span.end >= 0) {
      this.#extend(span);
    }
  }

  /** Step 10 begins with the first app container; step 9 is over then at the latest. */
  #beginRunning(span: Span, node: string): void {
    const ninth = this.#step(span.object, 9);
    if (ninth === null) return;
    const added = this.#add(10, span.object, `containerd/${node}`, span, ninth);
    if (!added) return;
    added.end = null;
    added.revision = null;
    const row = this.steps[ninth] as Mutable<StepRow>;
    row.end ??= span.start;
  }

  /** Sandbox and init containers: the ninth step lasts at least this long. */
  #extend(span: Span): void {
    const ninth = this.#step(span.object, 9);
    if (ninth === null || this.#step(span.object, 10) !== null) return;
    this.version++;
  }

  #onContainer(span: Span): void {
    if (span.detail?.['init'] === true) {
      this.#extend(span);
      return;
    }
    if (span.name === 'Started') this.#known(span.object).started = true;
  }

  /** The first status written after an app container has started says Running. */
  #onStatus(span: Span): void {
    const tenth = this.#step(span.object, 10);
    if (tenth === null || !this.#known(span.object).started) return;
    const row = this.steps[tenth] as Mutable<StepRow>;
    if (row.end !== null || span.revision === 0) return;
    row.end = span.end;
    row.revision = span.revision;
    this.version++;
  }

  #add(
    step: number,
    object: string,
    actor: string,
    span: Span,
    trigger: number | null,
  ): Mutable<StepRow> | null {
    // Only stories that begin with a person's act are told.
    if (step > 1 && trigger === null) return null;
    if (this.#step(object, step) !== null) return null;
    if (step === 5 && ++this.#toldPods > this.#limits.pods) return null;
    const known = this.#known(object);
    const delivery = span.kind === 'watch';
    const row: Mutable<StepRow> = {
      step,
      at: delivery ? span.end : span.start,
      actor,
      object,
      revision: span.revision > 0 ? span.revision : null,
      trigger,
      span: span.id,
      // A write has happened once it is committed, though its answer is still on the way.
      end: span.end >= 0 ? span.end : span.kind === 'request' ? this.#now() : null,
      seen: this.#now(),
    };
    known.steps.set(step, this.steps.length);
    if (span.kind === 'request') this.#bySpan.set(span.id, this.steps.length);
    this.steps.push(row);
    this.added++;
    this.version++;
    return row;
  }

  #known(object: string): Known {
    let known = this.#objects.get(object);
    if (!known) {
      known = { steps: new Map(), node: '', started: false };
      this.#objects.set(object, known);
    }
    return known;
  }

  #step(object: string, step: number): number | null {
    return this.#objects.get(object)?.steps.get(step) ?? null;
  }

  #revisionOf(index: number): number | null {
    return (this.steps[index] as StepRow).revision;
  }
}

/** The steps of a finished trace, in order of time, with triggers as indexes into that order. */
export function recogniseSteps(spans: Iterable<Span>): readonly StepRow[] {
  const all = [...spans];
  const byId = new Map(all.map((s) => [s.id, s]));
  let now = 0;
  const recogniser = new StepRecogniser(
    (id) => byId.get(id),
    () => now,
  );
  const show = (span: Span, at: number): void => {
    now = at;
    recogniser.onSpan(span);
  };
  const ends = all.filter((s) => s.end >= 0).sort((a, b) => a.end - b.end || a.id - b.id);
  let i = 0;
  for (const span of all) {
    while (i < ends.length && (ends[i] as Span).end <= span.start) {
      show(ends[i] as Span, (ends[i] as Span).end);
      i++;
    }
    // A request that has only begun says nothing yet.
    if (span.kind !== 'request') show({ ...span, end: -1 }, span.start);
  }
  for (; i < ends.length; i++) show(ends[i] as Span, (ends[i] as Span).end);
  return inOrderOfTime(recogniser.steps);
}

export function inOrderOfTime(steps: readonly StepRow[]): readonly StepRow[] {
  const order = steps
    .map((_, i) => i)
    .sort((a, b) => {
      const x = steps[a] as StepRow;
      const y = steps[b] as StepRow;
      return x.at - y.at || x.step - y.step || a - b;
    });
  const place = new Map(order.map((from, to) => [from, to]));
  return order.map((i) => {
    const row = steps[i] as StepRow;
    return { ...row, trigger: row.trigger === null ? null : (place.get(row.trigger) ?? null) };
  });
}

function kindOf(ref: string): string {
  return ref.slice(0, ref.indexOf('/'));
}
