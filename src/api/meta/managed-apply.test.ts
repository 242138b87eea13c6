import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeObject } from './decode.ts';
import { equalJson } from './json.ts';
import { type Applied, applyConfiguration, type ApplyRequest } from './managed-apply.ts';
import { foldWrite } from './managed-fields.ts';
import { emptyManaged, type ManagedState, sameOwners, toManagedFields } from './managed-state.ts';
import { hasPath } from './field-set.ts';
import { isApiError } from './status.ts';

const CONFIG_MAP = 'io.k8s.api.core.v1.ConfigMap';
const POD = 'io.k8s.api.core.v1.Pod';
const SERVICE = 'io.k8s.api.core.v1.Service';

interface World {
  readonly object: unknown;
  readonly state: ManagedState;
}

const EMPTY: World = { object: null, state: emptyManaged() };

function apply(
  world: World,
  manager: string,
  config: unknown,
  more: Partial<ApplyRequest> = {},
): World {
  const result: Applied = applyConfiguration(world.state, {
    manager,
    config,
    subresource: '',
    apiVersion: 'v1',
    time: '2026-01-01T00:00:00Z',
    force: false,
    schema: CONFIG_MAP,
    before: world.object,
    ...more,
  });
  const schema = more.schema ?? CONFIG_MAP;
  const object = result.object === null ? world.object : decodeObject(schema, result.object).object;
  return { object, state: result.state };
}

function update(world: World, manager: string, object: unknown, schema = CONFIG_MAP): World {
  const state = foldWrite(world.state, {
    manager,
    operation: 'Update',
    subresource: '',
    apiVersion: 'v1',
    time: '2026-01-01T00:00:01Z',
    schema,
    before: world.object,
    after: object,
  });
  return { object, state };
}

const configMap = (data: Readonly<Record<string, unknown>>, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'x', uid: 'u', ...metadata },
  data,
});
const dataOf = (world: World): unknown => (world.object as { data?: unknown }).data;
const owners = (world: World): [string, unknown][] =>
  toManagedFields(world.state).map((e) => [`${e.manager} ${e.operation}`, e.fieldsV1]);

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isApiError(error)) return error.message;
    throw error;
  }
  return '';
}

describe('server-side apply', () => {
  it('owns what the configuration says and nothing else', () => {
    const world = update(EMPTY, 'editor', configMap({ a: '1' }));
    const next = apply(world, 'me', configMap({ b: '2' }));
    expect(dataOf(next)).toEqual({ a: '1', b: '2' });
    expect(owners(next)).toEqual([
      ['me Apply', { 'f:data': { 'f:b': {} } }],
      ['editor Update', { 'f:data': { '.': {}, 'f:a': {} } }],
    ]);
  });

  it('shares a field when both want the same value; its entry has no time yet', () => {
    const world = update(EMPTY, 'editor', configMap({ a: '1' }));
    const next = apply(world, 'me', configMap({ a: '1' }));
    expect(next.object).toBe(world.object);
    expect(toManagedFields(next.state)[0]).not.toHaveProperty('time');
  });

  it('takes away what is applied no more, unless somebody else applies it', () => {
    const both = apply(
      apply(EMPTY, 'a', configMap({ x: '1', y: '1' })),
      'b',
      configMap({ y: '1' }),
    );
    const next = apply(both, 'a', configMap({}));
    expect(dataOf(next)).toEqual({ y: '1' });
  });

  it('names everybody in the way, in order', () => {
    let world = apply(EMPTY, 'b', configMap({ x: '1', y: '1' }));
    world = apply(world, 'a', configMap({ y: '1' }), { subresource: 'status', resets: new Map() });
    const text = refusal(() => apply(world, 'c', configMap({ x: '2', y: '2' })));
    expect(text).toBe(
      'Apply failed with 3 conflicts: conflicts with "a" with subresource "status":\n- .data.y\n' +
        'conflicts with "b":\n- .data.x\n- .data.y',
    );
    const forced = apply(world, 'c', configMap({ x: '2', y: '2' }), { force: true });
    expect(owners(forced)).toEqual([['c Apply', { 'f:data': { 'f:x': {}, 'f:y': {} } }]]);
  });

  it('gives what nobody was recorded for to whoever came before', () => {
    const world: World = { object: configMap({ a: '1' }), state: emptyManaged() };
    expect(refusal(() => apply(world, 'me', configMap({ a: '2' })))).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a',
    );
  });

  it('lets kubectl go on from client-side apply', () => {
    const last = JSON.stringify(configMap({ a: '1' }));
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': last };
    const world = update(EMPTY, 'csa', configMap({ a: '1', b: '1' }, { annotations }));
    expect(dataOf(apply(world, 'kubectl', configMap({ a: '2' })))).toEqual({ a: '2', b: '1' });
    expect(refusal(() => apply(world, 'kubectl', configMap({ a: '2', b: '2' })))).toBe(
      'Apply failed with 1 conflict: conflict with "csa" using v1: .data.b',
    );
    expect(refusal(() => apply(world, 'other', configMap({ a: '2' })))).not.toBe('');
  });

  it('tells ports apart by number and protocol, which may be left to its default', () => {
    const service = (...ports: object[]): object => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'x', uid: 'u' },
      spec: { ports },
    });
    const more = { schema: SERVICE };
    const world = apply(EMPTY, 'a', service({ port: 53 }, { port: 53, protocol: 'UDP' }), more);
    const next = apply(world, 'b', service({ port: 53, protocol: 'TCP', name: 'n' }), more);
    expect((next.object as { spec: { ports: unknown } }).spec.ports).toMatchObject([
      { port: 53, protocol: 'TCP', name: 'n' },
      { port: 53, protocol: 'UDP' },
    ]);
  });

  it('keeps the order of the configuration among what it lists', () => {
    const pod = (...names: string[]): object => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x', uid: 'u' },
      spec: { containers: names.map((name) => ({ name })) },
    });
    const world = update(EMPTY, 'e', pod('a', 'b', 'c'), POD);
    const next = apply(world, 'me', pod('c', 'n', 'a'), { schema: POD });
    const { containers } = (next.object as { spec: { containers: { name: string }[] } }).spec;
    expect(containers.map((c) => c.name)).toEqual(['b', 'c', 'n', 'a']);
  });

  it('drops managers of versions that are not served', () => {
    const world = apply(EMPTY, 'old', configMap({ a: '1' }));
    const [manager] = world.state.managers;
    const state = { managers: manager ? [{ ...manager, apiVersion: 'v0' }] : [] };
    const next = apply({ ...world, state }, 'me', configMap({ a: '2' }));
    expect(owners(next).map(([who]) => who)).toEqual(['me Apply']);
  });
});

const keys = fc.constantFrom('a', 'b', 'c');
const data = fc.dictionary(keys, fc.constantFrom('1', '2'), {
  // What an empty map means differs between what is applied and what is stored.
  minKeys: 1,
  noNullPrototype: true,
});
const labels = fc.record({ labels: data }, { requiredKeys: [], noNullPrototype: true });
const config = fc.tuple(data, labels).map(([d, meta]) => configMap(d, meta));
const managers = fc.constantFrom('m', 'n', 'kubectl');
const step = fc.record({ manager: managers, config, force: fc.boolean(), updates: fc.boolean() });

function worldOf(steps: readonly { manager: string; config: object; updates: boolean }[]): World {
  let world = EMPTY;
  for (const { manager, config: wanted, updates } of steps) {
    world = updates
      ? update(world, manager, wanted)
      : apply(world, manager, wanted, { force: true });
  }
  return world;
}

describe('laws of server-side apply', () => {
  it('applying twice is applying once', () => {
    fc.assert(
      fc.property(fc.array(step), managers, config, (steps, manager, wanted) => {
        const once = apply(worldOf(steps), manager, wanted, { force: true });
        const twice = apply(once, manager, wanted);
        expect(twice.object).toEqual(once.object);
        expect(sameOwners(twice.state, once.state)).toBe(true);
      }),
    );
  });

  it('what is applied is there, and owned', () => {
    fc.assert(
      fc.property(fc.array(step), managers, config, (steps, manager, wanted) => {
        const next = apply(worldOf(steps), manager, wanted, { force: true });
        const me = next.state.managers.find(
          (m) => m.manager === manager && m.operation === 'Apply',
        );
        const given = (wanted as { data: Record<string, string> }).data;
        for (const key of Object.keys(given)) {
          expect(hasPath(me?.set ?? new Map(), ['f:data', `f:${key}`])).toBe(true);
          expect((dataOf(next) as Record<string, string>)[key]).toBe(given[key]);
        }
      }),
    );
  });

  it('what is applied no more goes when nobody else owns it, and only then', () => {
    fc.assert(
      fc.property(fc.array(step), data, data, (steps, first, second) => {
        const before = apply(worldOf(steps), 'me', configMap(first), { force: true });
        const after = apply(before, 'me', configMap(second), { force: true });
        for (const key of Object.keys(first).filter((k) => !(k in second))) {
          const path = ['f:data', `f:${key}`];
          const isShared = before.state.managers.some(
            (m) => m.manager !== 'me' && hasPath(m.set, path),
          );
          expect(Object.hasOwn((dataOf(after) ?? {}) as object, key)).toBe(isShared);
        }
      }),
    );
  });

  it('a conflict is another owner of another value', () => {
    fc.assert(
      fc.property(fc.array(step), data, (steps, wanted) => {
        const world = worldOf(steps);
        const now = (world.object === null ? {} : (dataOf(world) ?? {})) as Record<string, string>;
        const inTheWay = Object.keys(wanted).filter(
          (key) =>
            !equalJson(now[key], wanted[key]) &&
            world.state.managers.some((m) => hasPath(m.set, ['f:data', `f:${key}`])),
        );
        const text = refusal(() => apply(world, 'me', configMap(wanted)));
        expect(text === '').toBe(inTheWay.length === 0);
        for (const key of inTheWay) expect(text).toContain(`.data.${key}`);
      }),
    );
  });
});
