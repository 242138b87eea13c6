/**
 * ServiceCIDR: a range from which Services get their cluster IPs.
 *
 * Models: pkg/registry/networking/servicecidr strategy.go, pkg/apis/networking/validation
 *         ValidateServiceCIDR* (v1.36)
 */
import type { ServiceCIDR as ServiceCIDRType, ServiceCIDRSpec } from '../generated/types.ts';
import { checkCidr, cidrFamily } from '../meta/cidr.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { IMMUTABLE_ERROR } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { keepPart, resetMetaForStatus } from '../meta/kind-parts.ts';

export type ServiceCIDR = ServiceCIDRType;

const PATH = 'spec.cidrs';

function validateSpec({ cidrs = [] }: ServiceCIDRSpec, errors: FieldErrors): void {
  if (cidrs.length === 0) {
    errors.required(PATH, 'at least one CIDR required');
    return;
  }
  if (cidrs.length > 2) {
    // Upstream shows the whole spec in its internal form.
    errors.invalid(PATH, { CIDRs: cidrs }, 'may only hold up to 2 values');
    return;
  }
  cidrs.forEach((cidr, i) => checkCidr(cidr, `${PATH}[${i}]`, errors));
  const [first, second] = cidrs.map(cidrFamily);
  if (cidrs.length === 2 && first !== undefined && first === second) {
    const detail = 'may specify no more than one IP for each IP family';
    errors.invalid(PATH, cidrs, `${detail}, i.e 192.168.0.0/24 and 2001:db8::/64`);
  }
}

function validateUpdate(next: ServiceCIDR, old: ServiceCIDR, errors: FieldErrors): void {
  const cidrs = next.spec.cidrs ?? [];
  const oldCidrs = old.spec.cidrs ?? [];
  const becomesDual = oldCidrs.length === 1 && cidrs.length === 2;
  if (oldCidrs.length !== cidrs.length && !becomesDual) {
    errors.invalid(PATH, cidrs, IMMUTABLE_ERROR);
    return;
  }
  oldCidrs.forEach((cidr, i) => {
    if (cidr !== cidrs[i]) errors.invalid(`${PATH}[${i}]`, cidrs[i], IMMUTABLE_ERROR);
  });
  if (becomesDual) validateSpec(next.spec, errors);
}

export const ServiceCIDR = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  singular: 'servicecidr',
  namespaced: false,
  schema: 'io.k8s.api.networking.v1.ServiceCIDR',

  prepareForCreate(range) {
    range.status = {};
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
  },
  validate({ spec }, errors) {
    validateSpec(spec, errors);
  },
  validateUpdate,
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
      resetMetaForStatus(next, old);
    },
  },
  columns: [
    NAME_COLUMN,
    {
      name: 'CIDRs',
      type: 'string',
      description:
        'CIDRs defines the IP blocks in CIDR notation (e.g. "192.168.0.0/24" or "2001:db8::/64") ' +
        'from which to assign service cluster IPs. Max of two CIDRs is allowed, one of each IP ' +
        'family. This field is immutable.',
      cell: ({ spec }) => (spec.cidrs ?? []).join(','),
    },
    AGE_COLUMN,
  ],
});
