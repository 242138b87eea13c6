/**
 * What the checks of Pod security have in common.
 *
 * Models: k8s.io/pod-security-admission policy checks.go, helpers.go, visitor.go (v1.36)
 */
import type { Container, ObjectMeta, PodSpec } from '../../../api/generated/types.ts';
import { compareText } from '../../../api/meta/go-text.ts';

/** Why a Pod is not allowed; null = it is. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

export type CheckPod = (metadata: ObjectMeta, spec: PodSpec) => Violation | null;

export interface Check {
  readonly id: string;
  readonly level: 'baseline' | 'restricted';
  readonly versions: readonly {
    /** The minor version from which on it is checked so. */
    readonly from: number;
    readonly run: CheckPod;
    /** Baseline checks that this one makes superfluous. */
    readonly overrides?: readonly string[];
  }[];
}

/** What containers of all three sorts have in common. */
export type AnyContainer = Pick<
  Container,
  | 'name'
  | 'ports'
  | 'securityContext'
  | 'livenessProbe'
  | 'readinessProbe'
  | 'startupProbe'
  | 'lifecycle'
>;

/** Init containers first, then the others, then ephemeral ones. */
export function containersOf(spec: PodSpec): readonly AnyContainer[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = spec;
  return [...initContainers, ...containers, ...(ephemeralContainers as readonly AnyContainer[])];
}

export function namesWhere(spec: PodSpec, isBad: (c: AnyContainer) => boolean): readonly string[] {
  return containersOf(spec)
    .filter(isBad)
    .map((c) => c.name);
}

export function joinQuoted(items: readonly string[]): string {
  return items.length === 0 ? '' : `"${items.join('", "')}"`;
}

export function plural(one: string, many: string, count: number): string {
  return count === 1 ? one : many;
}

/** `container "a"`, `containers "a", "b"`. */
export function containersText(names: readonly string[]): string {
  return `${plural('container', 'containers', names.length)} ${joinQuoted(names)}`;
}

/** `pod and container "a"`: who sets what may not be set; null = nobody. */
export function settersText(byPod: boolean, names: readonly string[]): string | null {
  const setters = byPod ? ['pod'] : [];
  if (names.length > 0) setters.push(containersText(names));
  return setters.length === 0 ? null : setters.join(' and ');
}

export function sorted(values: ReadonlySet<string>): readonly string[] {
  return [...values].sort(compareText);
}

/** Root in a user namespace of its own is no root of the node. */
export function hasOwnUsers(spec: PodSpec): boolean {
  return spec.hostUsers === false;
}
