import { describe, expect, it } from 'vitest';
import { ConfigMap } from '../kinds/config-map.ts';
import { Namespace } from '../kinds/namespace.ts';
import type { ObjectMeta } from '../generated/types.ts';
import type { MetaOnUpdate } from './define-kind.ts';
import { FieldErrors } from './field-errors.ts';
import { nameErrors, validateMetaCreate, validateMetaUpdate } from './object-meta-validation.ts';

const texts = (errors: FieldErrors): string[] => errors.list.map((e) => `${e.field}: ${e.message}`);

function created(
  meta: ObjectMeta,
  kind: typeof ConfigMap | typeof Namespace = ConfigMap,
): string[] {
  const errors = new FieldErrors();
  validateMetaCreate(meta, kind as typeof ConfigMap, errors);
  return texts(errors);
}

const OWNER = { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' };

describe('metadata on create', () => {
  const cases: [string, ObjectMeta, string[]][] = [
    ['fine', { name: 'a.b', namespace: 'n' }, []],
    [
      'no name',
      { namespace: 'n' },
      ['metadata.name: Required value: name or generateName is required'],
    ],
    ['no namespace', { name: 'a' }, ['metadata.namespace: Required value']],
    [
      'negative generation',
      { name: 'a', namespace: 'n', generation: -1 },
      ['metadata.generation: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'owner without anything',
      {
        name: 'a',
        namespace: 'n',
        ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: '' }],
      },
      [
        'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
        'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
        'metadata.ownerReferences.name: Invalid value: "": must not be empty',
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
      ],
    ],
    [
      'finalizer of no domain',
      { name: 'a', namespace: 'n', finalizers: ['mine'] },
      [
        'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ],
    ],
    [
      'orphan and foreground',
      { name: 'a', namespace: 'n', finalizers: ['orphan', 'foregroundDeletion'] },
      [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    ],
  ];
  it.each(cases)('%s', (_, meta, expected) => {
    expect(created(meta)).toEqual(expected);
  });

  it('lets one owner only be the controller', () => {
    const owners = [
      { ...OWNER, controller: true },
      { ...OWNER, name: 'm', controller: true },
    ];
    const [text] = created({ name: 'a', namespace: 'n', ownerReferences: owners });
    expect(text).toContain('Found "true" in references for Node/n and Node/m');
  });

  it('forbids a namespace where there is none', () => {
    expect(created({ name: 'a', namespace: 'n' }, Namespace)).toEqual([
      'metadata.namespace: Forbidden: not allowed on this type',
    ]);
  });
});

describe('metadata on update', () => {
  const old: ObjectMeta = {
    name: 'a',
    namespace: 'n',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  const updated = (next: ObjectMeta, before = old): string[] => {
    const errors = new FieldErrors();
    validateMetaUpdate(next, before, ConfigMap, errors);
    return texts(errors);
  };
  it('finds nothing in an unchanged object', () => {
    expect(updated({ ...old })).toEqual([]);
  });
  it('tells an immutable field twice, as the server does', () => {
    const text = 'metadata.uid: Invalid value: "w": field is immutable';
    expect(updated({ ...old, uid: 'w' })).toEqual([text, text]);
  });
  it('looks at the whole again, as the shared code does', () => {
    expect(updated({ ...old, generateName: 'a%' })).toEqual([
      'metadata.generateName: Invalid value: "a%": may not contain \'%\'',
    ]);
    expect(updated({ ...old, finalizers: ['x'] })).toEqual([
      'metadata.finalizers[0]: Invalid value: "x": ' +
        'name is neither a standard finalizer name nor is it fully qualified',
    ]);
  });
  it('looks at it as often as the kind does', () => {
    const next = { ...old, labels: { a: '-' } };
    const times = (own: MetaOnUpdate): number => {
      const errors = new FieldErrors();
      validateMetaUpdate(next, old, ConfigMap, errors, own);
      return errors.list.length;
    };
    expect((['none', 'change', 'whole', 'both'] as const).map(times)).toEqual([2, 3, 3, 4]);
  });
  it('adds no finalizers to what is being deleted', () => {
    const going = { ...old, deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(updated({ ...going, finalizers: ['x/y'] }, going)[0]).toBe(
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being ' +
        'deleted, found new finalizers []string{"x/y"}',
    );
  });
});

describe('generateName', () => {
  it('may end in a dash', () => {
    expect(nameErrors('dnsLabel', 'web-', true)).toEqual([]);
    expect(nameErrors('dnsLabel', 'web-')).toHaveLength(1);
  });
  it('of path segments', () => {
    expect(nameErrors('pathSegment', 'a/b%')).toEqual([
      "may not contain '/'",
      "may not contain '%'",
    ]);
    expect(nameErrors('pathSegment', '..')).toEqual(["may not be '..'"]);
  });
});
