/**
 * What a status update of a Pod may say.
 *
 * Models: pkg/apis/core/validation validation.go, ValidatePodStatusUpdate;
 *         pkg/api/v1/pod util.go, ContainerShouldRestart, AllContainersCouldRestart (v1.36)
 */
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkImmutable,
  checkQualifiedName,
  checkSupported,
  complain,
} from '../../meta/field-checks.ts';
import { byteLength, compareText } from '../../meta/go-text.ts';
import { checkLegacyIp, isDualStack, parseIp } from '../../meta/ip.ts';
import { isUserOrGroupId } from '../../meta/names.ts';
import { quantitySign } from '../../meta/quantity.ts';
import { validateAnnotationUpdates, validatePodAnnotations } from './annotation-validation.ts';
import { podOptions } from './options.ts';
import { isNativeResource } from './resources.ts';

const SYSTEM_CONDITIONS = ['PodScheduled', 'Ready', 'Initialized'];
const HEALTH_VALUES = ['Healthy', 'Unhealthy', 'Unknown'];
const HEALTH_MESSAGE_MAX_BYTES = 1024; // ResourceHealthMessageMaxLength, core/v1 types.go
const GENERATION_ERROR = 'must be a non-negative integer';
const STATE_ERROR = 'may not be transitioned to non-terminated state';

const STATUS_LISTS = [
  'containerStatuses',
  'initContainerStatuses',
  'ephemeralContainerStatuses',
] as const;

/** Upstream ValidatePodStatusUpdate, but for metadata. */
export function validatePodStatusUpdate(next: Pod, old: Pod, errors: FieldErrors): void {
  const { status } = next;
  const metaAt = FieldPath.of('metadata').child('annotations');
  const { annotations } = next.metadata;
  if (annotations !== old.metadata.annotations) {
    validateAnnotationUpdates(annotations ?? {}, old.metadata.annotations ?? {}, metaAt, errors);
    const options = podOptions(true, old.spec, old.metadata);
    validatePodAnnotations(next.metadata, next.spec, metaAt, options, errors);
  }
  const at = FieldPath.of('status');
  validateConditions(status.conditions, at, errors);
  validateNomination(next, old, at, errors);
  if ((status.observedGeneration ?? 0) < 0) {
    const field = at.child('observedGeneration');
    errors.invalid(field, status.observedGeneration, GENERATION_ERROR);
  }
  checkImmutable(status.qosClass, old.status.qosClass, at.child('qosClass'), errors);
  validateTransitions(next, old, at, errors);
  validateClaimStatuses(next, at, errors);
  validateIps(status, old.status, at, errors);
  validateUsers(next, at, errors);
  validateAllocated(next, at, errors);
}

function validateConditions(
  conditions: PodStatus['conditions'],
  path: FieldPath,
  errors: FieldErrors,
): void {
  conditions?.forEach(({ type, observedGeneration = 0 }, i) => {
    if (observedGeneration >= 0 && SYSTEM_CONDITIONS.includes(type)) return;
    const at = path.child('conditions').index(i);
    if (observedGeneration < 0) {
      errors.invalid(at.child('observedGeneration'), observedGeneration, GENERATION_ERROR);
    }
    if (!SYSTEM_CONDITIONS.includes(type)) checkQualifiedName(type, at.child('Type'), errors);
  });
}

function validateNomination(next: Pod, old: Pod, path: FieldPath, errors: FieldErrors): void {
  const name = next.status.nominatedNodeName ?? '';
  if (name === '' || name === old.status.nominatedNodeName) return;
  const at = path.child('nominatedNodeName');
  checkDnsSubdomain(name, at, errors);
  if ((old.spec.nodeName ?? '') === '') return;
  errors.forbidden(at, 'may not be set on pods that are already bound to a node');
}

function validateTransitions(next: Pod, old: Pod, path: FieldPath, errors: FieldErrors): void {
  const { spec } = old;
  const anyRestart = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].some((c) =>
    c.restartPolicyRules?.some((rule) => rule.action === 'RestartAllContainers'),
  );
  for (const field of STATUS_LISTS) {
    const containers = {
      containerStatuses: spec.containers,
      initContainerStatuses: spec.initContainers,
      ephemeralContainerStatuses: [],
    }[field];
    // Where one exit may restart everything, any container may run again.
    if (anyRestart && field !== 'ephemeralContainerStatuses') continue;
    old.status[field]?.forEach((before, i) => {
      const terminated = before.state?.terminated;
      if (terminated === undefined) return;
      const now = next.status[field]?.find((s) => s.name === before.name);
      if (now === undefined || now.state?.terminated !== undefined) return;
      const container = containers?.find((c) => c.name === before.name);
      if (container && shouldRestart(container, spec, terminated.exitCode)) return;
      errors.forbidden(path.child(field).index(i).child('state'), STATE_ERROR);
    });
  }
}

/** Upstream ContainerShouldRestart: rules first, then the container's policy, then the Pod's. */
export function shouldRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    if (exitCodes === undefined) continue;
    const listed = (exitCodes.values ?? []).includes(exitCode);
    if (listed !== (exitCodes.operator === 'In')) continue;
    if (action === 'Restart' || action === 'RestartAllContainers') return true;
  }
  switch (container.restartPolicy ?? spec.restartPolicy) {
    case 'Always':
      return true;
    case 'OnFailure':
      return exitCode !== 0;
    default:
      return false;
  }
}

function validateClaimStatuses({ spec, status }: Pod, path: FieldPath, errors: FieldErrors): void {
  const names = new Set<string>();
  status.resourceClaimStatuses?.forEach(({ name, resourceClaimName }, i) => {
    const at = path.child('resourceClaimStatuses').index(i);
    if (spec.resourceClaims?.some((c) => c.name === name) !== true) {
      const text = 'must match the name of an entry in `spec.resourceClaims`';
      errors.invalid(at.child('name'), name, text);
    }
    if (names.has(name)) errors.duplicate(at.child('name'), name);
    names.add(name);
    if (resourceClaimName !== undefined) {
      checkDnsSubdomain(resourceClaimName, at.child('resourceClaimName'), errors);
    }
  });
  validateExtendedClaim(spec, status, path.child('extendedResourceClaimStatus'), errors);
  const allocatableAt = path.child('nodeAllocatableResourceClaimStatuses');
  validateAllocatableClaims(spec, status, allocatableAt, errors);
}

function validateExtendedClaim(
  spec: PodSpec,
  { extendedResourceClaimStatus: claim }: PodStatus,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (claim === undefined) return;
  const mappingsAt = path.child('requestMappings');
  const mappings = claim.requestMappings ?? [];
  if (mappings.length === 0) {
    errors.required(mappingsAt, 'at least one request mapping is required');
  }
  const seen = new Set<string>();
  mappings.forEach(({ containerName, resourceName, requestName }, i) => {
    const at = mappingsAt.index(i);
    const container =
      spec.containers?.find((c) => c.name === containerName) ??
      spec.initContainers?.find((c) => c.name === containerName);
    const where = 'spec.initContainers';
    if (container === undefined) {
      const text = `must match the name of an entry in ${where}.name or spec.containers.name`;
      errors.invalid(at.child('containerName'), containerName, text);
    } else if (container.resources?.requests?.[resourceName] === undefined) {
      const text =
        `must match the extended resource name of an entry in ${where}.resources.requests or ` +
        'spec.containers.resources.requests';
      errors.invalid(at.child('resourceName'), resourceName, text);
    }
    checkDnsLabel(requestName, path.child('requestName'), errors);
    const key = `${containerName}/${resourceName}/${requestName}`;
    if (seen.has(key)) {
      errors.duplicate(at.child('containerName'), containerName);
      errors.duplicate(at.child('resourceName'), resourceName);
      errors.duplicate(at.child('requestName'), requestName);
    }
    seen.add(key);
  });
  const nameAt = path.child('resourceClaimName');
  if (claim.resourceClaimName === '') errors.required(nameAt);
  else checkDnsSubdomain(claim.resourceClaimName, nameAt, errors);
}

function validateAllocatableClaims(
  spec: PodSpec,
  status: PodStatus,
  path: FieldPath,
  errors: FieldErrors,
): void {
  status.nodeAllocatableResourceClaimStatuses?.forEach((claim, i) => {
    const at = path.index(i);
    const name = claim.resourceClaimName;
    if (name === '') errors.required(at.child('resourceClaimName'), 'must not be empty');
    const known = [...(spec.resourceClaims ?? []), ...(status.resourceClaimStatuses ?? [])];
    if (!known.some((c) => c.resourceClaimName === name)) {
      errors.invalid(at.child('resourceClaimName'), name, 'no mapping found in pod reference');
    }
    if ((claim.containers ?? []).length === 0) {
      errors.required(at.child('containers'), 'must not be empty');
    }
    const resources = claim.resources ?? {};
    const names = Object.keys(resources).sort(compareText);
    if (names.length === 0) errors.required(at.child('resources'), 'must not be empty');
    for (const resource of names) {
      const field = at.child('resources').key(resource);
      if (!isNativeResource(resource)) {
        errors.invalid(field, resource, 'must be a node allocatable resource name');
      }
      const quantity = resources[resource] ?? '0';
      if (quantitySign(quantity) < 0) errors.invalid(field, quantity, 'must be non-negative');
    }
  });
}

const FAMILY_ERROR = 'may specify no more than one IP for each IP family';

function validateIps(
  status: PodStatus,
  old: PodStatus,
  path: FieldPath,
  errors: FieldErrors,
): void {
  checkIps(status.podIPs, old.podIPs, path.child('podIPs'), errors);
  const first = status.hostIPs?.[0]?.ip;
  if (first === undefined) return;
  const at = path.child('hostIPs');
  if (status.hostIP !== first) {
    errors.invalid(at.index(0).child('ip'), first, 'must be equal to `hostIP`');
  }
  checkIps(status.hostIPs, old.hostIPs, at, errors);
}

type Ips = readonly { readonly ip: string }[] | undefined;

function checkIps(ips: Ips, old: Ips, path: FieldPath, errors: FieldErrors): void {
  if (ips === undefined || ips === old) return;
  const before = (old ?? []).map(({ ip }) => ip);
  ips.forEach(({ ip }, i) => checkLegacyIp(ip, path.index(i), errors, before));
  if (ips.length < 2) return;
  const dual = isDualStack(ips.map(({ ip }) => ip));
  if (dual === undefined) {
    const bad = ips.findIndex(({ ip }) => parseIp(ip) === undefined);
    const text = `invalid IP[${bad}]: ${ips[bad]?.ip}`;
    errors.internal(path, `failed to check for dual stack with error:${text}`);
  }
  if (dual !== true || ips.length > 2) {
    errors.invalid(
      path,
      ips.map(({ ip }) => ({ IP: ip })),
      FAMILY_ERROR,
    );
  }
}

function validateUsers({ spec, status }: Pod, path: FieldPath, errors: FieldErrors): void {
  const windows = spec.os?.name === 'windows';
  for (const field of STATUS_LISTS) {
    status[field]?.forEach(({ user }, i) => {
      const linux = user?.linux;
      if (linux === undefined) return;
      const at = path.child(field).index(i).child('user').child('linux');
      if (windows) {
        errors.forbidden(at, 'cannot be set for a windows pod');
        return;
      }
      complain(isUserOrGroupId(linux.uid), linux.uid, at.child('uid'), errors);
      complain(isUserOrGroupId(linux.gid), linux.gid, at.child('gid'), errors);
      linux.supplementalGroups?.forEach((id, g) => {
        complain(isUserOrGroupId(id), id, at.child('supplementalGroups').index(g), errors);
      });
    });
  }
}

function validateAllocated({ spec, status }: Pod, path: FieldPath, errors: FieldErrors): void {
  const lists = [
    ['containerStatuses', spec.containers],
    ['initContainerStatuses', spec.initContainers],
  ] as const;
  for (const [field, containers] of lists) {
    status[field]?.forEach((container, i) => {
      if (container.allocatedResourcesStatus === undefined) return;
      const at = path.child(field).index(i).child('allocatedResourcesStatus');
      const owner = containers?.find((c) => c.name === container.name);
      validateAllocatedOf(container, owner, at, errors);
    });
  }
  status.ephemeralContainerStatuses?.forEach(({ allocatedResourcesStatus = [] }, i) => {
    if (allocatedResourcesStatus.length === 0) return;
    const at = path.child('ephemeralContainerStatuses').index(i).child('allocatedResourcesStatus');
    errors.forbidden(at, 'must not be specified in container status');
  });
}

function validateAllocatedOf(
  status: ContainerStatus,
  container: Container | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  status.allocatedResourcesStatus?.forEach(({ name, resources }, j) => {
    if (container !== undefined && !isAllocated(name, container)) {
      const text = name.startsWith('claim:')
        ? "must match one of the container's resource claims in a format " +
          "'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
        : "must match one of the container's resource requests";
      errors.invalid(path.index(j).child('name'), name, text);
    }
    const ids = new Set<string>();
    resources?.forEach(({ health, message, resourceID }, k) => {
      const at = path.index(j).child('resources').index(k);
      checkSupported(health ?? '', HEALTH_VALUES, at.child('health'), errors);
      if (message === '') errors.required(at.child('message'), 'must be non-empty if specified');
      else if (message !== undefined && byteLength(message) > HEALTH_MESSAGE_MAX_BYTES) {
        errors.tooLong(at.child('message'), HEALTH_MESSAGE_MAX_BYTES);
      }
      if (ids.has(resourceID)) errors.duplicate(at.child('resourceID'), resourceID);
      ids.add(resourceID);
    });
  });
}

function isAllocated(name: string, { resources }: Container): boolean {
  if (!name.startsWith('claim:')) return resources?.requests?.[name] !== undefined;
  return (resources?.claims ?? []).some(({ name: claim, request = '' }) => {
    return name === `claim:${claim}${request === '' ? '' : `/${request}`}`;
  });
}
