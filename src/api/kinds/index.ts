/** All built-in kinds, in alphabetical order. A new kind is one file and one line here. */
import type { AnyKind } from '../meta/define-kind.ts';
import { APIService } from './api-service.ts';
import { Binding } from './binding.ts';
import { CertificateSigningRequest } from './certificate-signing-request.ts';
import { ClusterRole } from './cluster-role.ts';
import { ClusterRoleBinding } from './cluster-role-binding.ts';
import { ComponentStatus } from './component-status.ts';
import { ConfigMap } from './config-map.ts';
import { ControllerRevision } from './controller-revision.ts';
import { CronJob } from './cron-job.ts';
import { CSIDriver } from './csi-driver.ts';
import { CSINode } from './csi-node.ts';
import { CSIStorageCapacity } from './csi-storage-capacity.ts';
import { CustomResourceDefinition } from './custom-resource-definition.ts';
import { DaemonSet } from './daemon-set.ts';
import { Deployment } from './deployment.ts';
import { DeviceClass } from './device-class.ts';
import { EndpointSlice } from './endpoint-slice.ts';
import { Endpoints } from './endpoints.ts';
import { Event } from './event.ts';
import { EventV1 } from './event-v1.ts';
import { FlowSchema } from './flow-schema.ts';
import { HorizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import { HorizontalPodAutoscalerV1 } from './horizontal-pod-autoscaler-v1.ts';
import { Ingress } from './ingress.ts';
import { IngressClass } from './ingress-class.ts';
import { IPAddress } from './ip-address.ts';
import { Job } from './job.ts';
import { Lease } from './lease.ts';
import { LimitRange } from './limit-range.ts';
import { LocalSubjectAccessReview } from './local-subject-access-review.ts';
import { MutatingAdmissionPolicy } from './mutating-admission-policy.ts';
import { MutatingAdmissionPolicyBinding } from './mutating-admission-policy-binding.ts';
import { MutatingWebhookConfiguration } from './mutating-webhook-configuration.ts';
import { Namespace } from './namespace.ts';
import { NetworkPolicy } from './network-policy.ts';
import { Node } from './node.ts';
import { PersistentVolume } from './persistent-volume.ts';
import { PersistentVolumeClaim } from './persistent-volume-claim.ts';
import { Pod } from './pod.ts';
import { PodDisruptionBudget } from './pod-disruption-budget.ts';
import { PodTemplate } from './pod-template.ts';
import { PriorityClass } from './priority-class.ts';
import { PriorityLevelConfiguration } from './priority-level-configuration.ts';
import { ReplicaSet } from './replica-set.ts';
import { ReplicationController } from './replication-controller.ts';
import { ResourceClaim } from './resource-claim.ts';
import { ResourceClaimTemplate } from './resource-claim-template.ts';
import { ResourceQuota } from './resource-quota.ts';
import { ResourceSlice } from './resource-slice.ts';
import { Role } from './role.ts';
import { RoleBinding } from './role-binding.ts';
import { RuntimeClass } from './runtime-class.ts';
import { Secret } from './secret.ts';
import { SelfSubjectAccessReview } from './self-subject-access-review.ts';
import { SelfSubjectReview } from './self-subject-review.ts';
import { SelfSubjectRulesReview } from './self-subject-rules-review.ts';
import { Service } from './service.ts';
import { ServiceAccount } from './service-account.ts';
import { ServiceCIDR } from './service-cidr.ts';
import { StatefulSet } from './stateful-set.ts';
import { StorageClass } from './storage-class.ts';
import { SubjectAccessReview } from './subject-access-review.ts';
import { TokenReview } from './token-review.ts';
import { ValidatingAdmissionPolicy } from './validating-admission-policy.ts';
import { ValidatingAdmissionPolicyBinding } from './validating-admission-policy-binding.ts';
import { ValidatingWebhookConfiguration } from './validating-webhook-configuration.ts';
import { VolumeAttachment } from './volume-attachment.ts';
import { VolumeAttributesClass } from './volume-attributes-class.ts';

export const kinds: readonly AnyKind[] = [
  APIService,
  Binding,
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  CertificateSigningRequest,
  ClusterRole,
  ClusterRoleBinding,
  ComponentStatus,
  ConfigMap,
  ControllerRevision,
  CronJob,
  CustomResourceDefinition,
  DaemonSet,
  Deployment,
  DeviceClass,
  EndpointSlice,
  Endpoints,
  Event,
  EventV1,
  FlowSchema,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerV1,
  IPAddress,
  Ingress,
  IngressClass,
  Job,
  Lease,
  LimitRange,
  LocalSubjectAccessReview,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  Namespace,
  NetworkPolicy,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  PodTemplate,
  PriorityClass,
  PriorityLevelConfiguration,
  ReplicaSet,
  ReplicationController,
  ResourceClaim,
  ResourceClaimTemplate,
  ResourceQuota,
  ResourceSlice,
  Role,
  RoleBinding,
  RuntimeClass,
  Secret,
  SelfSubjectAccessReview,
  SelfSubjectReview,
  SelfSubjectRulesReview,
  Service,
  ServiceAccount,
  ServiceCIDR,
  StatefulSet,
  StorageClass,
  SubjectAccessReview,
  TokenReview,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
  VolumeAttachment,
  VolumeAttributesClass,
];
