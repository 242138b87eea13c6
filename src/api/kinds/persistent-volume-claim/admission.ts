/**
 * Admission of claims: the default storage class, and which claims may grow.
 *
 * Models: plugin/pkg/admission/storage/storageclass/setdefault admission.go,
 *         plugin/pkg/admission/storage/persistentvolume/resize admission.go (v1.36)
 */
import type { PersistentVolumeClaim, StorageClass } from '../../generated/types.ts';
import type { AdmissionPlugin } from '../../meta/define-kind.ts';
import { newest } from '../../meta/newest.ts';
import { compareQuantity } from '../../meta/quantity.ts';
import { forbidden } from '../../meta/status.ts';
import { classOf, STORAGE_CLASS_ANNOTATION } from '../persistent-volume/parts.ts';
import { isDefaultStorageClass } from '../storage-class.ts';

const CLAIMS = { group: '', plural: 'persistentvolumeclaims' };
const CLASSES = ['storage.k8s.io', 'storageclasses', ''] as const;

export const defaultStorageClass: AdmissionPlugin<PersistentVolumeClaim> = {
  name: 'DefaultStorageClass',
  admit({ metadata, spec }, _old, context) {
    if (context.operation !== 'CREATE' || context.subresource !== '') return;
    if (spec.storageClassName !== undefined) return;
    if (metadata.annotations?.[STORAGE_CLASS_ANNOTATION] !== undefined) return;
    const chosen = newest(context.list(...CLASSES).filter(isDefaultStorageClass));
    if (chosen !== undefined) spec.storageClassName = chosen.metadata.name;
  },
};

export const resizeAdmission: AdmissionPlugin<PersistentVolumeClaim> = {
  name: 'PersistentVolumeClaimResize',
  validate(claim, old, context) {
    if (context.operation !== 'UPDATE' || context.subresource !== '' || old === null) return;
    if (compareQuantity(sizeOf(claim), sizeOf(old)) <= 0) return;
    const { name } = claim.metadata;
    if (old.status.phase !== 'Bound') {
      throw forbidden(CLAIMS, name, 'Only bound persistent volume claims can be expanded');
    }
    const className = classOf(claim);
    const known = className !== '' && className === classOf(old);
    const found = known ? context.lookup(...CLASSES, className) : undefined;
    if ((found as StorageClass | undefined)?.allowVolumeExpansion === true) return;
    const text =
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the ' +
      'pvc must support resize';
    throw forbidden(CLAIMS, name, text);
  },
};

function sizeOf({ spec }: PersistentVolumeClaim): string {
  return spec.resources.requests?.['storage'] ?? '0';
}
