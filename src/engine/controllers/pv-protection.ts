/**
 * PersistentVolume protection: a bound volume that was deleted stays until it is no longer bound.
 *
 * Models:     kubernetes pkg/controller/volume/pvprotection pv_protection_controller.go (v1.36)
 * Watches:    PersistentVolume (primary)
 * Writes:     finalizers of PersistentVolumes
 * Simplified: nothing known
 */
import { PersistentVolume } from '../../api/kinds/persistent-volume.ts';
import { isKeptBy, lacks, withFinalizer, withoutFinalizer } from '../../api/meta/finalizers.ts';
import { type ControllerDefinition, defineController } from '../client/controller.ts';

const FINALIZER = 'kubernetes.io/pv-protection';

export function pvProtectionController(): ControllerDefinition<PersistentVolume> {
  return defineController<PersistentVolume>({
    name: 'pv-protection-controller',
    primary: PersistentVolume,
    ownHandlers: true,
    workers: 1,
    start({ informers, queue }) {
      const wake = (volume: PersistentVolume): void => {
        if (!lacks(volume, FINALIZER) && !isKeptBy(volume, FINALIZER)) return;
        queue.add(volume.metadata.name);
      };
      informers.for(PersistentVolume).addHandler({ onAdd: wake, onUpdate: wake });
    },
    *reconcile(name, context) {
      const { client } = context;
      const volume = context.get(PersistentVolume, name);
      if (!volume) return;
      const isBound = volume.status.phase === 'Bound';
      context.note('a finalizer while it is bound', volume.status.phase ?? '');
      if (isKeptBy(volume, FINALIZER) && !isBound) {
        yield* client.update(PersistentVolume, withoutFinalizer(volume, FINALIZER));
      } else if (lacks(volume, FINALIZER)) {
        yield* client.update(PersistentVolume, withFinalizer(volume, FINALIZER));
      }
    },
  });
}
