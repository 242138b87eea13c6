/**
 * Validation of what a kubelet reports of itself: the features it declares, its swap.
 *
 * Models: pkg/apis/core/validation validateNodeDeclaredFeatures, validateNodeSwapStatus (v1.36)
 */
import type { Node } from '../../generated/types.ts';
import { checkPositive } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { byteLength, goQuote } from '../../meta/go-text.ts';
import { DNS_SUBDOMAIN_MAX_BYTES } from '../../meta/names.ts';

const FEATURE = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/; // nodeDeclaredFeatureRegexp

function featureComplaint(feature: string): string | undefined {
  const head = `invalid feature name ${goQuote(feature)}`;
  if (byteLength(feature) > DNS_SUBDOMAIN_MAX_BYTES) {
    return `${head}: must be no more than ${DNS_SUBDOMAIN_MAX_BYTES} characters`;
  }
  if (FEATURE.test(feature)) return undefined;
  return (
    `${head}: must start with an UpperCamelCase segment, with subsequent segments separated by ` +
    "'/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters " +
    'and slashes'
  );
}

/** The list is sorted and without doubles, so that equal nodes have equal lists. */
export function validateDeclaredFeatures({ status }: Node, errors: FieldErrors): void {
  const features = status?.declaredFeatures ?? [];
  features.forEach((feature, i) => {
    const complaint = featureComplaint(feature);
    if (complaint !== undefined) {
      errors.invalid(`status.declaredFeatures[${i}]`, feature, complaint);
    }
    const next = features[i + 1];
    const path = `status.declaredFeatures[${i + 1}]`;
    if (next === feature) errors.duplicate(path, next);
    else if (next !== undefined && feature > next) {
      errors.invalid(path, next, 'list must be sorted alphabetically');
    }
  });
}

export function validateSwap({ status }: Node, errors: FieldErrors): void {
  const capacity = status?.nodeInfo?.swap?.capacity;
  // Upstream's path.
  if (capacity !== undefined) checkPositive(capacity, 'metadata.nodeSwapStatus.capacity', errors);
}
