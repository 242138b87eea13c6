/**
 * A scenario: some requests about one kind. It is data, made by fast-check alone, so that the same
 * seed makes the same requests and a failing one can be made smaller.
 */
import fc from 'fast-check';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { type Bases, basesOf } from './bases.ts';
import { type Body, body } from './bodies.ts';
import { customDefinition, type Definition } from './definitions.ts';
import { manifest } from './manifests.ts';
import { patch, type PatchKind } from './patches.ts';
import { accept, deleteQuery, type Query, readQuery, writeQuery } from './queries.ts';
import { objectOf } from './schema-values.ts';
import type { Value } from './text.ts';
import { junk } from './values.ts';

export type Step =
  | { readonly act: 'create'; readonly body: Body; readonly query: Query }
  | {
      readonly act: 'replace';
      readonly body: Body;
      readonly query: Query;
      readonly sub: string;
      /** The resourceVersion of what is stored is put in. */
      readonly fresh: boolean;
    }
  | {
      readonly act: 'patch';
      readonly type: PatchKind;
      readonly body: Body;
      readonly query: Query;
      readonly sub: string;
    }
  | { readonly act: 'post'; readonly body: Body; readonly query: Query; readonly sub: string }
  | {
      readonly act: 'delete';
      readonly body: Body | null;
      readonly query: Query;
      readonly all: boolean;
    }
  | {
      readonly act: 'read';
      readonly query: Query;
      readonly accept: string;
      readonly what: 'one' | 'list' | 'watch' | 'sub';
      readonly sub: string;
    };

export interface Scenario {
  readonly kind: AnyKind;
  /** Comes first; the scenario is about what it defines. */
  readonly definition: Definition | null;
  readonly steps: readonly Step[];
}

const MAX_STEPS = 8;
const WHOLE: Body['damage'] = { how: 'none', at: 0 };

function step<A extends Step['act']>(
  parts: {
    [K in keyof Extract<Step, { act: A }>]: fc.Arbitrary<Extract<Step, { act: A }>[K]>;
  },
): fc.Arbitrary<Step> {
  const untyped = parts as Readonly<Record<string, fc.Arbitrary<unknown>>>;
  return fc.record(untyped) as unknown as fc.Arbitrary<Step>;
}

/** Mostly something is there that can be changed. */
function whole(bases: readonly Value[]): fc.Arbitrary<Step> {
  return step<'create'>({
    act: fc.constant('create'),
    body: fc.constantFrom(...bases).map((value): Body => ({ value, form: 'json', damage: WHOLE })),
    query: fc.constant({}),
  });
}

/** Steps of |kind|; the first mostly creates, else there is nothing to change. */
function steps(kind: AnyKind, bases: readonly Value[]): fc.Arbitrary<readonly Step[]> {
  const manifests = manifest(kind, bases);
  const create = step<'create'>({
    act: fc.constant('create'),
    body: body(manifests),
    query: writeQuery,
  });
  const usual = fc.oneof(
    { weight: 8, arbitrary: fc.constant('') },
    { weight: 3, arbitrary: subs(kind) },
  );
  const replace = step<'replace'>({
    act: fc.constant('replace'),
    body: body(manifests),
    query: writeQuery,
    sub: usual,
    fresh: fc.boolean(),
  });
  const patching = fc
    .tuple(patch(kind, bases, manifests), usual, writeQuery)
    .chain(([{ type, value }, sub, query]) =>
      body(fc.constant(value)).map((b): Step => ({ act: 'patch', type, body: b, sub, query })),
    );
  const remove = step<'delete'>({
    act: fc.constant('delete'),
    body: fc.oneof(
      { weight: 3, arbitrary: fc.constant(null) },
      { weight: 2, arbitrary: body(objectOf(`${META}.DeleteOptions`, 3)) },
    ),
    query: deleteQuery,
    all: fc.boolean(),
  });
  const read = step<'read'>({
    act: fc.constant('read'),
    query: readQuery,
    accept,
    what: fc.constantFrom('one', 'list', 'watch', 'sub'),
    sub: subs(kind),
  });
  const head =
    bases.length === 0 ? create : fc.oneof({ weight: 3, arbitrary: whole(bases) }, create);
  const later: fc.Arbitrary<Step> = fc.oneof(
    { weight: 3, arbitrary: create },
    { weight: 5, arbitrary: replace },
    { weight: 8, arbitrary: patching },
    { weight: 1, arbitrary: remove },
    { weight: 2, arbitrary: read },
    ...actions(kind),
  );
  // There is nothing to change where nothing is kept.
  const after = kind.review ? fc.oneof({ weight: 8, arbitrary: create }, later) : later;
  return fc
    .tuple(head, fc.array(after, { minLength: 1, maxLength: MAX_STEPS }))
    .map(([first, rest]) => [first, ...rest]);
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

function subs(kind: AnyKind): fc.Arbitrary<string> {
  const known = [
    ...(kind.status ? ['status'] : []),
    ...(kind.scale ? ['scale'] : []),
    ...Object.keys(kind.subresources ?? {}),
    ...Object.keys(kind.actions ?? {}),
    ...Object.keys(kind.connects ?? {}),
  ];
  return fc.constantFrom(...known, 'status', 'scale', 'nosuch');
}

function actions(kind: AnyKind): { weight: number; arbitrary: fc.Arbitrary<Step> }[] {
  return Object.entries(kind.actions ?? {}).map(([sub, action]) => {
    const bodies = fc.oneof(
      { weight: 5, arbitrary: objectOf(action.bodySchema, 4) },
      { weight: 1, arbitrary: junk },
    );
    return {
      weight: 2,
      arbitrary: step<'post'>({
        act: fc.constant('post'),
        body: body(bodies),
        query: writeQuery,
        sub: fc.constant(sub),
      }),
    };
  });
}

/** Scenarios of all |kinds|, and of kinds that definitions make. */
export function scenarios(
  kinds: readonly AnyKind[],
  bases: Bases,
  withCustom: boolean,
): fc.Arbitrary<Scenario> {
  const builtIn = kinds.map((kind) => {
    const arbitrary = steps(kind, basesOf(bases, kind)).map(
      (list): Scenario => ({ kind, definition: null, steps: list }),
    );
    // A Pod has more to get wrong than a Lease.
    return { weight: kind.connects || kind.definesKinds ? 4 : kind.review ? 1 : 2, arbitrary };
  });
  const custom = customDefinition.chain((definition) =>
    steps(definition.kind, [definition.example]).map(
      (list): Scenario => ({ kind: definition.kind, definition, steps: list }),
    ),
  );
  return fc.oneof(...builtIn, ...(withCustom ? [{ weight: 20, arbitrary: custom }] : []));
}
