/**
 * Event of events.k8s.io/v1: the same events under newer names; stored as core/v1.
 *
 * Models: pkg/apis/events/v1 conversion.go, defaults.go, pkg/printers/internalversion (v1.36)
 */
import type { Event as StoredEvent, EventsV1Event } from '../generated/types.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { cloneJson } from '../meta/json.ts';
import type { Draft, KubeObject } from '../meta/object.ts';
import { Event } from './event.ts';

export type EventV1 = EventsV1Event;

type Fields = Record<string, unknown>;

/** Name here, name in core/v1. */
const RENAMED: readonly (readonly [v1: string, core: string])[] = [
  ['note', 'message'],
  ['regarding', 'involvedObject'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];

const TIMES = ['eventTime', 'deprecatedFirstTimestamp', 'deprecatedLastTimestamp'];

function rename(fields: Fields, from: string, to: string): void {
  if (fields[from] === undefined) return;
  fields[to] = fields[from];
  delete fields[from];
}

/** In place. */
export function toStoredEvent(event: Draft<EventV1>): Draft<StoredEvent> {
  const fields = event as unknown as Fields;
  for (const [v1, core] of RENAMED) rename(fields, v1, core);
  fields['apiVersion'] = 'v1';
  // core/v1 always writes these two.
  fields['reportingComponent'] ??= '';
  fields['reportingInstance'] ??= '';
  return fields as unknown as Draft<StoredEvent>;
}

export function fromStoredEvent(event: StoredEvent): EventV1 {
  const fields: Fields = { ...event };
  for (const [v1, core] of RENAMED) rename(fields, core, v1);
  fields['apiVersion'] = 'events.k8s.io/v1';
  for (const field of ['reportingController', 'reportingInstance']) {
    if (fields[field] === '') delete fields[field];
  }
  for (const field of TIMES) fields[field] ??= null;
  return fields as unknown as EventV1;
}

const COLUMNS: readonly Column<EventV1>[] = (Event.columns ?? []).map((column) => ({
  ...column,
  cell: (event: EventV1, nowMs: number) => {
    const stored = toStoredEvent(cloneJson(event) as Draft<EventV1>);
    return column.cell(stored as unknown as StoredEvent, nowMs);
  },
}));

export const EventV1 = defineKind<EventV1>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  namespaced: true,
  schema: 'io.k8s.api.events.v1.Event',
  createOnUpdate: true,
  defaults(event) {
    event.deprecatedSource ??= {};
    event.regarding ??= {};
    const shown = event as unknown as Fields;
    for (const field of TIMES) shown[field] ??= null;
  },
  storedAs: {
    kind: Event,
    toStored: (event) => toStoredEvent(event) as unknown as Draft<KubeObject>,
    fromStored: (object) => fromStoredEvent(object as unknown as StoredEvent),
  },
  selectableFields: (event) => ({
    'regarding.kind': event.regarding?.kind ?? '',
    'regarding.namespace': event.regarding?.namespace ?? '',
    'regarding.name': event.regarding?.name ?? '',
    'regarding.uid': event.regarding?.uid ?? '',
    'regarding.apiVersion': event.regarding?.apiVersion ?? '',
    'regarding.resourceVersion': event.regarding?.resourceVersion ?? '',
    'regarding.fieldPath': event.regarding?.fieldPath ?? '',
    reason: event.reason ?? '',
    reportingController: event.reportingController ?? '',
    type: event.type ?? '',
  }),
  columns: COLUMNS,
});
