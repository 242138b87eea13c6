/**
 * System namespaces.
 *
 * Models: pkg/controlplane/controller/systemnamespaces (v1.36)
 */
import { Namespace } from '../../api/kinds/namespace.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { BootstrapObject } from './object.ts';

const NAMES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

export const namespaces: readonly BootstrapObject[] = NAMES.map((name) => ({
  kind: Namespace as unknown as AnyKind,
  object: { metadata: { name } },
}));
