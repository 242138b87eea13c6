/**
 * Validation of Events, as the older and the newer of their versions ask for it.
 *
 * Models: pkg/apis/core/validation events.go (v1.36)
 */
import type { Event } from '../../generated/types.ts';
import { checkImmutable, complain } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { equalJson } from '../../meta/json.ts';
import { isDNS1123Subdomain, isQualifiedName } from '../../meta/names.ts';

export const EVENTS_GROUP = 'events.k8s.io';

/** In upstream's order; the reason is looked at twice there. */
const IMMUTABLE = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'reason',
  'type',
  'eventTime',
  'action',
  'related',
] as const;

const MAX_CHARACTERS = 128; // events.go ActionLengthLimit, ReasonLengthLimit, Reporting…
const MAX_MESSAGE_CHARACTERS = 1024; // events.go NoteLengthLimit

export function validateEvent(
  event: Event,
  errors: FieldErrors,
  reporterField = 'reportingComponent',
): void {
  const namespace = event.metadata.namespace ?? '';
  const about = event.involvedObject.namespace ?? '';
  const disagree = (): void =>
    errors.invalid('involvedObject.namespace', about, 'does not match event.namespace');
  if (!event.eventTime) {
    if (about === '' ? namespace !== '' && namespace !== 'default' : namespace !== about) {
      disagree();
    }
  } else {
    if (about === '' && namespace !== 'default' && namespace !== 'kube-system') disagree();
    const reporter = event.reportingComponent ?? '';
    if (reporter === '') errors.required(reporterField);
    complain(isQualifiedName(reporter), reporter, reporterField, errors);
    checkText(event.reportingInstance, 'reportingInstance', errors);
    checkText(event.action, 'action', errors);
    checkText(event.reason, 'reason', errors);
    checkLength(event.message, MAX_MESSAGE_CHARACTERS, 'message', errors);
  }
  complain(isDNS1123Subdomain(namespace), namespace, 'namespace', errors);
}

function checkText(text: string | undefined, field: string, errors: FieldErrors): void {
  if (!text) errors.required(field);
  checkLength(text, MAX_CHARACTERS, field, errors);
}

function checkLength(
  text: string | undefined,
  max: number,
  field: string,
  errors: FieldErrors,
): void {
  if ((text ?? '').length > max) errors.invalid(field, '', `can have at most ${max} characters`);
}

/** What events.k8s.io/v1 asks for besides. |old| is null on create. */
export function validateV1Event(event: Event, old: Event | null, errors: FieldErrors): void {
  if (old === null) {
    validateSeries(event, errors);
    if (!event.eventTime) errors.required('eventTime');
    const { type = '', source } = event;
    if (type !== 'Normal' && type !== 'Warning') {
      errors.invalid('type', '', `has invalid value: ${type}`);
    }
    const unset = 'needs to be unset';
    if (event.firstTimestamp) errors.invalid('firstTimestamp', '', unset);
    if (event.lastTimestamp) errors.invalid('lastTimestamp', '', unset);
    if (event.count) errors.invalid('count', '', unset);
    if (source?.component || source?.host) errors.invalid('source', '', unset);
    return;
  }
  if (!equalJson(event.series, old.series)) validateSeries(event, errors);
  const check = (field: keyof Event, shown: string = field): void => {
    checkImmutable(asGo(field, event[field]), asGo(field, old[field]), shown, errors);
  };
  for (const field of IMMUTABLE) check(field);
  check('reportingComponent', 'reportingController');
  check('reportingInstance');
}

const GO_FIELDS: Readonly<Record<string, readonly string[]>> = {
  involvedObject: [
    'kind',
    'namespace',
    'name',
    'uid',
    'apiVersion',
    'resourceVersion',
    'fieldPath',
  ],
  related: ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'],
  source: ['component', 'host'],
};
const GO_NAMES: Readonly<Record<string, string>> = { uid: 'UID', apiVersion: 'APIVersion' };

/** Upstream shows the structs of its own version, with all their fields. */
function asGo(field: string, value: unknown): unknown {
  const names = GO_FIELDS[field];
  if (names === undefined || typeof value !== 'object' || value === null) return value;
  const from = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    names.map((name) => [
      GO_NAMES[name] ?? name.charAt(0).toUpperCase() + name.slice(1),
      from[name] ?? '',
    ]),
  );
}

function validateSeries({ series }: Event, errors: FieldErrors): void {
  if (series === undefined) return;
  if ((series.count ?? 0) < 2) errors.invalid('series.count', '', 'should be at least 2');
  if (!series.lastObservedTime) errors.required('series.lastObservedTime');
}
