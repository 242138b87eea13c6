import { describe, expect, it } from 'vitest';
import {
  isConfigMapKey,
  isDNS1035Label,
  isDNS1123Label,
  isDNS1123Subdomain,
  isLabelValue,
  isPortName,
  isQualifiedName,
  isRelaxedEnvVarName,
} from './names.ts';

const first = (complaints: readonly string[]): readonly string[] =>
  complaints.map((c) => c.replace(/ \(e\.g\. .*/, ''));

describe('names', () => {
  it.each([
    [isDNS1123Label, 'a-1', []],
    [isDNS1123Label, 'a.b', ['must not contain dots']],
    [isDNS1123Label, 'a'.repeat(64), ['must be no more than 63 characters']],
    [isDNS1123Subdomain, 'a.b-c', []],
    [isDNS1035Label, '1a', [expect.stringMatching(/^a DNS-1035 label must consist/)]],
    [isLabelValue, '', []],
    [isLabelValue, 'x'.repeat(64), ['must be no more than 63 bytes']],
    [isQualifiedName, 'example.com/Name_1', []],
    [isQualifiedName, '/x', ['prefix part must be non-empty']],
    [isQualifiedName, 'a/b/c', [expect.stringMatching(/^a valid label key must consist/)]],
    [
      isQualifiedName,
      '',
      ['name part must be non-empty', expect.stringMatching(/^name part must/)],
    ],
    [isPortName, 'http', []],
    [isPortName, '81', ['must contain at least one letter (a-z)']],
    [
      isPortName,
      'a--b-',
      ['must not contain consecutive hyphens', 'must not begin or end with a hyphen'],
    ],
    [isConfigMapKey, '..', ["must not be '..'"]],
    [isRelaxedEnvVarName, '1 a', []],
    [isRelaxedEnvVarName, 'a=b', [expect.stringMatching(/printable ASCII/)]],
  ] as const)('%# %s', (rule, value, expected) => {
    expect(first(rule(value))).toEqual(expected);
  });
});
