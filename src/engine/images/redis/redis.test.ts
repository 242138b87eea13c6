/** redis answers, shows its answers, and finds its data again. */
import { describe, expect, it } from 'vitest';
import { LoneNetwork, LonePod } from '../../../testing/lone-pod.ts';
import { FileStore } from '../../node/runtime/file-system.ts';
import { imageTree } from '../../node/runtime/executables.ts';
import type { ImageDefinition } from '../../node/runtime/program.ts';
import { redisImages } from '../redis.ts';

const [redis] = redisImages as readonly [ImageDefinition];
const A = '10.244.0.5';

function pod(
  network: LoneNetwork,
  address: string,
  options: ConstructorParameters<typeof LonePod>[3] = {},
): LonePod {
  const made = new LonePod(network, address, redis, options);
  network.run(1);
  return made;
}

function cli(network: LoneNetwork, words: readonly string[]): string {
  const { err, out } = pod(network, '10.244.0.6', { command: ['redis-cli', '-h', A, ...words] });
  return err + out;
}

describe('redis', () => {
  const network = new LoneNetwork();
  const server = pod(network, A, { tag: '5.0.4' });

  it('says that it is ready', () => {
    expect(server.out).toMatch(/\* Redis version=5\.0\.4, /);
    expect(server.out).toMatch(/\* Ready to accept connections tcp\n$/);
  });

  it.each<[string, string]>([
    ['ping', 'PONG\n'],
    ['get nothing', '\n'],
    ['set a 1', 'OK\n'],
    ['--no-raw incr a', '(integer) 2\n'],
    ['--no-raw get a', '"2"\n'],
    ['set s x EX 10', 'OK\n'],
    ['ttl s', '9\n'],
    ['rpush l x y z', '3\n'],
    ['--no-raw lrange l 0 -1', '1) "x"\n2) "y"\n3) "z"\n'],
    ['get l', 'WRONGTYPE Operation against a key holding the wrong kind of value\n'],
    ['incr s', 'ERR value is not an integer or out of range\n'],
    ['get', "ERR wrong number of arguments for 'get' command\n"],
    ['frob x', "ERR unknown command 'frob', with args beginning with: 'x' \n"],
    ['zadd k 1 a', 'ERR zadd is not simulated\n'],
    ['hset h f v g w', '2\n'],
    ['hgetall h', 'f\nv\ng\nw\n'],
    ['sadd s2 a b a', '2\n'],
    ['keys [ah]*', 'a\nh\n'],
    ['keys [b-a]', '\n'],
    ['config get maxmemory-policy', 'maxmemory-policy\nnoeviction\n'],
    ['del a nothing', '1\n'],
  ])('%s', (line, expected) => {
    expect(cli(network, line.split(' '))).toBe(expected);
  });

  it('keys go when their time has come', () => {
    network.run(10);
    expect(cli(network, ['exists', 's'])).toBe('0\n');
  });

  it('nobody there', () => {
    const alone = new LoneNetwork();
    pod(alone, A, { command: ['sleep', '60'] });
    expect(cli(alone, ['ping'])).toBe(
      'Could not connect to Redis at 10.244.0.5:6379: Connection refused\n',
    );
  });

  it('takes its configuration and asks for a password', () => {
    const guarded = new LoneNetwork();
    pod(guarded, A, { args: ['--requirepass', 'secret', '--maxmemory', '2mb'] });
    expect(cli(guarded, ['ping'])).toBe('NOAUTH Authentication required.\n');
    expect(cli(guarded, ['-a', 'secret', 'config', 'get', 'maxmemory'])).toBe(
      'maxmemory\n2097152\n',
    );
    expect(pod(guarded, '10.244.0.7', { args: ['--frob', 'x'] }).err).toMatch(/FATAL CONFIG FILE/);
  });

  it('finds its data again', () => {
    const own = new LoneNetwork();
    const disk = new FileStore({ base: imageTree(redis), clock: own.kernel });
    const first = pod(own, A, { layer: disk });
    expect(cli(own, ['set', 'kept', 'yes'])).toBe('OK\n');
    first.process.signal('SIGTERM');
    own.run(1);
    expect(first.exitCode).toBe(0);
    expect(first.out).toMatch(/\* DB saved on disk\n/);
    const second = pod(own, '10.244.0.8', { layer: disk });
    expect(second.out).toMatch(/DB loaded from disk/);
    const found = pod(own, '10.244.0.9', {
      command: ['redis-cli', '-h', '10.244.0.8', 'get', 'kept'],
    });
    expect(found.out).toBe('yes\n');
  });
});
