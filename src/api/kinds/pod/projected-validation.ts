/**
 * Validation of projected volumes and of the files of the downward API.
 *
 * Models: pkg/apis/core/validation validation.go, validateProjectionSources,
 *         validateDownwardAPIVolumeFile; names.go (v1.36)
 */
import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  PodCertificateProjection,
  ProjectedVolumeSource,
  VolumeProjection,
} from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { checkSupported, complain } from '../../meta/field-checks.ts';
import { byteLength, compareText } from '../../meta/go-text.ts';
import { isDNS1123Subdomain, isQualifiedName } from '../../meta/names.ts';
import { validateLabelSelector } from '../../meta/selectors.ts';
import { ANNOTATIONS_MAX_BYTES } from '../../meta/labels.ts';
import { isKubernetesSigner, validateSignerName } from '../../meta/signer-names.ts';
import { validateFieldRef, validateResourceFieldRef, VOLUME_FIELDS } from './env-validation.ts';
import { internalValue } from './internal-json.ts';
import type { PodValidationOptions } from './options.ts';
import { validateFileMode, validateKeyToPath, validateNonReservedPath } from './path-validation.ts';

const TOKEN_MIN_SECONDS = 600;
const TOKEN_MAX_SECONDS = 2 ** 32;
const CERTIFICATE_MIN_SECONDS = 3600;
const CERTIFICATE_MAX_SECONDS = 91 * 24 * 3600; // MaxMaxExpirationSeconds, certificates types.go
const KUBERNETES_CERTIFICATE_MAX_SECONDS = 24 * 3600;
const KEY_TYPES = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519'];
const CONFLICT_ERROR = 'conflicting duplicate paths';

export function validateDownwardApiFile(
  file: DownwardAPIVolumeFile,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (file.path === '') errors.required(path.child('path'));
  validateNonReservedPath(file.path, path.child('path'), errors);
  if (file.fieldRef !== undefined) {
    validateFieldRef(file.fieldRef, VOLUME_FIELDS, path.child('fieldRef'), errors);
    if (file.resourceFieldRef !== undefined) {
      const text = 'fieldRef and resourceFieldRef can not be specified simultaneously';
      errors.invalid(path, 'resource', text);
    }
  } else if (file.resourceFieldRef !== undefined) {
    validateResourceFieldRef(file.resourceFieldRef, path.child('resourceFieldRef'), true, errors);
  } else errors.required(path, 'one of fieldRef and resourceFieldRef is required');
  validateFileMode(file.mode, path.child('mode'), errors);
}

export function validateProjected(
  projected: ProjectedVolumeSource,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  validateFileMode(projected.defaultMode, path.child('defaultMode'), errors);
  const paths = new Set<string>();
  /** Upstream names the volume, not the file, and shows |shown|. */
  const claimPath = (file: string, shown: string): void => {
    if (paths.has(file)) errors.invalid(path, shown, CONFLICT_ERROR);
    paths.add(file);
  };
  projected.sources?.forEach((source, i) => {
    const at = path.child('sources').index(i);
    const sources = validateProjection(source, at, path, claimPath, options, errors);
    if (sources > 1) {
      errors.forbidden(at, 'may not specify more than 1 volume type per source');
    }
  });
}

type ClaimPath = (file: string, shown: string) => void;

/** Answers how many sources there are. */
function validateProjection(
  source: VolumeProjection,
  path: FieldPath,
  volumePath: FieldPath,
  claimPath: ClaimPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): number {
  let sources = 0;
  for (const field of ['secret', 'configMap'] as const) {
    const keyed = source[field];
    if (keyed === undefined) continue;
    sources++;
    const at = path.child(field);
    const name = keyed.name ?? '';
    if (name === '') errors.required(at.child('name'));
    keyed.items?.forEach((item: KeyToPath, i) => {
      validateKeyToPath(item, at.child('items').index(i), errors);
      if (item.path !== '') claimPath(item.path, name);
    });
  }
  if (source.downwardAPI !== undefined) {
    sources++;
    for (const file of source.downwardAPI.items ?? []) {
      validateDownwardApiFile(file, path.child('downwardAPI'), errors);
      if (file.path !== '') claimPath(file.path, file.path);
    }
  }
  const token = source.serviceAccountToken;
  if (token !== undefined) {
    sources++;
    const seconds = token.expirationSeconds ?? 0;
    const at = path.child('serviceAccountToken').child('expirationSeconds');
    if (seconds < TOKEN_MIN_SECONDS) {
      errors.invalid(at, seconds, 'may not specify a duration less than 10 minutes');
    }
    if (seconds > TOKEN_MAX_SECONDS) {
      errors.invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds');
    }
    if (token.path === '') errors.required(volumePath.child('path'));
    else if (!options.allowNonLocalTokenPath) {
      validateNonReservedPath(token.path, volumePath.child('path'), errors);
    }
  }
  if (source.clusterTrustBundle !== undefined) {
    sources++;
    validateTrustBundle(source.clusterTrustBundle, path.child('clusterTrustBundle'), errors);
    claimPath(source.clusterTrustBundle.path, source.clusterTrustBundle.path);
  }
  if (source.podCertificate !== undefined) {
    sources++;
    const at = path.child('podCertificate');
    validatePodCertificate(source.podCertificate, at, claimPath, errors);
  }
  return sources;
}

function validateTrustBundle(
  bundle: ClusterTrustBundleProjection,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { name, signerName, labelSelector } = bundle;
  if (name !== undefined && signerName !== undefined) {
    const value = internalValue('ClusterTrustBundleProjection', bundle);
    errors.invalid(path, value, 'only one of name and signerName may be used');
  } else if (name !== undefined) {
    const at = path.child('name');
    if (name === '') errors.required(at, 'must be a valid object name');
    for (const message of trustBundleNameComplaints(name)) {
      errors.invalid(at, name, `not a valid clustertrustbundlename: ${message}`);
    }
    if (labelSelector !== undefined) {
      const text = 'labelSelector must be unset if name is specified';
      errors.invalid(path.child('labelSelector'), labelSelector, text);
    }
  } else if (signerName !== undefined) {
    const at = path.child('signerName');
    if (signerName === '') errors.required(at, 'must be a valid signer name');
    validateSignerName(signerName, at, errors);
    validateLabelSelector(labelSelector, path.child('labelSelector'), errors);
  } else errors.required(path, 'either name or signerName must be specified');
  if (bundle.path === '') errors.required(path.child('path'));
  validateNonReservedPath(bundle.path, path.child('path'), errors);
}

/** A colon parts the signer's name from the rest. */
function trustBundleNameComplaints(name: string): readonly string[] {
  const colon = name.lastIndexOf(':');
  if (colon < 0) return isDNS1123Subdomain(name);
  const signer = name.slice(0, colon).replaceAll(':', '/');
  if (signer === '') {
    return ['ClusterTrustBundle without signer name must not have ":" in its name'];
  }
  return isDNS1123Subdomain(name.slice(colon + 1));
}

function validatePodCertificate(
  certificate: PodCertificateProjection,
  path: FieldPath,
  claimPath: ClaimPath,
  errors: FieldErrors,
): void {
  const { signerName, maxExpirationSeconds: seconds } = certificate;
  validateSignerName(signerName, path.child('signerName'), errors);
  validateUserAnnotations(certificate, path.child('userAnnotations'), errors);
  checkSupported(certificate.keyType, KEY_TYPES, path.child('keyType'), errors);
  if (seconds !== undefined) {
    const at = path.child('maxExpirationSeconds');
    const max = isKubernetesSigner(signerName)
      ? KUBERNETES_CERTIFICATE_MAX_SECONDS
      : CERTIFICATE_MAX_SECONDS;
    if (seconds < CERTIFICATE_MIN_SECONDS) {
      const text = `if provided, maxExpirationSeconds must be >= ${CERTIFICATE_MIN_SECONDS}`;
      errors.invalid(at, seconds, text);
    }
    if (seconds > max) {
      errors.invalid(at, seconds, `if provided, maxExpirationSeconds must be <= ${max}`);
    }
  }
  let files = 0;
  for (const field of ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const) {
    const file = certificate[field] ?? '';
    if (file === '') continue;
    files++;
    validateNonReservedPath(file, path.child(field), errors);
    claimPath(file, file);
  }
  if (files === 0) {
    const text = 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath';
    errors.required(path, text);
  }
}

function validateUserAnnotations(
  { userAnnotations = {} }: PodCertificateProjection,
  path: FieldPath,
  errors: FieldErrors,
): void {
  let bytes = 0;
  for (const key of Object.keys(userAnnotations).sort(compareText)) {
    const name = key.toLowerCase();
    const complaints = isQualifiedName(name);
    complain(complaints, name, path, errors);
    if (complaints.length === 0 && !name.includes('/')) {
      errors.invalid(path, name, 'must be a domain-prefixed key (such as "acme.io/foo")');
    }
    bytes += byteLength(key) + byteLength(userAnnotations[key] ?? '');
  }
  if (bytes > ANNOTATIONS_MAX_BYTES) errors.tooLong(path, ANNOTATIONS_MAX_BYTES);
}
