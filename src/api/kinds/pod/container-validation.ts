/**
 * Validation of app, init and ephemeral containers.
 *
 * Models: pkg/apis/core/validation validation.go, validateContainers … validateEphemeralContainers
 *         (v1.36)
 */
import type {
  Container,
  ContainerPort,
  ContainerRestartRule,
  EphemeralContainer,
  PodSpec,
} from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { checkDnsLabel, checkSupported, complain } from '../../meta/field-checks.ts';
import { isPortName, isPortNumber } from '../../meta/names.ts';
import { validateEnv, validateEnvFrom } from './env-validation.ts';
import { validateMounts, type VolumesByName } from './mount-validation.ts';
import type { PodValidationOptions } from './options.ts';
import {
  validateLifecycle,
  validateLivenessProbe,
  validateReadinessProbe,
} from './probe-validation.ts';
import { validateContainerResources } from './resource-validation.ts';
import { isSidecar } from './resources.ts';
import { validateSecurityContext } from './security-validation.ts';

/** What the containers of a spec are judged with. */
export interface ContainerContext {
  readonly spec: PodSpec;
  readonly volumes: VolumesByName;
  readonly claims: ReadonlySet<string>;
  readonly hostUsers: boolean;
  readonly options: PodValidationOptions;
}

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];
const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];
const RESTART_ACTIONS = ['Restart', 'RestartAllContainers'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];
const EXIT_CODE_OPERATORS = ['In', 'NotIn'];
const RESTART_RULES_MAX = 20;
const EXIT_CODES_MAX = 255;
const NOT_FOR_INIT = 'may not be set for init containers without restartPolicy=Always';
const NOT_FOR_EPHEMERAL = 'cannot be set for an Ephemeral Container';

export function validateContainers(
  context: ContainerContext,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { spec } = context;
  const containers = spec.containers ?? [];
  if (containers.length === 0) {
    errors.required(path);
    return;
  }
  const grace = spec.terminationGracePeriodSeconds;
  for (let i = 0; i < containers.length; i++) {
    const container = containers[i] as Container;
    const at = path.index(i);
    validateCommon(container, context, at, errors);
    if (i > 0 && containers.findIndex((c) => c.name === container.name) < i) {
      errors.duplicate(at.child('name'), container.name);
    }
    validateHooksAndProbes(container, grace, spec.os, at, errors);
    validateRestartPolicy(container, at, errors);
  }
  checkHostPorts(containers, path, errors);
}

export function validateInitContainers(
  context: ContainerContext,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { spec, options } = context;
  if (spec.initContainers === undefined) return;
  const names = new Set((spec.containers ?? []).map((c) => c.name));
  spec.initContainers.forEach((container, i) => {
    const at = path.index(i);
    validateCommon(container, context, at, errors);
    validateInitRestartPolicy(container, at, errors);
    if (names.has(container.name)) errors.duplicate(at.child('name'), container.name);
    else if (container.name !== '') names.add(container.name);
    // Init containers run one by one; upstream counts each from zero in the path.
    checkHostPorts([container], path, errors);
    const sidecar = isSidecar(container);
    if (sidecar) {
      validateHooksAndProbes(container, spec.terminationGracePeriodSeconds, spec.os, at, errors);
      return;
    }
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[field] !== undefined) errors.forbidden(at.child(field), NOT_FOR_INIT);
    }
    if (options.allowRestartPolicyOfInitResize) return;
    container.resizePolicy?.forEach((policy, j) => {
      if (policy.restartPolicy !== 'RestartContainer') return;
      const field = at.child('resizePolicy').index(j).child('restartPolicy');
      const text = "must not be set to 'RestartContainer' for non-sidecar initContainers";
      errors.invalid(field, policy.restartPolicy, text);
    });
  });
}

/** In the order of Go's struct; `resources` counts only when something is in it. */
const NOT_IN_EPHEMERAL = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

export function validateEphemeralContainers(
  context: ContainerContext,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { spec } = context;
  if (spec.ephemeralContainers === undefined) return;
  const others = new Set<string>();
  for (const { name } of spec.containers ?? []) others.add(name);
  for (const { name } of spec.initContainers ?? []) others.add(name);
  const names = new Set(others);
  spec.ephemeralContainers.forEach((container, i) => {
    const at = path.index(i);
    validateCommon(container as Container, context, at, errors);
    validateImageBlanks(container as Container, at, errors);
    if (names.has(container.name)) errors.duplicate(at.child('name'), container.name);
    else names.add(container.name);
    const target = container.targetContainerName ?? '';
    if (target !== '' && !others.has(target)) {
      errors.notFound(at.child('targetContainerName'), target);
    }
    for (const field of NOT_IN_EPHEMERAL) {
      const value = container[field];
      // Only `resources` is there even when nobody set it.
      if (value === undefined) continue;
      if (field === 'resources' && Object.keys(value).length === 0) continue;
      errors.forbidden(at.child(field), NOT_FOR_EPHEMERAL);
    }
    checkEphemeralMounts(container, at, errors);
  });
}

function checkEphemeralMounts(
  container: EphemeralContainer,
  path: FieldPath,
  errors: FieldErrors,
): void {
  container.volumeMounts?.forEach((mount, i) => {
    for (const field of ['subPath', 'subPathExpr'] as const) {
      if (mount[field] === undefined) continue;
      errors.forbidden(path.child('volumeMounts').index(i).child(field), NOT_FOR_EPHEMERAL);
    }
  });
}

/** Only for Pods: a template may hold a blank as a token that something else replaces. */
export function validateImageBlanks(
  container: Container,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const image = container.image ?? '';
  if (image.trim() === image) return;
  errors.invalid(path.child('image'), image, 'must not have leading or trailing whitespace');
}

/** Upstream validateContainerCommon. */
function validateCommon(
  container: Container,
  context: ContainerContext,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const name = container.name ?? '';
  if (name === '') errors.required(path.child('name'));
  else checkDnsLabel(name, path.child('name'), errors);
  if ((container.image ?? '') === '') errors.required(path.child('image'));
  const policy = container.terminationMessagePolicy ?? '';
  const policyAt = path.child('terminationMessagePolicy');
  if (policy === '') errors.required(policyAt);
  else checkSupported(policy, MESSAGE_POLICIES, policyAt, errors);
  if (container.ports !== undefined) validatePorts(container.ports, path.child('ports'), errors);
  if (container.env !== undefined) validateEnv(container.env, path.child('env'), errors);
  if (container.envFrom !== undefined) {
    validateEnvFrom(container.envFrom, path.child('envFrom'), errors);
  }
  validateMounts(container, context.volumes, path, errors);
  validatePullPolicy(container.imagePullPolicy, path.child('imagePullPolicy'), errors);
  const { claims, options } = context;
  validateContainerResources(container.resources, claims, path.child('resources'), options, errors);
  validateResizePolicy(container, context.spec.restartPolicy, path.child('resizePolicy'), errors);
  const securityAt = path.child('securityContext');
  validateSecurityContext(container.securityContext, securityAt, context.hostUsers, errors);
}

function validatePorts(
  ports: readonly ContainerPort[],
  path: FieldPath,
  errors: FieldErrors,
): void {
  const names = new Set<string>();
  for (let i = 0; i < ports.length; i++) {
    const { name = '', containerPort, hostPort = 0, protocol = '' } = ports[i] as ContainerPort;
    const at = path.index(i);
    if (name !== '') {
      const complaints = isPortName(name);
      if (complaints.length > 0) complain(complaints, name, at.child('name'), errors);
      else if (names.has(name)) errors.duplicate(at.child('name'), name);
      else names.add(name);
    }
    if (containerPort === 0) errors.required(at.child('containerPort'));
    else complain(isPortNumber(containerPort), containerPort, at.child('containerPort'), errors);
    if (hostPort !== 0) complain(isPortNumber(hostPort), hostPort, at.child('hostPort'), errors);
    if ((protocol as string) === '') errors.required(at.child('protocol'));
    else checkSupported(protocol, PROTOCOLS, at.child('protocol'), errors);
  }
}

/** No two ports of |containers| may take the same port of the host. */
function checkHostPorts(
  containers: readonly Container[],
  path: FieldPath,
  errors: FieldErrors,
): void {
  const taken = new Set<string>();
  for (let c = 0; c < containers.length; c++) {
    const ports = containers[c]?.ports;
    if (ports === undefined) continue;
    for (let p = 0; p < ports.length; p++) {
      const port = ports[p];
      if (port?.hostPort === undefined || port.hostPort === 0) continue;
      const text = `${port.protocol ?? ''}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (taken.has(text)) {
        errors.duplicate(path.index(c).child('ports').index(p).child('hostPort'), text);
      }
      taken.add(text);
    }
  }
}

export function validatePullPolicy(
  policy: string | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (policy === undefined || policy === '') errors.required(path);
  else checkSupported(policy, PULL_POLICIES, path, errors);
}

function validateHooksAndProbes(
  container: Container,
  grace: number | undefined,
  os: PodSpec['os'],
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (container.lifecycle !== undefined) {
    validateLifecycle(container.lifecycle, grace, path.child('lifecycle'), os, errors);
  }
  validateLivenessProbe(container.livenessProbe, grace, path, 'livenessProbe', errors);
  validateReadinessProbe(container.readinessProbe, grace, path, errors);
  validateLivenessProbe(container.startupProbe, grace, path, 'startupProbe', errors);
}

/** As for app containers, but without a policy the rules are not looked at. */
function validateInitRestartPolicy(
  container: Container,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (container.restartPolicy !== undefined) validateRestartPolicy(container, path, errors);
  else if ((container.restartPolicyRules ?? []).length > 0) {
    errors.required(path.child('restartPolicy'), RULES_NEED_POLICY);
  }
}

const RULES_NEED_POLICY = 'must specify restartPolicy when restart rules are used';

function validateRestartPolicy(
  { restartPolicy, restartPolicyRules = [] }: Container,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (restartPolicy === undefined && restartPolicyRules.length === 0) return;
  const at = path.child('restartPolicy');
  if (restartPolicy === undefined) {
    errors.required(at, RULES_NEED_POLICY);
  } else checkSupported(restartPolicy, RESTART_POLICIES, at, errors);
  const rulesAt = path.child('restartPolicyRules');
  if (restartPolicyRules.length > RESTART_RULES_MAX) {
    errors.tooMany(rulesAt, restartPolicyRules.length, RESTART_RULES_MAX);
  }
  restartPolicyRules.forEach((rule, i) => validateRestartRule(rule, rulesAt.index(i), errors));
}

function validateRestartRule(
  { action, exitCodes }: ContainerRestartRule,
  path: FieldPath,
  errors: FieldErrors,
): void {
  checkSupported(action ?? '', RESTART_ACTIONS, path.child('action'), errors);
  const at = path.child('exitCodes');
  if (exitCodes === undefined) {
    errors.required(at, 'must be specified');
    return;
  }
  checkSupported(exitCodes.operator ?? '', EXIT_CODE_OPERATORS, at.child('operator'), errors);
  const values = exitCodes.values ?? [];
  if (values.length > EXIT_CODES_MAX) {
    errors.tooMany(at.child('values'), values.length, EXIT_CODES_MAX);
  }
}

/** Upstream names only the list, not the entry, in most of these. */
function validateResizePolicy(
  container: Container,
  restartPolicy: string | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const seen = new Set<string>();
  container.resizePolicy?.forEach((policy, i) => {
    const { resourceName } = policy;
    if (seen.has(resourceName)) errors.duplicate(path.index(i), resourceName);
    seen.add(resourceName);
    if (resourceName === '') errors.required(path);
    else checkSupported(resourceName, ['cpu', 'memory'], path, errors);
    const restart = policy.restartPolicy as string;
    if (restart === '') errors.required(path);
    else checkSupported(restart, RESIZE_POLICIES, path, errors);
    if (restartPolicy === 'Never' && restart !== 'NotRequired') {
      const text = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
      errors.invalid(path, restart, text);
    }
  });
}
