/**
 * NodeAffinity: nodeSelector and required node affinity filter; preferred terms score.
 *
 * Models: pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go (v1.36)
 */
import type { Pod, PreferredSchedulingTerm } from '../../../api/generated/types.ts';
import {
  definePlugin,
  Limited,
  normalizeTo100,
  type PreFilterAnswer,
  refuse,
  SKIP,
} from '../framework.ts';
import { matchesRequired, matchesTerm } from '../../../api/meta/node-selector.ts';

const REFUSED = refuse("node(s) didn't match Pod's node affinity/selector", true);
export const nodeAffinity = definePlugin<null, readonly PreferredSchedulingTerm[]>({
  name: 'NodeAffinity',
  weight: 2,
  preFilter(pod): PreFilterAnswer<null> {
    const { affinity, nodeSelector } = pod.spec;
    const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (!required && (nodeSelector === undefined || Object.keys(nodeSelector).length === 0))
      return SKIP;
    const names = namedNodes(pod);
    return names ? new Limited(null, names) : null;
  },
  filter: (_, pod, node) => (matchesRequired(pod.spec, node) ? null : REFUSED),
  preScore(pod) {
    const preferred =
      pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred.length === 0 ? SKIP : preferred;
  },
  score(terms, _pod, node) {
    let sum = 0;
    for (const t of terms) if (t.weight !== 0 && matchesTerm(t.preference, node)) sum += t.weight;
    return sum;
  },
  normalize: (_, scores) => normalizeTo100(scores, false),
  events: ['NodeAdd', 'NodeUpdateNodeLabel'],
  helps: (event, pod) =>
    (event.type === 'NodeAdd' || event.type === 'NodeUpdateNodeLabel') &&
    matchesRequired(pod.spec, {
      name: event.node.metadata.name,
      labels: event.node.metadata.labels ?? {},
    }),
});

/** Names that every term demands (matchFields on metadata.name); null when some term demands none. */
function namedNodes(pod: Pod): ReadonlySet<string> | null {
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms;
  if (!terms) return null;
  const names = new Set<string>();
  for (const term of terms) {
    const named = (term.matchFields ?? []).filter(
      (r) => r.key === 'metadata.name' && r.operator === 'In',
    );
    if (named.length === 0) return null;
    for (const r of named) for (const v of r.values ?? []) names.add(v);
  }
  return names;
}
