/**
 * The resize subresource: changes CPU and memory of containers in place, and nothing else.
 *
 * Models: pkg/registry/core/pod strategy.go podResizeStrategy; pkg/apis/core/validation
 *         validation.go, ValidatePodResize (v1.36)
 */
import type { Container, Pod, PodSpec, ResourceRequirements } from '../../generated/types.ts';
import type { SubresourceRules } from '../../meta/define-kind.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { cloneJson, equalJson } from '../../meta/json.ts';
import { keepPart, raiseGeneration, specChanged } from '../../meta/kind-parts.ts';
import type { Draft } from '../../meta/object.ts';
import { keepMetadata } from './metadata.ts';
import { podOptions } from './options.ts';
import { COMPUTE_RESOURCES, computeQosClass, isSidecar, podQosClass } from './resources.ts';
import { MIRROR_ANNOTATION, NO_FIELD, validatePodMetaAndSpec } from './validation.ts';

type List = Readonly<Record<string, string>> | undefined;

/** Keeps everything but resources and resize policies; wrong containers are left to validation. */
function prepareForUpdate(next: Draft<Pod>, old: Pod): void {
  const { containers, initContainers, resources } = next.spec;
  const sameCount =
    (containers ?? []).length === (old.spec.containers ?? []).length &&
    (initContainers ?? []).length === (old.spec.initContainers ?? []).length;
  if (sameCount) {
    const spec = { ...old.spec } as Draft<PodSpec>;
    if (resources === undefined) delete spec.resources;
    else spec.resources = resources;
    spec.containers = withOldFields(containers ?? [], old.spec.containers ?? []);
    if (initContainers !== undefined) {
      spec.initContainers = withOldFields(initContainers, old.spec.initContainers ?? []);
    }
    next.spec = spec;
    keepPart(next, old, 'status');
    keepMetadata(next, old);
  }
  raiseGeneration(next, old, specChanged(next, old));
}

function withOldFields(next: Draft<Container>[], old: readonly Container[]): Draft<Container>[] {
  if (next.some((container, i) => container.name !== old[i]?.name)) return next;
  return next.map(({ resources, resizePolicy }, i) => {
    const kept = { ...old[i] } as Draft<Container>;
    kept.resources = resources;
    if (resizePolicy === undefined) delete kept.resizePolicy;
    else kept.resizePolicy = resizePolicy;
    return kept;
  });
}

/** Upstream ValidatePodResize, but for metadata. */
function validateUpdate(next: Pod, old: Pod, errors: FieldErrors): void {
  const refuse = (text: string): void => {
    errors.list.length = 0;
    errors.forbidden(NO_FIELD, text);
  };
  if (old.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) {
    return refuse('static pods cannot be resized');
  }
  if (old.spec.os?.name === 'windows') return refuse('windows pods cannot be resized');
  validatePodMetaAndSpec(next, podOptions(true, old.spec, old.metadata), errors);
  const at = FieldPath.of('spec');
  if (podQosClass(old) !== computeQosClass(next.spec)) {
    const text = 'Pod QOS Class may not change as a result of resizing';
    errors.invalid(at, next.status.qosClass ?? '', text);
  }
  if (!nodeCanResize(old)) errors.forbidden(at, 'Pod running on node without support for resize');
  const masked = cloneJson(next.spec) as Draft<PodSpec>;
  if (hasPodLevel(old.spec) || hasPodLevel(next.spec)) {
    validatePodLevel(next.spec, old.spec, masked, at, errors);
  }
  if ((old.status.nodeAllocatableResourceClaimStatuses ?? []).length > 0) {
    errors.forbidden(at, 'pods with node allocatable resource claims cannot be resized');
  }
  if (!validateOrder(next.spec, old.spec, at, errors)) return;
  for (const field of ['initContainers', 'containers'] as const) {
    (old.spec[field] ?? []).forEach((container, i) => {
      const resourcesAt = at.child(field).index(i).child('resources');
      checkNoneRemoved(next.spec[field]?.[i]?.resources, container.resources, resourcesAt, errors);
    });
  }
  maskContainers(masked, old.spec, at, errors);
  if (errors.none && !equalJson(masked, old.spec)) {
    errors.forbidden(at, 'only cpu and memory resources are mutable');
  }
}

/** A node that can resize says what its running containers have. */
function nodeCanResize({ status }: Pod): boolean {
  const running = status.containerStatuses?.find((s) => s.state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function hasPodLevel({ resources }: PodSpec): boolean {
  const count = (list: List): number => Object.keys(list ?? {}).length;
  return count(resources?.requests) + count(resources?.limits) > 0;
}

function validateOrder(next: PodSpec, old: PodSpec, path: FieldPath, errors: FieldErrors): boolean {
  const before = errors.list.length;
  for (const field of ['containers', 'initContainers'] as const) {
    const now = next[field] ?? [];
    const then = old[field] ?? [];
    if (now.length !== then.length) {
      errors.forbidden(path.child(field), `${field} may not be added or removed on resize`);
      continue;
    }
    then.forEach(({ name }, i) => {
      if (now[i]?.name === name) return;
      const text = `${field} may not be renamed or reordered on resize`;
      errors.forbidden(path.child(field).index(i).child('name'), text);
    });
  }
  return errors.list.length === before;
}

function removed(next: List, old: List): boolean {
  return Object.keys(old ?? {}).some((name) => next?.[name] === undefined);
}

function checkNoneRemoved(
  next: ResourceRequirements | undefined,
  old: ResourceRequirements | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (removed(next?.requests, old?.requests)) {
    errors.forbidden(path.child('requests'), 'resource requests cannot be removed');
  }
  if (removed(next?.limits, old?.limits)) {
    errors.forbidden(path.child('limits'), 'resource limits cannot be removed');
  }
}

function validatePodLevel(
  next: PodSpec,
  old: PodSpec,
  masked: Draft<PodSpec>,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const at = path.child('resources');
  if (old.resources !== undefined && next.resources === undefined) {
    errors.forbidden(at, 'pod-level resources cannot be removed');
    return;
  }
  for (const field of ['requests', 'limits'] as const) {
    if (old.resources === undefined) continue;
    if (!removed(next.resources?.[field], old.resources[field])) continue;
    errors.forbidden(at.child(field), `pod-level resource ${field} cannot be removed`);
  }
  if (masked.resources !== undefined) {
    masked.resources = maskedResources(masked.resources, old.resources);
    if (old.resources === undefined && Object.keys(masked.resources).length === 0) {
      delete masked.resources;
    }
  }
  if (!equalJson(masked.resources, old.resources)) {
    errors.forbidden(path, 'only cpu and memory resources are mutable at pod-level');
  }
}

/** |resources| with the old CPU and memory: what may differ no longer does. */
function maskedResources(
  resources: ResourceRequirements | undefined,
  old: ResourceRequirements | undefined,
): Draft<ResourceRequirements> {
  const out: Draft<ResourceRequirements> = {};
  for (const field of ['limits', 'requests'] as const) {
    const list: Record<string, string> = { ...resources?.[field] };
    for (const name of COMPUTE_RESOURCES) {
      const before = old?.[field]?.[name];
      if (before === undefined) delete list[name];
      else list[name] = before;
    }
    if (Object.keys(list).length > 0) out[field] = list;
  }
  return out;
}

function maskContainers(
  masked: Draft<PodSpec>,
  old: PodSpec,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const mask = (container: Draft<Container>, before: Container | undefined): boolean => {
    container.resources = maskedResources(container.resources, before?.resources);
    return equalJson(container, before);
  };
  masked.containers?.forEach((container, i) => {
    if (mask(container, old.containers?.[i])) return;
    errors.forbidden(path, 'only cpu and memory resources are mutable');
  });
  masked.initContainers?.forEach((container, i) => {
    const before = old.initContainers?.[i];
    const modified = !equalJson(container, before);
    const at = path.child('initContainers').index(i);
    if (!mask(container, before)) {
      const text = 'only cpu and memory resources for init or sidecar containers are mutable';
      errors.forbidden(at, text);
    }
    if (!modified || isSidecar(container)) return;
    for (const { restartPolicy } of container.resizePolicy ?? []) {
      if (restartPolicy !== 'RestartContainer') continue;
      const text =
        'non-sidecar init containers with a resize policy of RestartContainer cannot be resized';
      errors.forbidden(at, text);
    }
  });
}

export const resizeRules: SubresourceRules<Pod> = { prepareForUpdate, validateUpdate };
