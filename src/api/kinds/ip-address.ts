/**
 * IPAddress: says which object an address of the cluster belongs to.
 *
 * Models: pkg/registry/networking/ipaddress strategy.go, pkg/apis/networking/validation
 *         ValidateIPAddress* (v1.36). Those of Services: service/addresses.ts
 */
import type { IPAddress as IPAddressType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { checkDnsSubdomain, complain, IMMUTABLE_ERROR } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { equalJson } from '../meta/json.ts';
import { nameErrors } from '../meta/object-meta-validation.ts';

export type IPAddress = IPAddressType;

/** Decoded as null when it was left out. */
function parentOf(address: IPAddress): IPAddress['spec']['parentRef'] | null {
  return address.spec.parentRef ?? null;
}

function validate(address: IPAddress, errors: FieldErrors): void {
  const path = FieldPath.of('spec').child('parentRef');
  const parent = parentOf(address);
  if (parent === null) {
    errors.required(path);
    return;
  }
  const { group = '', resource = '', name = '', namespace = '' } = parent;
  if (group !== '') checkDnsSubdomain(group, path.child('group'), errors);
  for (const [field, value] of [
    ['resource', resource],
    ['name', name],
    ['namespace', namespace],
  ] as const) {
    if (value !== '') complain(nameErrors('pathSegment', value), value, path.child(field), errors);
    else if (field !== 'namespace') errors.required(path.child(field));
  }
}

function validateUpdate(next: IPAddress, old: IPAddress, errors: FieldErrors): void {
  validate(next, errors);
  const parent = parentOf(next);
  if (equalJson(parent, parentOf(old))) return;
  const { group = '', resource = '', namespace = '', name = '' } = parent ?? {};
  // Messages show the server's internal form, which has no JSON names.
  const shown = { Group: group, Resource: resource, Namespace: namespace, Name: name };
  errors.invalid('spec.parentRef', parent === null ? null : shown, IMMUTABLE_ERROR);
}

function parentText(address: IPAddress): string {
  const parent = parentOf(address);
  if (parent === null) return '<none>';
  const { group = '', resource = '', namespace = '', name = '' } = parent;
  const parts = [(group === '' ? resource : `${resource}.${group}`).toLowerCase()];
  if (namespace !== '') parts.push(namespace);
  return [...parts, name].join('/');
}

export const IPAddress = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  singular: 'ipaddress',
  shortNames: ['ip'],
  namespaced: false,
  schema: 'io.k8s.api.networking.v1.IPAddress',
  metaOnUpdate: 'wholeFirst',
  nameRule: 'ip',
  validate,
  validateUpdate,
  columns: [
    NAME_COLUMN,
    {
      name: 'ParentRef',
      type: 'string',
      description:
        'ParentRef references the resource that an IPAddress is attached to. An IPAddress must ' +
        'reference a parent object.',
      cell: parentText,
    },
    // Upstream's rows hold an age that its columns do not name.
    { ...AGE_COLUMN, undeclared: true },
  ],
});
