import { expect, test } from 'vitest';
import { countsOf } from './stored-list.tsx';

const TOTALS = {
  Namespace: 4,
  ClusterRole: 69,
  Role: 8,
  FlowSchema: 11,
  Event: 30,
  Pod: 0,
  Job: 1,
};

test.each([
  ['nothing of the reader', [], ['Namespace', 'Job'], ['ClusterRole', 'Role', 'FlowSchema']],
  ['a Role of the reader', ['Role'], ['Namespace', 'Role', 'Job'], ['ClusterRole', 'FlowSchema']],
])('counts: %s', (_name, listed, main, own) => {
  const counts = countsOf(TOTALS, listed);
  expect(counts.main.map(([kind]) => kind)).toEqual(main);
  expect(counts.own.map(([kind]) => kind)).toEqual(own);
});
