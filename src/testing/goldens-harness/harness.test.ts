import { describe, expect, it } from 'vitest';
import { type Json, type RecordedCase, unfold } from './case.ts';
import { firstDifference } from './compare.ts';
import { loadRecordings } from './load.ts';
import { Bindings } from './placeholders.ts';
import { grouped, type KnownMisses, replay } from './report.ts';
import { apiRequest } from './run-case.ts';
import { type RecordedWatch, watchDifference } from './sequence.ts';
import type { GoldenTarget } from './target.ts';
import { encodeUtf8 } from '../../api/meta/utf8.ts';

const UID = '12345678-1234-4234-8234-123456789abc';
const OTHER = '87654321-1234-4234-8234-123456789abc';

describe('placeholders', () => {
  it('stand for one value within a case', () => {
    const bindings = new Bindings();
    expect(bindings.matches('<uid:1>', UID)).toBe(true);
    expect(bindings.matches('owner <uid:1>!', `owner ${UID}!`)).toBe(true);
    expect(bindings.matches('<uid:1>', OTHER)).toBe(false);
    expect(bindings.matches('<uid:2>', OTHER)).toBe(true);
    expect(bindings.fill('/x/<uid:1>')).toBe(`/x/${UID}`);
  });
  it.each([
    ['<rv>', '17', true],
    ['<rv>', 'x', false],
    ['<time>', '2026-01-01T00:00:00Z', true],
    ['<time>', '2026-01-01T00:00:00.5Z', false],
    ['<microtime>', '2026-01-01T00:00:00.000001Z', true],
    ['<ip:1>', '10.96.3.4', true],
    ['<ip:1>', '10.97.3.4', false],
    ['a <nosuch> b', 'a x b', false],
    ['web-<rand:1> (a|b)', 'web-x7k2p (a|b)', true],
  ])('%s against %s', (expected, actual, result) => {
    expect(new Bindings().matches(expected, actual)).toBe(result);
  });
});

describe('comparison', () => {
  const compare = (expected: Json, actual: Json, varies: string[] = []): string | undefined =>
    firstDifference(expected, actual, 'body', new Bindings(), varies);
  it('does not mind the order of keys', () => {
    expect(compare({ a: 1, b: [2] }, { b: [2], a: 1 })).toBeUndefined();
  });
  it('takes a masked port for a number', () => {
    expect(compare({ p: '<port:1>' }, { p: 30001 })).toBeUndefined();
  });
  it.each<[string, Json, Json, string]>([
    ['another value', { a: 1 }, { a: 2 }, 'body.a: expected 1 got 2'],
    ['a missing key', { a: 1 }, {}, 'body.a: missing, expected 1'],
    ['a key too many', {}, { a: 1 }, 'body.a: not expected, but there is 1'],
    ['a shorter list', { a: [1, 2] }, { a: [1] }, 'body.a: 1 items, expected 2; missing: 2'],
    ['another type', { a: [] }, { a: {} }, 'body.a: expected [] got {}'],
  ])('tells %s', (_, expected, actual, text) => {
    expect(compare(expected, actual)).toBe(text);
  });
  it('takes what varies as a set, or not at all', () => {
    expect(compare({ l: [1, 2] }, { l: [2, 1] }, ['body.l'])).toBeUndefined();
    expect(compare({ l: [1, 2] }, { l: [2, 3] }, ['body.l'])).toContain('missing 1');
    expect(compare({ n: 'node-1' }, { n: 'node-2' }, ['body.n'])).toBeUndefined();
  });
});

describe('watches', () => {
  const event = (type: string, n: number): { type: string; object: Json } => ({
    type,
    object: { metadata: { name: 'a' }, n },
  });
  const difference = (expected: readonly [string, number][], actual: [string, number][]): unknown =>
    watchDifference(
      { events: expected.map((e) => event(...e)) } as unknown as RecordedWatch,
      actual.map((e) => event(...e)),
      'w',
      new Bindings(),
      [],
    );
  it.each<[string, [string, number][], [string, number][], boolean]>([
    ['the same', [['ADDED', 1]], [['ADDED', 1]], true],
    [
      'more changes',
      [['ADDED', 1]],
      [
        ['ADDED', 1],
        ['MODIFIED', 2],
      ],
      true,
    ],
    [
      'fewer changes',
      [
        ['ADDED', 1],
        ['MODIFIED', 2],
      ],
      [['ADDED', 1]],
      true,
    ],
    [
      'a missing end',
      [
        ['ADDED', 1],
        ['DELETED', 2],
      ],
      [['ADDED', 1]],
      false,
    ],
    [
      'an end too many',
      [['ADDED', 1]],
      [
        ['ADDED', 1],
        ['DELETED', 2],
      ],
      false,
    ],
    ['another object', [['ADDED', 1]], [['ADDED', 2]], false],
  ])('%s', (_, expected, actual, equal) => {
    expect(difference(expected, actual) === undefined).toBe(equal);
  });
});

describe('recorded requests', () => {
  it('unfold long texts and lists', () => {
    expect(unfold({ a: { $repeat: ['ab', 2] }, b: { $repeatItem: [{ c: 1 }, 2] } })).toEqual({
      a: 'abab',
      b: [{ c: 1 }, { c: 1 }],
    });
  });
  it('carry the common headers, the user and the decoded query', () => {
    const request = apiRequest(
      { method: 'GET', path: '/api/v1/pods?labelSelector=a+in+%28b%29&x=1&x=2', user: 'jane' },
      new Bindings(),
    );
    expect(request.path).toBe('/api/v1/pods');
    expect(request.query).toEqual({ labelSelector: ['a in (b)'], x: ['1', '2'] });
    expect(request.headers).toEqual({
      accept: 'application/json',
      authorization: 'Bearer janetoken',
      'user-agent': 'golden/1.0',
    });
  });
  it('leave out a header that was not sent', () => {
    const request = apiRequest(
      { method: 'POST', path: '/', headers: { 'Content-Type': null }, user: 'anonymous', body: {} },
      new Bindings(),
    );
    expect(request.headers).not.toHaveProperty('content-type');
    expect(request.headers).not.toHaveProperty('authorization');
  });
});

describe('replay', () => {
  const recorded = (name: string, body: Json): RecordedCase => ({
    name,
    request: { method: 'GET', path: '/x' },
    response: { code: 200, body },
  });
  const files: Record<string, Json> = {
    'api/objects/a.json': recorded('a', { kind: 'A', v: 1 }) as unknown as Json,
    'api/objects/b.json': recorded('b', { kind: 'A', v: 2 }) as unknown as Json,
    'api/errors/t.json': {
      topic: 't',
      cases: [recorded('c', { kind: 'A', v: 2 })],
    } as unknown as Json,
    'api/sequences/s.json': {
      name: 's',
      steps: [
        { at: 0, request: { method: 'GET', path: '/x' }, response: { code: 404 } },
        { waitSeconds: 1 },
        {
          at: 9,
          watch: {
            request: { method: 'GET', path: '/w' },
            code: 200,
            events: [],
            closedBy: 'server',
          },
        },
      ],
    },
  };
  const source = {
    list: (folder: string) => Object.keys(files).filter((f) => f.startsWith(`${folder}/`)),
    read: (name: string) => JSON.stringify(files[name]),
  };
  const makeTarget = (): GoldenTarget => ({
    handle: () => ({ code: 200, headers: {}, body: encodeUtf8('{"kind":"A","v":1}') }),
    watch: () => ({ code: 200, events: () => [], ended: true, close: () => {} }),
    waitSeconds: () => {},
    now: 0,
    load: () => {},
  });
  const known: KnownMisses = { cases: { 'api/objects': { a: 'later', b: 'later' } } };
  const options = { makeTarget, caseFilter: '', known, isServed: () => true };

  it('counts by topic and by kind, and knows its misses', () => {
    const report = replay(loadRecordings(source, 'api').replayed, options);
    expect(grouped(report.topics)).toEqual([
      { topic: 'api/objects', matched: 1, total: 2, unserved: 0 },
      { topic: 'api/sequences', matched: 1, total: 2, unserved: 0 },
      { topic: 'api/errors', matched: 0, total: 1, unserved: 0 },
    ]);
    expect(report.kinds).toEqual([{ topic: 'api/objects', kind: 'A', matched: 1, total: 2 }]);
    expect(report.misses.map((m) => [m.topic, m.case, m.known])).toEqual([
      ['api/objects', 'b', true],
      ['api/sequences', 's steps[0]', false],
      ['api/errors/t', 'c', false],
    ]);
    expect(report.cured).toEqual(['api/objects/a']);
  });
  it('takes one topic, or one case', () => {
    const topics = loadRecordings(source, 'api/errors/t').replayed.map((t) => t.name);
    expect(topics).toEqual(['api/errors/t']);
    const report = replay(loadRecordings(source, 'api').replayed, {
      ...options,
      caseFilter: 'objects/a',
    });
    expect([report.matched, report.total]).toEqual([1, 1]);
  });
  it('counts a crash as a miss', () => {
    const crash = (): GoldenTarget => {
      throw new Error('bang');
    };
    const report = replay(loadRecordings(source, 'api/objects').replayed, {
      ...options,
      makeTarget: crash,
    });
    expect(report.misses[0]?.difference).toBe('the engine stopped: bang');
  });
});
