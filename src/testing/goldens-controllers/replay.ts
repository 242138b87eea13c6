/**
 * Replays a recording of goldens/controllers against our API server and controllers, with the
 * stand-in scheduler and kubelets its README describes.
 */
import type { Event } from '../../api/kinds/event.ts';
import type { UsageSource } from '../../api/kinds/metrics/usage.ts';
import { Namespace } from '../../api/kinds/namespace.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import { nodeLifecycleController } from '../../engine/controllers/node-lifecycle.ts';
import { podGarbageCollector } from '../../engine/controllers/pod-gc.ts';
import { controllers } from '../../engine/controllers/index.ts';
import { MICROS_PER_MS } from '../../kernel/kernel.ts';
import { ControlPlane } from '../stand-in/control-plane.ts';
import { Readings } from '../stand-in/readings.ts';
import { type NodeTraits, type Stage, type WorkerRules, Workers } from '../stand-in/workers.ts';
import { kubectl } from './kubectl.ts';
import { recordedRules } from './stages.ts';
import type { Recording, WrittenEvent } from './recording.ts';

const SETTLE_SECONDS = 20;
/** Topics whose Pods live as the text about the kubelet says; those of others live as recorded. */
const BY_TEXT = new Set(['deployment', 'replicaset', 'gc', 'namespace', 'node']);

export interface Outcome {
  /** Objects left in the namespace, and Nodes, by `Kind/name`. */
  readonly objects: ReadonlyMap<string, KubeObject>;
  /** Every version of an object, by `Kind/name`. */
  readonly versions: ReadonlyMap<string, readonly KubeObject[]>;
  readonly events: readonly WrittenEvent[];
  /** Names the server generated. */
  readonly generated: ReadonlySet<string>;
  /** Commands that the replay does not know. */
  readonly unknown: readonly string[];
}

export function replay(topic: string, name: string, recording: Recording): Outcome {
  const nodeCase = topic === 'node';
  const readings = new Readings();
  const plane = controlPlane(name, nodeCase, readings);
  readings.connect(plane);
  const rules = rulesOf(recording.kubelet ?? '');
  const workers = new Workers(
    plane,
    nodesFor(nodeCase || topic === 'daemonset'),
    BY_TEXT.has(topic) ? rules : recordedRules(recording, rules),
  );
  const { namespace } = recording;
  if (!recording.stream.some((c) => c.kind === 'Namespace' && c.name === namespace)) {
    plane.do(plane.admin.create(Namespace, { metadata: { name: namespace } }));
  }
  plane.run(nodeCase ? 15 : 6);
  if (topic === 'cronjob') plane.run(secondsToMinute(plane, recording));

  const unknown: string[] = [];
  const randoms = new Map<string, string>();
  const start = plane.kernel.now;
  const startMs = plane.kernel.nowMs;
  const begun = plane.server.store.revision;
  const created = podNames(plane);
  const uids = new Map<string, string>();
  for (const command of recording.commands) {
    plane.kernel.runUntil(Math.max(plane.kernel.now, start + command.at * MICROS_PER_MS));
    resolveRandoms(recording, namespace, created, randoms);
    const text = (t: string): string =>
      t.replace(/[a-z0-9-]*<rand:\d+>/g, (p) => randoms.get(p) ?? p);
    if (command.request) {
      const { method, path, body, contentType } = command.request;
      const time = (offset: string): string => rfc3339(startMs + Number(offset) * 1_000);
      resolveUids(plane, recording, uids);
      const filled =
        body &&
        JSON.parse(
          text(JSON.stringify(body))
            .replace(/<time:([+-]\d+)>/g, (_, offset: string) => time(offset))
            .replace(/<uid:\d+>/g, (u) => uids.get(u) ?? u),
        );
      const answer = plane.request(method, text(path), filled, contentType);
      // An eviction under two budgets is answered with a Status that says failure.
      const failed = answer.body['kind'] === 'Status' && answer.body['status'] === 'Failure';
      const status = failed ? answer.body['code'] : answer.status;
      if (status !== command.code)
        unknown.push(`${method} ${path}: ${String(status)}, not ${command.code}`);
    } else if (command.argv) {
      const words = command.argv.slice(1).map(text);
      const args = words[0] === '-n' ? words.slice(2) : words;
      if (!kubectl(plane, namespace, args)) unknown.push(words.join(' '));
    } else if (command.metrics && !measure(readings, command.metrics)) {
      unknown.push(command.metrics);
    } else if (command.kubelet && !kubelet(workers, command.kubelet, BY_TEXT.has(topic))) {
      unknown.push(command.kubelet);
    }
  }
  const end = Math.max(
    ...recording.stream.map((c) => c.at),
    ...recording.commands.map((c) => c.at),
    ...(topic === 'hpa' ? recording.events.map((e) => e.at) : []),
  );
  plane.kernel.runUntil(start + end * MICROS_PER_MS);
  // An autoscaler would have its next look.
  plane.run(topic === 'hpa' ? 2 : SETTLE_SECONDS);
  return { ...collect(plane, namespace, begun), unknown };
}

/** Node cases were recorded with quicker flags. */
function controlPlane(name: string, nodeCase: boolean, usage: UsageSource): ControlPlane {
  const flags = { monitorPeriodUs: 2_000_000, graceMs: 12_000 }; // goldens/controllers/README.md
  return new ControlPlane({
    usage,
    controllers: controllers.map((make) => {
      if (make === nodeLifecycleController && nodeCase && name !== 'default-grace') {
        return () => nodeLifecycleController(flags);
      }
      return make === podGarbageCollector && name === 'terminated-pod-gc'
        ? () => podGarbageCollector(3)
        : make;
    }),
  });
}

/** A CronJob's recording began at some second of a minute: the replay waits for the same one. */
function secondsToMinute(plane: ControlPlane, recording: Recording): number {
  const text = JSON.stringify(recording.stream);
  const first = /"lastScheduleTime":"<time:\+(\d+)>"/.exec(text)?.[1] ?? '0';
  const second = Math.floor(plane.kernel.nowMs / 1_000) % 60;
  return (120 - Number(first) - second) % 60;
}

function nodesFor(nodeCase: boolean): NodeTraits[] {
  const zones = nodeCase ? ['a', 'b', 'c'] : ['a', 'b', 'c', 'a', 'b'];
  return zones.map((zone, i) => ({ name: `n${i + 1}`, zone, cpu: nodeCase ? '8' : '32' }));
}

function rulesOf(text: string): WorkerRules {
  const never = /pods of image (\S+) never (start|become ready)/.exec(text);
  const ready = /Ready (?:at )?([\d.]+) s/.exec(text);
  const running = /Running unready at ([\d.]+) s/.exec(text);
  const until = /unready until ([\d.]+) s/.exec(text);
  const gone = /gone ([\d.]+) s|pods take ([\d.]+) s/.exec(text);
  const stages = (image: string, restart: string, name: string): readonly Stage[] => {
    if (/pods never ready/.test(text)) return [{ after: 0.3, phase: 'Running', ready: false }];
    if (/pods named pend\*/.test(text) && name.startsWith('pend')) return [];
    if (never?.[1] === image) {
      return never[2] === 'start' ? [] : [{ after: 0.3, phase: 'Running', ready: false }];
    }
    const list: Stage[] = [];
    if (running) list.push({ after: Number(running[1]), phase: 'Running', ready: false });
    if (until) list.push({ after: 0.3, phase: 'Running', ready: false });
    const after = Number(until?.[1] ?? ready?.[1] ?? 0.3);
    list.push({ after, phase: 'Running', ready: true });
    if (restart !== 'Always') list.push({ after: 0.7, phase: 'Succeeded', ready: false });
    return list;
  };
  return {
    stages: (pod) =>
      stages(pod.spec.containers[0]?.image ?? '', pod.spec.restartPolicy ?? '', pod.metadata.name),
    ...(gone ? { goneAfter: Number(gone[1] ?? gone[2]) } : {}),
  };
}

function kubelet(workers: Workers, text: string, byText: boolean): boolean {
  const nodes = text.match(/\bn\d\b/g) ?? [];
  if (/stop: no lease/.test(text)) for (const n of nodes) workers.silent.add(n);
  else if (/come back/.test(text)) for (const n of nodes) workers.wake(n);
  else if (/posts Ready=True/.test(text)) for (const n of nodes) workers.setReady(n, 'True');
  else if (/posts Ready=False/.test(text)) for (const n of nodes) workers.setReady(n, 'False');
  else if (/status of pod .* Ready=True/.test(text) && byText) workers.rewriteStatuses();
  else if (/status of pod/.test(text))
    return true; // in the recorded life of the Pod
  else return false;
  return true;
}

/** `every running pod uses 50m cpu, 100Mi memory` */
function measure(readings: Readings, text: string): boolean {
  const [, cpu, memory] = /every (?:running )?pod uses (\w+)(?: cpu)?, (\w+)/.exec(text) ?? [];
  if (cpu === undefined || memory === undefined) return false;
  readings.set(cpu, memory);
  return true;
}

/** `Kind/name` of generated objects in the order of their creation, kept up while time passes. */
function podNames(plane: ControlPlane): string[] {
  const names: string[] = [];
  const { onEvent } = plane.server.store;
  plane.server.store.onEvent = (event) => {
    onEvent?.(event);
    const { object } = event.kv.value;
    const generated = object.metadata.generateName !== undefined;
    if (event.type === 'PUT' && !event.previous && RANDOM_KINDS.has(object.kind) && generated) {
      names.push(`${object.kind}/${object.metadata.name}`);
    }
  };
  return names;
}

/** The placeholder of a recorded object's uid stands for that of our object of the same name. */
function resolveUids(plane: ControlPlane, recording: Recording, uids: Map<string, string>): void {
  const ours = new Map<string, string>();
  for (const { kv } of plane.server.store.since(0)) {
    const { kind, metadata } = kv.value.object;
    ours.set(`${kind}/${metadata.namespace ?? ''}/${metadata.name}`, metadata.uid);
  }
  for (const change of recording.stream) {
    if (change.type !== 'ADDED') continue;
    const { uid = '' } = (change.change as { metadata: { uid?: string } }).metadata;
    const own = ours.get(`${change.kind}/${change.namespace ?? ''}/${change.name}`);
    if (own !== undefined) uids.set(uid, own);
  }
}

const RANDOM_KINDS = new Set(['Pod', 'EndpointSlice']);

/** The n-th generated Pod (or slice) of the recording is our n-th one. */
function resolveRandoms(
  recording: Recording,
  namespace: string,
  created: readonly string[],
  randoms: Map<string, string>,
): void {
  for (const kind of RANDOM_KINDS) {
    const own = created.filter((c) => c.startsWith(`${kind}/`));
    const recorded = recording.stream.filter(
      (c) =>
        c.type === 'ADDED' &&
        c.kind === kind &&
        c.namespace === namespace &&
        c.name.includes('<rand'),
    );
    recorded.forEach((c, i) => {
      const name = own[i]?.slice(kind.length + 1);
      if (name !== undefined) randoms.set(c.name, name);
    });
  }
}

function collect(plane: ControlPlane, namespace: string, begun: number): Omit<Outcome, 'unknown'> {
  const generated = new Set<string>();
  const objects = new Map<string, KubeObject>();
  const versions = new Map<string, KubeObject[]>();
  for (const event of plane.server.store.since(0)) {
    const { object } = event.kv.value;
    if (object.metadata.generateName) generated.add(object.metadata.name);
    const { namespace: place = '', name } = object.metadata;
    const ours = place.startsWith(namespace) || (place === '' && name.startsWith(namespace));
    if (object.kind === 'Event' || (!ours && object.kind !== 'Node')) continue;
    const key = `${object.kind}/${object.metadata.name}`;
    if (event.type === 'PUT') {
      objects.set(key, object);
      const list = versions.get(key);
      if (list) list.push(object);
      else versions.set(key, [object]);
    } else objects.delete(key);
  }
  const events: WrittenEvent[] = [];
  for (const event of plane.server.store.since(begun)) {
    if (event.type !== 'PUT' || event.kv.value.object.kind !== 'Event') continue;
    const e = event.kv.value.object as Event;
    const { namespace: place = '' } = e.metadata;
    if (place !== 'default' && !place.startsWith(namespace)) continue;
    events.push({
      watch: event.previous ? 'MODIFIED' : 'ADDED',
      type: e.type ?? '',
      reason: e.reason ?? '',
      object: `${e.involvedObject.kind}/${e.involvedObject.name}`,
      message: e.message ?? '',
      from: e.source.component || (e.reportingComponent ?? ''),
      count: e.count ?? 1,
    });
  }
  return { objects, versions, events, generated };
}
