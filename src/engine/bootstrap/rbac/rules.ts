/**
 * How the tables of roles are read. A line is one rule, its parts divided by ` | `:
 *
 *   VERBS | GROUPS | RESOURCES          VERBS | GROUPS | RESOURCES | NAMES          VERBS | URLS
 *
 * Words are divided by blanks; the group `core` is the one without a name.
 */
import type { PolicyRule } from '../../../api/generated/types.ts';

export type RuleTable = Readonly<Record<string, readonly string[]>>;

export function readRule(line: string): PolicyRule {
  const [verbs = [], second = [], resources, resourceNames] = line
    .split(' | ')
    .map((part) => part.split(' '));
  if (resources === undefined) return { verbs, nonResourceURLs: second };
  const apiGroups = second.map((group) => (group === 'core' ? '' : group));
  const rule = { verbs, apiGroups, resources };
  return resourceNames === undefined ? rule : { ...rule, resourceNames };
}
