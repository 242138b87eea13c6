/**
 * Node selectors and node affinity terms.
 *
 * Models: k8s.io/component-helpers scheduling/corev1/nodeaffinity nodeaffinity.go (v1.36)
 */
import type { NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '../generated/types.ts';

export interface NodeLike {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** False: `matchesRequired` holds on every node. */
export function choosesNodes(spec: PodSpec): boolean {
  return (
    spec.nodeSelector !== undefined ||
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution !== undefined
  );
}

/** nodeSelector and required node affinity together. */
export function matchesRequired(spec: PodSpec, node: NodeLike): boolean {
  const { nodeSelector } = spec;
  if (nodeSelector) {
    for (const key in nodeSelector) if (node.labels[key] !== nodeSelector[key]) return false;
  }
  const required =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return required === undefined || required.some((term) => matchesTerm(term, node));
}

/** An empty term matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, node: NodeLike): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false;
  return (
    expressions.every((r) => matches(r, node.labels[r.key])) &&
    fields.every((r) => matches(r, r.key === 'metadata.name' ? node.name : undefined))
  );
}

function matches(r: NodeSelectorRequirement, value: string | undefined): boolean {
  const values = r.values ?? [];
  switch (r.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      if (value === undefined || !isInteger(value) || !isInteger(values[0])) return false;
      const a = BigInt(value);
      const b = BigInt(values[0] as string);
      return r.operator === 'Gt' ? a > b : a < b;
    }
  }
}

function isInteger(text: string | undefined): boolean {
  return text !== undefined && /^[+-]?\d+$/.test(text) && !text.startsWith('+');
}
