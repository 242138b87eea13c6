/**
 * Whether tolerations cover a taint.
 *
 * Models: k8s.io/component-helpers scheduling/corev1 helpers.go (v1.36)
 */
import type { Taint, Toleration } from '../../api/generated/types.ts';

type TaintLike = Pick<Taint, 'key' | 'effect'> & { readonly value?: string };

export function tolerates(
  tolerations: readonly Toleration[] | undefined,
  taint: TaintLike,
): boolean {
  if (!tolerations) return false;
  for (const t of tolerations) if (tolerationCovers(t, taint)) return true;
  return false;
}

export function tolerationCovers(t: Toleration, taint: TaintLike): boolean {
  if (t.effect !== undefined && (t.effect as string) !== '' && t.effect !== taint.effect)
    return false;
  if (t.key !== undefined && t.key !== '' && t.key !== taint.key) return false;
  if (t.operator === 'Exists') return true;
  if (t.key === undefined || t.key === '') return false;
  return (t.value ?? '') === (taint.value ?? '');
}
