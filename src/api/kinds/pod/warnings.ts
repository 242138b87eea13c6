/**
 * Warnings about pod specs: accepted, but probably not meant.
 *
 * Models: pkg/api/pod warnings.go, pkg/api/node util.go (v1.36)
 */
import type {
  Container,
  ContainerPort,
  NodeSelectorTerm,
  ObjectMeta,
  PodAffinity,
  PodSpec,
  PodTemplateSpec,
  Volume,
} from '../../generated/types.ts';
import { FieldPath, type FieldRef } from '../../meta/field-path.ts';
import { compareText, goQuote } from '../../meta/go-text.ts';
import { ipWarnings } from '../../meta/ip.ts';
import { isDNS1123Label, isLabelValue } from '../../meta/names.ts';
import { milliCpu } from '../../meta/quantity.ts';
import { APPARMOR_CONTAINER } from './annotation-validation.ts';
import { apparmorProfileMatches } from './apparmor.ts';
import { visitContainers } from './visit.ts';
import { overlappingPathWarnings } from './volume-path-warnings.ts';

export const DEPRECATED_NODE_LABELS: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region':
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone':
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type':
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods':
    'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

const DEPRECATED_ANNOTATIONS: readonly (readonly [string, string])[] = [
  [
    'scheduler.alpha.kubernetes.io/critical-pod',
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  ],
  [
    'security.alpha.kubernetes.io/sysctls',
    'non-functional in v1.11+; use the "sysctls" field instead',
  ],
  [
    'security.alpha.kubernetes.io/unsafe-sysctls',
    'non-functional in v1.11+; use the "sysctls" field instead',
  ],
];

/** In the order in which upstream asks; a path of null has nothing to be named. */
const DEPRECATED_VOLUMES: readonly (readonly [keyof Volume, string, string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
const USE_SECCOMP_FIELD = 'non-functional in v1.27+; use the "seccompProfile" field instead';

type Meta = Pick<ObjectMeta, 'annotations'> | undefined;

/** A Pod is warned about when it is created; updates of Pods come from programs. */
export function podWarnings(pod: {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
}): readonly string[] {
  const warnings: string[] = [];
  const complaints = isDNS1123Label(pod.metadata.name ?? '');
  if (complaints.length > 0) {
    warnings.push(
      "metadata.name: this is used in the Pod's hostname, which can result in surprising " +
        `behavior; a DNS label is recommended: [${complaints.join(' ')}]`,
    );
  }
  const root = { spec: FieldPath.of('spec'), metadata: FieldPath.of('metadata') };
  return [...warnings, ...specWarnings(pod.spec, pod.metadata, root, false)];
}

export function podTemplateWarnings(
  template: PodTemplateSpec | undefined,
  _old: PodTemplateSpec | undefined,
  path: FieldRef,
): readonly string[] {
  if (template === undefined) return [];
  const at = FieldPath.of(path);
  const root = { spec: at.child('spec'), metadata: at.child('metadata') };
  return specWarnings(template.spec, template.metadata, root, true);
}

interface Root {
  readonly spec: FieldPath;
  readonly metadata: FieldPath;
}

/** Collects `path: text`. */
type Warn = (path: FieldPath, text: string) => void;

function specWarnings(
  spec: PodSpec,
  meta: Meta,
  root: Root,
  isTemplate: boolean,
): readonly string[] {
  const warnings: string[] = [];
  const warn: Warn = (path, text) => {
    warnings.push(`${path.toString()}: ${text}`);
  };
  placementWarnings(spec, root.spec, warn);
  const annotations = meta?.annotations;
  const annotationsAt = root.metadata.child('annotations');
  for (const [key, text] of annotations === undefined ? [] : DEPRECATED_ANNOTATIONS) {
    if (annotations?.[key] !== undefined) warn(annotationsAt.key(key), text);
  }
  volumeWarnings(spec, root.spec, warn);
  warnings.push(...overlappingPathWarnings(spec.volumes ?? []));
  duplicateWarnings(spec, root.spec, warn);
  for (const name of ['memory', 'ephemeral-storage']) {
    fractionalWarning(spec.overhead, name, root.spec.child('overhead'), warn);
  }
  if (annotations?.[SECCOMP_POD] !== undefined) {
    const field = spec.securityContext?.seccompProfile;
    if (field === undefined) warn(annotationsAt.key(SECCOMP_POD), USE_SECCOMP_FIELD);
  }
  visitContainers(spec, root.spec, (container, at) => {
    if (annotations !== undefined) {
      profileWarnings(container, spec, annotations, annotationsAt, isTemplate, warn);
    }
    containerWarnings(container, at, warn);
  });
  portWarnings(spec, root.spec, warn);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const text = 'must be >= 0; negative values are invalid and will be treated as 1';
    warn(root.spec.child('terminationGracePeriodSeconds'), text);
  }
  affinityWarnings(spec, root.spec, warn);
  spec.dnsConfig?.nameservers?.forEach((server, i) => {
    warnings.push(
      ...ipWarnings(server, root.spec.child('dnsConfig').child('nameservers').index(i)),
    );
  });
  spec.hostAliases?.forEach(({ ip }, i) => {
    warnings.push(...ipWarnings(ip, root.spec.child('hostAliases').index(i).child('ip')));
  });
  return warnings;
}

function placementWarnings(spec: PodSpec, path: FieldPath, warn: Warn): void {
  for (const key of Object.keys(spec.nodeSelector ?? {}).sort(compareText)) {
    const text = DEPRECATED_NODE_LABELS[key];
    if (text !== undefined) warn(path.child('nodeSelector').key(key), text);
  }
  const nodeAffinity = spec.affinity?.nodeAffinity;
  if (nodeAffinity !== undefined) {
    const at = path.child('affinity').child('nodeAffinity');
    const required = nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution;
    const requiredAt = at.child('requiredDuringSchedulingIgnoredDuringExecution');
    required?.nodeSelectorTerms?.forEach((term, i) => {
      termWarnings(term, false, requiredAt.child('nodeSelectorTerms').index(i), warn);
    });
    const preferredAt = at.child('preferredDuringSchedulingIgnoredDuringExecution');
    nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution?.forEach((term, i) => {
      termWarnings(term.preference, true, preferredAt.index(i).child('preference'), warn);
    });
  }
  spec.topologySpreadConstraints?.forEach(({ topologyKey, labelSelector }, i) => {
    const at = path.child('topologySpreadConstraints').index(i);
    const text = DEPRECATED_NODE_LABELS[topologyKey];
    if (text !== undefined) warn(at.child('topologyKey'), `${topologyKey} is ${text}`);
    if (labelSelector === undefined) nullSelectorWarning(at, warn);
  });
}

function nullSelectorWarning(path: FieldPath, warn: Warn): void {
  warn(path.child('labelSelector'), 'a null labelSelector results in matching no pod');
}

/** Labels of nodes that are on their way out, and values that match nothing. */
export function termWarnings(
  term: NodeSelectorTerm,
  checkValues: boolean,
  path: FieldPath,
  warn: Warn,
): void {
  term.matchExpressions?.forEach(({ key, values = [] }, i) => {
    const at = path.child('matchExpressions').index(i);
    const text = DEPRECATED_NODE_LABELS[key];
    if (text !== undefined) warn(at.child('key'), `${key} is ${text}`);
    if (!checkValues) return;
    values.forEach((value, j) => {
      for (const message of isLabelValue(value)) {
        warn(at.child('values').index(j), `${value} is invalid, ${message}`);
      }
    });
  });
}

function volumeWarnings(spec: PodSpec, path: FieldPath, warn: Warn): void {
  spec.volumes?.forEach((volume, i) => {
    const at = path.child('volumes').index(i);
    for (const [field, pathName, text] of DEPRECATED_VOLUMES) {
      if (volume[field] !== undefined) warn(at.child(pathName), text);
    }
    const claim = volume.ephemeral?.volumeClaimTemplate;
    if (claim === undefined) return;
    const requestsAt = at
      .child('ephemeral')
      .child('volumeClaimTemplate')
      .child('spec')
      .child('resources');
    for (const field of ['requests', 'limits'] as const) {
      fractionalWarning(claim.spec.resources?.[field], 'storage', requestsAt.child(field), warn);
    }
  });
}

function fractionalWarning(
  list: Readonly<Record<string, string>> | undefined,
  name: string,
  path: FieldPath,
  warn: Warn,
): void {
  const value = list?.[name];
  if (value === undefined || milliCpu(value) % 1000 === 0) return;
  const text = `fractional byte value ${goQuote(value)} is invalid, must be an integer`;
  warn(path.key(name), text);
}

function duplicateWarnings(spec: PodSpec, path: FieldPath, warn: Warn): void {
  const ips = new Set<string>();
  spec.hostAliases?.forEach(({ ip }, i) => {
    if (ips.has(ip)) {
      warn(path.child('hostAliases').index(i).child('ip'), `duplicate ip ${goQuote(ip)}`);
    }
    ips.add(ip);
  });
  const at = path.child('imagePullSecrets');
  const names = new Set<string>();
  spec.imagePullSecrets?.forEach(({ name = '' }, i) => {
    if (names.has(name)) warn(at.index(i).child('name'), `duplicate name ${goQuote(name)}`);
    names.add(name);
  });
  spec.imagePullSecrets?.forEach(({ name = '' }, i) => {
    if (name === '') warn(at.index(i).child('name'), 'invalid empty name ""');
  });
}

/** Annotations that name a profile where a field should. */
function profileWarnings(
  container: Container,
  spec: PodSpec,
  annotations: Readonly<Record<string, string>>,
  path: FieldPath,
  isTemplate: boolean,
  warn: Warn,
): void {
  const context = container.securityContext;
  const seccomp = SECCOMP_CONTAINER + container.name;
  if (context?.seccompProfile === undefined && annotations[seccomp] !== undefined) {
    warn(path.key(seccomp), USE_SECCOMP_FIELD);
  }
  // For Pods this warning comes while the annotation is copied to the field.
  if (!isTemplate || context?.appArmorProfile !== undefined) return;
  const apparmor = APPARMOR_CONTAINER + container.name;
  const annotation = annotations[apparmor];
  if (annotation === undefined) return;
  if (apparmorProfileMatches(spec.securityContext?.appArmorProfile, annotation)) return;
  warn(path.key(apparmor), 'deprecated since v1.30; use the "appArmorProfile" field instead');
}

function containerWarnings(container: Container, path: () => FieldPath, warn: Warn): void {
  const { resources, env } = container;
  for (const name of ['memory', 'ephemeral-storage']) {
    for (const field of ['limits', 'requests'] as const) {
      const list = resources?.[field];
      if (list?.[name] === undefined) continue;
      fractionalWarning(list, name, path().child('resources').child(field), warn);
    }
  }
  if (env === undefined || env.length < 2) return;
  const seen = new Set<string>();
  env.forEach(({ name, value = '', valueFrom }, i) => {
    const reference = `$(${name})`;
    // X="$(X)123" builds on the earlier value; anything else hides it.
    const builds = valueFrom === undefined && value !== reference && value.includes(reference);
    if (seen.has(name) && !builds) {
      const text = `hides previous definition of ${goQuote(name)}, which may be dropped when using apply`;
      warn(path().child('env').index(i), text);
    }
    seen.add(name);
  });
}

interface KnownPort {
  readonly port: ContainerPort;
  readonly path: FieldPath;
}

function portWarnings(spec: PodSpec, path: FieldPath, warn: Warn): void {
  const known = new Map<string, KnownPort[]>();
  const names = new Map<string, FieldPath>();
  const nameWarnings: (() => void)[] = [];
  visitContainers(spec, path, (container, containerPath) => {
    container.ports?.forEach((port, i) => {
      const at = containerPath().child('ports').index(i);
      if ((port.hostIP ?? '') !== '' && (port.hostPort ?? 0) === 0) {
        warn(at, `hostIP set without hostPort: ${goStruct(port)}`);
      }
      const key = `${port.containerPort}/${port.protocol ?? ''}`;
      const others = known.get(key) ?? [];
      for (const other of others) {
        const conflict = portConflict(port, other.port);
        if (conflict !== undefined) warn(at, `${conflict} with ${other.path.toString()}`);
      }
      known.set(key, [...others, { port, path: at }]);
      const name = port.name ?? '';
      const first = names.get(name);
      if (first !== undefined) {
        const text =
          `duplicate port name ${goQuote(name)} with ${first.toString()}, ` +
          `services and probes that select ports by name will use ${first.toString()}`;
        nameWarnings.push(() => warn(at, text));
      } else if (name !== '') names.set(name, at);
    });
  });
  for (const later of nameWarnings) later();
}

function goStruct({ name, hostPort, containerPort, protocol, hostIP }: ContainerPort): string {
  return (
    `{Name:${name ?? ''} HostPort:${hostPort ?? 0} ContainerPort:${containerPort} ` +
    `Protocol:${protocol ?? ''} HostIP:${hostIP ?? ''}}`
  );
}

function portConflict(port: ContainerPort, other: ContainerPort): string | undefined {
  const [a, b] = [port.hostPort ?? 0, other.hostPort ?? 0];
  const [ipA, ipB] = [port.hostIP ?? '', other.hostIP ?? ''];
  if (a === b && ipA === ipB) return 'duplicate port definition';
  if (a === 0 || b === 0) return 'overlapping port definition';
  if (a === b && (ipA === '') !== (ipB === '')) return 'dangerously ambiguous port definition';
  return undefined;
}

function affinityWarnings(spec: PodSpec, path: FieldPath, warn: Warn): void {
  const check = (affinity: PodAffinity | undefined, field: string): void => {
    if (affinity === undefined) return;
    const at = path.child('affinity').child(field);
    affinity.requiredDuringSchedulingIgnoredDuringExecution?.forEach((term, i) => {
      if (term.labelSelector !== undefined) return;
      const termAt = at.child('requiredDuringSchedulingIgnoredDuringExecution').index(i);
      nullSelectorWarning(termAt, warn);
    });
    affinity.preferredDuringSchedulingIgnoredDuringExecution?.forEach((term, i) => {
      if (term.podAffinityTerm.labelSelector !== undefined) return;
      const termAt = at.child('preferredDuringSchedulingIgnoredDuringExecution').index(i);
      nullSelectorWarning(termAt.child('podAffinityTerm'), warn);
    });
  };
  check(spec.affinity?.podAffinity, 'podAffinity');
  check(spec.affinity?.podAntiAffinity, 'podAntiAffinity');
}
