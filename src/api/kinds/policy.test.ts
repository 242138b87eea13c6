/** Defaults and validation of limits, quotas, priorities, roles and flow control, as tables. */
import { describe, expect, it } from 'vitest';
import { created, createErrors, createWarnings, updateErrors } from '../../testing/kind-rules.ts';
import { APIService } from './api-service.ts';
import { ClusterRole } from './cluster-role.ts';
import { ClusterRoleBinding } from './cluster-role-binding.ts';
import { FlowSchema } from './flow-schema.ts';
import { LimitRange } from './limit-range.ts';
import { PriorityClass } from './priority-class.ts';
import { PriorityLevelConfiguration } from './priority-level-configuration.ts';
import { ResourceQuota } from './resource-quota.ts';
import { RoleBinding } from './role-binding.ts';
import { RuntimeClass } from './runtime-class.ts';

describe('LimitRange', () => {
  const range = (...limits: readonly object[]): object => ({ spec: { limits } });
  it('derives defaults of containers from each other', () => {
    const item = { type: 'Container', max: { cpu: '2' }, min: { memory: '1Mi' } };
    expect(created(LimitRange, range(item))).toMatchObject({
      spec: {
        limits: [{ default: { cpu: '2' }, defaultRequest: { cpu: '2', memory: '1Mi' } }],
      },
    });
  });
  it('rounds up to thousandths', () => {
    const item = { type: 'Pod', max: { cpu: '0.5m' } };
    expect(created(LimitRange, range(item))).toMatchObject({
      spec: { limits: [{ max: { cpu: '1m' } }] },
    });
    const quota = created(ResourceQuota, { spec: { hard: { 'requests.cpu': '1n' } } });
    expect(quota).toMatchObject({ spec: { hard: { 'requests.cpu': '1m' } } });
  });
  it.each([
    [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '1' } }, []],
    [
      { type: 'X' },
      ['spec.limits[0].type: Invalid value: "X": must be a standard limit type or fully qualified'],
    ],
    [
      { type: 'Pod', min: { cpu: '1' }, max: { cpu: '2' }, maxLimitRequestRatio: { cpu: '3' } },
      [
        'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ' +
          'ratio 3 is greater than max/min = 2.000000',
      ],
    ],
    [
      {
        type: 'Container',
        default: { 'a.com/gpu': '2' },
        defaultRequest: { 'a.com/gpu': '1' },
      },
      [
        'spec.limits[0].defaultRequest[a.com/gpu]: Invalid value: "1": ' +
          'default value 2 must equal to defaultRequest value 1 in a.com/gpu',
      ],
    ],
  ])('%j', (item, errors) => expect(createErrors(LimitRange, range(item))).toEqual(errors));
});

describe('ResourceQuota', () => {
  it.each([
    [{ hard: { pods: '1', 'count/things.example.com': '2' } }, []],
    [
      { hard: { pods: '1' }, scopes: ['BestEffort', 'NotBestEffort'] },
      ['spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
    ],
    [
      {
        hard: { pods: '1' },
        scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] },
      },
      [
        'spec.scopeSelector.matchExpressions.values: Required value: ' +
          "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      ],
    ],
  ])('%j', (spec, errors) => expect(createErrors(ResourceQuota, { spec })).toEqual(errors));
  it('warns of requests above limits, and keeps its scopes', () => {
    const spec = { hard: { cpu: '2', 'limits.cpu': '1' }, scopes: ['NotBestEffort'] };
    expect(createWarnings(ResourceQuota, { spec })).toEqual([
      'ResourceQuota cpu (2) should be less than limits.cpu (1)',
    ]);
    const next = { spec: { ...spec, scopes: ['Terminating'] } };
    expect(updateErrors(ResourceQuota, { spec }, next)).toEqual([
      'spec.scopes: Invalid value: ["Terminating"]: field is immutable',
    ]);
  });
});

describe('PriorityClass', () => {
  it.each([
    [{ value: 1 }, []],
    [
      { value: 1, preemptionPolicy: 'X' },
      [
        'preemptionPolicy: Unsupported value: "X": supported values: "PreemptLowerPriority", "Never"',
      ],
    ],
    [
      { metadata: { name: 'system-node-critical' }, value: 5 },
      [
        "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for " +
          'system use only. error: value of system-node-critical PriorityClass must be 2000001000',
      ],
    ],
  ])('%j', (object, errors) => expect(createErrors(PriorityClass, object)).toEqual(errors));
});

describe('RuntimeClass', () => {
  it.each([
    [{ handler: 'runsc' }, []],
    [{}, ['handler: Required value']],
    [
      {
        handler: 'a',
        scheduling: {
          tolerations: [
            { key: 'k', operator: 'Exists' },
            { key: 'k', operator: 'Exists', tolerationSeconds: 1, effect: '' },
          ],
        },
      },
      [
        'scheduling.tolerations[1].effect: Invalid value: "": ' +
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        'scheduling.tolerations[1]: Duplicate value: {"Key":"k","Operator":"Exists","Value":"",' +
          '"Effect":"","TolerationSeconds":1}',
      ],
    ],
  ])('%j', (object, errors) => expect(createErrors(RuntimeClass, object)).toEqual(errors));
});

describe('roles', () => {
  it('asks for selectors where roles are aggregated', () => {
    expect(createErrors(ClusterRole, { rules: [], aggregationRule: {} })).toEqual([
      'aggregationRule.clusterRoleSelectors: Required value: ' +
        'at least one clusterRoleSelector required if aggregationRule is non-nil',
    ]);
  });
  it('makes a selector of what selects roles', () => {
    const clusterRoleSelectors = [{ matchExpressions: [{ key: 'a', operator: 'In' }] }];
    expect(createErrors(ClusterRole, { aggregationRule: { clusterRoleSelectors } })).toEqual([
      'aggregationRule.clusterRoleSelectors[0].matchExpressions[0].values: Required value: ' +
        "must be specified when `operator` is 'In' or 'NotIn'",
      'aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.',
    ]);
  });
  it('asks for the namespace of service accounts outside of namespaces', () => {
    const binding = {
      subjects: [{ kind: 'ServiceAccount', name: 'S' }],
      roleRef: { kind: 'Role', name: 'a/b' },
    };
    const name = expect.stringContaining('subjects[0].name: Invalid value: "S": a lowercase RFC');
    const path = 'roleRef.name: Invalid value: "a/b": may not contain \'/\'';
    expect(createErrors(RoleBinding, binding)).toEqual([path, name]);
    expect(createErrors(ClusterRoleBinding, binding)).toEqual([
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      path,
      name,
      'subjects[0].namespace: Required value',
    ]);
  });
});

describe('flow control', () => {
  const rules = [
    {
      subjects: [{ kind: 'User', user: { name: 'u' }, group: { name: 'g' } }],
      nonResourceRules: [{ verbs: ['get', 'shout'], nonResourceURLs: ['/a*'] }],
    },
  ];
  it('FlowSchema', () => {
    const spec = { priorityLevelConfiguration: { name: 'p' }, matchingPrecedence: 1, rules };
    expect(createErrors(FlowSchema, { spec })).toEqual([
      'spec.matchingPrecedence: Invalid value: 1: ' +
        "only the schema named 'exempt' may have matchingPrecedence 1",
      'spec.rules[0].subjects[0].group: Forbidden: ' +
        "group is forbidden when subject kind is not 'Group'",
      'spec.rules[0].nonResourceRules[0].verbs: Unsupported value: ["get","shout"]: supported ' +
        'values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", ' +
        '"update", "watch"',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a*": ' +
        'wildcard can only do suffix matching',
    ]);
  });
  it.each([
    [{ queues: 128, handSize: 6 }, []],
    [
      { queues: 512, handSize: 8 },
      [
        'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of ' +
          'deckSize 512 and handSize 8 should not be greater than 60',
      ],
    ],
    [
      { queues: 4 },
      [
        'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: ' +
          'should not be greater than queues (4)',
      ],
    ],
  ])('PriorityLevelConfiguration %j', (queuing, errors) => {
    const spec = { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing } } };
    expect(createErrors(PriorityLevelConfiguration, { spec })).toEqual(errors);
  });
});

it('APIService', () => {
  const metadata = { name: 'v1.a.com' };
  const spec = { group: 'a.com', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1001 };
  expect(createErrors(APIService, { metadata, spec: { ...spec, caBundle: 'eA==' } })).toEqual([
    'spec.versionPriority: Invalid value: 1001: must be positive and less than 1000',
    'spec.caBundle: Invalid value: "1 bytes": local APIServices may not have a caBundle',
  ]);
  expect(createErrors(APIService, { spec: { ...spec, versionPriority: 1 } })).toEqual([
    'metadata.name: Invalid value: "a": must be `spec.version+"."+spec.group`: "v1.a.com"',
  ]);
});
