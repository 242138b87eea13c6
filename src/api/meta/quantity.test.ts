import { describe, expect, it } from 'vitest';
import {
  addQuantity,
  binaryQuantity,
  bytes,
  canonicalQuantity,
  canonicalResourceQuantity,
  compareQuantity,
  milliCpu,
  milliQuantity,
  subtractQuantity,
  tryParseQuantity,
} from './quantity.ts';

// Every row was answered by k8s.io/apimachinery 0.36.3.
describe('canonical text', () => {
  it.each([
    ['1', '1', '1'],
    ['+5', '+5', '+5'],
    ['1.5', '1500m', '1500m'],
    ['0.5', '500m', '500m'],
    ['.5', '500m', '500m'],
    ['5.', '5.', '5.'],
    ['0.0001', '100u', '1m'],
    ['1u', '1u', '1m'],
    ['1000m', '1', '1'],
    ['2000m', '2', '2'],
    ['1e3', '1e3', '1e3'],
    ['1E3', '1E3', '1E3'],
    ['1000', '1k', '1k'],
    ['1500M', '1500M', '1500M'],
    ['2000000k', '2G', '2G'],
    ['1.5Gi', '1536Mi', '1536Mi'],
    ['2048Mi', '2Gi', '2Gi'],
    ['1025Ki', '1025Ki', '1025Ki'],
    ['0.5Ki', '512', '512'],
    ['0Mi', '0', '0'],
    ['-0.5', '-500m', '-500m'],
    ['100Ei', '9223372036854775807', '9223372036854775807'],
    ['m', '0', '0'],
  ])('%s', (text, canonical, ofResource) => {
    expect(canonicalQuantity(text)).toBe(canonical);
    expect(canonicalResourceQuantity(text)).toBe(ofResource);
  });

  it.each([
    [
      '',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      '1x',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      '1Mib',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    ['1mi', "unable to parse quantity's suffix"],
    ['1K', "unable to parse quantity's suffix"],
    ['1e', "unable to parse quantity's suffix"],
  ])('refuses %s', (text, error) => {
    expect(tryParseQuantity(text)).toBe(error);
  });
});

describe('arithmetic', () => {
  it.each([
    ['1', '1000m', 0],
    ['1Gi', '1G', 1],
    ['999m', '1', -1],
    ['-1', '0', -1],
  ])('%s against %s', (a, b, order) => {
    expect(compareQuantity(a, b)).toBe(order);
  });

  it.each([
    ['1', '500m', '1500m'],
    ['64Mi', '64Mi', '128Mi'],
    ['0', '1Gi', '1Gi'],
    ['1Gi', '1', '1073741825'],
    ['10n', '1e3', '1000000000010n'],
  ])('%s + %s', (a, b, sum) => {
    expect(addQuantity(a, b)).toBe(sum);
  });

  it('subtracts', () => {
    expect(subtractQuantity('4', '2700m')).toBe('1300m');
    expect(subtractQuantity('8Gi', '100Mi')).toBe('8092Mi');
  });

  it('gives numbers, rounded up', () => {
    expect([milliCpu('0.0005'), milliCpu('1.5'), milliCpu('2')]).toEqual([1, 1500, 2000]);
    expect([bytes('1500m'), bytes('64Mi'), bytes('1k')]).toEqual([2, 67_108_864, 1000]);
    expect([binaryQuantity(67_108_864), milliQuantity(1500), milliQuantity(4000)]).toEqual([
      '64Mi',
      '1500m',
      '4',
    ]);
  });
});
