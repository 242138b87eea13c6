/**
 * The flow schemas and priority levels that every cluster has and nobody may change, and small
 * builders for others.
 *
 * Models: k8s.io/apiserver pkg/apis/flowcontrol/bootstrap default.go (v1.36)
 */
import type {
  FlowSchemaSpec,
  PolicyRulesWithSubjects,
  PriorityLevelConfigurationSpec,
  Subject,
} from '../../generated/types.ts';

type ResourceRule = NonNullable<PolicyRulesWithSubjects['resourceRules']>[number];

const ALL = ['*'];

export function groups(...names: readonly string[]): Subject[] {
  return names.map((name) => ({ kind: 'Group', group: { name } }));
}

export function users(...names: readonly string[]): Subject[] {
  return names.map((name) => ({ kind: 'User', user: { name } }));
}

export const EVERYBODY = groups('system:unauthenticated', 'system:authenticated');

/** All verbs on everything that there is. */
export function everything(subjects: readonly Subject[]): PolicyRulesWithSubjects {
  return {
    subjects,
    resourceRules: [clusterRule('*', ALL)],
    nonResourceRules: [{ verbs: ALL, nonResourceURLs: ALL }],
  };
}

export function clusterRule(apiGroup: string, resources: readonly string[]): ResourceRule {
  const apiGroups = [apiGroup];
  return { verbs: ALL, apiGroups, resources, clusterScope: true, namespaces: ALL };
}

export function flowSchemaSpec(
  level: string,
  matchingPrecedence: number,
  distinguisher: 'ByUser' | 'ByNamespace' | '',
  rule: PolicyRulesWithSubjects,
): FlowSchemaSpec {
  return {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence,
    ...(distinguisher === '' ? {} : { distinguisherMethod: { type: distinguisher } }),
    rules: [rule],
  };
}

export const MANDATORY_FLOW_SCHEMAS: Readonly<Record<string, FlowSchemaSpec>> = {
  exempt: flowSchemaSpec('exempt', 1, '', everything(groups('system:masters'))),
  'catch-all': flowSchemaSpec('catch-all', 10_000, 'ByUser', everything(EVERYBODY)),
};

export const MANDATORY_LEVELS: Readonly<Record<string, PriorityLevelConfigurationSpec>> = {
  exempt: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  'catch-all': {
    type: 'Limited',
    limited: {
      nominalConcurrencyShares: 5,
      lendablePercent: 0,
      limitResponse: { type: 'Reject' },
    },
  },
};
