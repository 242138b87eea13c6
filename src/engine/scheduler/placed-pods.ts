/**
 * What the scheduler asks about Pods that have a node, counted as they come and go: how many a
 * selector matches, which affinity terms they carry, who uses a claim. Nothing here looks at all Pods
 * for one Pod.
 *
 * Pods with the same namespace and labels form a class: a selector is compared with classes, not with
 * Pods, and a Pod that comes adds one to the tallies of its class. Of affinity terms, those that say
 * the same form a group.
 *
 * Models: pkg/scheduler/framework/types.go NodeInfo (PodsWithAffinity, PodsWithRequiredAntiAffinity,
 *         PVCRefCounts), backend/cache snapshot.go (v1.36); upstream looks at every such Pod anew
 */
import type { Pod } from '../../api/generated/types.ts';
import { claimNames } from '../../api/kinds/pod/claims.ts';
import type { Selector } from '../../api/meta/selectors.ts';
import {
  type AffinityTerm,
  affinityTermsOf,
  isEverywhere,
  NO_TERMS,
  termMatches,
} from './affinity-terms.ts';
import { Tally, type TallyNode } from './tally.ts';

/** Questions kept at once; beyond, all are forgotten and asked anew. */
const MAX_QUESTIONS = 8_192;
/** Classes and groups without Pods that are kept, because Pods often come back to them. */
const MAX_EMPTY = 1_024;

type Labels = Readonly<Record<string, string>> | undefined;

interface PodClass {
  readonly id: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly terminating: boolean;
  readonly byNode: Map<TallyNode, number>;
  /** Those that count its Pods. */
  tallies: Tally[];
  /** Groups whose term is about its Pods, as of |version|. */
  matched: MatchedGroups | null;
}

interface MatchedGroups {
  readonly version: number;
  readonly namespaceLabels: Labels;
  readonly anti: readonly TermGroup[];
  readonly scoring: readonly TermGroup[];
}

interface Question {
  readonly tally: Tally;
  matches(podClass: PodClass): boolean;
}

export type TermKind = 'required' | 'requiredAnti' | 'preferred' | 'preferredAnti';

/** Placed Pods that carry the same term. */
export interface TermGroup {
  readonly kind: TermKind;
  readonly term: AffinityTerm;
  readonly tally: Tally;
}

const TERM_KINDS: readonly TermKind[] = ['required', 'requiredAnti', 'preferred', 'preferredAnti'];

export class PlacedPods {
  #classes = new Map<string, PodClass>();
  #byNamespace = new Map<string, Set<PodClass>>();
  #questions = new Map<string, Question>();
  #groups = new Map<string, TermGroup>();
  /** Raised when a group comes or goes. */
  #version = 0;
  #emptyClasses = 0;
  #emptyGroups = 0;
  #claimUsers = new Map<string, number>();

  /** A Pod has come to |node| (+1) or left it (-1). */
  change(pod: Pod, node: TallyNode, sign: 1 | -1): void {
    const found = this.#classOf(pod, pod.metadata.deletionTimestamp !== undefined);
    const before = found.byNode.size;
    addTo(found.byNode, node, sign);
    if (before === 0 && found.byNode.size > 0) this.#emptyClasses--;
    for (const tally of found.tallies) tally.add(node, sign);
    if (before > 0 && found.byNode.size === 0) this.#emptyClasses++;
    const terms = affinityTermsOf(pod);
    if (terms !== NO_TERMS) {
      for (const kind of TERM_KINDS) {
        for (const term of terms[kind]) this.#changeGroup(kind, term, node, sign);
      }
    }
    for (const key of claimNames(pod)) addTo(this.#claimUsers, key, sign);
  }

  /** How many Pods on nodes use a claim. */
  claimUsers(key: string): number {
    return this.#claimUsers.get(key) ?? 0;
  }

  /** Pods of |namespace| that |selector| matches, those being deleted left out. */
  selected(namespace: string, selector: Selector): Tally {
    const id = `${namespace}/${selector.matchesNothing ? '\0' : selector.toString()}`;
    return this.#ask(id, [namespace], (c) => !c.terminating && selector.matches(c.labels));
  }

  /** Pods that match every one of |terms|; those being deleted count too. */
  matchingAll(terms: readonly AffinityTerm[]): Tally {
    let id = '';
    for (const term of terms) id += `\n\n${term.id}`;
    const [first] = terms;
    const namespaces = !first || isEverywhere(first) ? null : first.namespaces;
    return this.#ask(id, namespaces, (c) =>
      terms.every((t) => termMatches(t, c.namespace, c.labels, undefined)),
    );
  }

  /** Groups of required anti-affinity terms that are about |pod|. */
  antiGroups(pod: Pod, namespaceLabels: Labels): readonly TermGroup[] {
    return this.#groups.size === 0 ? [] : this.#matched(pod, namespaceLabels).anti;
  }

  /** Groups of all other terms that are about |pod|. */
  scoringGroups(pod: Pod, namespaceLabels: Labels): readonly TermGroup[] {
    return this.#groups.size === 0 ? [] : this.#matched(pod, namespaceLabels).scoring;
  }

  /** Labels of nodes have changed, or a node has come or gone. */
  forgetDomains(): void {
    for (const { tally } of this.#questions.values()) tally.forgetDomains();
    for (const { tally } of this.#groups.values()) tally.forgetDomains();
  }

  #classOf(pod: Pod, terminating: boolean): PodClass {
    const { namespace = '', labels } = pod.metadata;
    let id = terminating ? `${namespace}\n-` : namespace;
    for (const key in labels) id += `\n${key}=${labels[key] as string}`;
    let found = this.#classes.get(id);
    if (!found) {
      if (this.#emptyClasses >= MAX_EMPTY) this.#dropEmptyClasses();
      const byNode = new Map<TallyNode, number>();
      found = { id, namespace, labels, terminating, byNode, tallies: [], matched: null };
      for (const q of this.#questions.values()) if (q.matches(found)) found.tallies.push(q.tally);
      this.#classes.set(id, found);
      this.#emptyClasses++;
      const siblings = this.#byNamespace.get(namespace);
      if (siblings) siblings.add(found);
      else this.#byNamespace.set(namespace, new Set([found]));
    }
    return found;
  }

  #dropEmptyClasses(): void {
    for (const c of this.#classes.values()) {
      if (c.byNode.size > 0) continue;
      this.#classes.delete(c.id);
      const siblings = this.#byNamespace.get(c.namespace);
      siblings?.delete(c);
      if (siblings?.size === 0) this.#byNamespace.delete(c.namespace);
    }
    this.#emptyClasses = 0;
  }

  #ask(
    id: string,
    namespaces: readonly string[] | null,
    matches: (podClass: PodClass) => boolean,
  ): Tally {
    const known = this.#questions.get(id);
    if (known) return known.tally;
    if (this.#questions.size >= MAX_QUESTIONS) {
      this.#questions.clear();
      for (const c of this.#classes.values()) c.tallies = [];
    }
    const tally = new Tally();
    const question: Question = {
      tally,
      matches: (c) => (namespaces === null || namespaces.includes(c.namespace)) && matches(c),
    };
    const look = (c: PodClass): void => {
      if (!question.matches(c)) return;
      c.tallies.push(tally);
      for (const [node, n] of c.byNode) tally.add(node, n);
    };
    if (namespaces === null) for (const c of this.#classes.values()) look(c);
    else for (const ns of namespaces) for (const c of this.#byNamespace.get(ns) ?? []) look(c);
    this.#questions.set(id, question);
    return tally;
  }

  #changeGroup(kind: TermKind, term: AffinityTerm, node: TallyNode, sign: 1 | -1): void {
    const id = `${kind}\n${term.id}`;
    let group = this.#groups.get(id);
    if (!group) {
      if (this.#emptyGroups >= MAX_EMPTY) this.#dropEmptyGroups();
      group = { kind, term, tally: new Tally() };
      this.#groups.set(id, group);
      this.#version++;
      this.#emptyGroups++;
    }
    const before = group.tally.byNode.size;
    group.tally.add(node, sign);
    const after = group.tally.byNode.size;
    if (before === 0 && after > 0) this.#emptyGroups--;
    else if (before > 0 && after === 0) this.#emptyGroups++;
  }

  #dropEmptyGroups(): void {
    for (const [id, g] of this.#groups) if (g.tally.byNode.size === 0) this.#groups.delete(id);
    this.#emptyGroups = 0;
    this.#version++;
  }

  #matched(pod: Pod, namespaceLabels: Labels): MatchedGroups {
    const podClass = this.#classOf(pod, false);
    const known = podClass.matched;
    if (known?.version === this.#version && known.namespaceLabels === namespaceLabels) return known;
    const anti: TermGroup[] = [];
    const scoring: TermGroup[] = [];
    for (const group of this.#groups.values()) {
      if (!termMatches(group.term, podClass.namespace, podClass.labels, namespaceLabels)) continue;
      if (group.kind === 'requiredAnti') anti.push(group);
      else scoring.push(group);
    }
    podClass.matched = { version: this.#version, namespaceLabels, anti, scoring };
    return podClass.matched;
  }
}

function addTo<K>(map: Map<K, number>, key: K, n: number): void {
  const sum = (map.get(key) ?? 0) + n;
  if (sum === 0) map.delete(key);
  else map.set(key, sum);
}
