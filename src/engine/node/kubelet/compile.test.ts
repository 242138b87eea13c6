/** The compiled tables answer what XState's own `transition` answers; what is refused is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, createMachine, initialTransition, setup, spawnChild, transition } from 'xstate';
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { type CompiledMachine, compile, type Effect } from './compile.ts';
import { CONTAINER_STATUS, containerMachine, containerTable } from './container-machine.ts';
import { INIT_STATUS, initMachine, initTable } from './init-machine.ts';
import { POD_STATUS, podMachine, podTable } from './pod-machine.ts';

type AnyTable = CompiledMachine<string, string, string, string>;

const machines: readonly [string, AnyStateMachine, AnyTable, Readonly<Record<string, unknown>>][] =
  [
    ['pod', podMachine, podTable as AnyTable, POD_STATUS],
    ['container', containerMachine, containerTable as AnyTable, CONTAINER_STATUS],
    ['init', initMachine, initTable as AnyTable, INIT_STATUS],
  ];

const show = (e: Effect<string, string>): string =>
  e.type === 'do' ? e.name : `${e.type} ${e.delay}`;

/** XState's actions in the same words. */
function showXState(actions: readonly { type: string; params?: unknown }[]): string[] {
  return actions.map((a) => {
    const params = a.params as { id?: string; sendId?: string } | undefined;
    const delay = (id: string | undefined): string => id?.split('.')[2] ?? '';
    if (a.type === 'xstate.raise') return `after ${delay(params?.id)}`;
    if (a.type === 'xstate.cancel') return `cancel ${delay(params?.sendId)}`;
    return a.type;
  });
}

function xstateEvent(event: string, machine: AnyStateMachine, state: string): string {
  if (!event.startsWith('after.')) return event;
  return `xstate.${event}.${machine.id}.${state}`;
}

describe.each(machines)('%s machine', (_, machine, table, status) => {
  it('starts as XState does', () => {
    const [snapshot, actions] = initialTransition(machine);
    expect(table.initial.state).toBe((snapshot as AnyMachineSnapshot).value);
    expect(table.initial.effects.map(show)).toEqual(showXState(actions));
  });

  it('goes the way of XState on any sequence of events', () => {
    const sequences = fc.array(fc.constantFrom(...table.events, 'NO_SUCH_EVENT'), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(sequences, (events) => {
        let [snapshot] = initialTransition(machine) as [AnyMachineSnapshot, unknown];
        let state = table.initial.state;
        for (const event of events) {
          const type = xstateEvent(event, machine, state);
          const [next, actions] = transition(machine, snapshot, { type });
          const step = table.step(state, event);
          const expected = [(next as AnyMachineSnapshot).value, showXState(actions)];
          expect([step?.state ?? state, (step?.effects ?? []).map(show)]).toEqual(expected);
          snapshot = next as AnyMachineSnapshot;
          state = step?.state ?? state;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('reaches every state, and every state has a status', () => {
    const reached = new Set([table.initial.state]);
    for (const state of reached) {
      for (const event of table.events) {
        const step = table.step(state, event);
        if (step) reached.add(step.state);
      }
    }
    expect([...reached].sort()).toEqual([...table.states].sort());
    expect(Object.keys(status).sort()).toEqual([...table.states].sort());
  });
});

describe('compile refuses by name', () => {
  const guarded = setup({ guards: { maybe: () => true } }).createMachine({
    id: 'm',
    initial: 'a',
    states: { a: { on: { GO: { target: 'b', guard: 'maybe' } } }, b: {} },
  });
  const invoking = setup({ actors: { other: createMachine({}) } }).createMachine({
    id: 'm',
    initial: 'a',
    states: { a: { invoke: { src: 'other' } } },
  });
  const contextual = setup({ types: { context: {} as { n: number } } }).createMachine({
    id: 'm',
    context: { n: 0 },
    initial: 'a',
    states: { a: {} },
  });
  const assigning = setup({}).createMachine({
    id: 'm',
    initial: 'a',
    states: { a: { entry: assign({}) } },
  });
  const spawning = setup({}).createMachine({
    id: 'm',
    initial: 'a',
    states: { a: { entry: spawnChild(createMachine({})) } },
  });
  const nested = setup({}).createMachine({
    id: 'm',
    initial: 'a',
    states: { a: { initial: 'b', states: { b: {} } } },
  });
  it.each<[string, AnyStateMachine, RegExp]>([
    ['guards', guarded, /m\.a on GO: guard is refused/],
    ['invoke', invoking, /m\.a: invoke is refused/],
    ['context', contextual, /m: context is refused/],
    ['assign', assigning, /m\.a: actions are names/],
    ['spawn', spawning, /m\.a: actions are names/],
    ['nested states', nested, /m\.a: initial is refused/],
  ])('%s', (_, machine, message) => {
    expect(() => compile(machine)).toThrow(message);
  });
});
