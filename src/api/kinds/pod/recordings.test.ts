/**
 * Bodies that a real API server refused or completed, through decoding, defaults, admission and
 * validation alone. The whole pipeline is compared by `npm run goldens`.
 */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeObject } from '../../meta/decode.ts';
import { DecodeError } from '../../meta/decode-state.ts';
import type { AdmissionContext } from '../../meta/define-kind.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import type { Draft, KubeObject } from '../../meta/object.ts';
import { validateMetaCreate } from '../../meta/object-meta-validation.ts';
import { ApiError, invalid } from '../../meta/status.ts';
import { Pod } from '../pod.ts';
import { SYSTEM_PRIORITY_CLASSES } from '../priority-class.ts';

interface Answer {
  readonly code: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: { readonly warning?: readonly string[] };
}

interface Case {
  readonly name: string;
  readonly setup?: readonly unknown[];
  readonly request: { readonly method: string; readonly path: string; readonly body?: unknown };
  readonly response: Answer;
}

const goldens = new URL('../../../testing/goldens/api/', import.meta.url);
const read = (file: string): unknown =>
  JSON.parse(fs.readFileSync(new URL(file, goldens), 'utf8')) as unknown;

/** Stands where the recordings have `<rand:n>`. */
const RANDOM = 'zzzzz';

function masked(value: unknown): unknown {
  const text = JSON.stringify(value).replaceAll(RANDOM, '<rand>');
  return JSON.parse(text.replace(/<rand:\d>/g, '<rand>')) as unknown;
}

const priorities = SYSTEM_PRIORITY_CLASSES as unknown as readonly KubeObject[];
const account = { metadata: { name: 'default' } } as unknown as KubeObject;
const context: AdmissionContext = {
  now: '<time>',
  random: () => RANDOM,
  user: 'kubernetes-admin',
  caller: { name: 'kubernetes-admin', groups: [] },
  kind: Pod as unknown as AdmissionContext['kind'],
  namespace: 'default',
  name: '',
  access: {} as AdmissionContext['access'],
  updateStatus: (_group, _plural, object) => object,
  operation: 'CREATE',
  subresource: '',
  dryRun: false,
  lookup: (_, plural, __, name) => {
    if (plural === 'priorityclasses') {
      return priorities.find((priority) => priority.metadata.name === name);
    }
    return plural === 'serviceaccounts' && ['default', 'builder'].includes(name)
      ? account
      : undefined;
  },
  list: () => [],
  warn: () => undefined,
  servedKind: () => undefined,
  equivalents: () => [],
};

/** Long parts of bodies are recorded in short. */
function expand(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expand);
  if (typeof value !== 'object' || value === null) return value;
  const { $repeat, $repeatItem } = value as Record<string, [unknown, number]>;
  if ($repeat !== undefined) return String($repeat[0]).repeat($repeat[1]);
  if ($repeatItem !== undefined) return new Array($repeatItem[1]).fill(expand($repeatItem[0]));
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, expand(v)]));
}

/** The Pod as it would be stored, or the Status that refuses it. */
function create(body: unknown, namespace: string): unknown {
  const draft = decodeObject(Pod.schema, expand(body)).object as unknown as Draft<Pod>;
  draft.metadata.namespace = namespace;
  if (!draft.metadata.name && draft.metadata.generateName) {
    draft.metadata.name = draft.metadata.generateName + RANDOM;
  }
  try {
    Pod.defaults?.(draft);
    for (const plugin of Pod.admission ?? []) plugin.admit?.(draft, null, context);
    Pod.prepareForCreate?.(draft, context);
    const errors = new FieldErrors();
    validateMetaCreate(draft.metadata, Pod, errors);
    Pod.validate?.(draft as unknown as Pod, errors);
    if (!errors.none) throw invalid(Pod, draft.metadata.name ?? '', errors.list);
  } catch (error) {
    if (error instanceof ApiError) return error.status;
    throw error;
  }
  return draft;
}

const isPodCreate = ({ request, setup }: Case): boolean =>
  request.method === 'POST' && /\/pods(\?.*)?$/.test(request.path) && setup === undefined;

const namespaceOf = (path: string): string => /namespaces\/([^/]+)/.exec(path)?.[1] ?? '';

describe('creates that were refused', () => {
  const { cases } = read('errors/pod.json') as { cases: readonly Case[] };
  // Names that are no DNS subdomain are masked differently; types that do not fit are decoding's.
  const mine = cases.filter((c) => isPodCreate(c) && [403, 422].includes(c.response.code));

  it('finds cases', () => expect(mine.length).toBeGreaterThan(70));

  it.each(mine.map((c) => [c.name, c] as const))('%s', (_, { request, response }) => {
    const answer = create(request.body, namespaceOf(request.path));
    expect(masked(answer)).toEqual(masked(expand(response.body)));
  });
});

describe('Pods as they are stored', () => {
  const files = fs
    .readdirSync(new URL('objects/', goldens))
    .filter((file) => file.startsWith('pod-'))
    .map((file) => read(`objects/${file}`) as Case);
  const mine = files.filter(isPodCreate);

  it('finds cases', () => expect(mine.length).toBeGreaterThan(25));

  it.each(mine.map((c) => [c.name, c] as const))('%s', (_, { request, response }) => {
    const pod = create(request.body, namespaceOf(request.path)) as Pod;
    const { spec, status } = masked(pod) as Pod;
    const recorded = masked(response.body) as Pod;
    expect({ spec, status }).toEqual({ spec: recorded.spec, status: recorded.status });
  });

  it.each(mine.map((c) => [c.name, c] as const))('%s: warnings', (_, { request, response }) => {
    const pod = create(request.body, namespaceOf(request.path)) as Pod;
    const warnings = (Pod.warnings?.(pod, null) ?? []).map(
      (text) => `299 - ${JSON.stringify(text)}`,
    );
    const recorded = (response.headers?.warning ?? []).filter((w) => !w.includes('unknown field'));
    expect(warnings).toEqual(recorded);
  });
});

it('refuses what is no Pod at all', () => {
  expect(() => decodeObject(Pod.schema, { spec: { containers: [{ ports: 'x' }] } })).toThrow(
    DecodeError,
  );
});
