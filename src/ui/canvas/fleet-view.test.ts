import { describe, expect, test } from 'vitest';
import type { ObjectRow } from '../../port/protocol.ts';
import { RowIndex } from '../mirror/row-index.ts';
import { cellStates } from './fleet-view.tsx';
import type { Glyph } from './glyph.ts';

function machine(ready: 'True' | 'False' | 'Unknown', statuses: readonly string[]) {
  const objects = new Map<string, ObjectRow>();
  const podsByNode = new RowIndex();
  objects.set('Node//n', { node: { ready } } as unknown as ObjectRow);
  statuses.forEach((status, i) => {
    const ref = `Pod/default/p-${i}`;
    objects.set(ref, { ref, status, pod: { ready: true } } as unknown as ObjectRow);
    podsByNode.add('n', ref);
  });
  podsByNode.publish();
  return { objects, podsByNode };
}

const filled = (states: readonly string[]): string[] => states.filter((s) => s !== 'empty');

describe('a cell of the fleet', () => {
  test('has a slot for each Pod, the worst first', () => {
    const states = cellStates(machine('True', ['Running', 'Error', 'Running']), 'n', undefined);
    expect(states).toHaveLength(16);
    expect(filled(states)).toEqual(['failed', 'running', 'running']);
  });

  test('counts Pods known as numbers only, in proportion when there are many', () => {
    const folded = new Map<Glyph, number>([
      ['running', 99],
      ['failed', 1],
    ]);
    const states = cellStates(machine('True', []), 'n', folded);
    expect(states[0]).toBe('failed');
    expect(states.slice(1)).toEqual(new Array(15).fill('running'));
  });

  test('is filled by what is wrong with the machine itself', () => {
    expect(new Set(cellStates(machine('False', ['Running']), 'n', undefined))).toEqual(
      new Set(['failed']),
    );
  });
});
