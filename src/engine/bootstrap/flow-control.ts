/**
 * Flow schemas and priority levels that the API server makes when it starts.
 *
 * Models: k8s.io/apiserver pkg/apis/flowcontrol/bootstrap default.go, pkg/registry/flowcontrol/ensurer
 *         (v1.36)
 */
import { FlowSchema } from '../../api/kinds/flow-schema.ts';
import {
  clusterRule,
  everything,
  EVERYBODY,
  flowSchemaSpec,
  groups,
  MANDATORY_FLOW_SCHEMAS,
  MANDATORY_LEVELS,
  users,
} from '../../api/kinds/flow-control/mandatory.ts';
import { PriorityLevelConfiguration } from '../../api/kinds/priority-level-configuration.ts';
import type {
  FlowSchemaSpec,
  PolicyRulesWithSubjects,
  PriorityLevelConfigurationSpec,
  Subject,
} from '../../api/generated/types.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { BootstrapObject } from './object.ts';

const CONTROLLER_MANAGER = 'system:kube-controller-manager';
const SCHEDULER = 'system:kube-scheduler';
const QUEUE_LENGTH = 50;

const KUBE_SYSTEM_ACCOUNTS: Subject = {
  kind: 'ServiceAccount',
  serviceAccount: { name: '*', namespace: 'kube-system' },
};

function limited(
  nominalConcurrencyShares: number,
  lendablePercent: number,
  queues: number,
  handSize: number,
): PriorityLevelConfigurationSpec {
  const queuing = { queues, handSize, queueLengthLimit: QUEUE_LENGTH };
  const limitResponse = { type: 'Queue', queuing };
  return { type: 'Limited', limited: { nominalConcurrencyShares, lendablePercent, limitResponse } };
}

const LEVELS: Readonly<Record<string, PriorityLevelConfigurationSpec>> = {
  ...MANDATORY_LEVELS,
  system: limited(30, 33, 64, 6),
  'node-high': limited(40, 25, 64, 6),
  'leader-election': limited(10, 0, 16, 4),
  'workload-high': limited(40, 50, 128, 6),
  'workload-low': limited(100, 90, 128, 6),
  'global-default': limited(20, 50, 128, 6),
};

const PROBES: PolicyRulesWithSubjects = {
  subjects: EVERYBODY,
  nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
};

function leaseRule(verbs: readonly string[]) {
  const apiGroups = ['coordination.k8s.io'];
  return { verbs, apiGroups, resources: ['leases'], namespaces: ['*'] };
}

const LEADER_ELECTION: PolicyRulesWithSubjects = {
  subjects: [...users(CONTROLLER_MANAGER, SCHEDULER), KUBE_SYSTEM_ACCOUNTS],
  resourceRules: [leaseRule(['get', 'create', 'update'])],
};

const NODES = groups('system:nodes');
const NODE_HEARTBEATS: PolicyRulesWithSubjects = {
  subjects: NODES,
  resourceRules: [clusterRule('', ['nodes', 'nodes/status']), leaseRule(['*'])],
};

const SCHEMAS: Readonly<Record<string, FlowSchemaSpec>> = {
  ...MANDATORY_FLOW_SCHEMAS,
  probes: flowSchemaSpec('exempt', 2, '', PROBES),
  'system-leader-election': flowSchemaSpec('leader-election', 100, 'ByUser', LEADER_ELECTION),
  'system-node-high': flowSchemaSpec('node-high', 400, 'ByUser', NODE_HEARTBEATS),
  'system-nodes': flowSchemaSpec('system', 500, 'ByUser', everything(NODES)),
  'kube-controller-manager': flowSchemaSpec(
    'workload-high',
    800,
    'ByNamespace',
    everything(users(CONTROLLER_MANAGER)),
  ),
  'kube-scheduler': flowSchemaSpec(
    'workload-high',
    800,
    'ByNamespace',
    everything(users(SCHEDULER)),
  ),
  'kube-system-service-accounts': flowSchemaSpec(
    'workload-high',
    900,
    'ByNamespace',
    everything([KUBE_SYSTEM_ACCOUNTS]),
  ),
  'service-accounts': flowSchemaSpec(
    'workload-low',
    9000,
    'ByUser',
    everything(groups('system:serviceaccounts')),
  ),
  'global-default': flowSchemaSpec('global-default', 9900, 'ByUser', everything(EVERYBODY)),
};

/** The server brings these back up to date by itself. */
const ANNOTATIONS = { 'apf.kubernetes.io/autoupdate-spec': 'true' };

const levels: readonly BootstrapObject[] = Object.entries(LEVELS).map(([name, spec]) => ({
  kind: PriorityLevelConfiguration as unknown as AnyKind,
  object: { metadata: { name, annotations: ANNOTATIONS }, spec },
}));

const schemas: readonly BootstrapObject[] = Object.entries(SCHEMAS).map(([name, spec]) => {
  const level = spec.priorityLevelConfiguration.name;
  const message =
    `This FlowSchema references the PriorityLevelConfiguration object named "${level}" ` +
    'and it exists';
  return {
    kind: FlowSchema as unknown as AnyKind,
    object: { metadata: { name, annotations: ANNOTATIONS }, spec },
    status: (now: string) => ({
      conditions: [
        { type: 'Dangling', status: 'False', lastTransitionTime: now, reason: 'Found', message },
      ],
    }),
  };
});

export const flowControl: readonly BootstrapObject[] = [...levels, ...schemas];
