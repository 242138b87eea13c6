/**
 * What a node may do with its own Node object: no taints, no owners, no labels that would draw other
 * Pods to it.
 *
 * Models: plugin/pkg/admission/noderestriction admission.go admitNode,
 *         k8s.io/kubelet/pkg/apis well_known_labels.go (v1.36)
 */
import type { Node } from '../../../api/generated/types.ts';
import { compareText } from '../../../api/meta/go-text.ts';
import { equalJson } from '../../../api/meta/json.ts';
import type { Refuse } from './refuse.ts';

/** Labels of Kubernetes' own that a kubelet may set. */
const KUBELET_LABELS = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
]);
const KUBELET_NAMESPACES = ['kubelet.kubernetes.io', 'node.kubernetes.io'];
const RESTRICTED = 'node-restriction.kubernetes.io';

/** |old| is null when the node registers. */
export function restrictNode(node: string, next: Node, old: Node | null, refuse: Refuse): void {
  const { name } = next.metadata;
  if (name !== node) refuse(`node "${node}" is not allowed to modify node "${name}"`);
  const source = next.spec.configSource;
  if (old === null) {
    if (source) {
      refuse(`node "${node}" is not allowed to create pods with a non-nil configSource`);
    }
    const bad = forbiddenLabels(next.metadata.labels ?? {}, {});
    if (bad !== '') refuse(`node "${node}" is not allowed to set the following labels: ${bad}`);
    return;
  }
  if (source && !equalJson(source, old.spec.configSource ?? null)) {
    refuse(`node "${node}" is not allowed to update configSource to a new non-nil configSource`);
  }
  if (!same(next.spec.taints, old.spec.taints)) {
    refuse(`node "${node}" is not allowed to modify taints`);
  }
  if (!same(next.metadata.ownerReferences, old.metadata.ownerReferences)) {
    refuse(`node "${node}" is not allowed to modify ownerReferences`);
  }
  const { labels = {} } = next.metadata;
  if (labels === old.metadata.labels) return;
  const bad = forbiddenLabels(labels, old.metadata.labels ?? {});
  if (bad !== '') refuse(`is not allowed to modify labels: ${bad}`);
}

function same(a: readonly unknown[] = [], b: readonly unknown[] = []): boolean {
  return a === b || equalJson(a, b);
}

type Labels = Readonly<Record<string, string>>;

/** Keys that differ and that no kubelet may touch. */
function forbiddenLabels(next: Labels, old: Labels): string {
  const keys = new Set([...Object.keys(next), ...Object.keys(old)]);
  return [...keys]
    .filter((key) => next[key] !== old[key] && isForbidden(key))
    .sort(compareText)
    .join(', ');
}

function isForbidden(key: string): boolean {
  const slash = key.indexOf('/');
  const namespace = slash < 0 ? '' : key.slice(0, slash);
  const isIn = (domain: string): boolean =>
    namespace === domain || namespace.endsWith(`.${domain}`);
  if (isIn(RESTRICTED)) return true;
  if (!isIn('kubernetes.io') && !isIn('k8s.io')) return false;
  return !KUBELET_LABELS.has(key) && !KUBELET_NAMESPACES.some(isIn);
}
