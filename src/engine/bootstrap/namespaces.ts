/**
 * System namespaces.
 *
 * Models: pkg/controlplane/controller/systemnamespaces (v1.36)
 */
import { Namespace } from '../../api/kinds/namespace.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { BootstrapObject } from './object.ts';

/** In the order in which upstream makes them. */
const NAMES = ['kube-system', 'kube-public', 'kube-node-lease', 'default'];

export const namespaces: readonly BootstrapObject[] = NAMES.map((name) => ({
  kind: Namespace as unknown as AnyKind,
  object: { metadata: { name } },
}));
