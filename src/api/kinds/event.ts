/**
 * Event: something that happened to an object, kept for an hour.
 *
 * Models: pkg/registry/core/event strategy.go and storage, pkg/apis/core/validation events.go (v1.36)
 */
import type { Event as EventType } from '../generated/types.ts';
import { ageText, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { FieldErrors } from '../meta/field-errors.ts';
import { invalid } from '../meta/status.ts';
import { EVENTS_GROUP, validateEvent, validateV1Event } from './event/validation.ts';

export type Event = EventType;

const NAMED = { group: '', kind: 'Event' };
const TTL_SECONDS = 3600; // --event-ttl
function firstSeen(event: Event, nowMs: number): string {
  return ageText(event.firstTimestamp || event.eventTime, nowMs);
}

function lastSeen(event: Event, nowMs: number): string {
  if (event.series !== undefined) return ageText(event.series.lastObservedTime, nowMs);
  return event.lastTimestamp ? ageText(event.lastTimestamp, nowMs) : firstSeen(event, nowMs);
}

function sourceText({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || '';
  const instance = source?.host || reportingInstance || '';
  return instance === '' ? component : `${component}, ${instance}`;
}

function objectText({ involvedObject }: Event): string {
  const kind = (involvedObject.kind ?? '').toLowerCase();
  return involvedObject.name ? `${kind}/${involvedObject.name}` : kind;
}

const COLUMNS: readonly Column<Event>[] = [
  {
    name: 'Last Seen',
    type: 'string',
    description: 'The time at which the most recent occurrence of this event was recorded.',
    cell: lastSeen,
  },
  {
    name: 'Type',
    type: 'string',
    description: 'Type of this event (Normal, Warning), new types could be added in the future',
    cell: (event) => event.type ?? '',
  },
  {
    name: 'Reason',
    type: 'string',
    description:
      'This should be a short, machine understandable string that gives the reason for the ' +
      "transition into the object's current status.",
    cell: (event) => event.reason ?? '',
  },
  {
    name: 'Object',
    type: 'string',
    description: 'The object that this event is about.',
    cell: objectText,
  },
  {
    name: 'Subobject',
    type: 'string',
    priority: 1,
    description:
      'If referring to a piece of an object instead of an entire object, this string should contain ' +
      'a valid JSON/Go field access statement, such as desiredState.manifest.containers[2]. For ' +
      'example, if the object reference is to a container within a pod, this would take on a value ' +
      'like: "spec.containers{name}" (where "name" refers to the name of the container that ' +
      'triggered the event) or if no container name is specified "spec.containers[2]" (container ' +
      'with index 2 in this pod). This syntax is chosen only to have some well-defined way of ' +
      'referencing a part of an object.',
    cell: (event) => event.involvedObject.fieldPath ?? '',
  },
  {
    name: 'Source',
    type: 'string',
    priority: 1,
    description:
      'The component reporting this event. Should be a short machine understandable string.',
    cell: sourceText,
  },
  {
    name: 'Message',
    type: 'string',
    description: 'A human-readable description of the status of this operation.',
    cell: (event) => (event.message ?? '').trim(),
  },
  {
    name: 'First Seen',
    type: 'string',
    priority: 1,
    description:
      'The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)',
    cell: firstSeen,
  },
  {
    name: 'Count',
    type: 'string',
    priority: 1,
    description: 'The number of times this event has occurred.',
    cell: (event) => event.series?.count ?? (event.count || 1),
  },
  { ...NAME_COLUMN, priority: 1 },
];

export const Event = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Event',
  ownMeta: 'none',
  createOnUpdate: true,
  ttlSeconds: TTL_SECONDS,
  shallowCreate: true,
  defaults(event) {
    // What every Event shows even when it was not set.
    event.source ??= {};
    const shown = event as unknown as Record<string, unknown>;
    for (const field of ['firstTimestamp', 'lastTimestamp', 'eventTime']) shown[field] ??= null;
    event.reportingComponent ??= '';
    event.reportingInstance ??= '';
  },
  allocate(draft, old, { kind }) {
    // Only here is it known which version was asked for; the newer one has more rules.
    if (kind.group !== EVENTS_GROUP) return;
    const errors = new FieldErrors();
    const event = draft as unknown as Event;
    validateEvent(event, errors, 'reportingController');
    validateV1Event(event, old, errors);
    if (!errors.none) throw invalid(NAMED, event.metadata.name ?? '', errors.list);
  },
  validate(event, errors) {
    validateEvent(event, errors);
  },
  validateUpdate(next, _old, errors) {
    validateEvent(next, errors);
  },
  selectableFields: ({ involvedObject: about = {}, ...event }) => ({
    'involvedObject.kind': about.kind ?? '',
    'involvedObject.namespace': about.namespace ?? '',
    'involvedObject.name': about.name ?? '',
    'involvedObject.uid': about.uid ?? '',
    'involvedObject.apiVersion': about.apiVersion ?? '',
    'involvedObject.resourceVersion': about.resourceVersion ?? '',
    'involvedObject.fieldPath': about.fieldPath ?? '',
    reason: event.reason ?? '',
    reportingComponent: event.reportingComponent ?? '',
    source: event.source?.component || event.reportingComponent || '',
    type: event.type ?? '',
  }),
  columns: COLUMNS,
});
