/** All built-in kinds, in alphabetical order. A new kind is one file and one line here. */
import type { AnyKind } from '../meta/define-kind.ts';
import { ClusterRole } from './cluster-role.ts';
import { ClusterRoleBinding } from './cluster-role-binding.ts';
import { ConfigMap } from './config-map.ts';
import { ControllerRevision } from './controller-revision.ts';
import { DaemonSet } from './daemon-set.ts';
import { Deployment } from './deployment.ts';
import { Event } from './event.ts';
import { Ingress } from './ingress.ts';
import { IngressClass } from './ingress-class.ts';
import { Lease } from './lease.ts';
import { LimitRange } from './limit-range.ts';
import { Namespace } from './namespace.ts';
import { NetworkPolicy } from './network-policy.ts';
import { Node } from './node.ts';
import { Pod } from './pod.ts';
import { PodTemplate } from './pod-template.ts';
import { PriorityClass } from './priority-class.ts';
import { ReplicaSet } from './replica-set.ts';
import { ReplicationController } from './replication-controller.ts';
import { ResourceQuota } from './resource-quota.ts';
import { Role } from './role.ts';
import { RoleBinding } from './role-binding.ts';
import { RuntimeClass } from './runtime-class.ts';
import { Secret } from './secret.ts';
import { Service } from './service.ts';
import { ServiceAccount } from './service-account.ts';
import { StatefulSet } from './stateful-set.ts';

export const kinds: readonly AnyKind[] = [
  ClusterRole,
  ClusterRoleBinding,
  ConfigMap,
  ControllerRevision,
  DaemonSet,
  Deployment,
  Event,
  Ingress,
  IngressClass,
  Lease,
  LimitRange,
  Namespace,
  NetworkPolicy,
  Node,
  Pod,
  PodTemplate,
  PriorityClass,
  ReplicaSet,
  ReplicationController,
  ResourceQuota,
  Role,
  RoleBinding,
  RuntimeClass,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
];
