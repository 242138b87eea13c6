/**
 * Names of finalizers that are allowed and not good.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/registry/customresource validator.go (v1.36)
 */
import { goQuote } from '../meta/go-text.ts';
import { isQualifiedName } from '../meta/names.ts';
import type { KubeObject } from '../meta/object.ts';

const STANDARD = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

export function finalizerWarnings(object: KubeObject, old: KubeObject | null): readonly string[] {
  const before = new Set(old?.metadata.finalizers ?? []);
  const added = [...new Set(object.metadata.finalizers ?? [])].filter((f) => !before.has(f)).sort();
  return added.flatMap((name) => {
    const at = `metadata.finalizers: ${goQuote(name)}: `;
    const list = isQualifiedName(name).map((message) => at + message);
    if (name.includes('/') || STANDARD.has(name)) return list;
    const path = name.includes('.') ? ' including a path (/)' : '';
    const why = 'to avoid accidental conflicts with other finalizer writers';
    return [...list, `${at}prefer a domain-qualified finalizer name${path} ${why}`];
  });
}
