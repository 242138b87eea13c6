import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Compacted, Store } from './store.ts';

const newStore = (): Store<string> =>
  new Store<string>((key) => key.slice(0, key.indexOf('/', 1) + 1));

function put(store: Store<string>, key: string, value: string): number {
  const modRevision = store.get(key)?.modRevision ?? 0;
  const result = store.put(key, { modRevision }, () => value, 0, store.revision);
  if (!result.ok) throw new Error('compare failed');
  return result.kv.modRevision;
}

describe('store', () => {
  it('counts revisions, versions and creations as etcd does', () => {
    const store = newStore();
    const first = put(store, '/pods/a', '1');
    const second = put(store, '/pods/a', '2');
    expect(second).toBe(first + 1);
    expect(store.get('/pods/a')).toMatchObject({
      value: '2',
      createRevision: first,
      modRevision: second,
      version: 2,
    });
  });

  it('refuses a transaction whose compare does not hold', () => {
    const store = newStore();
    put(store, '/pods/a', '1');
    expect(store.put('/pods/a', { modRevision: 0 }, () => 'x', 0, 0).ok).toBe(false);
    expect(store.delete('/pods/a', { modRevision: 99 }, () => 'x', 0, 0).ok).toBe(false);
    expect(store.get('/pods/a')?.value).toBe('1');
  });

  it('ranges in order of keys, within a prefix', () => {
    const store = newStore();
    for (const key of ['/pods/b/2', '/pods/a/1', '/pods/b/1', '/nodes/x']) put(store, key, key);
    expect(store.range('/pods/').map((kv) => kv.key)).toEqual([
      '/pods/a/1',
      '/pods/b/1',
      '/pods/b/2',
    ]);
    expect(store.range('/pods/b/').map((kv) => kv.key)).toEqual(['/pods/b/1', '/pods/b/2']);
    expect(store.range('/none/')).toEqual([]);
  });

  it('tells events since a revision, until it is compacted', () => {
    const store = newStore();
    const a = put(store, '/pods/a', '1');
    const b = put(store, '/pods/a', '2');
    store.delete('/pods/a', { modRevision: b }, () => '2', 0, 0);
    expect(store.since(a).map((e) => e.type)).toEqual(['PUT', 'DELETE']);
    store.compact(b);
    expect(() => store.since(a)).toThrow(Compacted);
    expect(store.since(b).map((e) => e.type)).toEqual(['DELETE']);
    expect(() => store.rangeAt('/pods/', a)).toThrow(Compacted);
  });

  it('shows any kept revision as it was (property: equal to a rebuild)', () => {
    const step = fc.record({
      key: fc.constantFrom('/pods/a', '/pods/b', '/pods/c', '/nodes/a'),
      value: fc.option(fc.string({ maxLength: 3 }), { nil: null }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const store = newStore();
        const snapshots: { revision: number; pods: Map<string, string> }[] = [];
        const pods = new Map<string, string>();
        for (const { key, value } of steps) {
          if (value === null) {
            const modRevision = store.get(key)?.modRevision ?? 0;
            store.delete(key, { modRevision }, () => '', 0, 0);
            if (key.startsWith('/pods/')) pods.delete(key);
          } else {
            put(store, key, value);
            if (key.startsWith('/pods/')) pods.set(key, value);
          }
          snapshots.push({ revision: store.revision, pods: new Map(pods) });
        }
        for (const { revision, pods: then } of snapshots) {
          const range = store
            .rangeAt('/pods/', revision)
            .map((kv): [string, string] => [kv.key, kv.value]);
          expect(range).toEqual([...then].sort(([a], [b]) => (a < b ? -1 : 1)));
        }
      }),
    );
  });
});
