/** All built-in kinds, in alphabetical order. A new kind is one file and one line here. */
import type { AnyKind } from '../meta/define-kind.ts';
import { ConfigMap } from './config-map.ts';
import { Deployment } from './deployment.ts';
import { Event } from './event.ts';
import { Lease } from './lease.ts';
import { LimitRange } from './limit-range.ts';
import { Namespace } from './namespace.ts';
import { Node } from './node.ts';
import { Pod } from './pod.ts';
import { PriorityClass } from './priority-class.ts';
import { ReplicaSet } from './replica-set.ts';
import { ResourceQuota } from './resource-quota.ts';
import { RuntimeClass } from './runtime-class.ts';
import { Secret } from './secret.ts';
import { Service } from './service.ts';
import { ServiceAccount } from './service-account.ts';

export const kinds: readonly AnyKind[] = [
  ConfigMap,
  Deployment,
  Event,
  Lease,
  LimitRange,
  Namespace,
  Node,
  Pod,
  PriorityClass,
  ReplicaSet,
  ResourceQuota,
  RuntimeClass,
  Secret,
  Service,
  ServiceAccount,
];
