/** Defaults and validation of the kinds around Services, as tables. */
import { describe, expect, it } from 'vitest';
import { created, createErrors, createWarnings, updateErrors } from '../../testing/kind-rules.ts';
import { cidrWarnings } from '../meta/cidr.ts';
import { componentStatuses, isLeaseHeld } from './component-status.ts';
import { EndpointSlice } from './endpoint-slice.ts';
import { Endpoints } from './endpoints.ts';
import { Ingress } from './ingress.ts';
import { IngressClass } from './ingress-class.ts';
import { IPAddress } from './ip-address.ts';
import { NetworkPolicy } from './network-policy.ts';
import { ServiceCIDR } from './service-cidr.ts';

const backend = { service: { name: 's', port: { number: 80 } } };
const rule = (path: object): object => ({ spec: { rules: [{ http: { paths: [path] } }] } });
const PATH = 'spec.rules[0].http.paths[0]';

describe('Ingress', () => {
  const valid = rule({ pathType: 'Prefix', path: '/', backend });
  it('is valid', () => expect(createErrors(Ingress, valid)).toEqual([]));
  it.each([
    [
      { pathType: 'Exact', path: '/a/..', backend },
      `${PATH}.path: Invalid value: "/a/..": cannot end with '/..'`,
    ],
    [
      { pathType: 'Prefix', path: '/', backend: { service: { name: 's' } } },
      `${PATH}.backend: Required value: port name or number is required`,
    ],
    [
      { pathType: 'Prefix', path: '/', backend: { resource: { kind: 'K', name: 'a/b' } } },
      `${PATH}.backend.resource.name: Invalid value: "a/b": may not contain '/'`,
    ],
  ])('refuses %j', (path, error) => expect(createErrors(Ingress, rule(path))).toEqual([error]));
  it('takes the newest default class', () => {
    const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
    const classes = ['2025', '2026'].map((year) => ({
      metadata: { name: `of-${year}`, annotations, creationTimestamp: `${year}-01-01T00:00:00Z` },
    }));
    expect(created(Ingress, valid, classes)).toMatchObject({
      spec: { ingressClassName: 'of-2026' },
    });
  });
});

describe('IngressClass', () => {
  it.each([
    [{ apiGroup: 'a.b', kind: 'K', name: 'n' }, []],
    [
      { kind: 'K', name: 'n', scope: 'Namespace' },
      ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
    ],
    [
      { kind: 'K', name: 'n', namespace: 'x' },
      ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    ],
  ])('%j', (parameters, errors) =>
    expect(createErrors(IngressClass, { spec: { controller: 'a.b/c', parameters } })).toEqual(
      errors,
    ),
  );
});

describe('NetworkPolicy', () => {
  const from = (ipBlock: object): object => ({ spec: { ingress: [{ from: [{ ipBlock }] }] } });
  const AT = 'spec.ingress[0].from[0].ipBlock';
  it.each([
    ['10.0.0.0/8', []],
    [
      '10.0.0.1/8',
      [`${AT}.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length`],
    ],
    [
      '010.0.0.0/8',
      [`${AT}.cidr: Invalid value: "010.0.0.0/8": must not have leading 0s in IP or prefix length`],
    ],
    [
      '::ffff:10.0.0.0/104',
      [
        `${AT}.cidr: Invalid value: "::ffff:10.0.0.0/104": must not have an IPv4-mapped IPv6 address`,
      ],
    ],
  ])('range %s', (cidr, errors) =>
    expect(createErrors(NetworkPolicy, from({ cidr }))).toEqual(errors),
  );
  it('keeps what an old policy holds', () => {
    const change = { spec: { policyTypes: ['Egress'] } };
    expect(updateErrors(NetworkPolicy, from({ cidr: '10.0.0.1/8' }), change)).toEqual([]);
  });
  it.each([
    [
      '10.0.0.1/8',
      'p: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)',
    ],
    [
      '2001:DB8::/32',
      'p: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format ("2001:db8::/32")',
    ],
  ])('warns of %s', (cidr, text) => expect(cidrWarnings(cidr, 'p')).toEqual([text]));
});

describe('Endpoints and EndpointSlice', () => {
  it('default and check their ports', () => {
    const subsets = [{ addresses: [{ ip: '169.254.1.1' }], ports: [{ port: 1 }] }];
    expect(created(Endpoints, { subsets })).toMatchObject({
      subsets: [{ ports: [{ protocol: 'TCP' }] }],
    });
    expect(createErrors(Endpoints, { subsets })).toEqual([
      'subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ]);
  });
  it.each([
    [
      'IPv6',
      '2001:DB8::1',
      'endpoints[0].addresses[0]: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")',
    ],
    [
      'FQDN',
      'a',
      'endpoints[0].addresses[0]: Invalid value: "a": should be a domain with at least two segments separated by dots',
    ],
  ])('%s %s', (addressType, address, error) => {
    const fields = { addressType, endpoints: [{ addresses: [address] }] };
    expect(createErrors(EndpointSlice, fields)).toEqual([error]);
  });
  it('warns of names', () => {
    expect(createWarnings(EndpointSlice, { addressType: 'FQDN' })).toEqual([
      'spec.addressType: FQDN endpoints are deprecated',
    ]);
  });
});

describe('ServiceCIDR and IPAddress', () => {
  it.each([
    [['10.0.0.0/24'], []],
    [
      ['10.0.0.0/24', '10.1.0.0/24'],
      [
        'spec.cidrs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ],
    ],
    [
      ['a', 'b', 'c'],
      ['spec.cidrs: Invalid value: {"CIDRs":["a","b","c"]}: may only hold up to 2 values'],
    ],
  ])('%j', (cidrs, errors) =>
    expect(createErrors(ServiceCIDR, { spec: { cidrs } })).toEqual(errors),
  );
  it('stays, but may get a second family', () => {
    const old = { spec: { cidrs: ['10.0.0.0/24'] } };
    expect(
      updateErrors(ServiceCIDR, old, { spec: { cidrs: ['10.0.0.0/24', '2001:db8::/64'] } }),
    ).toEqual([]);
    expect(updateErrors(ServiceCIDR, old, { spec: { cidrs: ['10.0.1.0/24'] } })).toEqual([
      'spec.cidrs[0]: Invalid value: "10.0.1.0/24": field is immutable',
    ]);
  });
  it('needs a parent, for ever', () => {
    const parentRef = { resource: 'services', namespace: 'default', name: 's' };
    expect(createErrors(IPAddress, { spec: {} })).toEqual(['spec.parentRef: Required value']);
    expect(
      updateErrors(IPAddress, { spec: { parentRef } }, { spec: { parentRef: { name: 't' } } }),
    ).toEqual([
      'spec.parentRef: Invalid value: {"Group":"","Resource":"services","Namespace":"default","Name":"t"}: field is immutable',
    ]);
  });
});

describe('ComponentStatus', () => {
  it('tells who is alive', () => {
    const statuses = componentStatuses((component) => component === 'kube-scheduler');
    expect(statuses.map((s) => [s.metadata.name, s.conditions?.[0]?.status])).toEqual([
      ['scheduler', 'True'],
      ['controller-manager', 'False'],
      ['etcd-0', 'True'],
    ]);
  });
  it.each([
    ['2026-01-01T00:00:10.000000Z', true],
    ['2026-01-01T00:00:00.000000Z', false],
  ])('renewed at %s', (renewTime, held) => {
    const lease = { spec: { holderIdentity: 'x', renewTime, leaseDurationSeconds: 15 } };
    expect(isLeaseHeld(lease as never, '2026-01-01T00:00:20Z')).toBe(held);
  });
});
