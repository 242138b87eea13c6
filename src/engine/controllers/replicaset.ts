/**
 * ReplicaSet controller: keeps spec.replicas active Pods for every ReplicaSet.
 *
 * Models:     kubernetes pkg/controller/replicaset/replica_set.go (v1.36)
 * Watches:    ReplicaSet (primary), Pod
 * Writes:     Pod create, patch (adopt, release) and delete; ReplicaSet status; Events
 * Simplified: nothing known
 */
import { ReplicaSet } from '../../api/kinds/replica-set.ts';
import { type ControllerDefinition, defineController } from '../client/controller.ts';
import { replicaSets } from './replicas/kind.ts';
import { syncReplicas } from './replicas/sync.ts';
import { PodTally } from './replicas/tally.ts';
import { type State, watchPods } from './replicas/wake.ts';

export function replicaSetController(): ControllerDefinition<ReplicaSet> {
  const state: State = { kind: replicaSets, tally: new PodTally(), written: new Map() };
  return defineController<ReplicaSet>({
    name: 'replicaset-controller',
    primary: ReplicaSet,
    workers: 5, // --concurrent-replicaset-syncs
    start: (context) => watchPods(context, state),
    reconcile: (key, context) => syncReplicas(key, context, state),
  });
}
