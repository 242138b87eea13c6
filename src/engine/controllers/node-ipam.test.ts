import { expect, it } from 'vitest';
import { CidrSet } from './node-ipam.ts';

it('gives out ranges in order, and used ones last', () => {
  const set = new CidrSet();
  expect([set.allocate(), set.allocate()]).toEqual(['10.244.0.0/24', '10.244.1.0/24']);
  set.release('10.244.0.0/24');
  set.occupy('10.244.2.0/24');
  expect(set.allocate()).toBe('10.244.3.0/24');
});

it('goes beyond 10.244 but leaves the Services’ range alone, and ends some time', () => {
  const set = new CidrSet();
  const all: string[] = [];
  for (let cidr = set.allocate(); cidr !== undefined; cidr = set.allocate()) all.push(cidr);
  expect(all[256]).toBe('10.245.0.0/24');
  expect(all.some((cidr) => /^10\.(9[6-9]|10\d|11[01])\./.test(cidr))).toBe(false);
  expect(new Set(all).size).toBe(240 * 256);
  set.release('10.244.7.0/24');
  expect(set.allocate()).toBe('10.244.7.0/24');
});
