/**
 * What ControllerRevisions and Nodes wake which DaemonSets.
 *
 * Models: kubernetes pkg/controller/daemon/daemon_controller.go (addHistory, updateHistory,
 *         deleteHistory, addNode, updateNode) (v1.36)
 */
import type {
  ControllerRevision as Revision,
  Node as NodeObject,
} from '../../../api/generated/types.ts';
import { ControllerRevision } from '../../../api/kinds/controller-revision.ts';
import { DaemonSet } from '../../../api/kinds/daemon-set.ts';
import { Node } from '../../../api/kinds/node.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { keyFor, keyOf } from '../../../api/meta/object.ts';
import { controllerOf } from '../../../api/meta/owner-references.ts';
import { compileStoredSelector } from '../../../api/meta/selectors.ts';
import type { ControllerContext } from '../../client/controller.ts';
import { indexOrphans } from '../../client/ownership.ts';
import { nodeFit } from './nodes.ts';

/** A revision that its DaemonSet has just made tells it nothing new: only later changes wake it. */
export function watchRevisions(context: ControllerContext): void {
  const revisions = context.informers.for(ControllerRevision);
  indexOrphans(revisions);
  revisions.addHandler({
    onAdd: (revision) => {
      if (revision.metadata.deletionTimestamp !== undefined) wakeOwner(revision, context);
      else if (!controllerOf(revision)) wakeMatching(revision, context);
    },
    onUpdate: (revision, old) => {
      const moved = !equalJson(controllerOf(revision), controllerOf(old));
      if (moved) wakeOwner(old, context);
      if (controllerOf(revision)) wakeOwner(revision, context);
      else if (moved || !equalJson(revision.metadata.labels, old.metadata.labels)) {
        wakeMatching(revision, context);
      }
    },
    onDelete: (revision) => wakeOwner(revision, context),
  });
}

function wakeOwner(revision: Revision, { informers, queue }: ControllerContext): void {
  const ref = controllerOf(revision);
  if (ref?.kind !== 'DaemonSet') return;
  const ds = informers.for(DaemonSet).get(keyFor(revision.metadata.namespace, ref.name));
  if (ds?.metadata.uid === ref.uid) queue.add(keyOf(ds));
}

function wakeMatching({ metadata }: Revision, { informers, queue }: ControllerContext): void {
  for (const ds of informers.for(DaemonSet).all()) {
    if (ds.metadata.namespace !== metadata.namespace) continue;
    const selector = compileStoredSelector(ds.spec.selector);
    if (!selector.empty && selector.matches(metadata.labels)) queue.add(keyOf(ds));
  }
}

const DAEMON_NODE = 'daemonNode'; // index of Pods

export function watchNodes(context: ControllerContext): void {
  const { informers } = context;
  informers.for(Pod).addIndex(DAEMON_NODE, ({ metadata, spec }) => {
    const isDaemon = metadata.ownerReferences?.some((r) => r.controller && r.kind === 'DaemonSet');
    return isDaemon && spec.nodeName !== undefined ? [spec.nodeName] : [];
  });
  informers.for(Node).addHandler({
    onAdd: (node) => wakeForNode(node, context),
    onUpdate: (node, old) => {
      const sameLabels = equalJson(node.metadata.labels, old.metadata.labels);
      if (!sameLabels || !equalJson(node.spec.taints, old.spec.taints)) wakeForNode(node, context);
    },
  });
}

/** DaemonSets that lack a Pod there, that have one too many there, or whose count of those may be wrong. */
function wakeForNode(node: NodeObject, { informers, queue }: ControllerContext): void {
  const here = new Set<string>();
  for (const { metadata } of informers.for(Pod).by(DAEMON_NODE, node.metadata.name).values()) {
    here.add(keyFor(metadata.namespace, controllerOf({ metadata })?.name ?? ''));
  }
  for (const ds of informers.for(DaemonSet).all()) {
    const fit = nodeFit(ds, node);
    const scheduled = here.has(keyOf(ds));
    const misplaced = (ds.status.numberMisscheduled ?? 0) > 0;
    if (scheduled ? !fit.stay || misplaced : fit.run) queue.add(keyOf(ds));
  }
}
