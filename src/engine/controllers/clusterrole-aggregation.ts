/**
 * ClusterRole aggregation: roles such as admin, edit and view are the sum of those that their
 * selectors find.
 *
 * Models:     pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go (v1.36)
 * Watches:    ClusterRole
 * Writes:     ClusterRole apply (rules)
 * Simplified: nothing known
 */
import { ClusterRole } from '../../api/kinds/cluster-role.ts';
import type { PolicyRule } from '../../api/generated/types.ts';
import { compareText } from '../../api/meta/go-text.ts';
import { equalJson } from '../../api/meta/json.ts';
import { compileStoredSelector } from '../../api/meta/selectors.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const MANAGER = 'clusterrole-aggregation-controller';
const WORKERS = 5; // startClusterRoleAggregrationController

export function clusterRoleAggregation(): ControllerDefinition<ClusterRole> {
  return defineController<ClusterRole>({
    name: MANAGER,
    primary: ClusterRole,
    ownHandlers: true,
    workers: WORKERS,
    start({ informers, queue }) {
      const roles = informers.for(ClusterRole);
      // Nobody knows which roles depend on which: all that are put together are looked at.
      const wake = (): void => {
        for (const role of roles.all()) if (role.aggregationRule) queue.add(role.metadata.name);
      };
      roles.addHandler({ onAdd: wake, onUpdate: wake, onDelete: wake });
    },
    reconcile: aggregate,
  });
}

function* aggregate(name: string, context: ControllerContext): Proc {
  const role = context.get(ClusterRole, name);
  if (!role?.aggregationRule) return;
  const rules = aggregatedRules(role, [...context.informers.for(ClusterRole).all()]);
  context.note(`${rules.length} rules in ${name}`, String(role.rules?.length ?? 0));
  if (equalJson(rules, role.rules ?? [])) return;
  const configuration = {
    apiVersion: role.apiVersion,
    kind: role.kind,
    metadata: { name },
    rules,
  };
  yield* context.client.apply(ClusterRole, '', name, configuration, { fieldManager: MANAGER });
}

/** Pure: the rules that the selectors of |role| find, each once. */
export function aggregatedRules(
  role: ClusterRole,
  all: readonly ClusterRole[],
): readonly PolicyRule[] {
  const sorted = [...all].sort((a, b) => compareText(a.metadata.name, b.metadata.name));
  const found: PolicyRule[] = [];
  for (const labelSelector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selector = compileStoredSelector(labelSelector);
    for (const { metadata, rules } of sorted) {
      if (metadata.name === role.metadata.name || !selector.matches(metadata.labels ?? {}))
        continue;
      for (const rule of rules ?? []) {
        if (!found.some((other) => equalJson(other, rule))) found.push(rule);
      }
    }
  }
  return found;
}
