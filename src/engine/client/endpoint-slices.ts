/**
 * What the two controllers that write EndpointSlices have in common: equality of endpoints and ports,
 * and whose slices are whose.
 *
 * Models: k8s.io/endpointslice/util endpointset.go, endpointslice_tracker.go (v1.36)
 */
import type {
  DiscoveryV1EndpointPort,
  Endpoint,
  EndpointSlice as EndpointSliceObject,
} from '../../api/generated/types.ts';
import { EndpointSlice } from '../../api/kinds/endpoint-slice.ts';
import { canonicalJson, equalJson } from '../../api/meta/json.ts';
import { type KubeObject, keyFor } from '../../api/meta/object.ts';
import { isDNS1123Subdomain } from '../../api/meta/names.ts';
import type { ControllerContext } from './controller.ts';
import { byHash } from './service-endpoints.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name'; // discovery.LabelServiceName
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'; // discovery.LabelManagedBy
const CHANGE_DELAY_US = 1_000_000; // endpointSliceChangeMinSyncDelay

/** Endpoints are the same when these are; the rest is what they are like now. */
export function endpointKey({ addresses, hostname, targetRef }: Endpoint): string {
  const { kind, namespace, name, uid } = targetRef ?? {};
  return `${addresses.join(',')} ${hostname ?? ''} ${kind ?? ''}/${namespace ?? ''}/${name ?? ''}/${uid ?? ''}`;
}

export function sameEndpointState(a: Endpoint, b: Endpoint): boolean {
  return a.nodeName === b.nodeName && a.zone === b.zone && equalJson(a.conditions, b.conditions);
}

export type SlicePort = DiscoveryV1EndpointPort;

export function sortedPorts(ports: readonly SlicePort[]): SlicePort[] {
  return byHash(ports, ({ name, protocol, port, appProtocol }) => {
    return (
      `(v1.EndpointPort){Name:(*string)${name ?? '<nil>'} ` +
      `Protocol:(*v1.Protocol)${protocol ?? '<nil>'} Port:(*int32)${port ?? '<nil>'} ` +
      `AppProtocol:(*string)${appProtocol ?? '<nil>'}}`
    );
  });
}

export function portsKey(ports: readonly SlicePort[]): string {
  return canonicalJson(sortedPorts(ports));
}

/** `NAME-`, unless that is no prefix of a name. */
export function slicePrefix(name: string): string {
  return isDNS1123Subdomain(`${name}-x`).length > 0 ? name : `${name}-`;
}

/** Slices of a Service that |controller| writes and that are not on their way out. */
export function slicesOf(
  namespace: string,
  name: string,
  controller: string,
  { informers }: ControllerContext,
): EndpointSliceObject[] {
  const slices = informers.for(EndpointSlice).by('service', keyFor(namespace, name));
  return [...slices.values()].filter(
    (s) => isManagedBy(s, controller) && s.metadata.deletionTimestamp === undefined,
  );
}

function isManagedBy(slice: EndpointSliceObject, controller: string): boolean {
  return slice.metadata.labels?.[MANAGED_BY] === controller;
}

function serviceKey({ metadata }: EndpointSliceObject): string {
  return keyFor(metadata.namespace, metadata.labels?.[SERVICE_NAME] ?? '');
}

/** Notices when somebody else changes or removes slices that |controller| writes. */
export class SliceWatch {
  readonly #controller: string;
  /** Generations it has written, by uid. */
  readonly #written = new Map<string, number>();

  constructor(controller: string) {
    this.#controller = controller;
  }

  wrote(slice: EndpointSliceObject): void {
    this.#written.set(slice.metadata.uid, slice.metadata.generation ?? 0);
  }

  deletes(slice: EndpointSliceObject): void {
    this.#written.delete(slice.metadata.uid);
  }

  start({ informers, queue }: ControllerContext): void {
    const slices = informers.for(EndpointSlice);
    slices.addIndex('service', (s) => [serviceKey(s)]);
    const wake = (slice: EndpointSliceObject): void => {
      if (slice.metadata.labels?.[SERVICE_NAME]) queue.addAfter(serviceKey(slice), CHANGE_DELAY_US);
    };
    const ours = (slice: EndpointSliceObject): boolean => isManagedBy(slice, this.#controller);
    const isNews = (slice: EndpointSliceObject): boolean => {
      const known = this.#written.get(slice.metadata.uid);
      return known === undefined || (slice.metadata.generation ?? 0) > known;
    };
    slices.addHandler({
      onAdd: (slice) => {
        if (ours(slice) && isNews(slice)) wake(slice);
      },
      onUpdate: (slice, old) => {
        if (serviceKey(slice) !== serviceKey(old)) {
          wake(slice);
          wake(old);
        } else if (ours(slice) !== ours(old) || (ours(slice) && isNews(slice))) wake(slice);
      },
      onDelete: (slice) => {
        if (this.#written.delete(slice.metadata.uid) && ours(slice)) wake(slice);
      },
    });
  }
}

/** A slice as it is to be: written under |name|, or made under a new one. */
export interface WantedSlice {
  readonly addressType: 'IPv4' | 'IPv6';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly SlicePort[];
  readonly owner: KubeObject;
  /** The slice that it takes the place of. */
  readonly existing: EndpointSliceObject | undefined;
}
