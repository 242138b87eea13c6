/**
 * What a node may do with Pods: make and delete mirrors of its own static Pods, report the status of
 * its Pods, evict them.
 *
 * Models: plugin/pkg/admission/noderestriction admission.go admitPod* (v1.36)
 */
import type { Node, Pod } from '../../../api/generated/types.ts';
import { referenceOf } from '../../../api/kinds/pod/api-references.ts';
import type { AdmissionContext } from '../../../api/meta/define-kind.ts';
import { equalJson } from '../../../api/meta/json.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import { notFound } from '../../../api/meta/status.ts';
import type { Refuse } from './refuse.ts';

const MIRROR = 'kubernetes.io/config.mirror';

export function restrictPod(
  node: string,
  object: KubeObject,
  old: KubeObject | null,
  context: AdmissionContext,
  refuse: Refuse,
): void {
  const { operation, subresource } = context;
  switch (subresource) {
    case '':
      if (operation === 'CREATE') return restrictMirror(node, object as Pod, context, refuse);
      if (operation !== 'DELETE') {
        refuse(
          `unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`,
        );
      }
      if ((object as Pod).spec.nodeName !== node) {
        refuse(`node "${node}" can only delete pods with spec.nodeName set to itself`);
      }
      return;
    case 'status':
      return restrictStatus(node, object as Pod, old as Pod, refuse);
    case 'eviction':
      if ((old as Pod).spec.nodeName !== node) {
        refuse(`node ${node} can only evict pods with spec.nodeName set to itself`);
      }
      return;
    default:
      refuse(
        `unexpected pod subresource "${subresource}", only 'status' and 'eviction' are allowed`,
      );
  }
}

function restrictStatus(node: string, next: Pod, old: Pod, refuse: Refuse): void {
  if (old.spec.nodeName !== node) {
    refuse(`node "${node}" can only update pod status for pods with spec.nodeName set to itself`);
  }
  const { labels } = next.metadata;
  if (labels !== old.metadata.labels && !equalJson(labels ?? {}, old.metadata.labels ?? {})) {
    refuse(`node "${node}" cannot update labels through pod status`);
  }
  const claims = (pod: Pod): unknown => pod.status.resourceClaimStatuses ?? [];
  if (!equalJson(claims(next), claims(old))) {
    refuse(`node "${node}" cannot update resource claim statues`);
  }
  const extended = (pod: Pod): unknown => pod.status.extendedResourceClaimStatus ?? null;
  if (!equalJson(extended(next), extended(old))) {
    refuse(`node "${node}" cannot update extended resource claim status`);
  }
}

function restrictMirror(
  node: string,
  { metadata, spec }: Pod,
  context: AdmissionContext,
  refuse: Refuse,
): void {
  if (metadata.annotations?.[MIRROR] === undefined) {
    refuse(`pod does not have "${MIRROR}" annotation, node "${node}" can only create mirror pods`);
  }
  const only = `node "${node}" can only create pods with`;
  if (spec.nodeName !== node) refuse(`${only} spec.nodeName set to itself`);
  const owners = metadata.ownerReferences ?? [];
  if (owners.length > 1) refuse(`${only} a single owner reference set to itself`);
  const [owner] = owners;
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    return refuse(`${only} an owner reference set to itself`);
  }
  if (owner.controller !== true) refuse(`${only} a controller owner reference set to itself`);
  if (owner.blockOwnerDeletion === true) {
    refuse(`node "${node}" must not set blockOwnerDeletion on an owner reference`);
  }
  const found = context.lookup('', 'nodes', '', node) as Node | undefined;
  if (!found) throw notFound({ group: '', plural: 'node' }, node);
  const { uid } = found.metadata;
  if (owner.uid !== uid) refuse(`node ${node} UID mismatch: expected ${owner.uid} got ${uid}`);
  const what = referenceOf(spec);
  if (what !== '') refuse(`node "${node}" can not create pods that reference ${what}`);
}
