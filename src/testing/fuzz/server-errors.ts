/**
 * The classes of answers with code 500 and above that a real server gives, as the recordings show
 * them. Any other such answer is a fault of ours.
 */

export const RECORDED: readonly RegExp[] = [
  /^Internal error occurred: failed calling webhook "/,
  /^The order in patch list:\n/,
  /^failed to create typed patch object \(/,
  /^map: map\[.*\] does not contain declared merge key: /s,
  /^resourceVersion should not be set on objects to be created$/,
  /^resourceVersion: Invalid value: ".*": strconv\.ParseUint: parsing /s,
  /^strconv\.ParseUint: parsing ".*": (?:invalid syntax|value out of range)$/s,
  /^target\.(?:kind|name): /,
  /^unknown patch type: .* in map: map\[/s,
  /^Timeout: Too large resource version: /,
];

/**
 * Said by upstream where the recordings have a neighbour: structuredmerge.go Apply and its updater
 * have a sentence for each step, strategicpatch's mergeSlice one for each way in which a list can be
 * wrong (v1.36).
 */
const OF_UPSTREAM: readonly RegExp[] = [
  /^failed to convert new object \(/,
  /^failed to convert live object \(/,
  /^failed to convert new typed object \(/,
  /^failed to merge config: /,
  /^Internal error occurred: error sending request: /,
  /^(?:Get|Post) "https:.*: connect: connection refused$/,
  /^list element types are not identical: /,
  /^expected a map\[string\]interface \{\}, but received a /,
];

/** What is not simulated is refused by name. */
const NOT_SIMULATED = 501;

export function isKnownServerError(code: number, message: string): boolean {
  if (code === NOT_SIMULATED) return / not simulated/.test(message);
  return [...RECORDED, ...OF_UPSTREAM].some((pattern) => pattern.test(message));
}
