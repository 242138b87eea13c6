/** Output of `sim`: the ten steps, the trace, Events or objects, as text or JSON. */
import type { Event } from '../api/generated/types.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { withManagedFields } from '../engine/apiserver/stored.ts';
import type { Session } from '../engine/session.ts';
import { toYamlDocuments } from '../kubectl/yaml-print.ts';
import type { StepRow } from '../port/protocol.ts';

export type PrintWhat = 'steps' | 'trace' | 'events' | 'objects';

export const PRINTS: readonly PrintWhat[] = ['steps', 'trace', 'events', 'objects'];

export function print(
  what: PrintWhat,
  json: boolean,
  session: Session,
  steps: readonly StepRow[],
): string {
  switch (what) {
    case 'steps':
      return json ? toJson(steps.map(stepJson)) : stepLines(steps);
    case 'trace':
      return json ? toJson([...spans(session)]) : traceLines(session);
    case 'events':
      return json ? toJson(events(session)) : eventLines(session);
    case 'objects': {
      const items = objects(session);
      return json
        ? toJson({ kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '' }, items })
        : toYamlDocuments(items);
    }
  }
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function ms(us: number): number {
  return us / 1_000;
}

function stepJson(row: StepRow): unknown {
  const { step, at, actor, object, revision, trigger } = row;
  return { step, at: ms(at), actor, object, revision, trigger };
}

const WHAT: Readonly<Record<number, string>> = {
  1: 'sent to the API server and stored in etcd',
  2: 'watch event delivered',
  3: 'ReplicaSet created',
  4: 'watch event delivered',
  5: 'Pod created',
  6: 'watch event delivered',
  7: 'node chosen and bound',
  8: 'watch event delivered',
  9: 'sandbox and init containers',
  10: 'containers pulled, started and reported',
};

function stepLines(steps: readonly StepRow[]): string {
  return steps
    .map((s) => {
      const at = `${ms(s.at).toFixed(1)} ms`.padStart(12);
      return `${String(s.step).padStart(2)} ${at}  ${s.actor.padEnd(22)} ${s.object}  ${WHAT[s.step] ?? ''}\n`;
    })
    .join('');
}

function* spans(session: Session): Generator<unknown> {
  const { trace } = session.cluster.kernel;
  for (const span of trace.from(trace.firstId)) yield span;
}

function traceLines(session: Session): string {
  const { trace } = session.cluster.kernel;
  let out = '';
  for (const s of trace.from(trace.firstId)) {
    const to = s.to === '' ? '' : ` → ${s.to}`;
    const took = s.end < 0 ? 'open' : `${ms(s.end - s.start).toFixed(1)} ms`;
    out += `${String(s.id).padStart(6)} ${ms(s.start).toFixed(1).padStart(11)} ${took.padStart(11)}  ${s.kind.padEnd(9)} ${s.from}${to}  ${s.name} ${s.object}${s.revision > 0 ? ` @${s.revision}` : ''}  ← ${s.parent}\n`;
  }
  return `${out}hash ${trace.hash}\n`;
}

function objects(session: Session): KubeObject[] {
  const { server } = session.cluster;
  return server.registry.resources.flatMap((r) =>
    server.store.range(r.prefix).map((kv) => withManagedFields(kv.value)),
  );
}

function events(session: Session): Event[] {
  const { server } = session.cluster;
  return server.store
    .range('/registry/events/')
    .map((kv) => kv)
    .sort((a, b) => a.createRevision - b.createRevision)
    .map((kv) => kv.value.object as Event);
}

function eventLines(session: Session): string {
  return events(session)
    .map((e) => {
      const about = `${e.involvedObject.kind ?? ''}/${e.involvedObject.name ?? ''}`;
      const count = (e.count ?? 1) > 1 ? ` (x${e.count})` : '';
      return `${(e.type ?? '').padEnd(8)} ${(e.reason ?? '').padEnd(20)} ${about.padEnd(40)} ${e.message ?? ''}${count}\n`;
    })
    .join('');
}
