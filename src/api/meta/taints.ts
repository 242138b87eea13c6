/**
 * Taints of Nodes and the tolerations of Pods against them.
 *
 * Models: kubernetes pkg/util/taints/taints.go; k8s.io/component-helpers scheduling/corev1 helpers.go
 *         (v1.36; the operators Lt and Gt are behind a gate that is off)
 */
import type { Taint, Toleration } from '../generated/types.ts';

/** A taint is named by its key and its effect. */
export function sameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}

export function hasTaint(taints: readonly Taint[] | undefined, taint: Taint): boolean {
  return taints?.some((t) => sameTaint(t, taint)) ?? false;
}

/** |taints| with |taint| in its place or at the end. */
export function withTaint(taints: readonly Taint[], taint: Taint): Taint[] {
  const rest = taints.map((t) => (sameTaint(t, taint) ? taint : t));
  return hasTaint(taints, taint) ? rest : [...rest, taint];
}

export function withoutTaint(taints: readonly Taint[], taint: Taint): readonly Taint[] {
  return hasTaint(taints, taint) ? taints.filter((t) => !sameTaint(t, taint)) : taints;
}

/** True when |toleration| covers |taint|; an empty effect covers every effect. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { effect, key = '', operator = 'Equal', value = '' } = toleration;
  if (effect !== undefined && (effect as string) !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return operator === 'Equal' && key !== '' && value === (taint.value ?? '');
}

/** True when one of |tolerations| covers |taint|. */
export function toleratedBy(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  if (!tolerations) return false;
  for (const t of tolerations) if (tolerates(t, taint)) return true;
  return false;
}

/** For each taint the first toleration that covers it; undefined when one is not tolerated. */
export function matchingTolerations(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
): Toleration[] | undefined {
  const used: Toleration[] = [];
  for (const taint of taints) {
    const toleration = tolerations.find((t) => tolerates(t, taint));
    if (!toleration) return undefined;
    used.push(toleration);
  }
  return used;
}
