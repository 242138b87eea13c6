/** The controllers of kube-controller-manager, in alphabetical order; each call makes a fresh one. */
import type { ControllerDefinition } from '../client/controller.ts';
import { attachDetachController } from './attach-detach.ts';
import { bootstrapSignerController } from './bootstrap-signer.ts';
import { clusterRoleAggregation } from './clusterrole-aggregation.ts';
import { cronJobController } from './cronjob.ts';
import { csrApprovingController } from './csr-approving.ts';
import { csrCleanerController } from './csr-cleaner.ts';
import { csrSigningController } from './csr-signing.ts';
import { daemonSetController } from './daemonset.ts';
import { deploymentController } from './deployment.ts';
import { disruptionController } from './disruption.ts';
import { endpointSliceMirroringController } from './endpointslice-mirroring.ts';
import { endpointSliceController } from './endpointslice.ts';
import { endpointsController } from './endpoints.ts';
import { ephemeralVolumeController } from './ephemeral-volume.ts';
import { garbageCollector } from './garbage-collector.ts';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import { jobController } from './job.ts';
import { legacyServiceAccountTokenCleaner } from './legacy-service-account-token-cleaner.ts';
import { namespaceController } from './namespace.ts';
import { nodeIpamController } from './node-ipam.ts';
import { nodeLifecycleController } from './node-lifecycle.ts';
import { persistentVolumeBinder } from './persistent-volume-binder.ts';
import { podGarbageCollector } from './pod-gc.ts';
import { pvProtectionController } from './pv-protection.ts';
import { pvcProtectionController } from './pvc-protection.ts';
import { replicaSetController } from './replicaset.ts';
import { replicationController } from './replication.ts';
import { resourceQuotaController } from './resource-quota.ts';
import { rootCaCertPublisher } from './root-ca-cert-publisher.ts';
import { serviceAccountController } from './service-account.ts';
import { serviceAccountTokenController } from './service-account-tokens.ts';
import { serviceCidrController } from './service-cidr.ts';
import { statefulSetController } from './statefulset.ts';
import { taintEvictionController } from './taint-eviction.ts';
import { tokenCleanerController } from './token-cleaner.ts';
import { ttlAfterFinishedController } from './ttl-after-finished.ts';
import { ttlController } from './ttl.ts';
import { validatingAdmissionPolicyStatus } from './validating-admission-policy-status.ts';
import { volumeAttributesClassProtectionController } from './volumeattributesclass-protection.ts';
import { volumeExpander } from './volume-expander.ts';

export const controllers: readonly (() => ControllerDefinition)[] = [
  attachDetachController,
  bootstrapSignerController,
  clusterRoleAggregation,
  cronJobController,
  csrApprovingController,
  csrCleanerController,
  csrSigningController,
  daemonSetController,
  deploymentController,
  disruptionController,
  endpointsController,
  endpointSliceController,
  endpointSliceMirroringController,
  ephemeralVolumeController,
  garbageCollector,
  horizontalPodAutoscaler,
  jobController,
  legacyServiceAccountTokenCleaner,
  namespaceController,
  nodeIpamController,
  nodeLifecycleController,
  persistentVolumeBinder,
  podGarbageCollector,
  pvProtectionController,
  pvcProtectionController,
  replicaSetController,
  replicationController,
  resourceQuotaController,
  rootCaCertPublisher,
  serviceAccountController,
  serviceAccountTokenController,
  serviceCidrController,
  statefulSetController,
  taintEvictionController,
  tokenCleanerController,
  ttlAfterFinishedController,
  ttlController,
  validatingAdmissionPolicyStatus,
  volumeAttributesClassProtectionController,
  volumeExpander,
];
