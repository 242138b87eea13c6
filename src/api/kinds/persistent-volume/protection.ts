/**
 * Storage that is in use is not deleted: every new object gets a finalizer, which a controller takes
 * off when nobody uses the object any more.
 *
 * Models: plugin/pkg/admission/storage/storageobjectinuseprotection admission.go (v1.36)
 */
import type { AdmissionPlugin } from '../../meta/define-kind.ts';
import type { KubeObject } from '../../meta/object.ts';

export function addFinalizer<T extends KubeObject>(finalizer: string): AdmissionPlugin<T> {
  return {
    name: 'StorageObjectInUseProtection',
    admit(object, _old, context) {
      if (context.operation !== 'CREATE' || context.subresource !== '') return;
      const metadata = object.metadata as { finalizers?: string[] };
      const finalizers = metadata.finalizers ?? [];
      if (!finalizers.includes(finalizer)) metadata.finalizers = [...finalizers, finalizer];
    },
  };
}
