/**
 * What applies to Windows pods, and what may not be set for them or for Linux pods.
 *
 * Models: pkg/apis/core/validation validation.go, validateWindows …, validateLinux (v1.36)
 */
import type {
  PodSpec,
  SecurityContext,
  WindowsSecurityContextOptions,
} from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { complain } from '../../meta/field-checks.ts';
import { byteLength, goPointer } from '../../meta/go-text.ts';
import { isDNS1123Subdomain } from '../../meta/names.ts';
import { visitContainers } from './visit.ts';

const CREDENTIAL_SPEC_MAX_KIB = 64;
const USER_DOMAIN_MAX_BYTES = 256;
const USER_MAX_BYTES = 104;
const CONTROL = /[\x00-\x1f\x7f]/;
const NETBIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const DNS_DOMAIN = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`);
const BAD_USER = /["/\\:;|=,+*?<>@[\]]/;
const DOTS_AND_BLANKS = /^[. ]+$/;

export function validateWindowsOptions(
  windows: WindowsSecurityContextOptions | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (windows === undefined) return;
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = windows;
  if (gmsaCredentialSpecName !== undefined) {
    const at = path.child('gmsaCredentialSpecName');
    const complaints = isDNS1123Subdomain(gmsaCredentialSpecName);
    complain(complaints, goPointer(gmsaCredentialSpecName), at, errors);
  }
  if (gmsaCredentialSpec !== undefined) {
    const at = path.child('gmsaCredentialSpec');
    if (gmsaCredentialSpec === '') {
      errors.invalid(at, '', 'gmsaCredentialSpec cannot be an empty string');
    } else if (byteLength(gmsaCredentialSpec) > CREDENTIAL_SPEC_MAX_KIB * 1024) {
      const text = `gmsaCredentialSpec size must be under ${CREDENTIAL_SPEC_MAX_KIB} KiB`;
      errors.invalid(at, goPointer(gmsaCredentialSpec), text);
    }
  }
  if (runAsUserName !== undefined) {
    const at = path.child('runAsUserName');
    for (const text of userNameErrors(runAsUserName)) {
      errors.invalid(at, goPointer(runAsUserName), `runAsUserName${text}`);
    }
  }
}

/** What follows "runAsUserName" in each message. */
function userNameErrors(name: string): readonly string[] {
  if (name === '') return [' cannot be an empty string'];
  if (CONTROL.test(name)) return [' cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return [' cannot contain more than one backslash'];
  const user = parts.at(-1) ?? '';
  const domain = parts.length === 2 ? (parts[0] ?? '') : undefined;
  const found: string[] = [];
  if (domain !== undefined) {
    if (byteLength(domain) >= USER_DOMAIN_MAX_BYTES) {
      found.push(`'s Domain length must be under ${USER_DOMAIN_MAX_BYTES} characters`);
    }
    if (!NETBIOS.test(domain) && !DNS_DOMAIN.test(domain)) {
      found.push("'s Domain doesn't match the NetBios nor the DNS format");
    }
  }
  if (user === '') found.push("'s User cannot be empty");
  else if (byteLength(user) > USER_MAX_BYTES) {
    found.push(`'s User length must not be longer than ${USER_MAX_BYTES} characters`);
  }
  if (DOTS_AND_BLANKS.test(user)) found.push("'s User cannot contain only periods or spaces");
  if (BAD_USER.test(user)) {
    found.push(`'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]`);
  }
  return found;
}

/** Upstream validateWindowsHostProcessPod: all containers or none, and on the host's network. */
export function validateHostProcess(spec: PodSpec, path: FieldPath, errors: FieldErrors): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  let containers = 0;
  let hostProcesses = 0;
  visitContainers(spec, path, (container, at) => {
    containers++;
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const field = at().child('securityContext').child('windowsOptions').child('hostProcess');
      const text = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      errors.invalid(field, own, text);
    }
    if (own ?? ofPod ?? false) hostProcesses++;
  });
  if (hostProcesses === 0) return;
  if (hostProcesses !== containers) {
    const text =
      'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    errors.invalid(path, '', text);
  }
  if (spec.hostNetwork !== true) {
    const text = 'hostNetwork must be true if pod contains any hostProcess containers';
    errors.invalid(path.child('hostNetwork'), false, text);
  }
}

/** Upstream validateOS and what follows from the answer. */
export function validateOs(spec: PodSpec, path: FieldPath, errors: FieldErrors): void {
  if (spec.os === undefined) return;
  const name = spec.os.name as string;
  if (name === '') errors.required(path.child('os').child('name'));
  else if (name === 'linux') validateLinux(spec, path, errors);
  else if (name === 'windows') validateWindows(spec, path, errors);
  else errors.notSupported(path.child('os'), name, ['linux', 'windows']);
}

function validateLinux(spec: PodSpec, path: FieldPath, errors: FieldErrors): void {
  const text = 'windows options cannot be set for a linux pod';
  if (spec.securityContext?.windowsOptions !== undefined) {
    errors.forbidden(path.child('securityContext').child('windowsOptions'), text);
  }
  visitContainers(spec, path, (container, at) => {
    if (container.securityContext?.windowsOptions === undefined) return;
    errors.forbidden(at().child('securityContext').child('windowsOptions'), text);
  });
}

const NOT_FOR_WINDOWS = 'cannot be set for a windows pod';

const LINUX_ONLY_OF_CONTAINERS: readonly (keyof SecurityContext)[] = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
];

function validateWindows(spec: PodSpec, path: FieldPath, errors: FieldErrors): void {
  const context = spec.securityContext ?? {};
  const at = path.child('securityContext');
  const ofContext = (field: keyof typeof context): void => {
    if (context[field] !== undefined) errors.forbidden(at.child(field), NOT_FOR_WINDOWS);
  };
  ofContext('appArmorProfile');
  ofContext('seLinuxOptions');
  for (const field of ['hostUsers', 'hostPID', 'hostIPC'] as const) {
    if (spec[field] !== undefined) errors.forbidden(path.child(field), NOT_FOR_WINDOWS);
  }
  ofContext('seccompProfile');
  ofContext('fsGroup');
  ofContext('fsGroupChangePolicy');
  ofContext('sysctls');
  if (spec.shareProcessNamespace !== undefined) {
    errors.forbidden(path.child('shareProcessNamespace'), NOT_FOR_WINDOWS);
  }
  ofContext('runAsUser');
  ofContext('runAsGroup');
  ofContext('supplementalGroups');
  ofContext('supplementalGroupsPolicy');
  ofContext('seLinuxChangePolicy');
  visitContainers(spec, path, (container, containerPath) => {
    for (const field of LINUX_ONLY_OF_CONTAINERS) {
      if (container.securityContext?.[field] === undefined) continue;
      errors.forbidden(containerPath().child('securityContext').child(field), NOT_FOR_WINDOWS);
    }
  });
}
