/**
 * ResourceSlice: devices that a driver offers, on one node or on many.
 *
 * Models: pkg/registry/resource/resourceslice strategy.go, pkg/apis/resource v1 defaults.go, validation
 *         (v1.36). Gates that are off: DRAListTypeAttributes, DRANodeAllocatableResources
 */
import type {
  Device,
  ResourceSlice as ResourceSliceType,
  ResourceSliceSpec,
} from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { checkDnsLabel, checkDnsSubdomain, checkImmutable } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import type { Draft } from '../meta/object.ts';
import { validateCounters, validateDevice } from './dynamic-resources/devices.ts';
import { checkPoolName, checkSet, RESOURCE_GROUP } from './dynamic-resources/lists.ts';
import { validateNodeSelector } from './pod/affinity-validation.ts';
import { validateCsiDriverName } from './pod/volume-source-validation.ts';

export type ResourceSlice = ResourceSliceType;

const MAX_DEVICES = 128; // types.go ResourceSliceMaxDevices
const MAX_ADVANCED_DEVICES = 64; // types.go ResourceSliceMaxDevicesWithAdvancedFeatures
const MAX_COUNTER_SETS = 8; // types.go ResourceSliceMaxCounterSets
const CHOICE =
  'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';

/** Drops what needs gates that are off, and notes when taints were added. */
function prepare(slice: Draft<ResourceSlice>, now: string): void {
  const { devices } = slice.spec;
  if (devices === undefined) return;
  slice.spec.devices = devices.map((device) => {
    const { nodeAllocatableResourceMappings: _off, ...rest } = device;
    if (rest.attributes !== undefined) {
      rest.attributes = Object.fromEntries(
        Object.entries(rest.attributes).map(([name, attribute]) => {
          const { bools: _b, ints: _i, strings: _s, versions: _v, ...single } = attribute;
          return [name, single];
        }),
      );
    }
    if (rest.taints !== undefined) {
      rest.taints = rest.taints.map((taint) => ({ ...taint, timeAdded: taint.timeAdded || now }));
    }
    return rest;
  });
}

function validate(
  { spec }: ResourceSlice,
  old: ResourceSlice | undefined,
  errors: FieldErrors,
): void {
  const path = FieldPath.of('spec');
  validateCsiDriverName(spec.driver ?? '', path.child('driver'), errors);
  const { pool } = spec;
  const poolPath = path.child('pool');
  checkPoolName(pool.name ?? '', poolPath.child('name'), errors);
  const { resourceSliceCount: count = 0, generation = 0 } = pool;
  if (count <= 0) {
    errors.invalid(poolPath.child('resourceSliceCount'), count, 'must be greater than zero');
  }
  if (generation < 0) {
    const text = 'must be greater than or equal to zero';
    errors.invalid(poolPath.child('generation'), generation, text);
  }
  if (old !== undefined) {
    checkImmutable(pool.name, old.spec.pool.name, poolPath.child('name'), errors);
    checkImmutable(spec.driver, old.spec.driver, path.child('driver'), errors);
    checkImmutable(spec.nodeName, old.spec.nodeName, path.child('nodeName'), errors);
  }
  validateNodes(spec, path, errors);
  if (spec.sharedCounters !== undefined && spec.devices !== undefined) {
    errors.invalid(path, '', 'only one of `sharedCounters` or `devices` is allowed');
  }
  validateDevices(spec, old?.spec, path, errors);
}

function validateDevices(
  { devices, sharedCounters, perDeviceNodeSelection }: ResourceSliceSpec,
  old: ResourceSliceSpec | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const isAdvanced = ({ taints = [], consumesCounters = [] }: Device): boolean =>
    taints.length > 0 || consumesCounters.length > 0;
  const max = devices?.some(isAdvanced) === true ? MAX_ADVANCED_DEVICES : MAX_DEVICES;
  const nameOf = ({ name = '' }: { readonly name?: string }): string => name;
  const perDevice = perDeviceNodeSelection === true;
  const check = (device: Device, at: FieldPath): void => {
    const before = old?.devices?.find((d) => d.name === device.name);
    validateDevice(device, before, perDevice, at, errors);
  };
  checkSet(devices, max, path.child('devices'), errors, check, nameOf);
  checkSet(
    sharedCounters,
    MAX_COUNTER_SETS,
    path.child('sharedCounters'),
    errors,
    ({ name = '', counters = {} }, at) => {
      if (name === '') errors.required(at.child('name'));
      else checkDnsLabel(name, at.child('name'), errors);
      validateCounters(counters, at.child('counters'), errors);
    },
    nameOf,
  );
}

function validateNodes(spec: ResourceSliceSpec, path: FieldPath, errors: FieldErrors): void {
  const { nodeName, nodeSelector } = spec;
  const set: string[] = [];
  if (nodeName === '') {
    const text = 'must be either unset or set to a non-empty string';
    errors.invalid(path.child('nodeName'), '', text);
  } else if (nodeName !== undefined) {
    set.push('`nodeName`');
    checkDnsSubdomain(nodeName, path.child('nodeName'), errors);
  }
  if (nodeSelector !== undefined) {
    set.push('`nodeSelector`');
    const at = path.child('nodeSelector');
    validateNodeSelector(nodeSelector, at, false, errors);
    const terms = nodeSelector.nodeSelectorTerms ?? [];
    if (terms.length !== 1) {
      const text = 'must have exactly one node selector term';
      errors.invalid(at.child('nodeSelectorTerms'), terms, text);
    }
  }
  for (const field of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (spec[field] === true) set.push(`\`${field}\``);
    else if (spec[field] === false) {
      errors.invalid(path.child(field), false, 'must be either unset or set to true');
    }
  }
  if (set.length === 0) errors.required(path, CHOICE);
  else if (set.length > 1) {
    errors.invalid(path, `{${set.join(', ')}}`, `${CHOICE}, but multiple fields are set`);
  }
}

const COLUMNS: readonly Column<ResourceSlice>[] = [
  NAME_COLUMN,
  {
    name: 'Node',
    type: 'string',
    description:
      'NodeName identifies the node which provides the resources in this pool. A field ' +
      'selector can be used to list only ResourceSlice objects belonging to a certain ' +
      'node.\n\nThis field can be used to limit access from nodes to ResourceSlices with the ' +
      'same node name. It also indicates to autoscalers that adding new nodes of the same ' +
      'type as some old node might also make new resources available.\n\nExactly one of ' +
      'NodeName, NodeSelector, AllNodes, and PerDeviceNodeSelection must be set. This field ' +
      'is immutable.',
    cell: ({ spec }) => spec.nodeName ?? '',
  },
  {
    name: 'Driver',
    type: 'string',
    description:
      'Driver identifies the DRA driver providing the capacity information. A field selector ' +
      'can be used to list only ResourceSlice objects with a certain driver name.\n\nMust be ' +
      'a DNS subdomain and should end with a DNS domain owned by the vendor of the driver. ' +
      'It should use only lower case characters. This field is immutable.',
    cell: ({ spec }) => spec.driver,
  },
  {
    name: 'Pool',
    type: 'string',
    description:
      'Name is used to identify the pool. For node-local devices, this is often the node ' +
      'name, but this is not required.\n\nIt must not be longer than 253 characters and must ' +
      'consist of one or more DNS sub-domains separated by slashes. This field is immutable.',
    cell: ({ spec }) => spec.pool.name,
  },
  AGE_COLUMN,
];

export const ResourceSlice = defineKind<ResourceSlice>({
  group: RESOURCE_GROUP,
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  singular: 'resourceslice',
  namespaced: false,
  schema: 'io.k8s.api.resource.v1.ResourceSlice',
  deleteReturnsObject: true,
  defaults(slice) {
    slice.spec ??= {} as typeof slice.spec;
    slice.spec.driver ??= '';
    slice.spec.pool ??= { name: '', generation: 0, resourceSliceCount: 0 };
  },
  prepareForCreate(slice, { now }) {
    slice.metadata.generation = 1;
    prepare(slice, now);
  },
  prepareForUpdate(next, old, { now }) {
    raiseGeneration(next, old, specChanged(next, old));
    prepare(next, now);
  },
  validate(slice, errors) {
    validate(slice, undefined, errors);
  },
  validateUpdate: validate,
  selectableFields: ({ spec }) => ({
    'spec.nodeName': spec.nodeName ?? '',
    'spec.driver': spec.driver,
  }),
  columns: COLUMNS,
});
