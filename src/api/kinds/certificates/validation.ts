/**
 * Validation of certificate signing requests.
 *
 * Models: pkg/apis/certificates/validation validation.go (v1.36)
 */
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { equalJson } from '../../meta/json.ts';
import { validateSignerName } from '../../meta/signer-names.ts';
import { jsonDiff } from '../../meta/unified-diff.ts';
import { certificateComplaint, requestComplaint } from './pem.ts';

type Csr = CertificateSigningRequest;

const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';
const MIN_EXPIRATION_SECONDS = 600;
const CONDITIONS_PATH = 'status.conditions';
const FINAL_TYPES = ['Approved', 'Denied', 'Failed'];
const APPROVAL_TYPES = ['Approved', 'Denied'];

const USAGES: readonly string[] = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

/** What the request at hand may write. */
export interface CsrUpdate {
  readonly approval?: boolean;
  readonly certificate?: boolean;
}

/** |old| is null on create. What was stored with faults keeps them. */
export function validateCsr({ spec, status }: Csr, old: Csr | null, errors: FieldErrors): void {
  const complaint = requestComplaint(spec.request ?? '');
  if (complaint !== '') errors.invalid('spec.request', spec.request || null, complaint);
  validateUsages(spec.usages ?? [], old?.spec.usages ?? [], errors);
  const { signerName = '', expirationSeconds } = spec;
  if (signerName === LEGACY_SIGNER && old?.spec.signerName !== LEGACY_SIGNER) {
    const text = 'the legacy signerName is not allowed via this API version';
    errors.invalid('spec.signerName', signerName, text);
  } else validateSignerName(signerName, 'spec.signerName', errors);
  if (expirationSeconds !== undefined && expirationSeconds < MIN_EXPIRATION_SECONDS) {
    const text = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.invalid('spec.expirationSeconds', expirationSeconds, text);
  }
  validateConditions(status.conditions ?? [], old?.status.conditions ?? [], errors);
  const { certificate = '' } = status;
  if (old !== null && (old.status.certificate ?? '') === certificate) return;
  const bad = certificateComplaint(certificate);
  if (bad !== '') errors.invalid('status.certificate', '<certificate data>', bad);
}

function validateUsages(
  usages: readonly string[],
  old: readonly string[],
  errors: FieldErrors,
): void {
  const path = 'spec.usages';
  if (usages.length === 0) errors.required(path);
  if (old.every((usage) => USAGES.includes(usage))) {
    usages.forEach((usage, i) => {
      if (!USAGES.includes(usage)) errors.notSupported(`${path}[${i}]`, usage, USAGES);
    });
  }
  if (new Set(old).size < old.length) return;
  usages.forEach((usage, i) => {
    if (usages.indexOf(usage) < i) errors.duplicate(`${path}[${i}]`, usage);
  });
}

type Conditions = readonly CertificateSigningRequestCondition[];

function validateConditions(conditions: Conditions, old: Conditions, errors: FieldErrors): void {
  const oldTypes = old.map((c) => c.type);
  const allowEmpty = oldTypes.includes('');
  const allowRepeated = new Set(oldTypes).size < oldTypes.length;
  const allowBoth = APPROVAL_TYPES.every((type) => oldTypes.includes(type));
  const seen = new Set<string>();
  conditions.forEach(({ type = '', status = '' }, i) => {
    const path = `${CONDITIONS_PATH}[${i}]`;
    if (type === '' && !allowEmpty) errors.required(`${path}.type`);
    const statuses = FINAL_TYPES.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (status === '') errors.required(`${path}.status`);
    else if (!statuses.includes(status)) errors.notSupported(`${path}.status`, status, statuses);
    const other = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : '';
    if (!allowBoth && seen.has(other)) {
      const text = 'Approved and Denied conditions are mutually exclusive';
      errors.invalid(CONDITIONS_PATH, type, text);
    }
    if (!allowRepeated && seen.has(type)) errors.duplicate(`${path}.type`, type);
    seen.add(type);
  });
}

export function validateCsrUpdate(
  next: Csr,
  old: Csr,
  errors: FieldErrors,
  may: CsrUpdate = {},
): void {
  validateCsr(next, old, errors);
  const changes = FINAL_TYPES.map((type) => ({
    type,
    before: ofType(old, type),
    after: ofType(next, type),
  }));
  for (const { type, before, after } of changes) {
    if (after.length >= before.length) continue;
    errors.forbidden(CONDITIONS_PATH, `updates may not remove a condition of type "${type}"`);
  }
  if (may.approval !== true) {
    for (const { type, before, after } of changes) {
      if (!APPROVAL_TYPES.includes(type) || after.length < before.length) continue;
      if (after.length > before.length) {
        errors.forbidden(CONDITIONS_PATH, `updates may not add a condition of type "${type}"`);
      } else if (!equalJson(before, after)) {
        const difference = jsonDiff(before.map(internal), after.map(internal));
        const text = `updates may not modify a condition of type "${type}"\n${difference}`;
        errors.forbidden(CONDITIONS_PATH, text);
      }
    }
  }
  const before = old.status.certificate ?? '';
  if ((next.status.certificate ?? '') === before) return;
  if (may.certificate !== true) {
    errors.forbidden('status.certificate', 'updates may not set certificate content');
  } else if (before !== '') {
    errors.forbidden('status.certificate', 'updates may not modify existing certificate content');
  }
}

function ofType({ status }: Csr, type: string): Conditions {
  return (status.conditions ?? []).filter((c) => c.type === type);
}

/** The internal type has no JSON tags. */
function internal(condition: CertificateSigningRequestCondition): unknown {
  const { type, status, reason = '', message = '' } = condition;
  return {
    Type: type,
    Status: status,
    Reason: reason,
    Message: message,
    LastUpdateTime: condition.lastUpdateTime ?? null,
    LastTransitionTime: condition.lastTransitionTime ?? null,
  };
}
