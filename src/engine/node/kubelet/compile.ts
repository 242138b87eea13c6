/**
 * The kernel's adapter for XState: compiles a flat machine into a table (state, event) → (state,
 * effects) once, when its module loads. Snapshots are then plain strings, and a step costs a look-up.
 *
 * The machine stays the only definition: the statechart that the page draws, XState's own
 * `transition` and this table come from the same object, and a property test holds them together.
 * Refused by name: whatever would need state beside the state's name or a running actor (context,
 * guards, invoke, spawn, nested and parallel states, eventless transitions).
 */
import type { AnyStateMachine } from 'xstate';
import { assert } from '../../../kernel/assert.ts';

/** What a transition asks for, in the order in which it is to be done. */
export type Effect<F extends string, D extends string> =
  | { readonly type: 'do'; readonly name: F }
  /** The delay begins; when it has passed, the event `afterEvent(delay)` is due. */
  | { readonly type: 'after'; readonly delay: D }
  /** The state is left: a delay that still runs is void. */
  | { readonly type: 'cancel'; readonly delay: D };

export interface Step<S extends string, F extends string, D extends string> {
  readonly state: S;
  readonly effects: readonly Effect<F, D>[];
}

export interface CompiledMachine<
  S extends string,
  E extends string,
  F extends string,
  D extends string,
> {
  readonly id: string;
  readonly initial: Step<S, F, D>;
  readonly states: readonly S[];
  readonly events: readonly (E | AfterEvent<D>)[];
  /** What |event| does in |state|; undefined when the state does not take it. */
  step(state: S, event: E | AfterEvent<D>): Step<S, F, D> | undefined;
}

export type AfterEvent<D extends string> = `after.${D}`;

export function afterEvent<D extends string>(delay: D): AfterEvent<D> {
  return `after.${delay}`;
}

interface StateConfig {
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  readonly on: ReadonlyMap<string, TransitionConfig>;
  readonly after: ReadonlyMap<string, TransitionConfig>;
}

interface TransitionConfig {
  readonly target: string | undefined;
  readonly actions: readonly string[];
  readonly reenter: boolean;
}

const MACHINE_KEYS = new Set(['id', 'initial', 'states', 'on', 'description', 'types']);
const STATE_KEYS = new Set(['entry', 'exit', 'on', 'after', 'type', 'description', 'tags', 'meta']);
const TRANSITION_KEYS = new Set(['target', 'actions', 'reenter', 'description']);

export function compile<S extends string, E extends string, F extends string, D extends string>(
  machine: AnyStateMachine,
): CompiledMachine<S, E, F, D> {
  const config = record(machine.config, machine.id);
  refuse(config, MACHINE_KEYS, machine.id);
  const states = readStates(config, machine);
  const table = new Map<string, ReadonlyMap<string, Step<S, F, D>>>();
  const events = new Set<string>();
  for (const name of states.keys()) {
    const row = compileState<S, F, D>(machine.id, states, name);
    for (const event of row.keys()) events.add(event);
    table.set(name, row);
  }
  const initial = String(config['initial']);
  const first = states.get(initial);
  assert(first, `machine ${machine.id}: there is no initial state ${initial}`);
  return {
    id: machine.id,
    initial: { state: initial as S, effects: entering<F, D>(first) },
    states: [...states.keys()] as S[],
    events: [...events] as (E | AfterEvent<D>)[],
    step: (state, event) => table.get(state)?.get(event),
  };
}

function compileState<S extends string, F extends string, D extends string>(
  id: string,
  states: ReadonlyMap<string, StateConfig>,
  name: string,
): Map<string, Step<S, F, D>> {
  const from = states.get(name) as StateConfig;
  const row = new Map<string, Step<S, F, D>>();
  const add = (event: string, t: TransitionConfig): void => {
    const targetName = t.target ?? name;
    const target = states.get(targetName);
    assert(target, `machine ${id}: ${name} goes to ${targetName}, which does not exist`);
    const acts = t.actions.map((a): Effect<F, D> => ({ type: 'do', name: a as F }));
    // As in XState 5, a transition to the own state leaves and enters it only when told to.
    const moves = targetName !== name || (t.target !== undefined && t.reenter);
    const effects = moves ? [...leaving<F, D>(from), ...acts, ...entering<F, D>(target)] : acts;
    row.set(event, { state: targetName as S, effects });
  };
  for (const [event, t] of from.on) add(event, t);
  for (const [delay, t] of from.after) add(afterEvent(delay), t);
  return row;
}

/** XState does the entry actions first, then starts the delays; it cancels after the exit actions. */
function entering<F extends string, D extends string>(state: StateConfig): Effect<F, D>[] {
  return [
    ...state.entry.map((a): Effect<F, D> => ({ type: 'do', name: a as F })),
    ...[...state.after.keys()].map((d): Effect<F, D> => ({ type: 'after', delay: d as D })),
  ];
}

function leaving<F extends string, D extends string>(state: StateConfig): Effect<F, D>[] {
  return [
    ...state.exit.map((a): Effect<F, D> => ({ type: 'do', name: a as F })),
    ...[...state.after.keys()].map((d): Effect<F, D> => ({ type: 'cancel', delay: d as D })),
  ];
}

function readStates(
  config: Readonly<Record<string, unknown>>,
  machine: AnyStateMachine,
): Map<string, StateConfig> {
  const states = new Map<string, StateConfig>();
  const delays = new Set(Object.keys(machine.implementations.delays));
  const actions = new Set(Object.keys(machine.implementations.actions));
  const everywhere = transitions(config['on'], machine.id);
  for (const [name, raw] of Object.entries(record(config['states'], machine.id))) {
    const where = `${machine.id}.${name}`;
    const state = record(raw, where);
    refuse(state, STATE_KEYS, where);
    const type = state['type'];
    assert(type === undefined || type === 'final', `${where}: ${String(type)} states are refused`);
    const on = new Map(type === 'final' ? [] : everywhere);
    for (const [event, t] of transitions(state['on'], where)) on.set(event, t);
    const after = transitions(state['after'], where);
    for (const d of after.keys()) assert(delays.has(d), `${where}: the delay ${d} has no name`);
    const read = {
      entry: names(state['entry'], where),
      exit: names(state['exit'], where),
      on,
      after,
    };
    for (const a of actionsOf(read))
      assert(actions.has(a), `${where}: the action ${a} has no name`);
    states.set(name, read);
  }
  return states;
}

function actionsOf(state: StateConfig): readonly string[] {
  const moves = [...state.on.values(), ...state.after.values()];
  return [...state.entry, ...state.exit, ...moves.flatMap((t) => t.actions)];
}

function transitions(raw: unknown, where: string): Map<string, TransitionConfig> {
  const result = new Map<string, TransitionConfig>();
  if (raw === undefined) return result;
  for (const [event, value] of Object.entries(record(raw, where))) {
    assert(!event.includes('*'), `${where}: wildcard events are refused`);
    result.set(event, transition(value, `${where} on ${event}`));
  }
  return result;
}

function transition(raw: unknown, where: string): TransitionConfig {
  if (typeof raw === 'string') return { target: stateName(raw), actions: [], reenter: false };
  const config = record(raw, where);
  refuse(config, TRANSITION_KEYS, where);
  const target = config['target'];
  assert(target === undefined || typeof target === 'string', `${where}: one target by name`);
  return {
    target: target === undefined ? undefined : stateName(target),
    actions: names(config['actions'], where),
    reenter: config['reenter'] === true,
  };
}

/** The machine's own transitions name their targets `.state`. */
function stateName(target: string): string {
  return target.startsWith('.') ? target.slice(1) : target;
}

function names(raw: unknown, where: string): readonly string[] {
  if (raw === undefined) return [];
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  return list.map((a) => {
    assert(
      typeof a === 'string',
      `${where}: actions are names; functions, assign and spawn are refused`,
    );
    return a;
  });
}

function refuse(
  config: Readonly<Record<string, unknown>>,
  allowed: ReadonlySet<string>,
  where: string,
): void {
  for (const [key, value] of Object.entries(config)) {
    assert(value === undefined || allowed.has(key), `${where}: ${key} is refused`);
  }
}

function record(value: unknown, where: string): Readonly<Record<string, unknown>> {
  assert(
    typeof value === 'object' && value !== null && !Array.isArray(value),
    `${where}: an object is expected`,
  );
  return value as Readonly<Record<string, unknown>>;
}
