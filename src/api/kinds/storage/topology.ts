/**
 * Topologies that a storage class allows.
 *
 * Models: pkg/apis/core/validation ValidateTopologySelectorTerm, pkg/apis/storage/validation
 *         validateAllowedTopologies (v1.36)
 */
import type { TopologySelectorTerm } from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { canonicalJson } from '../../meta/json.ts';
import { validateLabelName } from '../../meta/labels.ts';

export function validateTopologies(
  topologies: readonly TopologySelectorTerm[],
  path: string,
  errors: FieldErrors,
): void {
  const seen: string[] = [];
  // Upstream compares with as many empty terms as there are terms: an empty one is a double.
  if (topologies.length > 0) seen.push(...topologies.map(() => '{}'));
  topologies.forEach((term, i) => {
    const at = FieldPath.of(path).index(i).child('matchLabelExpressions');
    const sets = validateTerm(term, at, errors);
    for (const other of seen) if (other === sets) errors.duplicate(at, '');
    seen.push(sets);
  });
}

/** Answers the term's keys and sets of values, as a text to compare. */
function validateTerm(
  { matchLabelExpressions = [] }: TopologySelectorTerm,
  path: FieldPath,
  errors: FieldErrors,
): string {
  const sets: Record<string, readonly string[]> = {};
  matchLabelExpressions.forEach(({ key, values }, i) => {
    const at = path.index(i);
    const list = values ?? [];
    const valuesAt = at.child('values');
    if (list.length === 0) errors.required(valuesAt);
    list.forEach((value, j) => {
      if (list.indexOf(value) < j) errors.duplicate(valuesAt.index(j), value);
    });
    validateLabelName(key, at.child('key'), errors);
    if (Object.hasOwn(sets, key)) errors.duplicate(at.child('key'), key);
    sets[key] = [...new Set(list)].sort();
  });
  return canonicalJson(sets);
}
