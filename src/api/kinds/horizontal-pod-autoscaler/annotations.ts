/**
 * Annotations in which autoscaling/v1 carries what it has no fields for.
 *
 * Models: pkg/apis/autoscaling annotations.go, helpers.go (v1.36)
 */
const PREFIX = 'autoscaling.alpha.kubernetes.io/';
export const METRICS = `${PREFIX}metrics`;
export const CURRENT_METRICS = `${PREFIX}current-metrics`;
export const CONDITIONS = `${PREFIX}conditions`;
export const BEHAVIOR = `${PREFIX}behavior`;

const ROUND_TRIP = [
  METRICS,
  CURRENT_METRICS,
  CONDITIONS,
  BEHAVIOR,
  `${PREFIX}scale-down-tolerance`,
  `${PREFIX}scale-up-tolerance`,
];

type Annotations = Readonly<Record<string, string>>;

/** |annotations| without them; undefined when nothing is left. */
export function withoutRoundTrip<T extends Annotations>(annotations: T | undefined): T | undefined {
  if (annotations === undefined || !ROUND_TRIP.some((key) => Object.hasOwn(annotations, key))) {
    return annotations;
  }
  const kept = Object.entries(annotations).filter(([key]) => !ROUND_TRIP.includes(key));
  return kept.length === 0 ? undefined : (Object.fromEntries(kept) as T);
}

/** In place. */
export function dropRoundTrip(metadata: { annotations?: Record<string, string> }): void {
  const kept = withoutRoundTrip(metadata.annotations);
  if (kept === undefined) delete metadata.annotations;
  else metadata.annotations = kept;
}
