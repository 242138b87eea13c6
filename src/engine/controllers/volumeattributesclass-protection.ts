/**
 * VolumeAttributesClass protection: a class that was deleted stays while volumes or claims name it.
 *
 * Models:     kubernetes pkg/controller/volume/vacprotection vac_protection_controller.go (v1.36)
 * Watches:    VolumeAttributesClass (primary), PersistentVolume, PersistentVolumeClaim
 * Writes:     finalizers of VolumeAttributesClasses
 * Simplified: nothing known
 */
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../api/kinds/persistent-volume.ts';
import { VolumeAttributesClass } from '../../api/kinds/volume-attributes-class.ts';
import { isKeptBy, lacks, withFinalizer, withoutFinalizer } from '../../api/meta/finalizers.ts';
import { type ControllerDefinition, defineController } from '../client/controller.ts';

const FINALIZER = 'kubernetes.io/vac-protection';
const BY_CLASS = 'attributes-class';

function ofVolume({ spec }: PersistentVolume): readonly string[] {
  return spec.volumeAttributesClassName ? [spec.volumeAttributesClassName] : [];
}

function ofClaim({ spec, status }: PersistentVolumeClaim): readonly string[] {
  const names = [
    spec.volumeAttributesClassName,
    status.currentVolumeAttributesClassName,
    status.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return [...new Set(names.filter((name) => name !== undefined && name !== ''))] as string[];
}

export function volumeAttributesClassProtectionController(): ControllerDefinition {
  return defineController<VolumeAttributesClass>({
    name: 'volumeattributesclass-protection-controller',
    primary: VolumeAttributesClass,
    ownHandlers: true,
    workers: 1,
    start({ informers, queue }) {
      const wake = (object: VolumeAttributesClass): void => {
        if (!lacks(object, FINALIZER) && !isKeptBy(object, FINALIZER)) return;
        queue.add(object.metadata.name);
      };
      informers.for(VolumeAttributesClass).addHandler({ onAdd: wake, onUpdate: wake });
      /** Classes that are no longer named. */
      const release = (before: readonly string[], now: readonly string[]): void => {
        for (const name of before) if (!now.includes(name)) queue.add(name);
      };
      const volumes = informers.for(PersistentVolume);
      volumes.addIndex(BY_CLASS, ofVolume);
      volumes.addHandler({
        onUpdate: (next, old) => release(ofVolume(old), ofVolume(next)),
        onDelete: (volume) => release(ofVolume(volume), []),
      });
      const claims = informers.for(PersistentVolumeClaim);
      claims.addIndex(BY_CLASS, ofClaim);
      claims.addHandler({
        onUpdate: (next, old) => release(ofClaim(old), ofClaim(next)),
        onDelete: (claim) => release(ofClaim(claim), []),
      });
    },
    *reconcile(name, context) {
      const { client, informers } = context;
      const object = context.get(VolumeAttributesClass, name);
      if (!object) return;
      const users =
        informers.for(PersistentVolume).by(BY_CLASS, name).size +
        informers.for(PersistentVolumeClaim).by(BY_CLASS, name).size;
      context.note('a finalizer while it is named', `${users} name it`);
      if (isKeptBy(object, FINALIZER) && users === 0) {
        yield* client.update(VolumeAttributesClass, withoutFinalizer(object, FINALIZER));
      } else if (lacks(object, FINALIZER)) {
        yield* client.update(VolumeAttributesClass, withFinalizer(object, FINALIZER));
      }
    },
  }) as unknown as ControllerDefinition;
}
