/**
 * What validation lets pass because the old object already has it.
 *
 * Models:     pkg/api/pod util.go GetValidationOptionsFromPodSpecAndMeta, with the feature gates of
 *             1.36 at their defaults
 * Simplified: gates that are on in 1.36 need no option and have none here
 */
import type { Container, PodSpec } from '../../generated/types.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { isLabelValue } from '../../meta/names.ts';
import { validateLabelSelector } from '../../meta/selectors.ts';
import { validateMatchLabelKeys } from './match-label-keys.ts';
import { isHugePageResource, isSidecar, isWholeHugePages } from './resources.ts';

export interface PodValidationOptions {
  /** A Pod, not a template inside something else. */
  readonly isPod: boolean;
  readonly allowInvalidDeletionCost: boolean;
  readonly allowInvalidSelectorValues: boolean;
  readonly allowInvalidNodeAffinityValues: boolean;
  readonly allowInvalidSpreadSelectors: boolean;
  readonly allowInvalidMatchLabelKeys: boolean;
  readonly allowIndivisibleHugePages: boolean;
  readonly allowNonLocalTokenPath: boolean;
  readonly allowHostSysctls: boolean;
  readonly allowAnySELinuxChangePolicy: boolean;
  readonly allowNumericTolerations: boolean;
  readonly allowUserNamespaceOnHostNetwork: boolean;
  readonly allowUserNamespaceVolumeDevices: boolean;
  readonly allowRestartPolicyOfInitResize: boolean;
}

const NOTHING_OLD: Omit<PodValidationOptions, 'isPod'> = {
  allowInvalidDeletionCost: false,
  allowInvalidSelectorValues: false,
  allowInvalidNodeAffinityValues: false,
  allowInvalidSpreadSelectors: false,
  allowInvalidMatchLabelKeys: false,
  allowIndivisibleHugePages: false,
  allowNonLocalTokenPath: false,
  allowHostSysctls: false,
  allowAnySELinuxChangePolicy: false,
  allowNumericTolerations: false,
  allowUserNamespaceOnHostNetwork: false,
  allowUserNamespaceVolumeDevices: false,
  allowRestartPolicyOfInitResize: false,
};

export const POD_OPTIONS: PodValidationOptions = { isPod: true, ...NOTHING_OLD };
export const TEMPLATE_OPTIONS: PodValidationOptions = { isPod: false, ...NOTHING_OLD };

interface OldMeta {
  readonly annotations?: Readonly<Record<string, string>>;
}

export function podOptions(
  isPod: boolean,
  oldSpec: PodSpec | undefined,
  oldMeta: OldMeta | undefined,
): PodValidationOptions {
  if (oldSpec === undefined) return isPod ? POD_OPTIONS : TEMPLATE_OPTIONS;
  const hostUsers = oldSpec.hostUsers ?? true;
  const cost = oldMeta?.annotations?.[DELETION_COST_ANNOTATION];
  return {
    isPod,
    allowInvalidDeletionCost: cost !== undefined && !isDeletionCost(cost),
    allowInvalidSelectorValues: hasInvalidSelectorValues(oldSpec),
    allowInvalidNodeAffinityValues: hasInvalidNodeAffinityValues(oldSpec),
    allowInvalidSpreadSelectors: hasInvalidSpreadSelectors(oldSpec),
    allowInvalidMatchLabelKeys: hasInvalidMatchLabelKeys(oldSpec),
    allowIndivisibleHugePages: hasIndivisibleHugePages(oldSpec),
    allowNonLocalTokenPath: hasNonLocalTokenPath(oldSpec),
    allowHostSysctls: (oldSpec.securityContext?.sysctls ?? []).some(
      (s) => hostSysctlError(s.name, oldSpec) !== undefined,
    ),
    allowAnySELinuxChangePolicy: oldSpec.securityContext?.seLinuxChangePolicy !== undefined,
    allowNumericTolerations: (oldSpec.tolerations ?? []).some((t) => isNumeric(t.operator)),
    allowUserNamespaceOnHostNetwork: oldSpec.hostNetwork === true && !hostUsers,
    allowUserNamespaceVolumeDevices:
      !hostUsers && allContainers(oldSpec).some((c) => (c.volumeDevices ?? []).length > 0),
    allowRestartPolicyOfInitResize: (oldSpec.initContainers ?? []).some(
      (c) => !isSidecar(c) && c.resizePolicy?.some((p) => p.restartPolicy === 'RestartContainer'),
    ),
  };
}

export const DELETION_COST_ANNOTATION = 'controller.kubernetes.io/pod-deletion-cost';
const MAX_INT32 = 2_147_483_647;

/** A 32-bit integer that does not start with a plus or, but for `0` itself, a zero. */
export function isDeletionCost(text: string): boolean {
  if (!/^(0|-[0-9]+|[1-9][0-9]*)$/.test(text)) return false;
  const value = Number(text);
  return value <= MAX_INT32 && value >= -MAX_INT32 - 1;
}

export function isNumeric(operator: string | undefined): boolean {
  return operator === 'Lt' || operator === 'Gt';
}

/** Init, app and ephemeral containers, in the order in which upstream visits them. */
export function allContainers(spec: PodSpec): readonly Container[] {
  const { initContainers, containers, ephemeralContainers } = spec;
  return [
    ...(initContainers ?? []),
    ...(containers ?? []),
    ...((ephemeralContainers as readonly Container[] | undefined) ?? []),
  ];
}

function podAffinityTerms(
  spec: PodSpec,
): NonNullable<
  NonNullable<PodSpec['affinity']>['podAffinity']
>['requiredDuringSchedulingIgnoredDuringExecution'] {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  return [podAffinity, podAntiAffinity].flatMap((a) => [
    ...(a?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(a?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((t) => t.podAffinityTerm),
  ]);
}

function hasInvalidSelectorValues(spec: PodSpec): boolean {
  return (podAffinityTerms(spec) ?? []).some((term) =>
    [term.labelSelector, term.namespaceSelector].some((selector) =>
      selector?.matchExpressions?.some((e) => hasInvalidValue(e.values)),
    ),
  );
}

function hasInvalidValue(values: readonly string[] | undefined): boolean {
  return (values ?? []).some((v) => isLabelValue(v).length > 0);
}

function hasInvalidNodeAffinityValues(spec: PodSpec): boolean {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (required?.nodeSelectorTerms ?? []).some((term) =>
    term.matchExpressions?.some((e) => hasInvalidValue(e.values)),
  );
}

function hasInvalidSpreadSelectors(spec: PodSpec): boolean {
  const errors = new FieldErrors();
  for (const constraint of spec.topologySpreadConstraints ?? []) {
    validateLabelSelector(constraint.labelSelector, 'labelSelector', errors);
  }
  return !errors.none;
}

function hasInvalidMatchLabelKeys(spec: PodSpec): boolean {
  const errors = new FieldErrors();
  for (const { matchLabelKeys, labelSelector } of spec.topologySpreadConstraints ?? []) {
    validateMatchLabelKeys(FieldPath.of('x'), matchLabelKeys, undefined, labelSelector, errors);
  }
  return !errors.none;
}

function hasIndivisibleHugePages(spec: PodSpec): boolean {
  return allContainers(spec).some((c) =>
    [c.resources?.limits, c.resources?.requests].some((list) =>
      Object.entries(list ?? {}).some(
        ([name, q]) => isHugePageResource(name) && !isWholeHugePages(name, q),
      ),
    ),
  );
}

function hasNonLocalTokenPath(spec: PodSpec): boolean {
  return (spec.volumes ?? []).some((v) =>
    v.projected?.sources?.some((s) => {
      const path = s.serviceAccountToken?.path;
      return path !== undefined && (path.startsWith('/') || path.split('/').includes('..'));
    }),
  );
}

const IPC_SYSCTLS =
  /^kernel\.(sem|shm|shmall|shmmax|shmmni|shm_rmid_forced|msg|msgmax|msgmnb|msgmni)$/;

/** Upstream ValidateHostSysctl: a sysctl of a namespace that the pod shares with the host. */
export function hostSysctlError(sysctl: string, spec: PodSpec): string | undefined {
  const name = normalizeSysctl(sysctl).replace(/\*.*$/s, '');
  if (spec.hostNetwork === true && name.startsWith('net.')) {
    return "may not be specified when 'hostNetwork' is true";
  }
  const isIpc = IPC_SYSCTLS.test(name) || name.startsWith('fs.mqueue.');
  return spec.hostIPC === true && isIpc ? "may not be specified when 'hostIPC' is true" : undefined;
}

/** `net/ipv4/x.y` → `net.ipv4.x/y`: with a slash first, dots and slashes change places. */
function normalizeSysctl(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  if (first !== '/') return name;
  return name.replace(/[./]/g, (c) => (c === '.' ? '/' : '.'));
}
