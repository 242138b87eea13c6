/**
 * Parts of `kubectl get` tables that kinds have in common.
 *
 * Models: pkg/printers/internalversion printers.go,
 *         k8s.io/apimachinery/pkg/util/duration duration.go (v1.36)
 */
import type { Container } from '../generated/types.ts';
import type { Column } from './define-kind.ts';
import type { KubeObject } from './object.ts';

const NAME_TEXT =
  'Name must be unique within a namespace. Is required when creating resources, although some ' +
  'resources may allow a client to request the generation of an appropriate name automatically. ' +
  'Name is primarily intended for creation idempotence and configuration definition. Cannot be ' +
  'updated. More info: ' +
  'https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names';

const AGE_TEXT =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It ' +
  'is not guaranteed to be set in happens-before order across separate operations. Clients may not ' +
  'set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. ' +
  'Read-only. Null for lists. More info: ' +
  'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata';

export const NAME_COLUMN: Column<KubeObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: NAME_TEXT,
  cell: (object) => object.metadata.name,
};

export const AGE_COLUMN: Column<KubeObject> = {
  name: 'Age',
  type: 'string',
  description: AGE_TEXT,
  cell: (object, nowMs) => ageText(object.metadata.creationTimestamp, nowMs),
};

/** Columns of kinds for which upstream has no printer of its own. */
export const DEFAULT_COLUMNS: readonly Column<KubeObject>[] = [
  NAME_COLUMN,
  {
    name: 'Created At',
    type: 'date',
    description: AGE_TEXT,
    cell: (object) => object.metadata.creationTimestamp,
  },
];

/** Time since |timestamp| (RFC 3339), roughly. */
export function ageText(timestamp: string | null | undefined, nowMs: number): string {
  if (!timestamp) return '<unknown>';
  return humanDuration(nowMs - Date.parse(timestamp));
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** `42s`, `5m10s`, `3h`, `2d4h`, `1y20d`: upstream HumanDuration. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / SECOND_MS);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(ms / MINUTE_MS);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(ms / HOUR_MS);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return two(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  if (days < 2920) return two(years, 'y', days % 365, 'd');
  return `${years}y`;
}

function two(a: number, unitA: string, b: number, unitB: string): string {
  return b === 0 ? `${a}${unitA}` : `${a}${unitA}${b}${unitB}`;
}

/** The first |max| of |total| entries and how many more there are: `a,b,c + 2 more...`. */
export function listText(shown: readonly string[], total: number, max: number): string {
  const text = shown.join(',');
  return total > max ? `${text} + ${total - max} more...` : text;
}

export function containerNames(containers: readonly Container[] | undefined): string {
  return (containers ?? []).map((c) => c.name).join(',');
}

export function containerImages(containers: readonly Container[] | undefined): string {
  return (containers ?? []).map((c) => c.image ?? '').join(',');
}
