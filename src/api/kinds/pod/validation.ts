/**
 * Validation of pod specs, of templates and of whole Pods at creation.
 *
 * Models:     pkg/apis/core/validation validation.go, ValidatePodSpec, ValidatePodTemplateSpec,
 *             validatePodMetadataAndSpec, ValidatePodCreate (v1.36)
 * Simplified: metadata itself is validated by shared code, before or after what is here as upstream
 *             does; ports and hosts that admission rejects are not looked at
 */
import type { Pod, PodSpec, PodTemplateSpec } from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath, type FieldRef } from '../../meta/field-path.ts';
import { checkDnsLabel, checkDnsSubdomain, checkSupported } from '../../meta/field-checks.ts';
import { validateAnnotations, validateLabels } from '../../meta/labels.ts';
import { rangeError } from '../../meta/names.ts';
import {
  validateAffinity,
  validateTolerations,
  validateTopologySpread,
} from './affinity-validation.ts';
import {
  validatePodAnnotations,
  validateProfilesMatchAnnotations,
} from './annotation-validation.ts';
import {
  type ContainerContext,
  validateContainers,
  validateEphemeralContainers,
  validateImageBlanks,
  validateInitContainers,
} from './container-validation.ts';
import {
  validateHostName,
  validateHostNetworkPorts,
  validateHostUsers,
} from './host-validation.ts';
import {
  validateDnsConfig,
  validateFileKeyVolumes,
  validateHostAliases,
  validateReadinessGates,
  validateSchedulingGates,
} from './misc-validation.ts';
import { POD_OPTIONS, type PodValidationOptions, TEMPLATE_OPTIONS } from './options.ts';
import { validateOverhead, validatePodLevelResources } from './resource-validation.ts';
import { validatePodSecurityContext } from './security-validation.ts';
import { validateVolumes } from './volume-validation.ts';
import { validateHostProcess, validateOs } from './windows-validation.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never'];
const DEADLINE_MAX_SECONDS = 2_147_483_647; // math.MaxInt32

/** Templates that turned out fine and are frozen need no second look. */
const fineTemplates = new WeakSet<object>();

/** Upstream ValidatePodTemplateSpec. Options come from `podOptions(false, oldTemplate.spec, …)`. */
export function validatePodTemplateSpec(
  template: PodTemplateSpec,
  path: FieldRef,
  errors: FieldErrors,
  options: PodValidationOptions = TEMPLATE_OPTIONS,
): void {
  if (options === TEMPLATE_OPTIONS && fineTemplates.has(template)) return;
  const before = errors.list.length;
  const at = FieldPath.of(path);
  const { metadata, spec } = template;
  validateLabels(metadata?.labels, at.child('labels'), errors);
  validateAnnotations(metadata?.annotations, at.child('annotations'), errors);
  validatePodAnnotations(metadata, spec, at.child('annotations'), options, errors);
  const specAt = at.child('spec');
  validatePodSpec(spec, specAt, errors, options);
  validateProfilesMatchAnnotations(metadata, spec, specAt, errors);
  if ((spec.ephemeralContainers ?? []).length > 0) {
    const text = 'ephemeral containers not allowed in pod template';
    errors.forbidden(specAt.child('ephemeralContainers'), text);
  }
  if (options === TEMPLATE_OPTIONS && errors.list.length === before && Object.isFrozen(template)) {
    fineTemplates.add(template);
  }
}

/** What of a Pod's metadata its spec is judged with; absent for templates. */
export interface PodMeta {
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Upstream ValidatePodSpec. */
export function validatePodSpec(
  spec: PodSpec,
  path: FieldRef,
  errors: FieldErrors,
  options: PodValidationOptions = POD_OPTIONS,
  meta: PodMeta | undefined = undefined,
): void {
  const at = FieldPath.of(path);
  if (spec.terminationGracePeriodSeconds === undefined) {
    errors.required(at.child('terminationGracePeriodSeconds'));
  }
  const volumesAt = at.child('volumes');
  const volumes = validateVolumes(spec.volumes, meta?.name ?? '', volumesAt, options, errors);
  const claims = validateResourceClaims(spec, meta, at.child('resourceClaims'), errors);
  const hostUsers = spec.hostUsers ?? true;
  const context: ContainerContext = { spec, volumes, claims, hostUsers, options };
  validateContainers(context, at.child('containers'), errors);
  validateInitContainers(context, at.child('initContainers'), errors);
  validateEphemeralContainers(context, at.child('ephemeralContainers'), errors);
  validatePodLevelResources(spec, claims, at, options, errors);
  validateHostNetworkPorts(spec, at, options, errors);
  checkPolicy(spec.restartPolicy, RESTART_POLICIES, at.child('restartPolicy'), errors);
  checkPolicy(spec.dnsPolicy, DNS_POLICIES, at.child('dnsPolicy'), errors);
  validateLabels(spec.nodeSelector, at.child('nodeSelector'), errors);
  validatePodSecurityContext(spec, at.child('securityContext'), options, errors);
  validateAffinity(spec.affinity, at.child('affinity'), options, errors);
  validateDnsConfig(spec, at.child('dnsConfig'), errors);
  validateReadinessGates(spec.readinessGates, at.child('readinessGates'), errors);
  validateSchedulingGates(spec.schedulingGates, at.child('schedulingGates'), errors);
  const spreadAt = at.child('topologySpreadConstraints');
  validateTopologySpread(spec.topologySpreadConstraints, spreadAt, options, errors);
  validateHostProcess(spec, at, errors);
  validateHostUsers(spec, at, options, errors);
  validateHostName(spec, at, errors);
  validateScalars(spec, at, options, errors);
  validateOs(spec, at, errors);
  validateSchedulingGroup(spec, at, errors);
  validateFileKeyVolumes(spec, at, errors);
}

function checkPolicy(
  policy: string | undefined,
  supported: readonly string[],
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (policy === undefined || policy === '') errors.required(path);
  else checkSupported(policy, supported, path, errors);
}

/** The simple fields, in upstream's order. */
function validateScalars(
  spec: PodSpec,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  const subdomain = (field: 'serviceAccountName' | 'nodeName' | 'priorityClassName'): void => {
    const value = spec[field] ?? '';
    if (value !== '') checkDnsSubdomain(value, path.child(field), errors);
  };
  subdomain('serviceAccountName');
  subdomain('nodeName');
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > DEADLINE_MAX_SECONDS)) {
    const at = path.child('activeDeadlineSeconds');
    errors.invalid(at, deadline, rangeError(1, DEADLINE_MAX_SECONDS));
  }
  for (const field of ['hostname', 'subdomain'] as const) {
    const value = spec[field] ?? '';
    if (value !== '') checkDnsLabel(value, path.child(field), errors);
  }
  validateTolerations(spec.tolerations, path.child('tolerations'), options, errors);
  validateHostAliases(spec.hostAliases, path.child('hostAliases'), errors);
  subdomain('priorityClassName');
  if (spec.runtimeClassName !== undefined) {
    checkDnsSubdomain(spec.runtimeClassName, path.child('runtimeClassName'), errors);
  }
  if (spec.preemptionPolicy !== undefined) {
    const at = path.child('preemptionPolicy');
    checkPolicy(spec.preemptionPolicy, PREEMPTION_POLICIES, at, errors);
  }
  validateOverhead(spec.overhead, path.child('overhead'), options, errors);
}

function validateSchedulingGroup(spec: PodSpec, path: FieldPath, errors: FieldErrors): void {
  if (spec.schedulingGroup === undefined) return;
  const at = path.child('schedulingGroup').child('podGroupName');
  const { podGroupName } = spec.schedulingGroup;
  if (podGroupName === undefined) {
    errors.invalid(at, undefined, 'must specify one of: `podGroupName`');
  } else checkDnsSubdomain(podGroupName, at, errors);
}

const NO_CLAIMS: ReadonlySet<string> = new Set();
/** Upstream's way of naming no field at all. */
export const NO_FIELD = '[]';
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/** Answers the names that containers may refer to. */
function validateResourceClaims(
  spec: PodSpec,
  meta: PodMeta | undefined,
  path: FieldPath,
  errors: FieldErrors,
): ReadonlySet<string> {
  const claims = spec.resourceClaims ?? [];
  if (claims.length === 0) return NO_CLAIMS;
  const seen = new Set<string>();
  claims.forEach((claim, i) => {
    const at = path.index(i);
    if (meta?.annotations?.[MIRROR_ANNOTATION] !== undefined) {
      errors.forbidden(NO_FIELD, 'static pods do not support resource claims');
      return;
    }
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    if (name === '') errors.required(at.child('name'));
    else if (seen.has(name)) errors.duplicate(at.child('name'), name);
    else {
      checkDnsLabel(name, at.child('name'), errors);
      seen.add(name);
    }
    const shown = {
      Name: name,
      ResourceClaimName: resourceClaimName ?? null,
      ResourceClaimTemplateName: resourceClaimTemplateName ?? null,
    };
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      const text =
        'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
      errors.invalid(at, shown, text);
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      const text = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`';
      errors.invalid(at, shown, text);
    }
    for (const field of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
      const value = claim[field];
      if (value !== undefined) checkDnsSubdomain(value, at.child(field), errors);
    }
  });
  return new Set(claims.map((c) => c.name).filter((name) => name !== ''));
}

/** Upstream validatePodMetadataAndSpec, but for metadata. */
export function validatePodMetaAndSpec(
  pod: Pod,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  const { metadata, spec } = pod;
  const specAt = FieldPath.of('spec');
  const annotationsAt = FieldPath.of('metadata').child('annotations');
  validatePodAnnotations(metadata, spec, annotationsAt, options, errors);
  validatePodSpec(spec, specAt, errors, options, metadata);
  if ((spec.serviceAccountName ?? '') === '') forbidTokens(spec, specAt, errors);
  for (const field of ['containers', 'initContainers'] as const) {
    const containers = spec[field] ?? [];
    for (let i = 0; i < containers.length; i++) {
      const container = containers[i];
      if (container) validateImageBlanks(container, specAt.child(field).index(i), errors);
    }
  }
}

function forbidTokens(spec: PodSpec, path: FieldPath, errors: FieldErrors): void {
  spec.volumes?.forEach((volume, v) => {
    volume.projected?.sources?.forEach((source, s) => {
      if (source.serviceAccountToken === undefined) return;
      const at = path.child('volumes').index(v).child('projected').child('sources').index(s);
      const text = 'must not be specified when serviceAccountName is not set';
      errors.forbidden(at.child('serviceAccountToken'), text);
    });
  });
}

/** Upstream ValidatePodCreate, but for metadata. */
export function validatePodCreate(pod: Pod, errors: FieldErrors): void {
  validatePodMetaAndSpec(pod, POD_OPTIONS, errors);
  const { spec } = pod;
  const at = FieldPath.of('spec');
  if ((spec.ephemeralContainers ?? []).length > 0) {
    errors.forbidden(at.child('ephemeralContainers'), 'cannot be set on create');
  }
  if ((spec.nodeName ?? '') !== '' && (spec.schedulingGates ?? []).length > 0) {
    const text = 'cannot be set until all schedulingGates have been cleared';
    errors.forbidden(at.child('nodeName'), text);
  }
  validateProfilesMatchAnnotations(pod.metadata, spec, at, errors);
}
