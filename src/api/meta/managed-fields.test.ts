import { describe, expect, it } from 'vitest';
import { fieldSetOf } from './field-diff.ts';
import { toFieldsV1 } from './field-set.ts';
import { foldWrite, type ManagedWrite } from './managed-fields.ts';
import {
  emptyManaged,
  fromManagedFields,
  type ManagedState,
  toManagedFields,
} from './managed-state.ts';

const CONFIG_MAP = 'io.k8s.api.core.v1.ConfigMap';
const DEPLOYMENT = 'io.k8s.api.apps.v1.Deployment';

function write(before: unknown, after: unknown, more: Partial<ManagedWrite> = {}): ManagedWrite {
  return {
    manager: 'a',
    operation: 'Update',
    subresource: '',
    apiVersion: 'v1',
    time: '2026-01-01T00:00:00Z',
    schema: CONFIG_MAP,
    before,
    after,
    ...more,
  };
}

const fold = (...writes: ManagedWrite[]): ManagedState => writes.reduce(foldWrite, emptyManaged());
const owners = (state: ManagedState): [string, unknown][] =>
  toManagedFields(state).map((e) => [`${e.manager}/${e.subresource ?? ''}`, e.fieldsV1]);

const one = { metadata: { name: 'x', labels: { l: '1' } }, data: { a: '1', b: '1' } };

describe('managedFields', () => {
  it('own what is created, without what belongs to nobody', () => {
    expect(owners(fold(write(null, one)))).toEqual([
      [
        'a/',
        {
          'f:data': { '.': {}, 'f:a': {}, 'f:b': {} },
          'f:metadata': { 'f:labels': { '.': {}, 'f:l': {} } },
        },
      ],
    ]);
  });

  it('go to who changes a field, and are dropped with it', () => {
    const two = { metadata: { name: 'x' }, data: { a: '2', c: '1' } };
    const state = fold(write(null, one), write(one, two, { manager: 'b' }));
    expect(owners(state)).toEqual([
      ['a/', { 'f:data': {} }],
      ['b/', { 'f:data': { 'f:a': {}, 'f:c': {} } }],
    ]);
  });

  it('are not tracked later when nothing was tracked at first', () => {
    const nothing = { metadata: { name: 'x' } };
    expect(owners(fold(write(null, nothing), write(nothing, one)))).toEqual([]);
  });

  it('keep their time when a write changes nothing', () => {
    const later = write(one, { ...one }, { time: '2027-01-01T00:00:00Z' });
    const state = fold(write(null, one));
    expect(foldWrite(state, later)).toBe(state);
  });

  it('leave the status to its subresource', () => {
    const deployment = { metadata: {}, spec: {}, status: {} };
    const next = { ...deployment, spec: { replicas: 2 }, status: { replicas: 1 } };
    const spec = { schema: DEPLOYMENT, apiVersion: 'apps/v1' };
    const status = { ...spec, manager: 'k', subresource: 'status' };
    const specOnly = { ...deployment, spec: next.spec };
    const state = fold(write(null, next, spec), write(specOnly, next, status));
    expect(owners(state)).toEqual([
      ['a/', { 'f:spec': { 'f:replicas': {} } }],
      ['k/status', { 'f:status': { 'f:replicas': {} } }],
    ]);
  });

  it('come back from what a client sends', () => {
    const state = fold(write(null, one));
    const again = fromManagedFields(toManagedFields(state));
    expect(again && toManagedFields(again)).toEqual(toManagedFields(state));
    expect(fromManagedFields([{ operation: 'Steal' }])).toBeNull();
  });

  it('join the oldest of more than ten updaters', () => {
    let object: { data: Record<string, string> } = { data: { k0: '1' } };
    const at = (n: number): string => `2026-01-01T00:00:${String(n).padStart(2, '0')}Z`;
    let state = fold(write(null, object, { manager: 'm0', time: at(0) }));
    for (let i = 1; i <= 12; i++) {
      const next = { data: { ...object.data, [`k${i}`]: '1' } };
      state = foldWrite(state, write(object, next, { manager: `m${i}`, time: at(i) }));
      object = next;
    }
    const entries = toManagedFields(state);
    expect(entries).toHaveLength(10);
    expect(entries.map((e) => e.manager)).toContain('ancient-changes');
  });
});

describe('field sets', () => {
  it('name list items by their keys, numbers in their order', () => {
    const ports = [
      { containerPort: 443, protocol: 'TCP' },
      { containerPort: 53, protocol: 'UDP' },
    ];
    const pod = { spec: { containers: [{ name: 'c', ports }] } };
    const text = JSON.stringify(toFieldsV1(fieldSetOf('io.k8s.api.core.v1.Pod', pod)));
    const keys = [...text.matchAll(/containerPort\\+":(\d+)/g)].map((m) => m[1]);
    expect(keys).toEqual(['53', '443']);
  });
  it('count items with the same key as one field', () => {
    const hostAliases = [
      { ip: '1.2.3.4', hostnames: ['a'] },
      { ip: '1.2.3.4', hostnames: ['b'] },
    ];
    const fields = toFieldsV1(fieldSetOf('io.k8s.api.core.v1.Pod', { spec: { hostAliases } }));
    expect(fields).toEqual({ 'f:spec': { 'f:hostAliases': { 'k:{"ip":"1.2.3.4"}': {} } } });
  });
  it('take atomic lists as one field and sets item by item', () => {
    const fields = toFieldsV1(
      fieldSetOf('io.k8s.api.core.v1.Pod', {
        metadata: { finalizers: ['x/y'] },
        spec: { containers: [{ name: 'c', args: ['1', '2'] }] },
      }),
    );
    expect(fields['f:metadata']).toEqual({ 'f:finalizers': { 'v:"x/y"': {} } });
    expect(fields['f:spec']?.['f:containers']?.['k:{"name":"c"}']).toEqual({
      '.': {},
      'f:args': {},
      'f:name': {},
    });
  });
});
