/**
 * Validation of the annotations that mean something to Pods: mirror, tolerations, deletion cost,
 * seccomp and AppArmor.
 *
 * Models:     pkg/apis/core/validation validation.go, ValidatePodSpecificAnnotations,
 *             validateSeccompAnnotationsAndFields, validateAppArmorAnnotationsAndFieldsMatchOnCreate
 *             (v1.36)
 * Simplified: errors of the JSON in the old tolerations annotation are worded by this engine
 */
import type {
  AppArmorProfile,
  ObjectMeta,
  PodSpec,
  SeccompProfile,
  Toleration,
} from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { compareText, goQuote } from '../../meta/go-text.ts';
import { validateTolerations } from './affinity-validation.ts';
import {
  allContainers,
  DELETION_COST_ANNOTATION,
  isDeletionCost,
  type PodValidationOptions,
} from './options.ts';
import { validateDescendingPath } from './path-validation.ts';
import { visitContainers } from './visit.ts';

type Meta = Pick<ObjectMeta, 'annotations'> | undefined;
type Annotations = Readonly<Record<string, string>>;

const MIRROR = 'kubernetes.io/config.mirror';
const TOLERATIONS = 'scheduler.alpha.kubernetes.io/tolerations';
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
export const APPARMOR_CONTAINER = 'container.apparmor.security.beta.kubernetes.io/';
const LOCALHOST = 'localhost/';

export function validatePodAnnotations(
  meta: Meta,
  spec: PodSpec,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  const annotations = meta?.annotations;
  if (annotations === undefined) return;
  const mirror = annotations[MIRROR];
  if (mirror !== undefined && (spec.nodeName ?? '') === '') {
    const text = 'must set spec.nodeName if mirror pod annotation is set';
    errors.invalid(path.key(MIRROR), mirror, text);
  }
  validateTolerationsAnnotation(annotations[TOLERATIONS], path, options, errors);
  const cost = annotations[DELETION_COST_ANNOTATION];
  if (cost !== undefined && !options.allowInvalidDeletionCost && !isDeletionCost(cost)) {
    errors.invalid(path.key(DELETION_COST_ANNOTATION), cost, 'must be a 32bit integer');
  }
  validateSeccompAnnotations(annotations, path, errors);
  validateAppArmorAnnotations(annotations, spec, path, errors);
}

function validateTolerationsAnnotation(
  text: string | undefined,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  if (text === undefined || text === '') return;
  let tolerations: readonly Toleration[];
  try {
    const parsed: unknown = JSON.parse(text);
    if (!Array.isArray(parsed))
      throw new SyntaxError('json: cannot unmarshal into []v1.Toleration');
    tolerations = parsed as readonly Toleration[];
  } catch (error) {
    errors.invalid(path, TOLERATIONS, (error as SyntaxError).message);
    return;
  }
  validateTolerations(tolerations, path.child(TOLERATIONS), options, errors);
}

function validateSeccompAnnotations(
  annotations: Annotations,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const check = (key: string): void => {
    const profile = annotations[key] ?? '';
    if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return;
    const at = path.child(key);
    if (profile.startsWith(LOCALHOST)) {
      validateDescendingPath(profile.slice(LOCALHOST.length), at, errors);
    } else errors.invalid(at, profile, 'must be a valid seccomp profile');
  };
  if (annotations[SECCOMP_POD] !== undefined) check(SECCOMP_POD);
  for (const key of keysWith(annotations, SECCOMP_CONTAINER)) check(key);
}

function keysWith(annotations: Annotations, prefix: string): readonly string[] {
  return Object.keys(annotations)
    .filter((key) => key.startsWith(prefix))
    .sort(compareText);
}

function validateAppArmorAnnotations(
  annotations: Annotations,
  spec: PodSpec,
  path: FieldPath,
  errors: FieldErrors,
): void {
  for (const key of keysWith(annotations, APPARMOR_CONTAINER)) {
    const name = key.slice(APPARMOR_CONTAINER.length);
    if (!allContainers(spec).some((c) => c.name === name)) {
      errors.invalid(path.key(key), name, 'container not found');
    }
    const profile = annotations[key] ?? '';
    if (['', 'runtime/default', 'unconfined'].includes(profile)) continue;
    if (profile.startsWith(LOCALHOST)) continue;
    const text = `invalid AppArmor profile name: ${goQuote(profile)}`;
    errors.invalid(path.key(key), profile, text);
  }
}

/** Where an annotation and a field both name a profile they must name the same. */
export function validateProfilesMatchAnnotations(
  meta: Meta,
  spec: PodSpec,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const annotations = meta?.annotations;
  if (annotations === undefined) return;
  const ofPod = annotations[SECCOMP_POD];
  if (ofPod !== undefined) {
    const at = path.child('securityContext').child('seccompProfile');
    compareProfiles('seccomp', ofPod, spec.securityContext?.seccompProfile, at, errors);
  }
  visitContainers(spec, path, (container, at) => {
    const annotation = annotations[SECCOMP_CONTAINER + container.name];
    if (annotation === undefined) return;
    const field = at().child('securityContext').child('seccompProfile');
    const profile = container.securityContext?.seccompProfile;
    compareProfiles('seccomp', annotation, profile, field, errors);
  });
  if (spec.os?.name === 'windows') return;
  visitContainers(spec, path, (container, at) => {
    const annotation = annotations[APPARMOR_CONTAINER + container.name];
    if (annotation === undefined) return;
    const profile =
      container.securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile;
    const field = at().child('securityContext').child('appArmorProfile');
    compareProfiles('apparmor', annotation, profile, field, errors);
  });
}

function compareProfiles(
  what: 'seccomp' | 'apparmor',
  annotation: string,
  profile: SeccompProfile | AppArmorProfile | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (profile === undefined) return;
  const typeDiffers = (): void =>
    errors.forbidden(path.child('type'), `${what} type in annotation and field must match`);
  switch (profile.type) {
    case 'Unconfined':
      if (annotation !== 'unconfined') typeDiffers();
      return;
    case 'RuntimeDefault':
      if (annotation === 'runtime/default') return;
      if (what === 'apparmor' || annotation !== 'docker/default') typeDiffers();
      return;
    case 'Localhost':
      if (!annotation.startsWith(LOCALHOST)) typeDiffers();
      else if (annotation.slice(LOCALHOST.length) !== profile.localhostProfile) {
        const text = `${what} profile in annotation and field must match`;
        errors.forbidden(path.child('localhostProfile'), text);
      }
      return;
    default:
  }
}

/** Upstream ValidatePodSpecificAnnotationUpdates, but for the rules of creation. */
export function validateAnnotationUpdates(
  next: Annotations,
  old: Annotations,
  path: FieldPath,
  errors: FieldErrors,
): void {
  for (const key of Object.keys(old).sort(compareText)) {
    if (next[key] === old[key]) continue;
    if (key.startsWith(APPARMOR_CONTAINER)) {
      errors.forbidden(path.key(key), 'may not remove or update AppArmor annotations');
    }
    if (key === MIRROR) {
      errors.forbidden(path.key(key), 'may not remove or update mirror pod annotation');
    }
  }
  for (const key of Object.keys(next).sort(compareText)) {
    if (old[key] !== undefined) continue;
    if (key.startsWith(APPARMOR_CONTAINER)) {
      errors.forbidden(path.key(key), 'may not add AppArmor annotations');
    }
    if (key === MIRROR) errors.forbidden(path.key(key), 'may not add mirror pod annotation');
  }
}
