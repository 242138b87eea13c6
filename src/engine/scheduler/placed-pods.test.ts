import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Pod } from '../../api/generated/types.ts';
import { compileLabelSelector } from '../../api/meta/selectors.ts';
import { testNode, testPod, testSnapshot } from '../../testing/scheduling.ts';
import { affinityTermsOf } from './affinity-terms.ts';

const NODES = ['n1', 'n2', 'n3', 'n4'];
const SELECTORS = [
  { matchLabels: { app: 'a' } },
  { matchLabels: { app: 'b', tier: 'x' } },
  { matchExpressions: [{ key: 'tier', operator: 'Exists' as const }] },
].map((s) => compileLabelSelector(s));

const affinity = (app: string): Partial<Pod['spec']> => ({
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'zone', labelSelector: { matchLabels: { app } } },
      ],
    },
  },
});

const podOf = fc
  .record({
    name: fc.constantFrom('p', 'q', 'r', 's', 't', 'u'),
    namespace: fc.constantFrom('d', 'e'),
    node: fc.constantFrom(...NODES),
    labels: fc.constantFrom<Record<string, string>>(
      { app: 'a' },
      { app: 'b', tier: 'x' },
      { tier: 'y' },
      {},
    ),
    isDeleted: fc.boolean(),
    hates: fc.constantFrom('', 'a', 'b'),
  })
  .map(({ name, hates, ...parts }) =>
    testPod(name, { ...parts, spec: hates === '' ? {} : affinity(hates) }),
  );
const step = fc.oneof(
  fc.record({ come: podOf }),
  fc.record({ go: fc.constantFrom('d/p', 'd/q', 'e/p', 'e/r', 'd/s') }),
  fc.record({ drop: fc.constantFrom(...NODES) }),
  fc.record({ move: fc.constantFrom(...NODES), zone: fc.constantFrom('a', 'b') }),
);

it('counts as a fresh look at all Pods would, whatever came and went', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const snapshot = testSnapshot(NODES.map((n) => testNode(n, { labels: { zone: 'a' } })));
      const term = (p: Pod) => affinityTermsOf(p).requiredAnti;
      for (const s of steps) {
        if ('come' in s) snapshot.addPod(s.come, s.come.spec.nodeName ?? '');
        else if ('go' in s) snapshot.removePod(s.go);
        else if ('drop' in s) snapshot.removeNode(s.drop);
        else snapshot.setNode(testNode(s.move, { labels: { zone: s.zone } }));
        const all = [...snapshot.nodes.values()].flatMap((node) =>
          [...node.pods.values()].map((pod) => ({ node, pod })),
        );
        for (const namespace of ['d', 'e']) {
          for (const selector of SELECTORS) {
            const mine = all.filter(
              ({ pod }) =>
                pod.metadata.namespace === namespace &&
                pod.metadata.deletionTimestamp === undefined &&
                selector.matches(pod.metadata.labels),
            );
            const tally = snapshot.selected(namespace, selector);
            const bySlot = tally.bySlot(snapshot.slots);
            for (const node of snapshot.nodes.values()) {
              const n = mine.filter((m) => m.node === node).length;
              expect([tally.count(node), bySlot[node.slot]]).toEqual([n, n]);
            }
            const zones = new Map<string, number>();
            for (const { node } of mine) {
              const zone = node.labels['zone'] as string;
              zones.set(zone, (zones.get(zone) ?? 0) + 1);
            }
            expect(new Map(tally.byDomain('zone'))).toEqual(zones);
          }
          const asked = testPod('x', { namespace, labels: { app: 'a' } });
          const groups = snapshot.pods.antiGroups(asked, undefined);
          const haters = all.filter(({ pod }) =>
            term(pod).some(
              (t) => t.namespaces.includes(namespace) && t.selector.matches({ app: 'a' }),
            ),
          );
          let sum = 0;
          for (const g of groups) for (const n of g.tally.byDomain('zone').values()) sum += n;
          expect(sum).toBe(haters.length);
        }
      }
    }),
    { numRuns: 200 },
  );
});
