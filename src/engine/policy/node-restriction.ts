/**
 * NodeRestriction: a kubelet changes its own Node, its own Pods, and what belongs to them.
 *
 * Models:     plugin/pkg/admission/noderestriction admission.go (v1.36)
 * Simplified: tokens for CSI drivers are not granted by what the driver asks for; no
 *             PodCertificateRequests
 */
import type {
  CertificateSigningRequest,
  Node,
  PersistentVolumeClaim,
  Pod,
  ResourceSlice,
  TokenRequest,
} from '../../api/generated/types.ts';
import type { AdmissionContext, ServerPlugin } from '../../api/meta/define-kind.ts';
import { equalJson } from '../../api/meta/json.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { forbidden, notFound } from '../../api/meta/status.ts';
import { decodeBase64 } from '../../api/meta/utf8.ts';
import { parseRequest } from '../../api/meta/x509/request.ts';
import { restrictNode } from './node-restriction/nodes.ts';
import { restrictPod } from './node-restriction/pods.ts';
import type { Refuse } from './node-restriction/refuse.ts';

const NODES = 'system:nodes';
const PREFIX = 'system:node:';
const LEASE_NAMESPACE = 'kube-node-lease';
const KUBELET_SIGNERS = [
  'kubernetes.io/kubelet-serving',
  'kubernetes.io/kube-apiserver-client-kubelet',
];

export const nodeRestriction: ServerPlugin = {
  name: 'NodeRestriction',
  resources: [
    { group: '', plural: 'pods' },
    { group: '', plural: 'nodes' },
    { group: '', plural: 'persistentvolumeclaims' },
    { group: '', plural: 'serviceaccounts' },
    { group: 'coordination.k8s.io', plural: 'leases' },
    { group: 'storage.k8s.io', plural: 'csinodes' },
    { group: 'resource.k8s.io', plural: 'resourceslices' },
    { group: 'certificates.k8s.io', plural: 'certificatesigningrequests' },
  ],
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  subresources: '*',
  admit(object, old, context) {
    const { caller } = context;
    if (!caller.groups.includes(NODES) || !caller.name.startsWith(PREFIX)) return;
    const node = caller.name.slice(PREFIX.length);
    const now = object as unknown as KubeObject;
    const name = context.name || (now.metadata?.name ?? '');
    const refuse: Refuse = (why) => {
      throw forbidden(context.kind, name, why);
    };
    if (node === '') refuse(`could not determine node from user "${caller.name}"`);
    restrict(node, name, now, old, context, refuse);
  },
};

function restrict(
  node: string,
  name: string,
  object: KubeObject,
  old: KubeObject | null,
  context: AdmissionContext,
  refuse: Refuse,
): void {
  const { operation, kind, subresource } = context;
  switch (kind.plural) {
    case 'pods':
      return restrictPod(node, object, old, context, refuse);
    case 'nodes':
      return restrictNode(
        node,
        object as Node,
        operation === 'CREATE' ? null : (old as Node),
        refuse,
      );
    case 'persistentvolumeclaims':
      if (subresource !== 'status') refuse('may only update PVC status');
      return restrictClaim(node, object, old, refuse);
    case 'serviceaccounts':
      if (operation !== 'CREATE' || subresource !== 'token') return;
      return restrictToken(node, object as unknown as TokenRequest, context, refuse);
    case 'leases':
      if (context.namespace !== LEASE_NAMESPACE) {
        refuse(`can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
      }
      if (name !== node) {
        refuse('can only access node lease with the same name as the requesting node');
      }
      return;
    case 'csinodes':
      if (name !== node) {
        refuse('can only access CSINode with the same name as the requesting node');
      }
      return;
    case 'resourceslices':
      return restrictSlice(node, object as ResourceSlice, operation, refuse);
    default:
      if (operation !== 'CREATE') return;
      return restrictRequest(node, object as CertificateSigningRequest, refuse);
  }
}

const FREE_CLAIM_STATUS = [
  'capacity',
  'conditions',
  'allocatedResourceStatuses',
  'allocatedResources',
];

function restrictClaim(
  node: string,
  next: KubeObject,
  old: KubeObject | null,
  refuse: Refuse,
): void {
  if (
    equalJson(fixedPart(next as PersistentVolumeClaim), fixedPart(old as PersistentVolumeClaim))
  ) {
    return;
  }
  refuse(
    `node "${node}" is not allowed to update fields other than status.quantity and ` +
      'status.conditions',
  );
}

function fixedPart(claim: PersistentVolumeClaim): unknown {
  const { resourceVersion: _, managedFields: __, ...metadata } = claim.metadata;
  const status = Object.entries(claim.status).filter(([key]) => !FREE_CLAIM_STATUS.includes(key));
  return { ...claim, metadata, status: Object.fromEntries(status) };
}

function restrictSlice(
  node: string,
  { spec }: ResourceSlice,
  operation: AdmissionContext['operation'],
  refuse: Refuse,
): void {
  if (operation === 'UPDATE' || spec.nodeName === node) return;
  const verb = operation === 'CREATE' ? 'create' : 'delete';
  refuse(`can only ${verb} ResourceSlice with the same NodeName as the requesting node`);
}

function restrictRequest(node: string, { spec }: CertificateSigningRequest, refuse: Refuse): void {
  if (!KUBELET_SIGNERS.includes(spec.signerName)) return;
  let commonName = '';
  try {
    commonName = parseRequest(decodeBase64(spec.request)).subject.commonName;
  } catch (error) {
    refuse(`unable to parse csr: ${error instanceof Error ? error.message : String(error)}`);
  }
  const own = `${PREFIX}${node}`;
  if (commonName !== own) refuse(`can only create a node CSR with CN=${own}`);
}

function restrictToken(
  node: string,
  { spec }: TokenRequest,
  context: AdmissionContext,
  refuse: Refuse,
): void {
  const ref = spec.boundObjectRef;
  if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name) {
    return refuse('node requested token not bound to a pod');
  }
  if (!ref.uid) return refuse('node requested token with a pod binding without a uid');
  const pod = context.lookup('', 'pods', context.namespace, ref.name) as Pod | undefined;
  if (!pod) throw notFound({ group: '', plural: 'pod' }, ref.name);
  if (ref.uid !== pod.metadata.uid) {
    refuse(
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. ` +
        'The object might have been deleted and then recreated',
    );
  }
  if (pod.spec.nodeName !== node) {
    refuse('node requested token bound to a pod scheduled on a different node');
  }
  restrictAudience(spec.audiences ?? [], pod, context, refuse);
}

/** A token is for those whom a volume of the Pod is meant for, or whom a role allows. */
function restrictAudience(
  audiences: readonly string[],
  pod: Pod,
  { access, caller, namespace, name }: AdmissionContext,
  refuse: Refuse,
): void {
  if (audiences.length > 1) refuse('node may only request 0 or 1 audiences');
  const [audience = ''] = audiences;
  const isInVolume = (pod.spec.volumes ?? []).some((volume) =>
    volume.projected?.sources?.some(
      ({ serviceAccountToken: token }) => token && (token.audience ?? '') === audience,
    ),
  );
  if (isInVolume) return;
  const { allowed } = access.authorize({
    user: caller,
    verb: 'request-serviceaccounts-token-audience',
    group: '',
    version: 'v1',
    resource: audience,
    subresource: '',
    namespace,
    name,
  });
  if (allowed) return;
  refuse(
    `audience "${audience}" not found in pod spec volume, ${caller.name} is not authorized to ` +
      'request tokens for this audience',
  );
}
