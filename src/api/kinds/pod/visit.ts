/**
 * Walks all containers of a spec the way upstream does: init, app, ephemeral.
 *
 * Models: pkg/apis/core/pods helpers.go, VisitContainersWithPath (v1.36)
 */
import type { Container, EphemeralContainer, PodSpec } from '../../generated/types.ts';
import type { FieldPath } from '../../meta/field-path.ts';

/** Paths are made only when asked for. */
export type ContainerVisitor = (container: Container, path: () => FieldPath) => void;

export function visitContainers(spec: PodSpec, specPath: FieldPath, visit: ContainerVisitor): void {
  visitList(spec.initContainers, 'initContainers', specPath, visit);
  visitList(spec.containers, 'containers', specPath, visit);
  visitList(spec.ephemeralContainers, 'ephemeralContainers', specPath, visit);
}

function visitList(
  containers: readonly (Container | EphemeralContainer)[] | undefined | null,
  field: string,
  specPath: FieldPath,
  visit: ContainerVisitor,
): void {
  if (containers === undefined || containers === null) return;
  for (let i = 0; i < containers.length; i++) {
    visit(containers[i] as Container, () => specPath.child(field).index(i));
  }
}
