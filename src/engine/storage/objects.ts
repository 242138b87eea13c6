/**
 * What the manifests of the pretend driver make beside its programs: the driver, a default class, and
 * the rights of its controllers. For clusters that have storage.
 *
 * Models: deploy/kubernetes of kubernetes-csi drivers: csidriver, storageclass, and rbac of
 *         external-provisioner, external-attacher and external-resizer
 */
import { ClusterRoleBinding } from '../../api/kinds/cluster-role-binding.ts';
import { ClusterRole } from '../../api/kinds/cluster-role.ts';
import { CSIDriver } from '../../api/kinds/csi-driver.ts';
import { ServiceAccount } from '../../api/kinds/service-account.ts';
import { StorageClass } from '../../api/kinds/storage-class.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { BootstrapObject } from '../bootstrap/object.ts';
import { ACCOUNT, DRIVER } from './names.ts';

const ROLE = 'kubeglass:csi-controller';
const NAMESPACE = 'kube-system';
const READ = ['get', 'list', 'watch'];

const RULES = [
  {
    apiGroups: [''],
    resources: ['persistentvolumes'],
    verbs: [...READ, 'create', 'delete', 'patch', 'update'],
  },
  { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: [...READ, 'update'] },
  {
    apiGroups: [''],
    resources: ['persistentvolumeclaims/status'],
    verbs: ['patch', 'update'],
  },
  { apiGroups: [''], resources: ['nodes'], verbs: READ },
  {
    apiGroups: ['', 'events.k8s.io'],
    resources: ['events'],
    verbs: ['create', 'patch', 'update', 'list', 'watch'],
  },
  { apiGroups: ['storage.k8s.io'], resources: ['storageclasses', 'csinodes'], verbs: READ },
  {
    apiGroups: ['storage.k8s.io'],
    resources: ['volumeattachments'],
    verbs: [...READ, 'patch', 'update'],
  },
  {
    apiGroups: ['storage.k8s.io'],
    resources: ['volumeattachments/status'],
    verbs: ['patch', 'update'],
  },
];

export const storageObjects: readonly BootstrapObject[] = [
  {
    kind: CSIDriver as unknown as AnyKind,
    object: {
      metadata: { name: DRIVER },
      spec: {
        attachRequired: true,
        podInfoOnMount: false,
        fsGroupPolicy: 'ReadWriteOnceWithFSType',
        storageCapacity: false,
        volumeLifecycleModes: ['Persistent'],
      },
    },
  },
  {
    kind: StorageClass as unknown as AnyKind,
    object: {
      metadata: {
        name: 'standard',
        annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
      },
      provisioner: DRIVER,
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
    },
  },
  {
    kind: ServiceAccount as unknown as AnyKind,
    object: { metadata: { name: ACCOUNT, namespace: NAMESPACE } },
  },
  { kind: ClusterRole as unknown as AnyKind, object: { metadata: { name: ROLE }, rules: RULES } },
  {
    kind: ClusterRoleBinding as unknown as AnyKind,
    object: {
      metadata: { name: ROLE },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: ROLE },
      subjects: [{ kind: 'ServiceAccount', name: ACCOUNT, namespace: NAMESPACE }],
    },
  },
];
