/** Images that the reader declares: what is refused, and what the others do. */
import { describe, expect, it } from 'vitest';
import { LoneNetwork, LonePod } from '../../../testing/lone-pod.ts';
import type { ImageBehaviour } from '../../../port/protocol-image.ts';
import { Cgroup } from '../../node/runtime/cgroup.ts';
import { declarationProblems } from './check.ts';
import { definitionOf } from './image.ts';

const A = '10.244.0.5';

function start(behaviour: ImageBehaviour, cgroup?: Cgroup): { network: LoneNetwork; pod: LonePod } {
  const network = new LoneNetwork();
  const image = definitionOf({ name: 'shop/web', behaviour });
  return { network, pod: new LonePod(network, A, image, cgroup ? { cgroup } : {}) };
}

describe('what a declaration must be', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['nothing', null, ['the image must be a set of fields']],
    ['no name', {}, ['name is missing']],
    [
      'capitals',
      { name: 'Shop' },
      [
        'name "Shop" is no image name: invalid reference format: repository name (library/Shop) must be lowercase',
      ],
    ],
    [
      'a tag in the name',
      { name: 'localhost:5000/shop:1' },
      ['name "localhost:5000/shop:1" must not have a tag: tags are a list of their own'],
    ],
    ['a bad tag', { name: 'a', tags: ['-'] }, ['tags[0] must be a tag such as 1.0']],
    [
      'an unknown field',
      { name: 'a', port: 1 },
      ['port is not known; there are name, tags, size, user, credentials, behaviour'],
    ],
    [
      'a bad port',
      { name: 'a', behaviour: { serve: [{ port: 0 }] } },
      ['behaviour.serve[0].port must be a whole number from 1 to 65535'],
    ],
    [
      'no amount',
      { name: 'a', behaviour: { memory: 'lots' } },
      ['behaviour.memory must be an amount such as 64Mi or 250m'],
    ],
    [
      'two ends',
      { name: 'a', behaviour: { exitAfterSeconds: 1, crashEverySeconds: 1 } },
      ['behaviour can have exitAfterSeconds or crashEverySeconds, not both'],
    ],
    [
      'all is well',
      { name: 'registry.example.com:5000/a', tags: ['1'], behaviour: { cpu: 2 } },
      [],
    ],
  ])('%s', (_name, value, problems) => {
    expect(declarationProblems(value)).toEqual(problems);
  });
});

describe('what a program does', () => {
  it('ends after a time with a code', () => {
    const { network, pod } = start({ exitAfterSeconds: 5, exitCode: 3 });
    expect(network.run(4) && pod.exitCode).toBeNull();
    expect(network.run(2) && pod.exitCode).toBe(3);
  });

  it('crashes in every life', () => {
    const { network, pod } = start({ crashEverySeconds: 2 });
    expect(network.run(3) && pod.exitCode).toBe(1);
    expect(pod.err).toBe('the program has crashed\n');
  });

  it('serves a text, after a start', () => {
    const { network } = start({
      startSeconds: 10,
      serve: [{ port: 80, text: 'I am $HOSTNAME', status: 203, delaySeconds: 1 }],
    });
    expect(network.run(5).get(A, 80, '/')).toBe('refused');
    expect(network.run(6).get(A, 80, '/')).toMatchObject({
      status: 203,
      body: 'I am pod-10-244-0-5',
    });
  });

  it('writes lines', () => {
    const { network, pod } = start({
      lines: [{ text: 'hello' }, { text: 'tick', everySeconds: 2 }, { text: 'bad', stderr: true }],
    });
    network.run(5);
    expect(pod.out).toBe('hello\ntick\ntick\ntick\n');
    expect(pod.err).toBe('bad\n');
  });

  it('uses memory and processors', () => {
    const cgroup = new Cgroup({ memoryLimitBytes: 100 * 1024 * 1024 });
    const { network, pod } = start({ memory: '64Mi', memoryOverSeconds: 4, cpu: '500m' }, cgroup);
    network.run(2);
    expect(cgroup.memoryBytes).toBeGreaterThan(32 * 1024 * 1024);
    expect(cgroup.memoryBytes).toBeLessThan(60 * 1024 * 1024);
    network.run(8);
    expect(cgroup.memoryBytes).toBeGreaterThan(64 * 1024 * 1024);
    expect(cgroup.cpuUs / 10_000_000).toBeCloseTo(0.5, 1);
    expect(pod.exitCode).toBeNull();
    const killed = start({ memory: '200Mi' }, new Cgroup({ memoryLimitBytes: 100 * 1024 * 1024 }));
    expect(killed.network.run(1) && killed.pod.exitCode).toBe(137);
  });

  it('takes its time to end, or does not hear at all', () => {
    const slow = start({ stopAfterSeconds: 3 });
    slow.network.run(1);
    slow.pod.process.signal('SIGTERM');
    expect(slow.network.run(2) && slow.pod.exitCode).toBeNull();
    expect(slow.network.run(2) && slow.pod.exitCode).toBe(0);
    const deaf = start({ ignoreTerm: true });
    deaf.network.run(1);
    deaf.pod.process.signal('SIGTERM');
    expect(deaf.network.run(60) && deaf.pod.exitCode).toBeNull();
  });
});
