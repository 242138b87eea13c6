/**
 * Tells from the code what is faithful, simplified and absent: kinds and their verbs from the list
 * of kinds, what is simplified from the files' headers, what a real server has from its recorded
 * discovery.
 */
import { kinds } from '../../api/kinds/index.ts';
import type { AdmissionContext, AnyKind } from '../../api/meta/define-kind.ts';
import type {
  Entry,
  Fidelity,
  KindFidelity,
  PartFidelity,
  State,
} from '../../api/meta/fidelity.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { ApiError } from '../../api/meta/status.ts';
import { areas } from './areas.ts';
import type { Sources } from './sources.ts';

const VERSION = 'Kubernetes 1.36.3';
const KINDS = 'src/api/kinds/';
const SERVER = 'src/engine/apiserver/';
const ALL_VERBS = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
];
/** Where the API server does what a verb asks for; those that write also stand on the kind's rules. */
const VERB_FILES: Readonly<Record<string, readonly string[]>> = {
  get: ['read.ts', 'rest/represent.ts', 'rest/table.ts'],
  list: ['read.ts', 'rest/represent.ts', 'rest/table.ts'],
  watch: ['broadcast.ts', 'rest/watch.ts'],
  create: ['write.ts'],
  update: ['write.ts'],
  patch: ['patch.ts', 'apply.ts'],
  delete: ['remove.ts'],
  deletecollection: ['remove.ts'],
};
const WRITES = new Set(['create', 'update', 'patch']);

/** One resource as a real server's discovery lists it. */
export interface RecordedResource {
  readonly group: string;
  readonly version: string;
  /** `pods` or `pods/log`. */
  readonly name: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

export function fidelity(sources: Sources, recorded: readonly RecordedResource[]): Fidelity {
  const known = kinds
    .filter((kind) => kind.isServed !== false)
    .map((kind) => kindFidelity(sources, recorded, kind));
  return {
    version: VERSION,
    kinds: [...known, ...absentKinds(recorded, known)].sort(byGroup),
    areas: [{ name: 'Verbs, whatever the kind', parts: verbParts(sources) }, ...areas(sources)],
  };
}

function verbParts(sources: Sources): readonly PartFidelity[] {
  return ALL_VERBS.map((name) => {
    const { state, note } = verbEntry(sources, name, true, 'faithful');
    return { name, state, notes: note === undefined ? [] : [note] };
  });
}

function byGroup(a: KindFidelity, b: KindFidelity): number {
  const [x, y] = [sortKey(a), sortKey(b)];
  return x < y ? -1 : Number(x > y);
}

function sortKey({ group, kind, version }: KindFidelity): string {
  return `${group} ${kind} ${version}`;
}

/** The file in which |kind| is defined, from the list of kinds and its imports. */
export function fileOf(sources: Sources, kind: AnyKind): string {
  const text = sources.text(`${KINDS}index.ts`);
  const listed = [...(/= \[([\s\S]*?)\];/.exec(text)?.[1] ?? '').matchAll(/\w+/g)].map(([w]) => w);
  const name = listed[kinds.indexOf(kind)] ?? '';
  const file = new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from '\\./([^']+)'`).exec(
    text,
  )?.[1];
  if (listed.length !== kinds.length || file === undefined) {
    throw new Error(`${kind.plural}.${kind.group}: not found in the list of kinds`);
  }
  return KINDS + file;
}

function kindFidelity(
  sources: Sources,
  recorded: readonly RecordedResource[],
  kind: AnyKind,
): KindFidelity {
  const real = recorded.filter((r) => r.group === kind.group && r.version === kind.version);
  const notes = sources.notes(sources.withParts(fileOf(sources, kind), KINDS));
  const rules: State = notes.length > 0 ? 'simplified' : 'faithful';
  const served = kind.verbs ?? ALL_VERBS;
  const realVerbs = real.find((r) => r.name === kind.plural)?.verbs ?? [];
  const verbs = ALL_VERBS.filter((verb) => served.includes(verb) || realVerbs.includes(verb)).map(
    (verb) => verbEntry(sources, verb, served.includes(verb), rules),
  );
  return {
    group: kind.group,
    version: kind.version,
    kind: kind.kind,
    plural: kind.plural,
    rules,
    verbs,
    subresources: subresources(kind, real, rules),
    unsupported: kind.unsupported ?? [],
    notes,
  };
}

function verbEntry(sources: Sources, verb: string, isServed: boolean, rules: State): Entry {
  if (!isServed) return { name: verb, state: 'absent' };
  const notes = sources.notes((VERB_FILES[verb] ?? []).map((file) => SERVER + file));
  if (notes.length > 0) return { name: verb, state: 'simplified', note: notes.join('; ') };
  // What is written is checked by rules that are simplified.
  return { name: verb, state: WRITES.has(verb) ? rules : 'faithful' };
}

function subresources(
  kind: AnyKind,
  real: readonly RecordedResource[],
  rules: State,
): readonly Entry[] {
  const own = [
    ...((kind.storedAs?.kind ?? kind).status ? ['status'] : []),
    ...(kind.scale ? ['scale'] : []),
    ...Object.keys(kind.subresources ?? {}),
    ...Object.keys(kind.actions ?? {}),
    ...Object.keys(kind.connects ?? {}),
  ];
  const prefix = `${kind.plural}/`;
  const theirs = real
    .filter((r) => r.name.startsWith(prefix))
    .map((r) => r.name.slice(prefix.length));
  return [...new Set([...own, ...theirs])].sort().map((name): Entry => {
    if (!own.includes(name)) return { name, state: 'absent' };
    const refusal = refusalOf(kind, name);
    return refusal === null ? { name, state: rules } : { name, state: 'absent', note: refusal };
  });
}

/** Looks like an object of any kind that leads somewhere. */
const SAMPLE = {
  metadata: { name: 'a', namespace: 'default', uid: 'a' },
  spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'a' }], ports: [{ port: 80 }] },
  status: {
    podIP: '10.244.0.2',
    podIPs: [{ ip: '10.244.0.2' }],
    addresses: [{ type: 'InternalIP', address: '172.18.0.2' }],
  },
} as unknown as KubeObject;
/** A cluster in which nothing is found. */
const NOWHERE = {
  name: 'a',
  lookup: () => undefined,
  list: () => [],
} as unknown as AdmissionContext;
const NOT_IMPLEMENTED = 501;

/** Why a connecting subresource refuses whatever it is asked; null when it answers. */
function refusalOf(kind: AnyKind, name: string): string | null {
  const rules = kind.connects?.[name];
  if (!rules) return null;
  try {
    rules.connect(SAMPLE, {}, NOWHERE);
    return null;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.code === NOT_IMPLEMENTED ? error.message : null;
  }
}

/** Resources that a real server lists and nobody defines here. */
function absentKinds(
  recorded: readonly RecordedResource[],
  known: readonly KindFidelity[],
): readonly KindFidelity[] {
  return recorded
    .filter(({ name }) => !name.includes('/'))
    .filter((r) => !known.some((k) => sameResource(k, r)))
    .map(({ group, version, kind, name, verbs }) => ({
      group,
      version,
      kind,
      plural: name,
      rules: 'absent' as const,
      verbs: verbs.map((verb) => ({ name: verb, state: 'absent' as const })),
      subresources: [],
      unsupported: [],
      notes: [],
    }));
}

function sameResource(known: KindFidelity, recorded: RecordedResource): boolean {
  const { group, version, plural } = known;
  return group === recorded.group && version === recorded.version && plural === recorded.name;
}
