import { describe, expect, it } from 'vitest';
import type { StepRow } from '../../port/protocol.ts';
import { newestStory, railSteps } from './rail.ts';

function row(step: number, object: string, at: number, end: number | null): StepRow {
  return {
    step,
    at,
    actor: '',
    object,
    revision: null,
    trigger: null,
    span: step,
    end,
    seen: end ?? at,
  };
}

/** One letter a step: t to come, c current, d done, s skipped. */
function letters(rows: readonly StepRow[], at: number, missing: number): string {
  return railSteps(rows, at, missing)
    .map((s) => (s.skipped ? 's' : s.state[0]))
    .join('');
}

const ROOT = 'Deployment/default/web';
const A = 'Pod/default/a';
const B = 'Pod/default/b';

const UP_TO_FOUR = [
  row(1, ROOT, 0, 10),
  row(2, ROOT, 12, 12),
  row(3, 'ReplicaSet/default/web', 15, 20),
  row(4, 'ReplicaSet/default/web', 22, 22),
];

describe('railSteps', () => {
  const cases: [string, readonly StepRow[], number, number, string][] = [
    ['nothing has happened', [], 0, 0, 'tttttttttt'],
    ['the request is on its way', UP_TO_FOUR, 5, 0, 'cttttttttt'],
    ['between two steps the next is current', UP_TO_FOUR, 11, 2, 'dcttttttt' + 't'],
    ['one of two Pods is made', [...UP_TO_FOUR, row(5, A, 25, 30)], 40, 1, 'ddddcttttt'],
    [
      'one Pod is ahead of the other',
      [...UP_TO_FOUR, row(5, A, 25, 30), row(5, B, 31, 35), row(6, A, 32, 32), row(7, A, 36, 40)],
      40,
      0,
      'dddddctttt',
    ],
    [
      'a bare Pod needs no steps 2 to 5',
      [row(1, A, 0, 10), row(6, A, 12, 12), row(7, A, 13, 20)],
      25,
      0,
      'dssssddctt',
    ],
    [
      'the past does not know what came later',
      [...UP_TO_FOUR, row(5, A, 25, 30), row(5, B, 31, 35)],
      21,
      2,
      'dddctttttt',
    ],
  ];
  it.each(cases)('%s', (_name, rows, at, missing, expected) => {
    expect(letters(rows, at, missing)).toBe(expected);
  });

  it('is all done when the last Pod runs', () => {
    const pods = [A, B].flatMap((pod, i) =>
      [5, 6, 7, 8, 9, 10].map((step) => row(step, pod, 30 + step + i, 40 + step + i)),
    );
    expect(letters([...UP_TO_FOUR, ...pods], 100, 0)).toBe('dddddddddd');
    expect(letters([...UP_TO_FOUR, ...pods.slice(0, -1)], 100, 0)).toBe('dddddddddc');
  });
});

describe('newestStory', () => {
  const caused = (trigger: number, other: StepRow): StepRow => ({ ...other, trigger });
  const rows = [
    row(1, 'Deployment/default/old', 10, 12),
    caused(0, row(2, 'Deployment/default/old', 13, 13)),
    row(1, 'Deployment/default/a', 110, 112),
    row(1, 'Deployment/default/b', 114, 116),
    caused(2, row(2, 'Deployment/default/a', 117, 117)),
    caused(1, row(3, 'ReplicaSet/default/old', 120, 121)),
  ];
  const objects = (at: number, acts: readonly number[]): string[] =>
    newestStory(rows, at, acts).map((r) => `${r.step} ${r.object.slice(-1)}`);

  it('tells of all objects of the newest apply and of nothing else', () => {
    expect(objects(200, [5, 105])).toEqual(['1 a', '1 b', '2 a']);
  });
  it('tells the story of the moment that is shown', () => {
    expect(objects(50, [5, 105])).toEqual(['1 d', '2 d', '3 d']);
    expect(objects(5, [5, 105])).toEqual([]);
  });
});
