/**
 * The kubelet's state machines as plain data, for drawing: read from the XState objects themselves,
 * so that what is drawn is what runs.
 */
import type { AnyStateMachine } from 'xstate';
import type { MachineGraph, MachineMove } from '../../../port/protocol-pod.ts';
import { containerMachine } from './container-machine.ts';
import { initMachine } from './init-machine.ts';
import { podMachine } from './pod-machine.ts';

type Raw = Readonly<Record<string, unknown>>;

export function machineGraphs(): readonly MachineGraph[] {
  return [podMachine, initMachine, containerMachine].map(graphOf);
}

export function graphOf(machine: AnyStateMachine): MachineGraph {
  const config = machine.config as Raw;
  const states = Object.entries((config['states'] ?? {}) as Readonly<Record<string, Raw>>);
  return {
    id: machine.id,
    initial: String(config['initial']),
    states: states.map(([name, state]) => ({
      name,
      entry: textsOf(state['entry']),
      final: state['type'] === 'final',
    })),
    moves: [
      ...movesOf('', config['on'], ''),
      ...states.flatMap(([name, state]) => [
        ...movesOf(name, state['on'], ''),
        ...movesOf(name, state['after'], 'after.'),
      ]),
    ],
  };
}

/** |prefix| names the event of a delay as the compiled table does. */
function movesOf(from: string, raw: unknown, prefix: string): readonly MachineMove[] {
  return Object.entries((raw ?? {}) as Raw).map(([event, value]) => {
    const target = typeof value === 'string' ? value : ((value as Raw)['target'] ?? from);
    return {
      from,
      event: `${prefix}${event}`,
      to: String(target).replace(/^\./, ''),
      actions: typeof value === 'string' ? [] : textsOf((value as Raw)['actions']),
    };
  });
}

function textsOf(raw: unknown): readonly string[] {
  if (raw === undefined) return [];
  return (Array.isArray(raw) ? raw : [raw]).map(String);
}
