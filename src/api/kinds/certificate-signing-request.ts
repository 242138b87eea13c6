/**
 * CertificateSigningRequest: somebody asks for a certificate; an approver says yes or no, a signer
 * issues it.
 *
 * Models: pkg/registry/certificates/certificates strategy.go, pkg/apis/certificates (v1.36)
 */
import type {
  CertificateSigningRequest as CertificateSigningRequestType,
  CertificateSigningRequestCondition,
} from '../generated/types.ts';
import { AGE_COLUMN, humanDuration, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { setOf } from '../meta/field-set.ts';
import { keepPart } from '../meta/kind-parts.ts';
import type { Draft } from '../meta/object.ts';
import { validateCsr, validateCsrUpdate } from './certificates/validation.ts';

export type CertificateSigningRequest = CertificateSigningRequestType;

type Csr = CertificateSigningRequest;

const MS_PER_SECOND = 1000;

/** Conditions without times get them, that of a known status keeps its own. */
function setConditionTimes(next: Draft<Csr>, old: Csr, now: string): void {
  const { conditions } = next.status;
  if (conditions === undefined) return;
  next.status.conditions = conditions.map((condition) => {
    const same = old.status.conditions?.find(
      (c) => c.type === condition.type && c.status === condition.status && c.lastTransitionTime,
    );
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime || now,
      lastTransitionTime: condition.lastTransitionTime || same?.lastTransitionTime || now,
    };
  });
}

/** Who does not change an approval leaves it exactly as it is. */
function keepConditions(next: Draft<Csr>, old: Csr, type: string): void {
  const isOfType = (c: CertificateSigningRequestCondition): boolean => c.type === type;
  const before = (old.status.conditions ?? []).filter(isOfType);
  const after = next.status.conditions ?? [];
  if (before.length === 0 || after.filter(isOfType).length !== before.length) return;
  const kept = before.values();
  next.status.conditions = after.map((condition) =>
    isOfType(condition) ? ({ ...kept.next().value } as typeof condition) : condition,
  );
}

function condition({ status }: Csr): string {
  const has = (type: string): boolean => status.conditions?.some((c) => c.type === type) ?? false;
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return decision + (has('Failed') ? ',Failed' : '') + (status.certificate ? ',Issued' : '');
}

const COLUMNS: readonly Column<Csr>[] = [
  NAME_COLUMN,
  AGE_COLUMN,
  {
    name: 'SignerName',
    type: 'string',
    description:
      'Requested signer for the request. It is a qualified name in the form: ' +
      "`scope-hostname.io/name`. If empty, it will be defaulted:\n 1. If it's a kubelet " +
      'client certificate, it is assigned\n    ' +
      '"kubernetes.io/kube-apiserver-client-kubelet".\n 2. If it\'s a kubelet serving ' +
      'certificate, it is assigned\n    "kubernetes.io/kubelet-serving".\n 3. Otherwise, it ' +
      'is assigned "kubernetes.io/legacy-unknown".\nDistribution of trust for signers ' +
      'happens out of band. You can select on this field using `spec.signerName`.',
    cell: ({ spec }) => spec.signerName || '<none>',
  },
  {
    name: 'Requestor',
    type: 'string',
    description: 'Base64-encoded PKCS#10 CSR data',
    cell: ({ spec }) => spec.username ?? '',
  },
  {
    name: 'RequestedDuration',
    type: 'string',
    description:
      'expirationSeconds is the requested duration of validity of the issued certificate. ' +
      'The certificate signer may issue a certificate with a different validity duration so ' +
      'a client must check the delta between the notBefore and and notAfter fields in the ' +
      'issued certificate to determine the actual duration.\n\nThe v1.22+ in-tree ' +
      'implementations of the well-known Kubernetes signers will honor this field as long as ' +
      'the requested duration is not greater than the maximum duration they will honor per ' +
      'the --cluster-signing-duration CLI flag to the Kubernetes controller ' +
      'manager.\n\nCertificate signers may not honor this field for various reasons:\n\n  1. ' +
      'Old signer that is unaware of the field (such as the in-tree\n     implementations ' +
      'prior to v1.22)\n  2. Signer whose configured maximum is shorter than the requested ' +
      'duration\n  3. Signer whose configured minimum is longer than the requested ' +
      'duration\n\nThe minimum valid value for expirationSeconds is 600, i.e. 10 minutes.',
    cell: ({ spec: { expirationSeconds: seconds } }) =>
      seconds === undefined ? '<none>' : humanDuration(seconds * MS_PER_SECOND),
  },
  {
    name: 'Condition',
    type: 'string',
    description: 'Conditions applied to the request, such as approval or denial.',
    cell: condition,
  },
];

export const CertificateSigningRequest = defineKind<Csr>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  singular: 'certificatesigningrequest',
  shortNames: ['csr'],
  namespaced: false,
  schema: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
  metaOnUpdate: 'wholeFirst',
  resets: {
    '': setOf([['f:spec'], ['f:status']]),
    status: setOf([['f:spec'], ['f:status', 'f:conditions']]),
    approval: setOf([['f:spec'], ['f:status', 'f:certificate']]),
  },
  nameRule: 'pathSegment',
  defaults(csr) {
    csr.spec ??= {} as typeof csr.spec;
    csr.status ??= {};
  },
  allocate({ spec }, old, { caller }) {
    if (old !== null) return;
    for (const field of ['username', 'uid', 'groups', 'extra'] as const) delete spec[field];
    spec.username = caller.name;
    if (caller.uid) spec.uid = caller.uid;
    if (caller.groups.length > 0) spec.groups = [...caller.groups];
    const extra = Object.entries(caller.extra ?? {});
    if (extra.length > 0) spec.extra = Object.fromEntries(extra.map(([k, v]) => [k, [...v]]));
  },
  prepareForCreate(csr) {
    csr.status = {};
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'spec');
    keepPart(next, old, 'status');
  },
  validate(csr, errors) {
    validateCsr(csr, null, errors);
  },
  validateUpdate: validateCsrUpdate,
  status: {
    prepareForUpdate(next, old, { now }) {
      keepPart(next, old, 'spec');
      keepConditions(next, old, 'Approved');
      keepConditions(next, old, 'Denied');
      setConditionTimes(next, old, now);
    },
    validateUpdate(next, old, errors) {
      validateCsrUpdate(next, old, errors, { certificate: true });
    },
  },
  subresources: {
    approval: {
      prepareForUpdate(next, old, { now }) {
        setConditionTimes(next, old, now);
        const { conditions } = next.status;
        keepPart(next, old, 'spec');
        const { conditions: _old, ...status } = old.status;
        next.status = (conditions === undefined ? status : { ...status, conditions }) as Draft<
          Csr['status']
        >;
      },
      validateUpdate(next, old, errors) {
        validateCsrUpdate(next, old, errors, { approval: true });
      },
    },
  },
  selectableFields: ({ spec }) => ({ 'spec.signerName': spec.signerName }),
  columns: COLUMNS,
});
