import { describe, expect, it } from 'vitest';
import { deletionConditions } from './conditions.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const nothing = {
  errors: [],
  remaining: new Map<string, number>(),
  finalizers: new Map<string, number>(),
};

describe('conditions of a namespace that goes', () => {
  it('says five times that all is well', () => {
    const conditions = deletionConditions([], nothing, NOW);
    expect(conditions.map((c) => [c.type, c.status, c.reason])).toEqual([
      ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered'],
      ['NamespaceDeletionGroupVersionParsingFailure', 'False', 'ParsedGroupVersions'],
      ['NamespaceDeletionContentFailure', 'False', 'ContentDeleted'],
      ['NamespaceContentRemaining', 'False', 'ContentRemoved'],
      ['NamespaceFinalizersRemaining', 'False', 'ContentHasNoFinalizers'],
    ]);
    expect(deletionConditions(conditions, nothing, NOW + 5000)).toBe(conditions);
  });

  it('names what is left, in order', () => {
    const findings = {
      errors: ['b', 'a'],
      remaining: new Map([
        ['pods.', 2],
        ['deployments.apps', 1],
      ]),
      finalizers: new Map([['example.com/hold', 1]]),
    };
    const messages = deletionConditions([], findings, NOW).map((c) => c.message);
    expect(messages.slice(2)).toEqual([
      'Failed to delete all resource types, 2 remaining: a, b',
      'Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances',
      'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    ]);
  });

  it('keeps the transition time while the status stays', () => {
    const first = deletionConditions([], { ...nothing, remaining: new Map([['pods.', 2]]) }, NOW);
    const later = { ...nothing, remaining: new Map([['pods.', 1]]) };
    const second = deletionConditions(first, later, NOW + 60_000);
    expect(second[3]).toMatchObject({ status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' });
    const third = deletionConditions(second, nothing, NOW + 60_000);
    expect(third[3]).toMatchObject({ status: 'False', lastTransitionTime: '2026-01-01T00:01:00Z' });
  });
});
