import { expect, test } from 'vitest';
import { kinds } from '../../api/kinds/index.ts';
import type { SpanRow } from '../../port/protocol.ts';
import { requestLine } from './looks.ts';

function patchOf(kind: string): SpanRow {
  return {
    id: 1,
    parent: 0,
    kind: 'request',
    name: 'patch status',
    from: 'a-controller',
    to: 'kube-apiserver',
    object: `${kind}//it`,
    start: 0,
    end: 1,
    revision: 0,
  };
}

/** Beside the versions and kinds that no component of the cluster asks for. */
const asked = kinds.filter(
  ({ kind, group, version, verbs, storedAs }) =>
    (verbs === undefined || verbs.includes('patch')) &&
    storedAs === undefined &&
    `${group}/${version}/${kind}` !== 'autoscaling/v1/HorizontalPodAutoscaler',
);

test('the path of a request is that under which the kind is served', () => {
  const shown = asked.map(({ kind }) => requestLine(patchOf(kind)));
  const real = asked.map(({ group, version, plural }) => {
    const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    return `PATCH ${base}/${plural}/it/status`;
  });
  expect(shown).toEqual(real);
  expect(requestLine(patchOf('Berry'))).toBe('PATCH /apis/…/berries/it/status');
});
