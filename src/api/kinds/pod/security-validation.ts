/**
 * Validation of security contexts: seccomp, AppArmor, sysctls, ids, procMount.
 *
 * Models: pkg/apis/core/validation validation.go, ValidateSecurityContext,
 *         validatePodSpecSecurityContext (v1.36)
 */
import type {
  AppArmorProfile,
  PodSpec,
  SeccompProfile,
  SecurityContext,
} from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { checkSupported, complain } from '../../meta/field-checks.ts';
import { byteLength, goPointer } from '../../meta/go-text.ts';
import { isUserOrGroupId } from '../../meta/names.ts';
import { internalValue } from './internal-json.ts';
import { hostSysctlError, type PodValidationOptions } from './options.ts';
import { validateDescendingPath } from './path-validation.ts';
import { validateWindowsOptions } from './windows-validation.ts';

const PROC_MOUNTS = ['Default', 'Unmasked'];
const GROUP_CHANGE_POLICIES = ['Always', 'OnRootMismatch'];
const SUPPLEMENTAL_GROUP_POLICIES = ['Merge', 'Strict'];
const SELINUX_CHANGE_POLICIES = ['MountOption', 'Recursive'];
const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const LOCALHOST_PROFILE_MAX_BYTES = 4095; // PATH_MAX - 1
const SYSCTL_MAX_BYTES = 253;
const SYSCTL_SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL_PATTERN = `^(${SYSCTL_SEGMENT}[\\./])*${SYSCTL_SEGMENT}$`;
const SYSCTL = new RegExp(SYSCTL_PATTERN);

export function validateSecurityContext(
  context: SecurityContext | undefined,
  path: FieldPath,
  hostUsers: boolean,
  errors: FieldErrors,
): void {
  if (context === undefined) return;
  checkId(context.runAsUser, path.child('runAsUser'), errors);
  checkId(context.runAsGroup, path.child('runAsGroup'), errors);
  const { procMount } = context;
  if (procMount !== undefined) {
    checkSupported(procMount, PROC_MOUNTS, path.child('procMount'), errors);
    if (hostUsers && procMount === 'Unmasked') {
      const text = '`hostUsers` must be false to use `Unmasked`';
      errors.invalid(path.child('procMount'), procMount, text);
    }
  }
  validateSeccompProfile(context.seccompProfile, path.child('seccompProfile'), errors);
  if (context.allowPrivilegeEscalation === false) {
    const value = (): unknown => internalValue('SecurityContext', context);
    if (context.privileged === true) {
      const text = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
      errors.invalid(path, value(), text);
    }
    for (const capability of context.capabilities?.add ?? []) {
      if (capability !== 'CAP_SYS_ADMIN') continue;
      const text =
        'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
      errors.invalid(path, value(), text);
    }
  }
  validateWindowsOptions(context.windowsOptions, path.child('windowsOptions'), errors);
  validateAppArmorProfile(context.appArmorProfile, path.child('appArmorProfile'), errors);
}

function checkId(id: number | undefined, path: FieldPath, errors: FieldErrors): void {
  if (id !== undefined) complain(isUserOrGroupId(id), id, path, errors);
}

/** The context of a PodSpec, in a Pod or in a template. */
export function validatePodSecurityContext(
  spec: PodSpec,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  const context = spec.securityContext;
  if (context === undefined) return;
  checkId(context.fsGroup, path.child('fsGroup'), errors);
  checkId(context.runAsUser, path.child('runAsUser'), errors);
  checkId(context.runAsGroup, path.child('runAsGroup'), errors);
  context.supplementalGroups?.forEach((id, i) => {
    checkId(id, path.child('supplementalGroups').index(i), errors);
  });
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const text = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.invalid(path.child('shareProcessNamespace'), true, text);
  }
  if (context.sysctls !== undefined) validateSysctls(spec, path.child('sysctls'), options, errors);
  const { fsGroupChangePolicy, supplementalGroupsPolicy, seLinuxChangePolicy } = context;
  if (fsGroupChangePolicy !== undefined) {
    const at = path.child('fsGroupChangePolicy');
    checkSupported(fsGroupChangePolicy, GROUP_CHANGE_POLICIES, at, errors);
  }
  validateSeccompProfile(context.seccompProfile, path.child('seccompProfile'), errors);
  validateWindowsOptions(context.windowsOptions, path.child('windowsOptions'), errors);
  validateAppArmorProfile(context.appArmorProfile, path.child('appArmorProfile'), errors);
  if (supplementalGroupsPolicy !== undefined) {
    const at = path.child('supplementalGroupsPolicy');
    checkSupported(supplementalGroupsPolicy, SUPPLEMENTAL_GROUP_POLICIES, at, errors);
  }
  if (seLinuxChangePolicy !== undefined) {
    // Without the SELinuxMount gate only the old behaviour may be asked for.
    const any = options.allowAnySELinuxChangePolicy;
    const supported = any ? SELINUX_CHANGE_POLICIES : ['Recursive'];
    checkSupported(seLinuxChangePolicy, supported, path.child('seLinuxChangePolicy'), errors);
  }
}

function validateSysctls(
  spec: PodSpec,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  const seen = new Set<string>();
  spec.securityContext?.sysctls?.forEach(({ name }, i) => {
    const at = path.index(i).child('name');
    if (name === '') errors.required(at);
    else if (byteLength(name) > SYSCTL_MAX_BYTES || !SYSCTL.test(name)) {
      const text = `must have at most ${SYSCTL_MAX_BYTES} characters and match regex ${SYSCTL_PATTERN}`;
      errors.invalid(at, name, text);
    } else if (seen.has(name)) errors.duplicate(at, name);
    if (!options.allowHostSysctls) {
      const text = hostSysctlError(name, spec);
      if (text !== undefined) errors.invalid(at, name, text);
    }
    seen.add(name);
  });
}

function validateSeccompProfile(
  profile: SeccompProfile | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (profile === undefined) return;
  const { type, localhostProfile } = profile;
  if ((type as string) === '') {
    errors.required(path.child('type'), 'type is required when seccompProfile is set');
  } else checkSupported(type, PROFILE_TYPES, path.child('type'), errors);
  const at = path.child('localhostProfile');
  if (type === 'Localhost') {
    if (localhostProfile === undefined) {
      errors.required(at, 'must be set when seccomp type is Localhost');
    } else validateDescendingPath(localhostProfile, at, errors);
  } else if (localhostProfile !== undefined) {
    const value = internalValue('SeccompProfile', profile);
    errors.invalid(at, value, 'can only be set when seccomp type is Localhost');
  }
}

export function validateAppArmorProfile(
  profile: AppArmorProfile | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (profile === undefined) return;
  const { type, localhostProfile } = profile;
  const at = path.child('localhostProfile');
  switch (type as string) {
    case 'Localhost':
      validateLocalhostAppArmor(localhostProfile, at, errors);
      return;
    case 'RuntimeDefault':
    case 'Unconfined':
      if (localhostProfile !== undefined) {
        const text = 'can only be set when AppArmor type is Localhost';
        errors.invalid(at, goPointer(localhostProfile), text);
      }
      return;
    case '':
      errors.required(path.child('type'), 'type is required when appArmorProfile is set');
      return;
    default:
      errors.notSupported(path.child('type'), type, PROFILE_TYPES);
  }
}

function validateLocalhostAppArmor(
  profile: string | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (profile === undefined || profile === '') {
    errors.required(path, 'must be set when AppArmor type is Localhost');
    return;
  }
  if (profile.trim() !== profile) {
    errors.invalid(path, profile, 'must not be padded with whitespace');
  }
  if (byteLength(profile) > LOCALHOST_PROFILE_MAX_BYTES) {
    errors.tooLong(path, LOCALHOST_PROFILE_MAX_BYTES);
  }
}
