import { describe, expect, it } from 'vitest';
import type { PersistentVolume } from '../../../api/generated/types.ts';
import {
  claim,
  lookup,
  NODES,
  on,
  using,
  volume,
  type World,
} from '../../../testing/scheduling-volumes.ts';
import { made, testSnapshot, verdicts } from '../../../testing/scheduling.ts';
import { volumeBinding } from './volume-binding.ts';

const NONE = "node(s) didn't find available persistent volumes to bind [unresolvable]";
const ELSEWHERE = "node(s) didn't match PersistentVolume's node affinity [unresolvable]";
const SPACE = 'node(s) did not have enough free storage [unresolvable]';

describe('VolumeBinding', () => {
  it.each<[string, World, readonly string[], Readonly<Record<string, string>> | string]>([
    ['no claims', {}, [], 'skipped'],
    ['a claim that is not there', {}, ['c'], 'persistentvolumeclaim "c" not found [unresolvable]'],
    [
      'a claim whose volume is lost',
      { claims: [claim('c', { bound: 'v', status: { phase: 'Lost' } })] },
      ['c'],
      'persistentvolumeclaim "c" bound to non-existent persistentvolume "v" [unresolvable]',
    ],
    [
      'a claim that should be bound already',
      { claims: [claim('c', { spec: { storageClassName: 'now' } })] },
      ['c'],
      'pod has unbound immediate PersistentVolumeClaims [unresolvable]',
    ],
    [
      'a bound claim whose volume is on a node',
      { claims: [claim('c', { bound: 'v' })], volumes: [volume('v', on('n1'))] },
      ['c'],
      { n1: '', n2: ELSEWHERE, bare: ELSEWHERE },
    ],
    [
      'a bound claim without its volume',
      { claims: [claim('c', { bound: 'v' })] },
      ['c'],
      {
        n1: 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s) [unresolvable]',
        n2: 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s) [unresolvable]',
        bare: 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s) [unresolvable]',
      },
    ],
    [
      'a volume that fits, on one node',
      { claims: [claim('c')], volumes: [volume('v', on('n2'))] },
      ['c'],
      { n1: NONE, n2: '', bare: NONE },
    ],
    [
      'two claims, one volume on each node and a second on one',
      {
        claims: [claim('c'), claim('d')],
        volumes: [volume('v', on('n1')), volume('w', on('n2')), volume('x', on('n2'))],
      },
      ['c', 'd'],
      { n1: NONE, n2: '', bare: NONE },
    ],
    [
      'too small, the wrong mode, taken, of another kind',
      {
        claims: [claim('c', { size: '2Gi' })],
        volumes: [
          volume('small'),
          volume('modes', { capacity: { storage: '2Gi' }, accessModes: ['ReadOnlyMany'] }),
          volume('taken', {
            capacity: { storage: '2Gi' },
            claimRef: { namespace: 'd', name: 'x' },
          }),
          volume('raw', { capacity: { storage: '2Gi' }, volumeMode: 'Block' }),
        ],
      },
      ['c'],
      { n1: NONE, n2: NONE, bare: NONE },
    ],
    [
      'labels that the claim asks for',
      {
        claims: [claim('c', { spec: { selector: { matchLabels: { tier: 'gold' } } } })],
        volumes: [volume('v', on('n1')), volume('w', on('n2'), { tier: 'gold' })],
      },
      ['c'],
      { n1: NONE, n2: '', bare: NONE },
    ],
    [
      'the volume that is meant for it, and only that',
      {
        claims: [claim('c')],
        volumes: [
          volume('v', { ...on('n1'), claimRef: { namespace: 'd', name: 'c' } }),
          volume('w', on('n2')),
        ],
      },
      ['c'],
      { n1: '', n2: NONE, bare: NONE },
    ],
    [
      'one can be made anywhere',
      { claims: [claim('c', { spec: { storageClassName: 'made' } })] },
      ['c'],
      { n1: '', n2: '', bare: '' },
    ],
    [
      'one can be made in one zone',
      { claims: [claim('c', { spec: { storageClassName: 'in-b' } })] },
      ['c'],
      { n1: NONE, n2: '', bare: NONE },
    ],
    [
      'another scheduler’s choice of a node',
      {
        claims: [
          claim('c', {
            spec: { storageClassName: 'made' },
            annotations: { 'volume.kubernetes.io/selected-node': 'n2' },
          }),
        ],
      },
      ['c'],
      { n1: NONE, n2: '', bare: NONE },
    ],
    [
      'where the driver has room for it',
      { claims: [claim('c', { spec: { storageClassName: 'measured' } })] },
      ['c'],
      { n1: SPACE, n2: '', bare: SPACE },
    ],
    [
      'and no room for a larger one',
      { claims: [claim('c', { size: '3Gi', spec: { storageClassName: 'measured' } })] },
      ['c'],
      { n1: SPACE, n2: SPACE, bare: SPACE },
    ],
  ])('%s', (_name, world, names, expected) => {
    const snapshot = testSnapshot(NODES, [], lookup(world));
    expect(verdicts(made(volumeBinding, snapshot), using(names), snapshot)).toEqual(expected);
  });

  it('takes the smallest volume, and what one Pod was promised another does not get', () => {
    const large = volume('large', { capacity: { storage: '9Gi' } });
    const world = { claims: [claim('c'), claim('d')], volumes: [large, volume('small')] };
    const snapshot = testSnapshot(NODES, [], lookup(world));
    const plugin = made(volumeBinding, snapshot);
    const promised = (name: string): string => {
      const pod = using([name]);
      const state = plugin.preFilter?.(pod, snapshot);
      const node = snapshot.nodes.get('n1');
      if (!node || plugin.filter?.(state, pod, node)) return 'refused';
      plugin.reserve?.(state, pod, 'n1');
      const { byNode } = state as {
        byNode: Map<string, { bindings: { volume: PersistentVolume }[] }>;
      };
      return byNode.get('n1')?.bindings[0]?.volume.metadata.name ?? 'none';
    };
    expect([promised('c'), promised('d')]).toEqual(['small', 'large']);
  });

  it('gives back what it promised', () => {
    const world = { claims: [claim('c'), claim('d')], volumes: [volume('v')] };
    const snapshot = testSnapshot(NODES, [], lookup(world));
    const plugin = made(volumeBinding, snapshot);
    const pod = using(['c']);
    const state = plugin.preFilter?.(pod, snapshot);
    const node = snapshot.nodes.get('n1');
    if (node) plugin.filter?.(state, pod, node);
    plugin.reserve?.(state, pod, 'n1');
    expect(verdicts(plugin, using(['d']), snapshot)).toEqual({ n1: NONE, n2: NONE, bare: NONE });
    plugin.unreserve?.(state, pod, 'n1');
    expect(verdicts(plugin, using(['d']), snapshot)).toEqual({ n1: '', n2: '', bare: '' });
  });
});
