import { describe, expect, it } from 'vitest';
import { kinds } from '../../api/kinds/index.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { apiVersionOf } from '../../api/meta/define-kind.ts';
import { checkDeclaration } from './declaration.ts';
import { OwnLog } from './log.ts';
import { RateLimit } from './rate-limit.ts';
import { parseKind, requestFor, resultOf } from './requests.ts';
import { eventFor, requeueOf, wokenKeys } from './results.ts';
import { ProgramError } from './sandbox.ts';

const find = ({ apiVersion, kind }: { apiVersion: string; kind: string }): AnyKind | undefined =>
  kinds.find((k) => k.kind === kind && apiVersionOf(k) === apiVersion);

type Input = Readonly<Record<string, unknown>>;

function request(verb: string, input: Input): unknown {
  const made = requestFor({ id: 1, verb, input }, find, 'own');
  return made instanceof Error ? made.message : made;
}

const POD = { kind: 'v1/Pod', namespace: 'default', name: 'a' };

describe('requests of a program', () => {
  const rows: readonly (readonly [string, string, Input, unknown])[] = [
    ['one object', 'get', POD, { method: 'GET', path: '/api/v1/namespaces/default/pods/a' }],
    ['of no namespace', 'get', { kind: 'v1/Node', name: 'n' }, { path: '/api/v1/nodes/n' }],
    ['all', 'list', { kind: 'apps/v1/Deployment' }, { path: '/apis/apps/v1/deployments' }],
    [
      'by labels',
      'list',
      { kind: 'v1/Pod', namespace: 'x', labels: { a: 'b', c: 'd' }, labelSelector: 'e' },
      { path: '/api/v1/namespaces/x/pods', query: { labelSelector: 'e,a=b,c=d' } },
    ],
    [
      'a name that would lead elsewhere',
      'get',
      { ...POD, name: '../secrets/b' },
      { path: '/api/v1/namespaces/default/pods/..%2Fsecrets%2Fb' },
    ],
    [
      'status',
      'update',
      { ...POD, subresource: 'status', body: {} },
      { method: 'PUT', path: '/api/v1/namespaces/default/pods/a/status', body: '{}' },
    ],
    [
      'apply',
      'patch',
      { ...POD, type: 'apply', force: true, body: {} },
      {
        method: 'PATCH',
        contentType: 'application/apply-patch+yaml',
        query: { force: 'true', fieldManager: 'own' },
      },
    ],
    [
      'delete',
      'delete',
      { ...POD, uid: 'u', gracePeriodSeconds: 0 },
      {
        method: 'DELETE',
        body: '{"apiVersion":"v1","kind":"DeleteOptions","gracePeriodSeconds":0,"preconditions":{"uid":"u"}}',
      },
    ],
  ];
  it.each(rows)('%s', (_, verb, input, wanted) => {
    expect(request(verb, input)).toMatchObject(wanted as object);
  });

  const refusals: readonly (readonly [string, string, Input, string])[] = [
    ['no verb of ours', 'watch', POD, 'there is no client.watch'],
    ['no kind', 'get', { kind: 'Pod', name: 'a' }, '"Pod" names no kind'],
    ['nothing for a kind', 'get', {}, '"" names no kind'],
    [
      'unknown kind',
      'get',
      { kind: 'v1/Pig', name: 'a' },
      'no matches for kind "Pig" in version "v1"',
    ],
    ['no name', 'get', { ...POD, name: undefined }, 'resource name may not be empty'],
    ['no namespace', 'get', { kind: 'v1/Pod', name: 'a' }, 'an empty namespace may not be set'],
    ['create nowhere', 'create', { kind: 'v1/Pod' }, 'may not be set during creation'],
    ['bad patch', 'patch', { ...POD, type: 'toString' }, '"toString" is no type of patch'],
  ];
  it.each(refusals)('%s is refused', (_, verb, input, message) => {
    expect(request(verb, input)).toContain(message);
  });

  it('items of lists say what they are', () => {
    const exchange = { id: 1, verb: 'list', input: { kind: 'v1/Pod' } };
    expect(resultOf(exchange, '{"items":[{"spec":{}}]}')).toBe(
      '[{"apiVersion":"v1","kind":"Pod","spec":{}}]',
    );
  });

  it('kinds are read as manifests write them', () => {
    expect(parseKind('a.dev/v1/Web')).toEqual({ apiVersion: 'a.dev/v1', kind: 'Web' });
    for (const bad of ['Web', 'a/b/c/D', '/Pod', 'v1/', '', 5, null])
      expect(parseKind(bad)).toBe(undefined);
  });
});

describe('what a program answers', () => {
  it.each([
    [undefined, null],
    [null, null],
    [{}, null],
    [{ requeueAfter: 0 }, null],
    [{ requeueAfter: 1.5 }, 1_500_000],
    [{ requeueAfter: -1 }, 'requeueAfter is no number of seconds: -1'],
    [{ requeueAfter: 'soon' }, 'requeueAfter is no number of seconds: "soon"'],
    [7, 'reconcile answered neither nothing nor { requeueAfter: seconds }'],
  ])('requeue %j', (value, wanted) => {
    expect(requeueOf(value)).toBe(wanted);
  });

  it('keys of what it wakes', () => {
    expect(wokenKeys([{ namespace: 'a', name: 'b' }, { name: 'c' }])).toEqual(['a/b', 'c']);
    for (const bad of [null, {}, [null], [{ name: 5 }], [{ namespace: 'a' }], 'a'])
      expect(() => wokenKeys(bad)).toThrow(ProgramError);
    expect(() => wokenKeys(Array.from({ length: 10_001 }, () => ({ name: 'a' })))).toThrow('10000');
  });

  it('events', () => {
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } };
    const event = { object, type: 'Normal', reason: 'Ok', message: 'x'.repeat(2_000) };
    expect(eventFor(event)).toMatchObject({ input: { message: 'x'.repeat(1_024) } });
    expect(eventFor({ ...event, object: null })).toContain('no object');
    expect(eventFor({ ...event, object: { kind: 'Pod', metadata: {} } })).toContain('no object');
    expect(eventFor({ ...event, type: 'Bad' })).toContain('Normal or Warning');
    expect(eventFor({ ...event, reason: '' })).toContain('one word');
  });

  it('declarations', () => {
    const good = { for: 'a.dev/v1/Web', owns: ['v1/Pod'], watches: [] };
    expect(checkDeclaration(good).primary.kind).toBe('Web');
    expect(() => checkDeclaration({ ...good, for: undefined })).toThrow('not nothing');
    expect(() => checkDeclaration({ ...good, owns: 'v1/Pod' })).toThrow(
      'no list'.replace('no', 'not a'),
    );
    const many = Array.from({ length: 20 }, () => 'v1/Pod');
    expect(() => checkDeclaration({ ...good, owns: many })).toThrow('more than 20 kinds');
  });
});

it('thirty requests at once, then twenty a second', () => {
  const limit = new RateLimit();
  const waits = Array.from({ length: 32 }, () => limit.take(1_000_000));
  expect(waits.slice(0, 30)).toEqual(Array.from({ length: 30 }, () => 0));
  expect(waits.slice(30)).toEqual([50_000, 100_000]);
  expect(limit.take(61_000_000)).toBe(0);
});

it('the log keeps the newest lines', () => {
  const log = new OwnLog();
  for (let at = 1; at <= 2_500; at++) {
    log.add({ at, controller: 'own', level: 'info', text: 'x'.repeat(5_000), key: '' });
  }
  const lines = log.after(0);
  expect(lines.length).toBe(1_000);
  expect(lines.at(-1)).toMatchObject({ seq: 2_500, at: 2_500 });
  expect(lines[0]?.text.length).toBeLessThan(4_010);
  expect(log.after(2_499).map((line) => line.seq)).toEqual([2_500]);
});
