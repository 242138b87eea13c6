/** Recordings of real controllers: Events as a multiset, and the end state of owners. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Recording, WrittenEvent } from './goldens-controllers/recording.ts';
import { type Outcome, replay } from './goldens-controllers/replay.ts';

const ROOT = new URL('./goldens/controllers/', import.meta.url);
const TOPICS = [
  'cronjob',
  'daemonset',
  'deployment',
  'endpoints',
  'gc',
  'hpa',
  'job',
  'namespace',
  'node',
  'pdb',
  'replicaset',
  'replicationcontroller',
  'statefulset',
];

/** Events of components that these recordings are about. */
const SOURCES = new Set([
  'deployment-controller',
  'replicaset-controller',
  'node-controller',
  'taint-eviction-controller',
  'garbage-collector-controller',
  'cidrAllocator',
  'controllermanager',
  'cronjob-controller',
  'horizontal-pod-autoscaler',
  'job-controller',
  'replication-controller',
  'daemonset-controller',
  'statefulset-controller',
]);

/** The Nodes of a case were there before; whether it sees their registration is chance. */
const REGISTERED = /^RegisteredNode Node\/n[123]$/;

/** Cases that need what is not there yet, or that two real clusters do not agree about. */
const KNOWN: Readonly<Record<string, string>> = {
  'endpoints/named-ports': 'which of two slices is written first is accidental',
  'endpoints/over-100': 'which Pod is made first is accidental',
  'endpoints/ready-unready-terminating': 'whether the last status of a Pod is seen is accidental',
  'endpoints/service-types': 'statuses of the Deployment that follow closely are merged',
  'endpoints/traffic-distribution': 'how many Pods become ready between two writes is accidental',
  'node/out-of-service': 'which Pod is on which node is accidental',
  'job/pod-failure-disruption': 'what is written last before the recording ends is accidental',
  'job/quota': 'refused Pods are tried once more after the recording ends',
  'cronjob/timezone': 'time zones other than UTC',
  'hpa/min-limited': 'statuses of the Deployment that follow closely are merged',
  'daemonset/cordoned': 'the command drain',
  'node/cordon-drain': 'the command drain',
  'node/statefulset-on-unreachable': 'which Pod is on which node is accidental',
  'statefulset/claims-delete-policy': 'which of two writers of a claim comes first is accidental',
  'deployment/recreate':
    'whether one of two status writes that follow closely is refused is accidental',
  'deployment/quota': 'how often a refused Pod is tried again is accidental',
  'replicaset/quota': 'how often a refused Pod is tried again is accidental',
  'deployment/restart': 'the template holds the wall time, so the hash differs',
  'deployment/roll-100-0': 'two real clusters take different steps',
  'deployment/undo': 'which similar event is forgotten is accidental',
  'deployment/roll-25-25-r10': 'two real clusters take different steps',
  'replicaset/scale-down-colocated': 'uids decide between equals',
  'replicaset/scale-down-unassigned': 'uids decide between equals',
};

/** A generated name is as good as any other; so are hashes where the template holds the wall time. */
function mask(text: string, outcome?: Outcome): string {
  const masked = text.replace(/<rand:\d+>/g, '<rand>').replace(/<uid:\d+>/g, '<uid>');
  const named = outcome
    ? masked
        .replace(/(pods \\?")X/, '$1j-<rand>$2')
        .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
        .replace(
          /(pods "[a-z0-9-]+-)[bcdfghjklmnpqrstvwxz2456789]{5}(?=" is forbidden)/,
          '$1<rand>',
        )
        .replace(/\b([a-z0-9-]+-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, (name, prefix) =>
          outcome.generated.has(name) ? `${prefix}<rand>` : name,
        )
    : masked;
  return named.replace(/-(<minute:\d+>|\d{8})(?!\d)/g, '-<minute>');
}

/** The writes of Events. */
function eventLines(events: readonly WrittenEvent[], outcome?: Outcome): string[] {
  return events
    .filter((e) => SOURCES.has(e.from) && !REGISTERED.test(`${e.reason} ${e.object}`))
    .map((e) =>
      mask(
        `${e.from}: ${e.watch} ${e.type} ${e.reason} ${e.object} ${e.message} (${e.count})`,
        outcome,
      ),
    )
    .sort();
}

const OWNERS =
  /^(Deployment|ReplicaSet|Namespace|ConfigMap|ServiceAccount|StatefulSet|HorizontalPodAutoscaler|CronJob|ReplicationController|Job|Endpoints|EndpointSlice|DaemonSet|PodDisruptionBudget|ControllerRevision|PersistentVolumeClaim)\//;

type Json = { readonly [key: string]: unknown };

/** Every version of every recorded object; undefined at the end of a deleted one. */
function recordedVersions(recording: Recording): Map<string, (Json | undefined)[]> {
  const versions = new Map<string, (Json | undefined)[]>();
  for (const change of recording.stream) {
    if ((change.namespace ?? recording.namespace) !== recording.namespace) continue;
    const key = `${change.kind}/${change.name}`;
    const list = versions.get(key) ?? [];
    versions.set(key, list);
    if (change.type === 'DELETED') list.push(undefined);
    else list.push(mergePatch(list.at(-1) ?? {}, change.change) as Json);
  }
  return versions;
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** Without what differs from run to run. */
function comparable(object: unknown): unknown {
  if (object === undefined) return undefined;
  const {
    apiVersion: _v,
    kind: _k,
    ...rest
  } = JSON.parse(
    JSON.stringify(object)
      .replace(/"(<time:[^>]*>|\d{4}-\d\d-\d\dT[\d:.]+Z)"/g, '"<time>"')
      .replace(/"(<uid:\d+>|[0-9a-f]{8}-[0-9a-f-]{27})"/g, '"<uid>"')
      .replace(/"resourceVersion":"[^"]*"/g, '"resourceVersion":""')
      .replace(/"-----BEGIN[^"]*"/g, '"<pem>"')
      .replace(/"(<ip:\d+>|10\.(244|96)\.\d+\.\d+)"/g, '"<ip>"')
      .replace(/"(nodeName|name|zone)":"(n\d|[abc])"/g, '"$1":"<place>"')
      .replace(/(<rand):\d+>/g, '$1>')
      .replace(/-(<minute:\d+>|\d{8})(?!\d)/g, '-<minute>')
      .replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}( failed with exit code)/g, '-<rand>$1')
      .replace(/(of Pod [a-z0-9-]+-)[bcdfghjklmnpqrstvwxz2456789]{5}"/g, '$1<rand>"')
      .replace(/("name":"[a-z0-9-]+-)[bcdfghjklmnpqrstvwxz2456789]{5}"/g, '$1<rand>"'),
  ) as Json;
  return unordered(rest);
}

/** Which Pod is on which node is accidental, and so is the order of addresses. */
function unordered(value: Json): Json {
  const sorted = (list: unknown): unknown =>
    Array.isArray(list)
      ? list
          .map((x) => JSON.stringify(x))
          .sort()
          .map((x) => JSON.parse(x) as unknown)
      : list;
  const { endpoints, ports, subsets, ...rest } = value;
  // How many writes a slice has seen depends on what changed between two of them.
  if ('addressType' in value) delete (rest['metadata'] as { generation?: number }).generation;
  const subsetList = subsets as readonly Json[] | undefined;
  // In the recorded changes null stands both for an empty list and for nothing.
  return {
    ...rest,
    ...(endpoints ? { endpoints: sorted(endpoints) } : {}),
    ...(ports ? { ports } : {}),
    ...(subsetList
      ? { subsets: subsetList.map((s) => ({ ...s, addresses: sorted(s['addresses']) })) }
      : {}),
  };
}

/** The n-th object of a generated name in the recording is our n-th one. */
function ownKeys(recorded: Iterable<string>, own: Iterable<string>): Map<string, string> {
  const families = new Map<string, string[]>();
  const family = (key: string): string => key.replace(/[^-/]*$/, '');
  for (const key of own) families.set(family(key), [...(families.get(family(key)) ?? []), key]);
  const keys = new Map<string, string>();
  for (const key of recorded) {
    if (!/<rand|<minute/.test(key)) keys.set(key, key);
    else keys.set(key, families.get(family(key))?.shift() ?? key);
  }
  return keys;
}

/**
 * The conditions an object has had, each set once. Counts are left out: writes that follow each other
 * closely may be merged or split, and the end state has been compared.
 */
function conditions(versions: readonly unknown[]): string[] {
  const texts = versions.map((version) => {
    const status = (version as { status?: { conditions?: readonly Json[] } } | undefined)?.status;
    const list = status?.conditions?.map((c) => `${c['type']} ${c['status']} ${c['reason']}`) ?? [];
    return list.sort().join(', ');
  });
  return texts.filter((text, i) => text !== texts[i - 1]);
}

interface Stability {
  readonly [part: string]: 'equal' | { readonly differ?: readonly string[] };
}

/** Objects about which two real clusters did not agree. */
function differing(id: string): { finalObjects: readonly string[]; sequences: readonly string[] } {
  const text = readFileSync(new URL('stability.json', ROOT), 'utf8');
  const cases = (JSON.parse(text) as { cases: Record<string, Stability> }).cases;
  const list = (part: string): readonly string[] => {
    const value = cases[id]?.[part] ?? 'equal';
    return value === 'equal' ? [] : (value.differ ?? []);
  };
  return { finalObjects: list('finalObjects'), sequences: list('sequences') };
}

/** Names of the recordings, `topic/case`. */
const ALL = TOPICS.flatMap((topic) =>
  readdirSync(new URL(`${topic}/`, ROOT)).map((file) => `${topic}/${file.replace('.json', '')}`),
);

describe('recordings of controllers', () => {
  it('has only real cases in its list of known misses', () => {
    expect(Object.keys(KNOWN).filter((id) => !ALL.includes(id))).toEqual([]);
  });

  it.each(ALL.filter((id) => KNOWN[id] === undefined))('%s', (id) => {
    const url = new URL(`${id}.json`, ROOT);
    const [topic = '', name = ''] = id.split('/');
    const recording = JSON.parse(readFileSync(url, 'utf8')) as Recording;
    const outcome = replay(topic, name, recording);
    expect(outcome.unknown).toEqual([]);
    expect(eventLines(outcome.events, outcome)).toEqual(eventLines(recording.events));
    const differ = differing(id);
    const recorded = recordedVersions(recording);
    const own = ownKeys(recorded.keys(), outcome.versions.keys());
    for (const [key, versions] of recorded) {
      if (!OWNERS.test(key) || differ.finalObjects.includes(key)) continue;
      const ownKey = own.get(key) ?? key;
      const last = outcome.objects.get(ownKey);
      const written = outcome.versions.get(ownKey) ?? [];
      const ownVersions = last ? written : [...written, undefined];
      expect([key, comparable(last)]).toEqual([key, comparable(versions.at(-1))]);
      if (differ.sequences.includes(key)) continue;
      expect([key, ...conditions(ownVersions)]).toEqual([key, ...conditions(versions)]);
    }
  });
});
