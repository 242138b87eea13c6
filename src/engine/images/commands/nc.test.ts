/** nc between the containers of a Pod: connections, datagrams, and what fails. */
import { describe, expect, it } from 'vitest';
import { Pod } from '../../../api/kinds/pod.ts';
import { Cluster } from '../../cluster.ts';

const SECOND = 1_000_000;
const AGNHOST = 'registry.k8s.io/e2e-test-images/agnhost:2.53';

/** What |client| prints beside containers that run the other scripts. */
function printed(client: string, ...others: readonly string[]): readonly string[] {
  const node = { name: 'node-1', cpu: '2', memory: '4Gi', pods: 110, zone: 'a' };
  const epoch = '2026-01-01T00:00:00Z';
  const cluster = new Cluster({ seed: 3, epoch, nodes: [node], stopped: [] }, { freeze: true });
  const { kernel } = cluster;
  const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
  const admin = cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
  const containers = [`sleep 2; ${client}`, ...others].map((script, i) => ({
    name: `c${i}`,
    image: AGNHOST,
    command: ['sh', '-c', `${script}; sleep 1000`],
  }));
  const metadata = { name: 'p', namespace: 'default' };
  kernel.spawn('create', admin.create(Pod, { metadata, spec: { containers } }));
  kernel.runUntil(40 * SECOND);
  return cluster.logs('default/p', 'c0').map(({ text }) => text);
}

describe('nc', () => {
  it('sends its input over a connection and prints the answer', () => {
    const server = 'echo pong | nc -l -p 9000 > /dev/null';
    expect(printed('echo ping | nc 127.0.0.1 9000; echo "ended $?"', server)).toEqual([
      'pong',
      'ended 0',
    ]);
  });

  it('prints what it is sent as a server', () => {
    const client = 'sleep 3; echo hello | nc -w 1 127.0.0.1 9001';
    expect(printed('nc -l -p 9001', client)).toEqual(['hello']);
  });

  it('speaks HTTP to whoever does', () => {
    const ask = "printf 'GET /hostname HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n'";
    const lines = printed(`${ask} | nc 127.0.0.1 8080; echo`, '/agnhost netexec');
    expect(lines[0]).toBe('HTTP/1.1 200 OK\r');
    expect(lines.at(-1)).toBe('p');
  });

  it('sends datagrams, and waits no longer than it is told', () => {
    const ask = 'echo hostName | nc -w 1 -u 127.0.0.1 8081; echo " ended $?"';
    expect(printed(ask, '/agnhost netexec')).toEqual(['p ended 0']);
  });

  it('says what went wrong', () => {
    expect(
      printed('nc 127.0.0.1 9 2>&1; echo $?; nc -z -v 127.0.0.1 8080 2>&1', '/agnhost netexec'),
    ).toEqual([
      'nc: 127.0.0.1 (127.0.0.1:9): Connection refused',
      '1',
      '127.0.0.1 (127.0.0.1:8080) open',
    ]);
  });
});
