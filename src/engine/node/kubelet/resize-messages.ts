/**
 * What Events say about a resize: the resources of all containers as JSON.
 *
 * Models: pkg/kubelet/events/resize.go (v1.36)
 */
import type { Container, Pod, ResourceRequirements } from '../../../api/generated/types.ts';
import { goJson, sortedByKey } from '../../../api/meta/go-text.ts';

export function resizeMessage(
  head: string,
  { spec }: Pick<Pod, 'spec'>,
  generation: number,
  error = '',
): string {
  const { initContainers, containers } = spec;
  const summary = {
    ...(initContainers ? { initContainers: initContainers.map(allocation) } : {}),
    containers: containers.map(allocation),
    generation,
    ...(error === '' ? {} : { error }),
  };
  return `${head}: ${goJson(summary)}`;
}

function allocation({ name, resources }: Container): object {
  return { name, resources: ordered(resources) };
}

/** As Go writes it: fields in the order of the type, names of resources sorted. */
function ordered(resources: ResourceRequirements | undefined): object {
  const { limits, requests, claims } = resources ?? {};
  return {
    ...(filled(limits) ? { limits: sortedByKey(limits) } : {}),
    ...(filled(requests) ? { requests: sortedByKey(requests) } : {}),
    ...(claims && claims.length > 0 ? { claims } : {}),
  };
}

type List = Readonly<Record<string, string>>;

function filled(list: List | undefined): list is List {
  return list !== undefined && Object.keys(list).length > 0;
}
