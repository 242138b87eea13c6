/**
 * What the controllers of Endpoints and of EndpointSlices have in common: which Pods are behind a
 * Service, under which ports, and since when.
 *
 * Models: k8s.io/endpointslice/util controller_utils.go, trigger_time_tracker.go; utils.go (v1.36)
 */
import type { Pod as PodObject, ServicePort } from '../../api/generated/types.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { Service } from '../../api/kinds/service.ts';
import { compareText } from '../../api/meta/go-text.ts';
import { equalJson } from '../../api/meta/json.ts';
import { keyOf } from '../../api/meta/object.ts';
import { isPodReady, isPodTerminal, podCondition } from '../../api/meta/pod-state.ts';
import { type Selector, selectorFromLabels } from '../../api/meta/selectors.ts';
import { parseTime, rfc3339 } from '../../api/meta/time.ts';
import { encodeUtf8 } from '../../api/meta/utf8.ts';
import type { ControllerContext } from './controller.ts';

export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
export const HEADLESS_LABEL = 'service.kubernetes.io/headless'; // v1.IsHeadlessService
export const MAX_RETRIES = 15; // maxRetries of both controllers

/** A Service that selects Pods; others are left to whoever writes their endpoints. */
export function selectsPods(service: Service): boolean {
  return service.spec.type !== 'ExternalName' && service.spec.selector !== undefined;
}

const selectors = new WeakMap<object, Selector>();

function selectorOf(service: Service): Selector {
  const { selector = {} } = service.spec;
  let made = selectors.get(selector);
  if (made === undefined) selectors.set(selector, (made = selectorFromLabels(selector)));
  return made;
}

/** In the order of their names. */
export function podsOf(service: Service, { informers }: ControllerContext): PodObject[] {
  const selector = selectorOf(service);
  const here = informers.for(Pod).by('namespace', service.metadata.namespace ?? '');
  const pods = [...here.values()].filter((pod) => selector.matches(pod.metadata.labels));
  return pods.sort((a, b) => compareText(a.metadata.name, b.metadata.name));
}

/** Wakes the Services that a change of a Pod concerns. */
export function wakeServices(context: ControllerContext): void {
  const { informers, queue } = context;
  const services = informers.for(Service);
  services.addIndex('namespace', (s) => [s.metadata.namespace ?? '']);
  const pods = informers.for(Pod);
  pods.addIndex('namespace', (p) => [p.metadata.namespace ?? '']);
  const matching = (pod: PodObject): Service[] => {
    const found: Service[] = [];
    for (const service of services.by('namespace', pod.metadata.namespace ?? '').values()) {
      if (service.spec.selector && selectorOf(service).matches(pod.metadata.labels)) {
        found.push(service);
      }
    }
    return found;
  };
  const wake = (found: readonly Service[]): void => {
    for (const service of found) queue.add(keyOf(service));
  };
  pods.addHandler({
    onAdd: (pod) => wake(matching(pod)),
    onDelete: (pod) => wake(matching(pod)),
    onUpdate: (pod, old) => {
      if (!services.by('namespace', pod.metadata.namespace ?? '').size) return;
      const relabeled = isRelabeled(pod, old);
      const changed = isChanged(pod, old);
      if (!relabeled && !changed) return;
      const now = matching(pod);
      if (!relabeled) return wake(now);
      const before = matching(old);
      if (changed) return wake([...now, ...before]);
      wake(now.filter((s) => !before.includes(s)));
      wake(before.filter((s) => !now.includes(s)));
    },
  });
}

function isRelabeled(pod: PodObject, old: PodObject): boolean {
  return (
    !equalJson(pod.metadata.labels, old.metadata.labels) ||
    pod.spec.hostname !== old.spec.hostname ||
    pod.spec.subdomain !== old.spec.subdomain
  );
}

function isChanged(pod: PodObject, old: PodObject): boolean {
  return (
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    isPodReady(pod) !== isPodReady(old) ||
    isPodTerminal(pod) !== isPodTerminal(old) ||
    !equalJson(pod.status.podIPs, old.status.podIPs)
  );
}

export function belongsInEndpoints(pod: PodObject, withTerminating: boolean): boolean {
  if (isPodTerminal(pod)) return false;
  if (!pod.status.podIP && (pod.status.podIPs ?? []).length === 0) return false;
  return withTerminating || pod.metadata.deletionTimestamp === undefined;
}

/** The host name a Pod has in the domain of the Service; undefined when it asks for none. */
export function hostnameIn(service: Service, pod: PodObject): string | undefined {
  const { hostname, subdomain } = pod.spec;
  return hostname && subdomain === service.metadata.name ? hostname : undefined;
}

export function isHeadless(service: Service): boolean {
  return !service.spec.clusterIP || service.spec.clusterIP === 'None';
}

/** The number of the Pod's port that the Service means; undefined when the Pod has none of that name. */
export function findPort(pod: PodObject, port: ServicePort): number | undefined {
  const { targetPort, protocol } = port;
  if (typeof targetPort === 'number') return targetPort;
  const sidecars = (pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always');
  for (const container of [...pod.spec.containers, ...sidecars]) {
    const found = container.ports?.find((p) => p.name === targetPort && p.protocol === protocol);
    if (found) return found.containerPort;
  }
  return undefined;
}

interface Known {
  serviceMs: number;
  podMs: Map<string, number>;
}

/**
 * When what a Service's endpoints follow has changed last: the annotation by which delays are
 * measured.
 */
export class TriggerTimes {
  readonly #known = new Map<string, Known>();

  forget(key: string): void {
    this.#known.delete(key);
  }

  /** RFC 3339, or undefined: nothing that carries a time has changed. */
  changed(service: Service, pods: readonly PodObject[]): string | undefined {
    const key = keyOf(service);
    const known = this.#known.get(key);
    const serviceMs = parseTime(service.metadata.creationTimestamp);
    const podMs = new Map<string, number>();
    let least = Number.POSITIVE_INFINITY;
    for (const pod of pods) {
      const since = podCondition(pod, 'Ready')?.lastTransitionTime;
      if (since === undefined) continue;
      const ms = parseTime(since);
      podMs.set(pod.metadata.name, ms);
      if (ms > (known?.podMs.get(pod.metadata.name) ?? 0)) least = Math.min(least, ms);
    }
    if (serviceMs > (known?.serviceMs ?? 0)) least = Math.min(least, serviceMs);
    this.#known.set(key, { serviceMs, podMs });
    if (!known) return service.metadata.creationTimestamp;
    return Number.isFinite(least) ? rfc3339(least) : undefined;
  }
}

const FNV_OFFSET_128 = 144066263297769815596495629667062367629n; // hash/fnv, 128 bit
const FNV_PRIME_128 = 309485009821345068724781371n;
const HASH_BITS = 128;
const hashes = new Map<string, string>();
const MAX_HASHES = 1_000;

/** Upstream puts ports in the order of the hashes of their Go dumps. */
export function byHash<T>(ports: readonly T[], dump: (port: T) => string): T[] {
  if (ports.length < 2) return [...ports];
  return [...ports].sort((a, b) => compareText(fnv128a(dump(a)), fnv128a(dump(b))));
}

function fnv128a(text: string): string {
  const known = hashes.get(text);
  if (known !== undefined) return known;
  let hash = FNV_OFFSET_128;
  for (const byte of encodeUtf8(text)) {
    hash = BigInt.asUintN(HASH_BITS, (hash ^ BigInt(byte)) * FNV_PRIME_128);
  }
  const hex = hash.toString(16).padStart(HASH_BITS / 4, '0');
  if (hashes.size >= MAX_HASHES) hashes.clear();
  hashes.set(text, hex);
  return hex;
}
