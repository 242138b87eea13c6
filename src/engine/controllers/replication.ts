/**
 * ReplicationController controller: the ReplicaSet controller once more, for the older kind.
 *
 * Models:     kubernetes pkg/controller/replication/replication_controller.go (v1.36)
 * Watches:    ReplicationController (primary), Pod
 * Writes:     Pod create, patch (adopt, release) and delete; ReplicationController status; Events
 * Simplified: nothing known
 */
import { ReplicationController } from '../../api/kinds/replication-controller.ts';
import { type ControllerDefinition, defineController } from '../client/controller.ts';
import { replicationControllers } from './replicas/kind.ts';
import { syncReplicas } from './replicas/sync.ts';
import { PodTally } from './replicas/tally.ts';
import { type State, watchPods } from './replicas/wake.ts';

export function replicationController(): ControllerDefinition<ReplicationController> {
  const tally = new PodTally(ReplicationController.kind);
  const state: State = { kind: replicationControllers, tally, written: new Map() };
  return defineController<ReplicationController>({
    name: 'replication-controller',
    primary: ReplicationController,
    workers: 5, // --concurrent-rc-syncs
    start: (context) => watchPods(context, state),
    reconcile: (key, context) => syncReplicas(key, context, state),
  });
}
