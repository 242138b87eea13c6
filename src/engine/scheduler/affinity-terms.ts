/**
 * The terms of a Pod's affinity to other Pods, parsed once for each affinity that is stored.
 *
 * Models: k8s.io/kube-scheduler framework types.go AffinityTerm, newAffinityTerm (v1.36). The API
 *         server has put matchLabelKeys and mismatchLabelKeys into the selectors already
 */
import type { Affinity, Pod, PodAffinityTerm } from '../../api/generated/types.ts';
import { compileStoredSelector, EVERYTHING, type Selector } from '../../api/meta/selectors.ts';

type Labels = Readonly<Record<string, string>> | undefined;

export interface AffinityTerm {
  readonly namespaces: readonly string[];
  /** Namespaces by their labels, besides those by name; matches nothing when none is given. */
  readonly namespaceSelector: Selector;
  readonly selector: Selector;
  readonly topologyKey: string;
  /** 0 for required terms. */
  readonly weight: number;
  /** Terms that say the same have the same text. */
  readonly id: string;
}

export interface AffinityTerms {
  readonly required: readonly AffinityTerm[];
  readonly requiredAnti: readonly AffinityTerm[];
  readonly preferred: readonly AffinityTerm[];
  readonly preferredAnti: readonly AffinityTerm[];
}

/** Of Pods without any. */
export const NO_TERMS: AffinityTerms = {
  required: [],
  requiredAnti: [],
  preferred: [],
  preferredAnti: [],
};

/** Pods of one template share the object; the namespace is that of the Pods. */
const cache = new WeakMap<
  Affinity,
  { readonly namespace: string; readonly terms: AffinityTerms }
>();

export function affinityTermsOf(pod: Pod): AffinityTerms {
  const { affinity } = pod.spec;
  if (!affinity?.podAffinity && !affinity?.podAntiAffinity) return NO_TERMS;
  const namespace = pod.metadata.namespace ?? '';
  const known = cache.get(affinity);
  if (known?.namespace === namespace) return known.terms;
  const terms = parse(affinity, namespace);
  cache.set(affinity, { namespace, terms });
  return terms;
}

function parse({ podAffinity, podAntiAffinity }: Affinity, namespace: string): AffinityTerms {
  const required = (list: readonly PodAffinityTerm[] | undefined): AffinityTerm[] =>
    (list ?? []).map((term) => parseTerm(term, 0, namespace));
  return {
    required: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAnti: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferred: (podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((t) =>
      parseTerm(t.podAffinityTerm, t.weight, namespace),
    ),
    preferredAnti: (podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      (t) => parseTerm(t.podAffinityTerm, t.weight, namespace),
    ),
  };
}

function parseTerm(term: PodAffinityTerm, weight: number, namespace: string): AffinityTerm {
  const named = term.namespaces ?? [];
  // Without any word on namespaces the term is about the Pod's own.
  const own = named.length === 0 && term.namespaceSelector === undefined;
  const parsed = {
    namespaces: own ? [namespace] : [...new Set(named)].sort(),
    namespaceSelector: compileStoredSelector(term.namespaceSelector),
    selector: compileStoredSelector(term.labelSelector),
    topologyKey: term.topologyKey,
    weight,
  };
  return { ...parsed, id: idOf(parsed) };
}

function idOf(term: Omit<AffinityTerm, 'id'>): string {
  return [
    term.topologyKey,
    term.weight,
    term.namespaces.join(','),
    textOf(term.namespaceSelector),
    textOf(term.selector),
  ].join('\n');
}

function textOf(selector: Selector): string {
  return selector.matchesNothing ? '\0' : selector.toString();
}

/** Whether |term| is about a Pod with these |labels| in |namespace|. */
export function termMatches(
  term: AffinityTerm,
  namespace: string,
  labels: Labels,
  namespaceLabels: Labels,
): boolean {
  return (
    (term.namespaces.includes(namespace) || term.namespaceSelector.matches(namespaceLabels)) &&
    term.selector.matches(labels)
  );
}

/** Upstream podMatchesAllAffinityTerms: of several terms one Pod must match all. */
export function matchesAll(
  terms: readonly AffinityTerm[],
  pod: Pod,
  namespaceLabels?: Labels,
): boolean {
  const { namespace = '', labels } = pod.metadata;
  return terms.length > 0 && terms.every((t) => termMatches(t, namespace, labels, namespaceLabels));
}

/**
 * The terms of a Pod that looks for a node, with the namespaces that their selectors choose now by
 * name. A selector of all namespaces stays one.
 */
export function resolveTerms(
  terms: readonly AffinityTerm[],
  namesOf: (selector: Selector) => readonly string[],
): readonly AffinityTerm[] {
  if (terms.every(isResolved)) return terms;
  return terms.map((term) => {
    if (isResolved(term)) return term;
    const chosen = namesOf(term.namespaceSelector);
    const resolved = {
      ...term,
      namespaces: [...new Set([...term.namespaces, ...chosen])].sort(),
      namespaceSelector: compileStoredSelector(undefined),
    };
    return { ...resolved, id: idOf(resolved) };
  });
}

function isResolved({ namespaceSelector }: AffinityTerm): boolean {
  return namespaceSelector.matchesNothing || namespaceSelector.empty;
}

/** Whether |term| is about Pods of every namespace. */
export function isEverywhere(term: AffinityTerm): boolean {
  return term.namespaceSelector === EVERYTHING || term.namespaceSelector.empty;
}
