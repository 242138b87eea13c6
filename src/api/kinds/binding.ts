/**
 * Binding: an old way to put a Pod on a node; the Pod's own subresource does it.
 *
 * Models: pkg/registry/core/pod/storage storage.go LegacyBindingREST (v1.36)
 */
import type { Binding as BindingType } from '../generated/types.ts';
import { defineKind } from '../meta/define-kind.ts';
import type { KubeObject } from '../meta/object.ts';

export const Binding = defineKind<BindingType & KubeObject>({
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  singular: 'binding',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Binding',
  verbs: ['create'],
  actsOn: { group: '', plural: 'pods', action: 'binding' },
});
