import { describe, expect, it } from 'vitest';
import type { Endpoint, Node } from '../../../api/generated/types.ts';
import type { WantedSlice } from '../../client/endpoint-slices.ts';
import { type HintedSlices, TopologyCache } from './topology.ts';

const ZONE = 'topology.kubernetes.io/zone';

function node(zone: string, cpu: string, more: object = {}): Node {
  return {
    metadata: { name: `${zone}-${cpu}`, labels: { [ZONE]: zone, ...more } },
    status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: 'True' }] },
  } as unknown as Node;
}

const slice = (zones: string, ready = true): WantedSlice =>
  ({
    endpoints: zones.split('').map((zone) => ({ zone, addresses: [], conditions: { ready } })),
  }) as unknown as WantedSlice;

const zonesOf = (endpoints: readonly Endpoint[]): string =>
  endpoints.map((e) => e.hints?.forZones?.[0]?.name ?? '-').join('');

function cacheOf(nodes: readonly Node[]): TopologyCache {
  const cache = new TopologyCache();
  cache.setNodes(nodes);
  return cache;
}

function add(cache: TopologyCache, update: readonly WantedSlice[]): HintedSlices {
  return cache.add('ns/web', 'IPv4', { create: [], update, unchanged: [] });
}

const EQUAL = [node('a', '4'), node('b', '4'), node('c', '4')];

describe('topology hints', () => {
  it.each<[string, readonly Node[], string, string]>([
    ['each zone has its own', EQUAL, 'abc', 'abc'],
    ['a zone without one gets one', EQUAL, 'aab', 'cab'],
    ['more than enough in one zone is shared', EQUAL, 'aaaaaa', 'bcbcaa'],
    ['by CPUs', [node('a', '4'), node('b', '2')], 'abbbbb', 'aaaabb'],
    ['a control plane has no share', [...EQUAL.slice(0, 2), controlPlane()], 'ab', 'ab'],
  ])('%s', (_name, nodes, zones, hints) => {
    const [first] = add(cacheOf(nodes), [slice(zones)]).update;
    const sort = (text: string): string => text.split('').sort().join('');
    expect(sort(zonesOf(first?.endpoints ?? []))).toBe(sort(hints));
  });

  function controlPlane(): Node {
    return node('c', '4', { 'node-role.kubernetes.io/control-plane': '' });
  }

  it.each<[readonly Node[], WantedSlice, string]>([
    [EQUAL, slice('ab'), 'Insufficient number of endpoints (2 endpoints, 3 zones)'],
    [
      [node('a', '4')],
      slice('aaa'),
      'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes',
    ],
    [
      [node('a', '4'), node('', '4')],
      slice('aaa'),
      'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes',
    ],
    [
      [node('a', '40'), node('b', '1'), node('c', '1')],
      slice('abc'),
      'Unable to allocate minimum required endpoints to each zone without exceeding overload ' +
        'threshold (3 endpoints, 3 zones)',
    ],
    [
      EQUAL,
      {
        ...slice('abcab'),
        endpoints: [...slice('abcab').endpoints, ...slice(' ').endpoints.map(bare)],
      },
      'One or more endpoints do not have a zone specified',
    ],
  ])('there are none, and it is told why (%#)', (nodes, update, why) => {
    const hinted = add(cacheOf(nodes), [update]);
    expect(hinted.notice).toEqual({
      type: 'Warning',
      reason: 'TopologyAwareHintsDisabled',
      message: `${why}, addressType: IPv4`,
    });
    expect(hinted.update.flatMap((s) => s.endpoints).every((e) => e.hints === undefined)).toBe(
      true,
    );
  });

  function bare({ zone: _zone, ...endpoint }: Endpoint): Endpoint {
    return endpoint;
  }

  it('are told of once, and once when they go', () => {
    const cache = cacheOf(EQUAL);
    expect(add(cache, [slice('abc')]).notice?.reason).toBe('TopologyAwareHintsEnabled');
    expect(add(cache, [slice('abc')]).notice).toBeUndefined();
    expect(cache.forget('ns/web', 'IPv4')?.message).toBe(
      'Topology Aware Hints has been disabled, addressType: IPv4',
    );
    expect(cache.forget('ns/web', 'IPv4')).toBeUndefined();
  });

  it('stay as they are in slices that nothing else changes', () => {
    const cache = cacheOf(EQUAL);
    const [done] = add(cache, [slice('aab')]).update;
    const unchanged = done ? [done] : [];
    const again = cache.add('ns/web', 'IPv4', { create: [], update: [], unchanged });
    expect(again).toEqual({ create: [], update: [] });
  });

  it('are too few for a zone that has grown', () => {
    const cache = cacheOf(EQUAL);
    add(cache, [slice('abc')]);
    expect(cache.overloaded()).toEqual([]);
    cache.setNodes([...EQUAL, node('a', '32')]);
    expect(cache.overloaded()).toEqual(['ns/web']);
  });
});
