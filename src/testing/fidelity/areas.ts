/** The rooms of the engine, part by part. */
import { kinds } from '../../api/kinds/index.ts';
import type { AreaFidelity, PartFidelity } from '../../api/meta/fidelity.ts';
import { controllers } from '../../engine/controllers/index.ts';
import { plugins as admissionPlugins } from '../../engine/policy/index.ts';
import { factories } from '../../engine/scheduler/plugins/index.ts';
import type { Sources } from './sources.ts';
import { ADMISSION_PLUGINS, CONTROLLERS, SCHEDULER_PLUGINS } from './upstream.ts';

const POLICY = 'src/engine/policy/';
const CONTROLLER = 'src/engine/controllers/';
const PLUGIN = 'src/engine/scheduler/plugins/';
const KINDS = 'src/api/kinds/';

/** What has no file of its own here: where it is done. */
const WITHIN: Readonly<Record<string, string>> = {
  NamespaceLifecycle: 'src/engine/apiserver/admission.ts',
};

/** Rooms of which each file that models one of upstream's is a part. */
const ROOMS: readonly (readonly [name: string, prefixes: readonly string[], but?: string])[] = [
  ['kube-apiserver', ['src/engine/apiserver/', 'src/engine/post-start/', 'src/engine/bootstrap/']],
  ['Authentication and authorization', ['src/engine/access/']],
  ['Objects, patches, selectors', ['src/api/meta/']],
  ['Custom resources', ['src/api/custom/']],
  ['CEL', ['src/api/cel/']],
  [
    'kube-controller-manager and its leader election',
    ['src/engine/controller-manager.ts', 'src/engine/masters/'],
  ],
  ['cloud-controller-manager', ['src/engine/cloud-side.ts', 'src/engine/cloud/']],
  ['etcd', ['src/engine/etcd/']],
  ['Clients of the API', ['src/engine/client/']],
  ['Own controllers', ['src/engine/own-controllers/']],
  ['kube-scheduler', ['src/engine/scheduler/'], PLUGIN],
  ['kubelet, containerd and network', ['src/engine/node/']],
  ['Programs in containers', ['src/engine/images/']],
  ['kubectl', ['src/kubectl/']],
];

export function areas(sources: Sources): readonly AreaFidelity[] {
  const ofKinds = kinds.flatMap((kind) => (kind.admission ?? []).map(({ name }) => name));
  const admission = [...admissionPlugins.map(({ name }) => name), ...ofKinds];
  return [
    {
      name: 'Controllers',
      parts: named(
        sources,
        controllers.map((make) => make().name),
        CONTROLLERS,
        [CONTROLLER],
      ),
    },
    {
      name: 'Admission plugins',
      parts: named(sources, admission, ADMISSION_PLUGINS, [POLICY, KINDS]),
    },
    {
      name: 'Scheduler plugins',
      parts: named(
        sources,
        factories.map(({ name }) => name),
        SCHEDULER_PLUGINS,
        [PLUGIN],
      ),
    },
    ...ROOMS.map(([name, prefixes, but]) => ({ name, parts: files(sources, prefixes, but) })),
  ];
}

/** Parts that have a name: |own| are there, what |upstream| has beyond them is absent. */
function named(
  sources: Sources,
  own: readonly string[],
  upstream: readonly string[],
  rooms: readonly string[],
): readonly PartFidelity[] {
  const present = new Set(own);
  return [...new Set([...upstream, ...own])].sort().map((name): PartFidelity => {
    const within = WITHIN[name];
    const paths = within === undefined ? filesNaming(sources, name, rooms) : [within];
    if (!present.has(name) && paths.length === 0) return { name, state: 'absent', notes: [] };
    const notes = sources.notes(
      paths.flatMap((path) => sources.withParts(path, roomOf(path, rooms))),
    );
    return { name, state: notes.length > 0 ? 'simplified' : 'faithful', notes };
  });
}

/** Where a part of that name is defined. */
function filesNaming(sources: Sources, name: string, rooms: readonly string[]): readonly string[] {
  const definition = new RegExp(`\\bname: '${name}'|'${name}'.*\\{$|Models:.*\\b${name}\\b`, 'm');
  return rooms.flatMap((room) => sources.find(room, definition));
}

function roomOf(path: string, rooms: readonly string[]): string {
  return rooms.find((room) => path.startsWith(room)) ?? path;
}

function files(
  sources: Sources,
  prefixes: readonly string[],
  but: string | undefined,
): readonly PartFidelity[] {
  const paths = prefixes.flatMap((prefix) => sources.paths(prefix));
  return paths
    .filter((path) => but === undefined || !path.startsWith(but))
    .flatMap((path): readonly PartFidelity[] => {
      const header = sources.header(path);
      if (!header || (header.models === '' && header.simplified === '')) return [];
      const { title, models, simplified } = header;
      const notes = simplified === '' ? [] : [simplified];
      const state = simplified === '' ? 'faithful' : 'simplified';
      return [{ name: title, state, ...(models === '' ? {} : { models }), notes }];
    });
}
