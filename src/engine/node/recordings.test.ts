/**
 * Recordings of a real kubelet, replayed: the same manifests and deletions at the same times, compared
 * by what each Pod's status and Events went through (goldens/node/README.md, replay steps b and c).
 */
import { isDeepStrictEqual } from 'node:util';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Event as EventObject, Pod as PodObject } from '../../api/generated/types.ts';
import { Event } from '../../api/kinds/event.ts';
import { kinds } from '../../api/kinds/index.ts';
import { Namespace } from '../../api/kinds/namespace.ts';
import { Pod } from '../../api/kinds/pod.ts';
import type { AnyKind, Kind } from '../../api/meta/define-kind.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { ApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import type { Client } from '../client/typed-client.ts';
import { Cluster } from '../cluster.ts';
import { images } from '../images/index.ts';
import type { Machine } from './machine.ts';
import { parseImageName, repositoryOf } from './runtime/image-name.ts';

const ROOT = path.join(import.meta.dirname, '../../testing/goldens/node');

interface Recording {
  readonly case: string;
  readonly namespace: string;
  readonly commands: readonly {
    readonly at: number;
    readonly args?: string;
    readonly stdin?: string;
  }[];
  readonly notes?: readonly { readonly at: number; readonly note: string }[];
  readonly podWatch: readonly {
    readonly at: number;
    readonly type: string;
    readonly object: PodObject;
  }[];
  readonly events: readonly {
    readonly at: number;
    readonly object: string;
    readonly type: string;
    readonly reason: string;
    readonly message: string;
    readonly fieldPath: string | null;
  }[];
}

function load(name: string): Recording {
  return JSON.parse(fs.readFileSync(path.join(ROOT, `${name}.json`), 'utf8')) as Recording;
}

/** Statuses a Pod went through, in words, without doubles. */
type Story = Record<string, string[]>;

const MASKS: readonly [RegExp, string][] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/<uid:\d+>/g, '<uid>'],
  [/sha256:(?:[0-9a-f]{64}|<digest:\d+>)/g, '<digest>'],
  [/10\.244\.\d+\.\d+|<ip:\d+>/g, '<ip>'],
  [/\b[0-9a-f]{64}\b|<cid:\d+>/g, '<cid>'],
  [/172\.30\.\d+\.\d+|<nodeip:\d+>/g, '<nodeip>'],
  [
    /in \S+ \(\S+ including waiting\). Image size: \d+/g,
    'in <dur> (<dur> including waiting). Image size: <size>',
  ],
];

function mask(text: string): string {
  return MASKS.reduce((t, [pattern, by]) => t.replace(pattern, by), text);
}

function statusText({ status }: PodObject): string {
  const conditions = (status.conditions ?? []).map(
    (c) =>
      `${c.type}=${c.status}${c.reason ? `(${c.reason})` : ''}${c.message ? `: ${c.message}` : ''}`,
  );
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const state = (s: object): string => {
    const [kind, value] = (Object.entries(s)[0] ?? ['none', {}]) as [
      string,
      Record<string, unknown>,
    ];
    const parts = ['reason', 'exitCode', 'message']
      .map((k) => value[k])
      .filter((v) => v !== undefined);
    return `${kind}${parts.length > 0 ? ` ${parts.join(' ')}` : ''}`;
  };
  const lines = containers.map(
    (c) =>
      `${c.name}: ${state(c.state)}, last ${state(c.lastState)}, restarts ${c.restartCount}` +
      `${c.ready ? ', ready' : ''}${c.started ? ', started' : ''}`,
  );
  const head = [status.phase, status.reason, status.message].filter((v) => v).join(' ');
  return mask([head, ...conditions, ...lines].join('\n'));
}

function append(story: Story, pod: PodObject): void {
  const seen = (story[pod.metadata.name] ??= []);
  const text = statusText(pod);
  if (seen.at(-1) !== text) seen.push(text);
}

type EventInput = Recording['events'][number];

/** Events about Pods by object, in order of first appearance; those of the kubelet only. */
function eventStory(events: readonly EventInput[]): Record<string, string[]> {
  const story: Record<string, string[]> = {};
  for (const e of events) {
    if (!e.object.startsWith('Pod/') || e.reason === 'Scheduled') continue;
    const list = (story[e.object] ??= []);
    const text = mask(`${e.type} ${e.reason} ${e.fieldPath ?? ''} ${e.message}`);
    if (!list.includes(text)) list.push(text);
  }
  return story;
}

function newCluster(namespace: string, images: readonly string[], seed: number): Cluster {
  const node = { name: 'node-1', cpu: '2', memory: '24Gi', pods: 110, zone: '' };
  const cluster = new Cluster(
    { seed, epoch: '2026-01-01T00:00:00Z', nodes: [node], stopped: [] },
    { freeze: true },
  );
  for (const image of images) cluster.machines.get('node-1')?.runtime.images.preload(image);
  const { kernel } = cluster;
  const client = admin(cluster);
  kernel.spawn('namespace', client.create(Namespace, { metadata: { name: namespace } }));
  kernel.runUntil(kernel.now + 5_000_000);
  return cluster;
}

function admin(cluster: Cluster): Client {
  const user = { name: 'kubernetes-admin', groups: ['system:masters'] };
  return cluster.client({ user, agent: 'kubectl', actor: 'kubectl' });
}

/** The digests of a recording, as our registry knows them; one that no Pod ever had stays unknown. */
function withDigests(text: string, recording: Recording): string {
  return text.replace(/sha256:<digest:\d+>/g, (masked) => {
    for (const { object } of recording.podWatch) {
      const known = object.status.containerStatuses?.find((s) => s.imageID.endsWith(masked));
      const name = known && parseImageName(known.image);
      if (!name || 'error' in name) continue;
      const found = images.find((i) => i.repository === repositoryOf(name))?.tags[name.tag];
      if (found) return found.digest;
    }
    return `sha256:${'0'.repeat(64)}`;
  });
}

function* command(client: Client, namespace: string, args: string, stdin: string): Proc {
  const words = args.split(' ');
  if (args === 'kubectl apply -f -') {
    for (const document of parseAllDocuments(stdin)) {
      const object = document.toJS() as KubeObject;
      const kind = kinds.find((k: AnyKind) => k.kind === object.kind);
      if (!kind) throw new Error(`${object.kind} is not a kind here`);
      const metadata = { ...object.metadata, namespace };
      yield* client.create(kind as Kind<KubeObject>, { ...object, metadata });
    }
  } else if (args.startsWith('kubectl run ')) {
    const name = words[2] ?? '';
    const image = words[3]?.slice('--image='.length) ?? '';
    const metadata = { name, namespace, labels: { run: name } };
    yield* client.create(Pod, { metadata, spec: { containers: [{ name, image }] } });
  } else if (args.startsWith('kubectl delete pod ')) {
    const grace = words.find((w) => w.startsWith('--grace-period='))?.split('=')[1];
    const options = words.includes('--force')
      ? { gracePeriodSeconds: 0 }
      : grace === undefined
        ? {}
        : { gracePeriodSeconds: Number(grace) };
    for (const name of words.slice(3).filter((w) => !w.startsWith('-'))) {
      yield* client.delete(Pod, namespace, name, options);
    }
  } else if (args.startsWith('kubectl set image pod/')) {
    const [name = '', image = ''] = [words[3]?.slice('pod/'.length), words[4]];
    const [container, value] = image.split('=');
    const pod = yield* client.get(Pod, namespace, name);
    const list = pod.spec.initContainers?.some((c) => c.name === container)
      ? 'initContainers'
      : 'containers';
    const patch = { spec: { [list]: [{ name: container, image: value }] } };
    yield* client.patch(Pod, namespace, name, patch, { type: 'strategic' });
  }
}

function replay(
  recording: Recording,
  seed: number,
): { statuses: Story; events: Record<string, string[]> } {
  const present = recording.events.flatMap((e) =>
    /already present/.test(e.message) ? [/"([^"]+)"/.exec(e.message)?.[1] ?? ''] : [],
  );
  const cluster = newCluster(recording.namespace, ['busybox:1.36', 'nginx:1.25', ...present], seed);
  const { kernel, server } = cluster;
  const statuses: Story = {};
  const events: EventInput[] = [];
  const since = server.store.revision;
  const watch = <T extends KubeObject>(kind: Kind<T>, onObject: (object: T) => void): void => {
    server.watches.open({
      resource: server.registry.of(kind as unknown as AnyKind),
      namespace: recording.namespace,
      since,
      actor: 'test',
      scope: { name: 'test', alive: true },
      onEvent: (event) => onObject(event.object as T),
      onClose: () => undefined,
    });
  };
  watch(Pod, (pod) => append(statuses, pod));
  watch<EventObject>(Event, (e) =>
    events.push({
      at: kernel.now,
      object: `${e.involvedObject.kind}/${e.involvedObject.name}`,
      type: e.type ?? '',
      reason: e.reason ?? '',
      message: e.message ?? '',
      fieldPath: e.involvedObject.fieldPath ?? null,
    }),
  );
  const start = kernel.now;
  const client = admin(cluster);
  for (const { at, args = '', stdin = '' } of recording.commands) {
    kernel.at(start + at * 1_000, () => {
      // What the server refuses, kubectl prints.
      kernel.spawn(
        args,
        command(client, recording.namespace, args, withDigests(stdin, recording)),
        {
          onError: (error) => expect(error).toBeInstanceOf(ApiError),
        },
      );
    });
  }
  const last = [...recording.podWatch, ...recording.events].map((e) => e.at);
  // Waits between attempts have up to 50 % of jitter: ours may be the longer ones.
  for (const { at, note } of recording.notes ?? []) {
    if (!/pause process .* is killed/.test(note)) continue;
    kernel.at(start + at * 1_000, () => {
      const { runtime } = cluster.machines.get('node-1') as Machine;
      for (const { uid } of runtime.pods()) runtime.killSandbox(uid);
    });
  }
  kernel.runUntil(start + (Math.max(...last) * 1.6 + 1_500) * 1_000);
  return { statuses, events: eventStory(events) };
}

/** What went on after the recording had ended is cut off. */
function begin(ours: Story, recorded: Story): Story {
  return Object.fromEntries(
    Object.entries(ours).map(([key, list]) => [key, list.slice(0, recorded[key]?.length ?? 0)]),
  );
}

/** Cases that manifests, deletions and a few other commands make; goldens plays all of them. */
const CASES: Readonly<Record<string, readonly string[]>> = {
  config: [
    'configmap-update',
    'dns-and-hosts',
    'empty-dir-shared',
    'env-all',
    'env-configmap-missing',
    'env-key-missing',
    'env-optional',
    'host-path',
    'resource-defaults',
    'sa-token',
    'secret-update',
    'security-context',
    'sub-path',
    'volume-configmap-missing',
    'volume-items',
  ],
  hooks: [
    'delete-in-poststart',
    'poststart-fails',
    'poststart-ok',
    'prestop-exec',
    'prestop-fails',
    'prestop-on-liveness',
    'prestop-sleep',
    'prestop-too-long',
    'stop-signal',
  ],
  images: [
    'image-by-digest',
    'image-fixed',
    'image-not-found',
    'policy-mixed',
    'pull-always-present',
    'pull-denied',
    'pull-first',
    'pull-never-missing',
    'pull-never-present',
    'pull-rate-limited',
    'pull-secret-missing',
    'pull-slow',
    'pull-two-at-once',
    'registry-unknown-host',
    'run-as-non-root',
    'wrong-digest',
  ],
  init: [
    'sandbox-killed',
    'sidecar-crash',
    'init-bad-start',
    'init-commands',
    'init-fail-always',
    'init-fail-never',
    'init-image-change',
    'init-resources',
    'init-retry-succeeds',
    'init-three',
    'init-validation',
  ],
  lifecycle: [
    'completed',
    'delete-while-init',
    'delete-while-pulling',
    'force-delete',
    'grace-default-30',
    'grace-kill',
    'grace-override',
    'image-change',
    'immutable-fields',
    'never-two-containers',
    'pending-delete',
    'qos-classes',
    'simple-pod',
    'term-exit-codes',
  ],
  multi: ['host-network', 'port-clash', 'shared-localhost'],
  probes: [
    'liveness-exec-fails',
    'liveness-grace',
    'liveness-http-500',
    'liveness-tcp-fails',
    'probe-defaults',
    'probe-https-and-port',
    'probe-while-ending',
    'readiness-exec-fails',
    'readiness-exec-missing',
    'readiness-exec-timeout',
    'readiness-grpc-not-serving',
    'readiness-grpc-refused',
    'readiness-http-404',
    'readiness-http-named-port',
    'readiness-http-ok',
    'readiness-http-redirect',
    'readiness-http-timeout',
    'readiness-tcp-refused',
    'startup-fails',
    'startup-slow',
  ],
  restart: [
    'active-deadline',
    'backoff-cap',
    'backoff-reset',
    'backoff-times',
    'command-not-found',
    'crash-after-running',
    'exit-codes',
    'fallback-to-logs',
    'last-state',
    'oom-killed',
    'restart-always-exit0',
    'restart-always-exit1',
    'restart-never-exit0',
    'restart-never-exit1',
    'restart-onfailure-exit0',
    'termination-message',
  ],
};

const SEEDS = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16] as const;

describe('Pods go through what they went through on a real node', () => {
  const cases = Object.entries(CASES).flatMap(([topic, names]) =>
    names.map((n) => `${topic}/${n}`),
  );
  it.each(cases)('%s', (name) => {
    const recording = load(name);
    const recorded: Story = {};
    for (const { object } of recording.podWatch) append(recorded, object);
    const recordedEvents = eventStory(recording.events);
    const wanted = { statuses: recorded, events: recordedEvents };
    const play = (seed: number): typeof wanted => {
      const { statuses, events } = replay(recording, seed);
      return { statuses: begin(statuses, recorded), events: begin(events, recordedEvents) };
    };
    // Waits have a jitter: what else was going to happen meanwhile comes before or after their end.
    let played = play(SEEDS[0]);
    for (const seed of SEEDS.slice(1)) {
      if (isDeepStrictEqual(played, wanted)) break;
      played = play(seed);
    }
    expect(played).toEqual(wanted);
  });
});
