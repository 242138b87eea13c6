/**
 * Which states the Pods of a recording were in when a command was given, and whether our own Pods
 * have come as far: commands are about states, and waits of the kubelet have a jitter.
 */
import type { ContainerStatus, Pod } from '../../api/generated/types.ts';
import type { NodeCase, Seen } from '../../testing/goldens-harness/node-case.ts';

export class RecordedStates {
  readonly #recorded: NonNullable<NodeCase['podWatch']>;
  readonly #seen: Seen;
  /** By Pod: everything it has been; the last is what it is. */
  readonly #own = new Map<string, string[]>();
  #read = 0;

  constructor({ podWatch = [] }: NodeCase, seen: Seen) {
    this.#recorded = podWatch;
    this.#seen = seen;
  }

  /** Every Pod is or has been in the state that it was in at |at| milliseconds of the recording. */
  reached(at: number): boolean {
    return this.#matches(at, (own, state) => own.includes(state));
  }

  /** Every Pod is in that state now. */
  present(at: number): boolean {
    return this.#matches(at, (own, state) => own.at(-1) === state);
  }

  /** Which of the Pods of one template is which does not matter. */
  #matches(at: number, fits: (own: readonly string[], state: string) => boolean): boolean {
    this.#catchUp();
    const used = new Set<string>();
    for (const [name, state] of this.#states(at)) {
      const group = name.replace(/<rand:\d+>$/, '');
      const found = [...this.#own].find(
        ([own, states]) =>
          !used.has(own) &&
          (group === name ? own === name : isDrawnFrom(own, group)) &&
          fits(states, state),
      );
      if (!found) return false;
      used.add(found[0]);
    }
    return true;
  }

  /** Some container had been restarted more than once by then: there were back-offs. */
  hasBackOffs(at: number): boolean {
    const restarts = ({ object }: { readonly object: Pod }): number =>
      Math.max(0, ...containers(object).map((c) => c.restartCount));
    return this.#recorded.some((w) => w.at <= at && restarts(w) > 1);
  }

  #states(at: number): Map<string, string> {
    const states = new Map<string, string>();
    for (const w of this.#recorded) {
      if (w.at <= at) states.set(w.object.metadata.name, stateText(w.type, w.object));
    }
    return states;
  }

  #catchUp(): void {
    const { pods } = this.#seen;
    for (; this.#read < pods.length; this.#read++) {
      const { type, object } = pods[this.#read] as (typeof pods)[number];
      const { name } = object.metadata;
      const text = stateText(type, object);
      const list = this.#own.get(name);
      if (!list) this.#own.set(name, [text]);
      else if (list.at(-1) !== text) list.push(text);
    }
  }
}

function containers({ status }: Pod): readonly ContainerStatus[] {
  return [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ];
}

function isDrawnFrom(name: string, group: string): boolean {
  return name.startsWith(group) && /^[a-z0-9]{5}$/.test(name.slice(group.length));
}

/** Without reasons, which lag behind by chance. */
function stateText(type: string, pod: Pod): string {
  if (type === 'DELETED') return 'deleted';
  const { metadata, status } = pod;
  const list = containers(pod).map(
    (c) => `${c.name} ${Object.keys(c.state).join()} ${c.restartCount} ${c.ready}`,
  );
  const ending = metadata.deletionTimestamp === undefined ? '' : ' ending';
  return [`${status.phase}${ending}`, ...list].join('; ');
}
