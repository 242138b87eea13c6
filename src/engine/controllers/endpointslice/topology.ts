/**
 * Hints of the annotation topology-mode Auto: endpoints are given to zones by the share of CPUs that
 * these have, unless that would be too much for some of them.
 *
 * Models:     k8s.io/endpointslice topologycache/topologycache.go, sliceinfo.go, utils.go, event.go
 *             (v1.36)
 * Simplified: of zones that are equal the first by name is taken; upstream's choice is accidental
 */
import type { Endpoint, Node } from '../../../api/generated/types.ts';
import { milliCpu } from '../../../api/meta/quantity.ts';
import type { WantedSlice } from '../../client/endpoint-slices.ts';
import type { EventInput } from '../../client/events.ts';

const ZONE = 'topology.kubernetes.io/zone';
const EXCLUDED = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];
const OVERLOAD = 0.2; // overloadThreshold
const MIN_ZONES = 2;
/** Less is not worth giving or taking: getGivingAndReceivingZones. */
const LEAST_SHARE = 0.5;

const TEXTS = {
  noZone: 'One or more endpoints do not have a zone specified',
  noHints: 'No hints allocated for zones',
  enabled: 'Topology Aware Hints has been enabled',
  disabled: 'Topology Aware Hints has been disabled',
  nodes:
    'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes',
  few: 'Insufficient number of endpoints',
  overload:
    'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold',
};

type Counts = Map<string, number>;

interface Allocation {
  readonly maximum: number;
  readonly desired: number;
}

export interface SlicesToHint {
  readonly create: readonly WantedSlice[];
  readonly update: readonly WantedSlice[];
  readonly unchanged: readonly WantedSlice[];
}

export interface HintedSlices {
  readonly create: readonly WantedSlice[];
  readonly update: readonly WantedSlice[];
  readonly notice?: EventInput;
}

export class TopologyCache {
  /** Of all CPUs that each zone has; undefined when some node does not tell. */
  #ratios: ReadonlyMap<string, number> | undefined;
  /** Endpoints by zone, by address type, by Service. */
  readonly #services = new Map<string, Map<string, Counts>>();
  readonly #populated = new Set<string>();

  setNodes(nodes: Iterable<Node>): void {
    this.#ratios = cpuRatios(nodes);
  }

  /** Services whose zones have too few endpoints by what is known of the nodes now. */
  overloaded(): string[] {
    const isTooMuch = (zones: Counts): boolean => isOverloaded(zones, this.#ratios);
    return [...this.#services]
      .filter(([, types]) => [...types.values()].some(isTooMuch))
      .map(([key]) => key);
  }

  /** The annotation is not there (any more). Answers what is to be told. */
  forget(key: string, type: string): EventInput | undefined {
    const notice = this.#populated.has(key) ? disabled(TEXTS.disabled, type) : undefined;
    this.#remove(key, type);
    return notice;
  }

  #remove(key: string, type: string): void {
    const types = this.#services.get(key);
    types?.delete(type);
    if (types?.size === 0) this.#services.delete(key);
    this.#populated.delete(key);
  }

  /** Upstream AddHints. */
  add(key: string, type: string, slices: SlicesToHint): HintedSlices {
    const without = (why: string): HintedSlices => {
      this.#remove(key, type);
      return { ...withoutHints(slices), notice: disabled(why, type) };
    };
    const every = [...slices.create, ...slices.update, ...slices.unchanged];
    const total = every.reduce((sum, s) => sum + s.endpoints.filter(isReady).length, 0);
    const allocations = allocate(this.#ratios, total);
    if (typeof allocations === 'string') return without(allocations);

    const allocated: Counts = new Map();
    const changed = [...slices.update];
    for (const slice of slices.unchanged) {
      const hints = validHints(slice, allocated, allocations);
      if (!hints) changed.push(slice);
      else for (const [zone, count] of hints) raise(allocated, zone, count);
    }
    const drafts = [...slices.create, ...changed].map((slice) => [...slice.endpoints]);
    for (const endpoints of drafts) {
      for (const [i, endpoint] of endpoints.entries()) {
        if (!isReady(endpoint)) continue;
        if (!endpoint.zone) return without(TEXTS.noZone);
        raise(allocated, endpoint.zone, 1);
        endpoints[i] = hinted(endpoint, endpoint.zone);
      }
    }
    const moves = planMoves(allocations, allocated);
    for (const endpoints of drafts) redistribute(endpoints, moves, allocated);
    if (allocated.size === 0) return without(TEXTS.noHints);

    const isNew = !this.#populated.has(key);
    const types = this.#services.get(key) ?? new Map<string, Counts>();
    this.#services.set(key, types.set(type, allocated));
    this.#populated.add(key);
    const done = [...slices.create, ...changed].map((slice, i) => ({
      ...slice,
      endpoints: drafts[i] ?? [],
    }));
    const { length } = slices.create;
    const result = { create: done.slice(0, length), update: done.slice(length) };
    const message = `${TEXTS.enabled}, addressType: ${type}`;
    if (!isNew) return result;
    return { ...result, notice: { type: 'Normal', reason: 'TopologyAwareHintsEnabled', message } };
  }
}

function disabled(why: string, type: string): EventInput {
  const message = `${why}, addressType: ${type}`;
  return { type: 'Warning', reason: 'TopologyAwareHintsDisabled', message };
}

/** Upstream RemoveHintsFromSlices. */
export function withoutHints({ create, update, unchanged }: SlicesToHint): HintedSlices {
  const bare = (slice: WantedSlice): WantedSlice => ({
    ...slice,
    endpoints: slice.endpoints.map(({ hints: _hints, ...endpoint }) => endpoint),
  });
  const had = unchanged.filter((s) => s.endpoints.some((e) => e.hints !== undefined));
  return { create: create.map(bare), update: [...update, ...had].map(bare) };
}

function cpuRatios(nodes: Iterable<Node>): ReadonlyMap<string, number> | undefined {
  const byZone: Counts = new Map();
  let total = 0;
  for (const { metadata, status } of nodes) {
    const { labels = {} } = metadata;
    if (EXCLUDED.some((label) => labels[label] !== undefined)) continue;
    const ready = status.conditions?.find((c) => c.type === 'Ready');
    if (ready?.status !== 'True') continue;
    const cpu = milliCpu(status.allocatable?.['cpu'] ?? '0');
    const zone = labels[ZONE] ?? '';
    // One node that does not tell is enough for nothing to be known.
    if (zone === '' || cpu === 0) return undefined;
    total += cpu;
    raise(byZone, zone, cpu);
  }
  if (total === 0 || byZone.size < MIN_ZONES) return undefined;
  const zones = [...byZone].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(zones.map(([zone, cpu]) => [zone, cpu / total]));
}

/** How many endpoints each zone may have, or why there can be no hints. */
function allocate(
  ratios: ReadonlyMap<string, number> | undefined,
  total: number,
): ReadonlyMap<string, Allocation> | string {
  if (!ratios) return TEXTS.nodes;
  const counts = `(${total} endpoints, ${ratios.size} zones)`;
  if (ratios.size > total) return `${TEXTS.few} ${counts}`;
  const minimums: Counts = new Map();
  let least = 0;
  for (const [zone, ratio] of ratios) {
    const minimum = Math.ceil(ratio * total * (1 / (1 + OVERLOAD)));
    minimums.set(zone, minimum);
    least += minimum;
    if (least > total) return `${TEXTS.overload} ${counts}`;
  }
  const allocations = new Map<string, Allocation>();
  for (const [zone, minimum] of minimums) {
    const desired = Math.max((ratios.get(zone) ?? 0) * total, minimum);
    allocations.set(zone, { maximum: minimum + total - least, desired });
  }
  return allocations;
}

/** Upstream getHintsByZone: the hints of a slice, undefined when they cannot stay. */
function validHints(
  slice: WantedSlice,
  allocated: Counts,
  allocations: ReadonlyMap<string, Allocation>,
): Counts | undefined {
  const counts: Counts = new Map();
  for (const { hints } of slice.endpoints.filter(isReady)) {
    const zones = hints?.forZones ?? [];
    if (zones.length === 0) return undefined;
    for (const { name } of zones) {
      if (!allocations.has(name)) return undefined;
      raise(counts, name, 1);
    }
  }
  for (const [zone, count] of counts) {
    const maximum = allocations.get(zone)?.maximum ?? 0;
    if (count + (allocated.get(zone) ?? 0) > maximum) return undefined;
  }
  return counts;
}

interface Moves {
  readonly giving: Counts;
  readonly receiving: Counts;
}

/** Upstream getGivingAndReceivingZones. */
function planMoves(allocations: ReadonlyMap<string, Allocation>, allocated: Counts): Moves {
  const surplus: Counts = new Map();
  const lack: Counts = new Map();
  for (const [zone, { desired }] of allocations) {
    const has = allocated.get(zone) ?? 0;
    if (has > desired) surplus.set(zone, has - desired);
    else if (has < desired) lack.set(zone, desired - has);
  }
  const moves: Moves = { giving: new Map(), receiving: new Map() };
  for (;;) {
    const [giver, give] = most(surplus);
    const [taker, take] = most(lack);
    if (giver === '' || taker === '' || (give < 1 && take < 1)) return moves;
    if (give < LEAST_SHARE || take < LEAST_SHARE) return moves;
    raise(moves.giving, giver, 1);
    raise(surplus, giver, -1);
    raise(moves.receiving, taker, 1);
    raise(lack, taker, -1);
  }
}

function most(zones: Counts): readonly [string, number] {
  let best: readonly [string, number] = ['', 0];
  for (const entry of zones) if (entry[1] > best[1]) best = entry;
  return best;
}

/** Upstream redistributeHints. */
function redistribute(
  endpoints: Endpoint[],
  { giving, receiving }: Moves,
  allocated: Counts,
): void {
  for (const [i, endpoint] of endpoints.entries()) {
    const from = endpoint.zone ?? '';
    if (!isReady(endpoint) || (giving.get(from) ?? 0) <= 0) continue;
    const to = [...receiving].find(([, count]) => count > 0)?.[0];
    if (to === undefined) return;
    endpoints[i] = hinted(endpoint, to);
    raise(giving, from, -1);
    raise(receiving, to, -1);
    raise(allocated, from, -1);
    raise(allocated, to, 1);
  }
}

/** Upstream serviceOverloaded. */
function isOverloaded(zones: Counts, ratios: ReadonlyMap<string, number> | undefined): boolean {
  if (zones.size === 0) return false;
  if (!ratios) return true;
  let total = 0;
  for (const count of zones.values()) total += count;
  for (const [zone, ratio] of ratios) {
    const count = zones.get(zone);
    if (count === undefined || count < Math.ceil(total * ratio * (1 / (1 + OVERLOAD)))) return true;
  }
  return false;
}

function isReady({ conditions }: Endpoint): boolean {
  return conditions.ready === true;
}

function hinted(endpoint: Endpoint, zone: string): Endpoint {
  return { ...endpoint, hints: { forZones: [{ name: zone }] } };
}

function raise(counts: Counts, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
