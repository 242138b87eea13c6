import { describe, expect, it } from 'vitest';
import type { PolicyRule } from '../../generated/types.ts';
import { type AskedFor, compactRules, ruleAllows, ruleText, uncovered } from './rules.ts';

const asked = (more: Partial<AskedFor>): AskedFor => ({
  verb: 'get',
  group: '',
  resource: 'pods',
  subresource: '',
  name: '',
  ...more,
});

describe('a rule', () => {
  const all = { verbs: ['get'], apiGroups: [''] };
  it.each<[PolicyRule, AskedFor, boolean]>([
    [{ ...all, resources: ['pods'] }, asked({}), true],
    [{ ...all, resources: ['pods'] }, asked({ verb: 'list' }), false],
    [{ ...all, resources: ['pods'] }, asked({ group: 'apps' }), false],
    [{ ...all, resources: ['pods'] }, asked({ subresource: 'log' }), false],
    [{ ...all, resources: ['pods/log'] }, asked({ subresource: 'log' }), true],
    [{ ...all, resources: ['*/log'] }, asked({ subresource: 'log' }), true],
    [{ ...all, resources: ['*'] }, asked({ subresource: 'log' }), true],
    [{ ...all, resources: ['pods'], resourceNames: ['a'] }, asked({ name: 'a' }), true],
    [{ ...all, resources: ['pods'], resourceNames: ['a'] }, asked({}), false],
    [{ verbs: ['get'], nonResourceURLs: ['/healthz*'] }, asked({ path: '/healthz/x' }), true],
    [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }, asked({ path: '/healthz/x' }), false],
    [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, asked({ path: '/' }), false],
  ])('%j, asked for %j: %s', (rule, what, expected) => {
    expect(ruleAllows(rule, what)).toBe(expected);
  });
});

describe('what is not held', () => {
  const edit: PolicyRule = {
    verbs: ['get', 'list'],
    apiGroups: [''],
    resources: ['pods', 'pods/log'],
  };
  it.each<[PolicyRule[], PolicyRule[], string[]]>([
    [[edit], [edit], []],
    [
      [],
      [edit],
      [
        '{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}',
        '{APIGroups:[""], Resources:["pods/log"], Verbs:["get" "list"]}',
      ],
    ],
    [
      [{ verbs: ['*'], apiGroups: ['*'], resources: ['*/log'] }],
      [edit],
      ['{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}'],
    ],
    [
      [{ ...edit, resourceNames: ['a'] }],
      [{ ...edit, resources: ['pods'] }],
      ['{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}'],
    ],
    [
      [{ verbs: ['get'], nonResourceURLs: ['/a/*'] }],
      [{ verbs: ['get', 'post'], nonResourceURLs: ['/a/b'] }],
      ['{NonResourceURLs:["/a/b"], Verbs:["post"]}'],
    ],
  ])('by %j of %j', (held, wanted, expected) => {
    expect(compactRules(uncovered(held, wanted)).map(ruleText)).toEqual(expected);
  });
});
