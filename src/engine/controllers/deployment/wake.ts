/**
 * What wakes a Deployment besides itself and its own ReplicaSets.
 *
 * Models: kubernetes pkg/controller/deployment/deployment_controller.go (event handlers) (v1.36)
 */
import { Deployment } from '../../../api/kinds/deployment.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { ReplicaSet } from '../../../api/kinds/replica-set.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { keyFor, keyOf } from '../../../api/meta/object.ts';
import { controllerOf } from '../../../api/meta/owner-references.ts';
import { compileStoredSelector } from '../../../api/meta/selectors.ts';
import type { ControllerContext } from '../../client/controller.ts';
import { indexOrphans } from '../../client/ownership.ts';
import { isRollingUpdate } from './limits.ts';

/** Orphaned ReplicaSets wake matching Deployments; the last old Pod wakes one that recreates. */
export function watchOrphans(context: ControllerContext): void {
  const { informers, queue } = context;
  const deployments = informers.for(Deployment);
  const sets = informers.for(ReplicaSet);
  indexOrphans(sets);
  deployments.addIndex('namespace', (d) => [d.metadata.namespace ?? '']);

  const wakeMatching = (rs: ReplicaSet): void => {
    if (rs.metadata.deletionTimestamp !== undefined) return;
    for (const d of deployments.by('namespace', rs.metadata.namespace ?? '').values()) {
      const selector = compileStoredSelector(d.spec.selector);
      if (!selector.empty && selector.matches(rs.metadata.labels)) queue.add(keyOf(d));
    }
  };
  const wakeRecreate = (pod: Pod): void => {
    const ref = controllerOf(pod);
    if (ref?.kind !== 'ReplicaSet') return;
    const rs = sets.get(keyFor(pod.metadata.namespace, ref.name));
    const owner = rs?.metadata.uid === ref.uid ? controllerOf(rs) : undefined;
    if (!rs || owner?.kind !== 'Deployment') return;
    const d = deployments.get(keyFor(rs.metadata.namespace, owner.name));
    if (d?.metadata.uid !== owner.uid || isRollingUpdate(d)) return;
    for (const sibling of sets.ownedBy(owner.uid).values()) {
      if (context.ownedBy(sibling, Pod).size > 0) return;
    }
    queue.add(keyOf(d));
  };

  sets.addHandler({
    onAdd: (rs) => {
      if (!controllerOf(rs)) wakeMatching(rs);
    },
    onUpdate: (rs, old) => {
      if (controllerOf(rs)) return;
      const changed = controllerOf(old) || !equalJson(rs.metadata.labels, old.metadata.labels);
      if (changed) wakeMatching(rs);
    },
  });
  informers.for(Pod).addHandler({ onDelete: wakeRecreate });
}
