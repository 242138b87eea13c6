/**
 * NodeAffinity: nodeSelector and required node affinity filter; preferred terms score. A profile may
 * add an affinity for all its Pods.
 *
 * Models: pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go (v1.36)
 */
import type { Node, Pod, PreferredSchedulingTerm } from '../../../api/generated/types.ts';
import { matchesRequired, matchesTerm } from '../../../api/meta/node-selector.ts';
import {
  defineFactory,
  definePlugin,
  Limited,
  normalizeTo100,
  type Plugin,
  type PreFilterAnswer,
  refuse,
  SKIP,
} from '../framework.ts';
import type { NodeAffinityArgs } from '../plugin-args.ts';

const REFUSED = refuse("node(s) didn't match Pod's node affinity/selector", true);
const ENFORCED = refuse("node(s) didn't match scheduler-enforced node affinity", true);
const CONFLICT = refuse('pod affinity terms conflict', true);

export const nodeAffinity = defineFactory<NodeAffinityArgs>('NodeAffinity', create);

function create({ addedAffinity }: NodeAffinityArgs): Plugin {
  const added = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const addedPreferred = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const isAdmitted = (node: NodeLike): boolean =>
    added === undefined || added.some((term) => matchesTerm(term, node));
  return definePlugin<null, readonly PreferredSchedulingTerm[]>({
    name: 'NodeAffinity',
    weight: 2,
    preFilter(pod): PreFilterAnswer<null> {
      const { affinity, nodeSelector } = pod.spec;
      const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
      const isFree = nodeSelector === undefined || Object.keys(nodeSelector).length === 0;
      if (!required && isFree && !added) return SKIP;
      const names = namedNodes(pod);
      if (names?.size === 0) return CONFLICT;
      return names ? new Limited(null, names) : null;
    },
    filter(_, pod, node) {
      if (added && !isAdmitted(node)) return ENFORCED;
      return matchesRequired(pod.spec, node) ? null : REFUSED;
    },
    preScore(pod) {
      const own = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
      if (addedPreferred.length === 0) return own === undefined || own.length === 0 ? SKIP : own;
      return [...addedPreferred, ...(own ?? [])];
    },
    score(terms, _pod, node) {
      let sum = 0;
      for (const t of terms) if (t.weight !== 0 && matchesTerm(t.preference, node)) sum += t.weight;
      return sum;
    },
    normalize: (_, scores) => normalizeTo100(scores, false),
    events: ['NodeAdd', 'NodeUpdateNodeLabel'],
    helps(event, pod) {
      if (!('node' in event)) return true;
      const now = nodeLike(event.node);
      if (!isAdmitted(now) || !matchesRequired(pod.spec, now)) return false;
      return !event.old || !matchesRequired(pod.spec, nodeLike(event.old));
    },
  });
}

type NodeLike = Parameters<typeof matchesTerm>[1];

function nodeLike({ metadata }: Node): NodeLike {
  return { name: metadata.name, labels: metadata.labels ?? {} };
}

/** Names that every term demands (matchFields on metadata.name); null when some term demands none. */
function namedNodes(pod: Pod): ReadonlySet<string> | null {
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms;
  if (!terms || terms.length === 0) return null;
  const names = new Set<string>();
  for (const term of terms) {
    const named = (term.matchFields ?? []).filter(
      (r) => r.key === 'metadata.name' && r.operator === 'In',
    );
    const [first, ...others] = named;
    if (!first) return null;
    for (const name of first.values ?? []) {
      if (others.every((r) => r.values?.includes(name))) names.add(name);
    }
  }
  return names;
}
