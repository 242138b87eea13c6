/** What a Pod's containers are told of DNS, for each policy and for more than resolvers take. */
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../api/generated/types.ts';
import { dnsProblems, resolvConf } from './etc-files.ts';

const NODE = { name: 'node-1', address: '172.30.0.2', hosts: '' };

function pod(spec: object): Pod {
  const metadata = { name: 'p', namespace: 'shop', uid: 'u' };
  return { metadata, spec: { containers: [], ...spec } } as unknown as Pod;
}

describe('resolv.conf', () => {
  const cluster =
    'search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n';
  const host = 'nameserver 172.30.0.2\n';
  it.each([
    [{}, cluster],
    [{ dnsPolicy: 'ClusterFirst' }, cluster],
    [{ dnsPolicy: 'ClusterFirst', hostNetwork: true }, host],
    [{ dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }, cluster],
    [{ dnsPolicy: 'Default' }, host],
    [
      {
        dnsPolicy: 'None',
        dnsConfig: {
          nameservers: ['1.2.3.4', '1.2.3.4'],
          searches: ['a.example'],
          options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
        },
      },
      'search a.example\nnameserver 1.2.3.4\noptions ndots:2 edns0\n',
    ],
    [
      { dnsConfig: { options: [{ name: 'ndots', value: '1' }], searches: ['cluster.local'] } },
      cluster.replace('ndots:5', 'ndots:1'),
    ],
  ])('of %j', (spec, text) => {
    expect(resolvConf(pod(spec), NODE)).toBe(text);
    expect(dnsProblems(pod(spec), NODE.address)).toEqual([]);
  });

  it('has three servers at most, and tells which', () => {
    const nameservers = ['1.1.1.1', '2.2.2.2', '3.3.3.3'];
    const full = pod({ dnsPolicy: 'Default', dnsConfig: { nameservers } });
    expect(resolvConf(full, NODE)).toBe(`${host}nameserver 1.1.1.1\nnameserver 2.2.2.2\n`);
    expect(dnsProblems(full, NODE.address)).toEqual([
      'Nameserver limits were exceeded, some nameservers have been omitted, ' +
        'the applied nameserver line is: 172.30.0.2 1.1.1.1 2.2.2.2',
    ]);
  });

  it('has no more domains than resolvers take', () => {
    const searches = Array.from({ length: 40 }, (_, i) => `d${i}.${'x'.repeat(60)}.example`);
    const long = pod({ dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], searches } });
    const [line = ''] = resolvConf(long, NODE).split('\n');
    expect(line.split(' ')).toHaveLength(1 + 28);
    expect(line.length - 'search '.length).toBeLessThanOrEqual(2_048);
    const [problem] = dnsProblems(long, NODE.address);
    expect(problem).toMatch(
      /^Search Line limits were exceeded, .* the applied search line is: d0\./,
    );
  });
});
