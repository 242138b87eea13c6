/**
 * Which of several default classes counts: the newest, by name where they are of one second.
 *
 * Models: pkg/volume/util/storageclass.go GetDefaultClass, plugin/pkg/admission/network/
 *         defaultingressclass getDefaultClass (v1.36)
 */
import { compareText } from './go-text.ts';
import type { KubeObject } from './object.ts';

export function newest<T extends KubeObject>(objects: readonly T[]): T | undefined {
  return [...objects].sort(
    ({ metadata: a }, { metadata: b }) =>
      compareText(b.creationTimestamp, a.creationTimestamp) || compareText(a.name, b.name),
  )[0];
}
