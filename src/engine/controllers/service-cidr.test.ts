import { describe, expect, it } from 'vitest';
import type { IPAddress, ServiceCIDR } from '../../api/generated/types.ts';
import { canGo, holds } from './service-cidr.ts';

const range = (name: string, ...cidrs: readonly string[]): ServiceCIDR =>
  ({ metadata: { name }, spec: { cidrs } }) as unknown as ServiceCIDR;

const address = (name: string): IPAddress =>
  ({
    metadata: {
      name,
      labels: {
        'ipaddress.kubernetes.io/ip-family': 'IPv4',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
    },
  }) as unknown as IPAddress;

it.each([
  ['10.0.0.0/24', '10.0.0.1', true],
  ['10.0.0.0/24', '10.0.0.0', false],
  ['10.0.0.0/24', '10.0.0.255', false],
  ['10.0.0.0/24', '10.0.1.1', false],
  ['fd00::/112', 'fd00::ffff', true],
  ['fd00::/112', '10.0.0.1', false],
])('%s holds %s: %s', (cidr, ip, isHeld) => {
  expect(holds(range('r', cidr), ip)).toBe(isHeld);
});

describe('a range may go', () => {
  const old = range('old', '10.0.0.0/24');
  it('without addresses', () => expect(canGo(old, [old], [])).toBe(true));
  it('not with one', () => expect(canGo(old, [old], [address('10.0.0.9')])).toBe(false));
  it('when another holds it', () => {
    const other = range('new', '10.0.0.0/28');
    expect(canGo(old, [old, other], [address('10.0.0.9')])).toBe(true);
    expect(canGo(old, [old, other], [address('10.0.0.99')])).toBe(false);
  });
  it('when it lies in another', () => {
    const parent = range('new', '10.0.0.0/16');
    expect(canGo(old, [old, parent], [address('10.0.0.9')])).toBe(true);
  });
});
