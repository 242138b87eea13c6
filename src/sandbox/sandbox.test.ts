import { describe, expect, it } from 'vitest';
import {
  ProgramError,
  type Sandbox,
  SandboxCrash,
  type Turn,
} from '../engine/own-controllers/sandbox.ts';
import { nodeSandbox } from './node.ts';

const LIMITS = { memoryBytes: 16 * 2 ** 20, stackBytes: 48 * 1024, turnTicks: 300 };
const NOW_MS = Date.UTC(2026, 0, 1, 10, 30);

interface Made {
  readonly sandbox: Sandbox;
  readonly logs: string[];
}

function make(source: string, language: 'typescript' | 'javascript' = 'javascript'): Made {
  const logs: string[] = [];
  const sandbox = nodeSandbox()({ name: 'test', language, source }, LIMITS, {
    nowMs: () => NOW_MS,
    seed: 12_345,
    log: (level, text, line) => logs.push(`${level} ${line ?? '-'} ${text}`),
    note: (wanted, seen) => logs.push(`note ${wanted} | ${seen}`),
    event: (input) => logs.push(`event ${JSON.stringify(input)}`),
  });
  return { sandbox, logs };
}

/** A controller whose reconcile has |body|. */
function reconciling(body: string): Made {
  return make(`export default { for: 'v1/Pod', async reconcile(request, context) {\n${body}\n} };`);
}

function run(body: string): { readonly turn: Turn; readonly logs: string[] } {
  const { sandbox, logs } = reconciling(body);
  return { turn: sandbox.begin({ namespace: 'default', name: 'a' }), logs };
}

/** What |expression| is in the sandbox. */
function valueOf(expression: string): unknown {
  const { ended } = run(`return ${expression};`).turn;
  if (!ended) throw new Error('it did not end');
  return 'value' in ended ? ended.value : ended.error.message;
}

describe('a program', () => {
  it('says for what it is', () => {
    const { sandbox } = make(
      `export default { for: 'x.dev/v1/Web', owns: ['v1/Pod'], watches: [{ kind: 'v1/Node' },
         { kind: 'v1/Pod', wakes: (pod) => [{ namespace: pod.metadata.namespace, name: 'b' }] }],
         reconcile() {} };`,
    );
    expect(sandbox.declaration).toEqual({
      for: 'x.dev/v1/Web',
      owns: ['v1/Pod'],
      watches: [
        { kind: 'v1/Node', maps: false },
        { kind: 'v1/Pod', maps: true },
      ],
    });
    expect(sandbox.wakes(1, { metadata: { namespace: 'a' } })).toEqual([
      { namespace: 'a', name: 'b' },
    ]);
  });

  it('asks, waits and goes on', () => {
    const { sandbox } = reconciling(`
      const pod = await context.client.get('v1/Pod', request);
      const [a, b] = await Promise.all([context.client.list('v1/Node'), context.client.list('v1/Pod')]);
      return { requeueAfter: pod.spec.n + a.length + b.length };`);
    const first = sandbox.begin({ namespace: 'default', name: 'a' });
    expect(first).toMatchObject({
      exchanges: [
        { id: 1, verb: 'get', input: { kind: 'v1/Pod', namespace: 'default', name: 'a' } },
      ],
      ended: null,
    });
    const second = sandbox.answer(1, true, '{"spec":{"n":40}}');
    expect(second.exchanges.map((e) => e.id)).toEqual([2, 3]);
    expect(sandbox.answer(3, true, '[1]').ended).toBe(null);
    expect(sandbox.answer(2, true, '[1]').ended).toEqual({ value: { requeueAfter: 42 } });
  });

  it('hears of a refusal with the line of its request', () => {
    const { sandbox } = reconciling(`const here = 1;\nawait context.client.create({\n
      apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } });`);
    sandbox.begin({ namespace: 'default', name: 'a' });
    const status = { message: 'pods is forbidden', code: 403, reason: 'Forbidden' };
    expect(sandbox.answer(1, false, JSON.stringify(status)).ended).toEqual({
      error: { message: 'ApiError: pods is forbidden', line: 3 },
    });
  });

  it('says what it logs, notes and records, with its lines', () => {
    const { logs } = run(`
      context.log('two', { a: 1 });
      console.error(new Error('three'));
      context.note(3, 1);`);
    expect(logs).toEqual(['info 3 two {"a":1}', 'error 4 Error: three', 'note 3 | 1']);
  });

  it('is TypeScript when it says so', () => {
    const { sandbox } = make(
      `interface Web { readonly spec: { readonly replicas: number } }
enum Size { Small = 1 }
export default {
  for: 'x.dev/v1/Web' as const,
  async reconcile<T>(request: { name: string }, context: unknown): Promise<void> {
    const n: number = Size.Small;
    throw new Error(\`at line 7 \${n satisfies number}\`);
  },
};`,
      'typescript',
    );
    expect(sandbox.begin({ namespace: '', name: 'a' }).ended).toEqual({
      error: { message: 'Error: at line 7 1', line: 7 },
    });
  });
});

describe('a program that cannot be used', () => {
  const cases: readonly (readonly [string, string, string, number | undefined])[] = [
    ['nothing exported', 'const a = 1;', 'has no "export default"', undefined],
    ['no reconcile', 'export default {};', 'has no function "reconcile"', undefined],
    ['bad syntax', 'const a = 1;\nconst b = = 2;', 'SyntaxError', 2],
    ['throws', '\n\nthrow new Error("no");', 'Error: no', 3],
    ['unknown name', 'export default { a: setTimeout };', 'setTimeout is not defined', 1],
    ['other modules', 'import fs from "node:fs"; export default fs;', 'node:fs', undefined],
    ['waits for ever', 'await new Promise(() => {});', 'never comes', undefined],
  ];
  it.each(cases)('%s', (_, source, message, line) => {
    let problem: unknown = null;
    try {
      make(source);
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(ProgramError);
    expect((problem as ProgramError).message).toContain(message);
    expect((problem as ProgramError).line).toBe(line);
  });

  it('names line and column of bad TypeScript', () => {
    expect(() => make('let a: number = 1;\nlet b: = 2;', 'typescript')).toThrow(
      expect.objectContaining({ line: 2 }),
    );
  });
});

describe('limits', () => {
  const crashes: readonly (readonly [string, string, string])[] = [
    ['an endless loop', 'for (;;) {}', 'steps'],
    ['an endless loop in a try', 'for (;;) { try { for (;;) {} } catch {} }', 'steps'],
    ['promises without end', 'for (;;) await null;', 'promises were settled'],
    ['a regular expression without end', '/^(a+)+$/.test("a".repeat(40) + "b");', 'steps'],
    ['long arrays', 'const a = new Array(900000).fill(0); for (;;) a.indexOf(1);', 'steps'],
    ['memory', 'const all = []; for (;;) all.push("x".repeat(1000) + all.length);', 'memory'],
  ];
  it.each(crashes)('%s ends it', (_, body, why) => {
    const { sandbox } = reconciling(body);
    const begin = (): Turn => sandbox.begin({ namespace: '', name: 'a' });
    expect(begin).toThrow(SandboxCrash);
    expect(begin).toThrow('it has been ended');
    const again = reconciling(body).sandbox;
    expect(() => again.begin({ namespace: '', name: 'a' })).toThrow(why);
  });

  it('deep recursion is an error that the program may catch', () => {
    expect(
      valueOf('(() => { const f = () => f() + 1; try { f(); } catch (e) { return e.name; } })()'),
    ).toBe('RangeError');
    expect(valueOf('JSON.parse("[".repeat(200000))')).toContain('RangeError');
  });

  it('functions of arrays that ask nobody refuse to look at billions', () => {
    expect(valueOf('Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)')).toContain(
      'RangeErr',
    );
    expect(valueOf('new Array(4e9).fill(0)')).toContain('RangeError');
    const spread = '{ length: 2 ** 53 - 1, [Symbol.isConcatSpreadable]: true }';
    expect(valueOf(`[].concat(${spread})`)).toContain('RangeError');
    expect(valueOf('[3, 1, 2].sort().concat([...[4]])')).toEqual([1, 2, 3, 4]);
  });
});

describe('nothing of the machine', () => {
  it.each([
    'process',
    'require',
    'fetch',
    'self',
    'window',
    'document',
    'setTimeout',
    'performance',
    '__host',
    'XMLHttpRequest',
    'WebAssembly',
    'importScripts',
  ])('%s is not there', (name) => {
    expect(valueOf(`typeof ${name}`)).toBe('undefined');
  });

  it('constructors lead to the sandbox, not to the host', () => {
    expect(
      valueOf(
        `(() => { const F = context.client.get.constructor; return F('return typeof process + typeof fetch')(); })()`,
      ),
    ).toBe('undefinedundefined');
    expect(valueOf('Object.isFrozen(context) && Object.isFrozen(context.client)')).toBe(true);
  });

  it('changing what the language has changes it for nobody else', () => {
    const { sandbox, logs } = reconciling(`
      JSON.stringify = () => { throw new Error('mine'); };
      Array.prototype.push = () => 0; Object.prototype.toJSON = undefined;
      Promise.prototype.then = null;
      context.log('still', [1]);
      return 5;`);
    expect(sandbox.begin({ namespace: '', name: 'a' }).ended).toEqual({ value: 5 });
    expect(logs).toEqual(['info 6 still [1]']);
    expect(valueOf('JSON.stringify([1])')).toBe('[1]');
  });

  it('time is virtual and in UTC, chance is the seed', () => {
    expect(valueOf('[Date.now(), new Date().getHours(), new Date(2026, 0, 1).getTime()]')).toEqual([
      NOW_MS,
      10,
      Date.UTC(2026, 0, 1),
    ]);
    const numbers = valueOf('[Math.random(), Math.random()]');
    expect(numbers).toEqual(valueOf('[Math.random(), Math.random()]'));
    expect(new Set(numbers as number[]).size).toBe(2);
  });

  it('uses the same number of ticks each time', () => {
    const body = 'let n = 0; for (let i = 0; i < 300000; i++) n += Math.sqrt(i); return n;';
    const { turn } = run(body);
    expect(turn.ticks).toBeGreaterThan(5);
    expect(run(body).turn).toEqual(turn);
  });
});
