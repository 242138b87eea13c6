/**
 * Specs of flow control as the API server's internal types marshal them: some messages show them so.
 *
 * Models: pkg/apis/flowcontrol types.go through encoding/json (v1.36)
 */
import type {
  FlowSchemaSpec,
  PolicyRulesWithSubjects,
  PriorityLevelConfigurationSpec,
} from '../../generated/types.ts';

export function internalFlowSchemaSpec(spec: FlowSchemaSpec): unknown {
  const { distinguisherMethod: method } = spec;
  return {
    PriorityLevelConfiguration: { Name: spec.priorityLevelConfiguration.name },
    MatchingPrecedence: spec.matchingPrecedence ?? 0,
    DistinguisherMethod: method === undefined ? null : { Type: method.type },
    Rules: spec.rules?.map(internalRule) ?? null,
  };
}

function internalRule(rule: PolicyRulesWithSubjects): unknown {
  return {
    Subjects:
      rule.subjects?.map(({ kind, user, group, serviceAccount }) => ({
        Kind: kind,
        User: user === undefined ? null : { Name: user.name },
        Group: group === undefined ? null : { Name: group.name },
        ServiceAccount:
          serviceAccount === undefined
            ? null
            : { Namespace: serviceAccount.namespace, Name: serviceAccount.name },
      })) ?? null,
    ResourceRules:
      rule.resourceRules?.map((r) => ({
        Verbs: r.verbs ?? null,
        APIGroups: r.apiGroups ?? null,
        Resources: r.resources ?? null,
        ClusterScope: r.clusterScope ?? false,
        Namespaces: r.namespaces ?? null,
      })) ?? null,
    NonResourceRules:
      rule.nonResourceRules?.map((r) => ({
        Verbs: r.verbs ?? null,
        NonResourceURLs: r.nonResourceURLs ?? null,
      })) ?? null,
  };
}

export function internalLevelSpec({
  type,
  limited,
  exempt,
}: PriorityLevelConfigurationSpec): unknown {
  const queuing = limited?.limitResponse?.queuing;
  return {
    Type: type,
    Limited:
      limited === undefined
        ? null
        : {
            NominalConcurrencyShares: limited.nominalConcurrencyShares ?? 0,
            LimitResponse: {
              Type: limited.limitResponse?.type ?? '',
              Queuing:
                queuing === undefined
                  ? null
                  : {
                      Queues: queuing.queues ?? 0,
                      HandSize: queuing.handSize ?? 0,
                      QueueLengthLimit: queuing.queueLengthLimit ?? 0,
                    },
            },
            LendablePercent: limited.lendablePercent ?? null,
            BorrowingLimitPercent: limited.borrowingLimitPercent ?? null,
          },
    Exempt:
      exempt === undefined
        ? null
        : {
            NominalConcurrencyShares: exempt.nominalConcurrencyShares ?? null,
            LendablePercent: exempt.lendablePercent ?? null,
          },
  };
}
