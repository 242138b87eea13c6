/**
 * Subsets of Endpoints in their shortest form: addresses with the same ports stand together.
 *
 * Models:     kubernetes pkg/api/v1/endpoints/util.go RepackSubsets (v1.36)
 * Simplified: several subsets stand in the order of their ports; upstream's is that of a hash
 */
import type { EndpointAddress, EndpointPort, EndpointSubset } from '../../api/generated/types.ts';
import { compareText } from '../../api/meta/go-text.ts';
import { canonicalJson } from '../../api/meta/json.ts';
import { byHash } from './service-endpoints.ts';

interface Entry {
  readonly address: EndpointAddress;
  ready: boolean;
}

const NO_PORT = 'none';

function addressKey({ ip, targetRef }: EndpointAddress): string {
  return `${ip} ${targetRef?.uid ?? ''}`;
}

export function repackSubsets(subsets: readonly EndpointSubset[]): EndpointSubset[] {
  const ports = new Map<string, EndpointPort>();
  const byPort = new Map<string, Map<string, Entry>>();
  const first = new Map<string, EndpointAddress>();
  const put = (port: string, address: EndpointAddress, ready: boolean): void => {
    const entries = byPort.get(port) ?? new Map<string, Entry>();
    byPort.set(port, entries);
    const key = addressKey(address);
    const known = first.get(key) ?? address;
    first.set(key, known);
    const entry = entries.get(key);
    if (!entry) entries.set(key, { address: known, ready });
    else if (entry.ready) entry.ready = ready;
  };
  for (const { addresses = [], notReadyAddresses = [], ports: own = [] } of subsets) {
    for (const port of own) ports.set(canonicalJson(port), port);
    for (const key of own.length > 0 ? own.map(canonicalJson) : [NO_PORT]) {
      for (const address of addresses) put(key, address, true);
      for (const address of notReadyAddresses) put(key, address, false);
    }
  }
  return grouped(byPort, ports);
}

/** Ports with the same addresses make one subset. */
function grouped(
  byPort: ReadonlyMap<string, ReadonlyMap<string, Entry>>,
  ports: ReadonlyMap<string, EndpointPort>,
): EndpointSubset[] {
  const groups = new Map<string, { entries: Entry[]; ports: EndpointPort[] }>();
  for (const [portKey, entries] of byPort) {
    const sorted = [...entries.values()].sort(compareEntries);
    const key = sorted.map((e) => `${addressKey(e.address)} ${e.ready}`).join('\n');
    const group = groups.get(key) ?? { entries: sorted, ports: [] };
    groups.set(key, group);
    const port = ports.get(portKey);
    if (port) group.ports.push(port);
  }
  const final = [...groups.values()].map((group): EndpointSubset => {
    const ready = group.entries.filter((e) => e.ready).map((e) => e.address);
    const notReady = group.entries.filter((e) => !e.ready).map((e) => e.address);
    return {
      ...(ready.length > 0 ? { addresses: ready } : {}),
      ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
      ...(group.ports.length > 0 ? { ports: byHash(group.ports, dumpPort) } : {}),
    };
  });
  return final.sort((a, b) => compareText(canonicalJson(a.ports), canonicalJson(b.ports)));
}

function compareEntries({ address: a }: Entry, { address: b }: Entry): number {
  return compareText(a.ip, b.ip) || compareText(a.targetRef?.uid ?? '', b.targetRef?.uid ?? '');
}

/** How Go dumps a v1.EndpointPort. */
function dumpPort({ name = '', port, protocol = 'TCP', appProtocol }: EndpointPort): string {
  return (
    `(v1.EndpointPort){Name:(string)${name} Port:(int32)${port} ` +
    `Protocol:(v1.Protocol)${protocol} AppProtocol:(*string)${appProtocol ?? '<nil>'}}`
  );
}
