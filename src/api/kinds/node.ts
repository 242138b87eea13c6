/**
 * Node: a machine of the cluster, as its kubelet reports it.
 *
 * Models: pkg/registry/core/node strategy.go, pkg/apis/core/validation ValidateNode*,
 *         plugin/pkg/admission/nodetaint (v1.36)
 * Simplified: the removed spec.configSource is dropped, not validated
 */
import type { Node as NodeType, Taint } from '../generated/types.ts';
import { checkLegacyCidr } from '../meta/cidr.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { isDualStack } from '../meta/ip.ts';
import { keepPart } from '../meta/kind-parts.ts';
import { validateLabelName } from '../meta/labels.ts';
import { isLabelValue } from '../meta/names.ts';
import { nodeProxy } from './node/proxy.ts';
import { validateDeclaredFeatures, validateSwap } from './node/status-validation.ts';
import { validateResourceQuantity } from './pod/resource-validation.ts';

export type Node = NodeType;

const NOT_READY_TAINT = 'node.kubernetes.io/not-ready';
const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function validateTaints(taints: readonly Taint[], errors: FieldErrors): void {
  const seen = new Set<string>();
  taints.forEach((taint, i) => {
    const path = `metadata.taints[${i}]`;
    const { key, value = '', effect } = taint;
    validateLabelName(key, `${path}.key`, errors);
    const complaints = isLabelValue(value);
    if (complaints.length > 0) errors.invalid(`${path}.value`, value, complaints.join(';'));
    if (!effect) errors.required(`${path}.effect`);
    else if (!EFFECTS.includes(effect)) errors.notSupported(`${path}.effect`, effect, EFFECTS);
    const id = `${effect} ${key}`;
    if (seen.has(id)) {
      // Messages show the server's internal form, which has no JSON names.
      const { timeAdded = null } = taint;
      const shown = { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded };
      const detail = 'taints must be unique by key and effect pair';
      errors.add(
        'FieldValueDuplicate',
        path,
        `Duplicate value: ${JSON.stringify(shown)}: ${detail}`,
      );
    }
    seen.add(id);
  });
}

function validateResources({ status }: Node, errors: FieldErrors): void {
  for (const field of ['capacity', 'allocatable'] as const) {
    for (const [name, quantity] of Object.entries(status?.[field] ?? {})) {
      const path = FieldPath.of('status').child(field).child(name);
      validateResourceQuantity(name, quantity, path, errors);
    }
  }
}

function validate(node: Node, errors: FieldErrors): void {
  validateTaints(node.spec?.taints ?? [], errors);
  validateResources(node, errors);
  validateSwap(node, errors);
  validateDeclaredFeatures(node, errors);
  const cidrs = node.spec?.podCIDRs ?? [];
  cidrs.forEach((cidr, i) => {
    checkLegacyCidr(cidr, `spec.podCIDRs[${i}]`, errors);
  });
  if (cidrs.length > 2 || (cidrs.length === 2 && isDualStack(cidrs.map(addressOf)) !== true)) {
    const detail = 'may specify no more than one CIDR for each IP family';
    errors.invalid('spec.podCIDRs', cidrs, detail);
  }
}

function addressOf(cidr: string): string {
  return cidr.split('/')[0] ?? '';
}

/** Upstream runs these after `validate` on update, and alone for the status. */
function validateChange(next: Node, old: Node, errors: FieldErrors): void {
  validateResources(next, errors);
  validateDeclaredFeatures(next, errors);
  const addresses = new Set<string>();
  (next.status.addresses ?? []).forEach((address, i) => {
    const id = `${address.type} ${address.address}`;
    if (addresses.has(id)) {
      errors.duplicate(`status.addresses[${i}]`, { Type: address.type, Address: address.address });
    }
    addresses.add(id);
  });
  const oldCidrs = old.spec.podCIDRs ?? [];
  const nextCidrs = next.spec.podCIDRs ?? [];
  if (oldCidrs.length > 0 && oldCidrs.join() !== nextCidrs.join()) {
    const detail = 'node updates may not change podCIDR except from "" to valid';
    errors.forbidden('spec.podCIDRs', detail);
  }
  if (old.spec.providerID && old.spec.providerID !== next.spec.providerID) {
    const detail = 'node updates may not change providerID except from "" to valid';
    errors.forbidden('spec.providerID', detail);
  }
  validateTaints(next.spec.taints ?? [], errors);
  if ((next.spec.externalID ?? '') !== (old.spec.externalID ?? '')) {
    errors.forbidden('spec.externalID', 'may not be updated');
  }
}

function statusText(node: Node): string {
  const ready = (node.status.conditions ?? []).filter((c) => c.type === 'Ready').at(-1);
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (node.spec.unschedulable) words.push('SchedulingDisabled');
  return words.join(',');
}

function rolesText(node: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX)) {
      if (key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    } else if (key === ROLE_LABEL && value !== '') roles.add(value);
  }
  return [...roles].sort().join(',') || '<none>';
}

function addressText(node: Node, type: string): string {
  return (node.status.addresses ?? []).find((a) => a.type === type)?.address ?? '<none>';
}

function kernelText({ status }: Node): string {
  const { kernelVersion = '', architecture = '' } = status.nodeInfo ?? {};
  const kernel = kernelVersion || '<unknown>';
  return architecture === '' ? kernel : `${kernel} (${architecture})`;
}

const ADDRESS_TEXT =
  'List of addresses reachable to the node. Queried from cloud provider, if available. More info: ' +
  'https://kubernetes.io/docs/reference/node/node-status/#addresses Note: This field is declared ' +
  'as mergeable, but the merge key is not sufficiently unique, which can cause data corruption ' +
  'when it is merged. Callers should instead use a full-replacement patch. See ' +
  'https://pr.k8s.io/79391 for an example. Consumers should assume that addresses can change ' +
  'during the lifetime of a Node. However, there are some exceptions where this may not be ' +
  "possible, such as Pods that inherit a Node's address in its own status or consumers of the " +
  'downward API (status.hostIP).';

const COLUMNS: readonly Column<Node>[] = [
  NAME_COLUMN,
  { name: 'Status', type: 'string', description: 'The status of the node', cell: statusText },
  { name: 'Roles', type: 'string', description: 'The roles of the node', cell: rolesText },
  AGE_COLUMN,
  {
    name: 'Version',
    type: 'string',
    description: 'Kubelet Version reported by the node.',
    cell: (node) => node.status.nodeInfo?.kubeletVersion ?? '',
  },
  {
    name: 'Internal-IP',
    type: 'string',
    priority: 1,
    description: ADDRESS_TEXT,
    cell: (node) => addressText(node, 'InternalIP'),
  },
  {
    name: 'External-IP',
    type: 'string',
    priority: 1,
    description: ADDRESS_TEXT,
    cell: (node) => addressText(node, 'ExternalIP'),
  },
  {
    name: 'OS-Image',
    type: 'string',
    priority: 1,
    description:
      'OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy)).',
    cell: (node) => node.status.nodeInfo?.osImage || '<unknown>',
  },
  {
    name: 'Kernel-Version',
    type: 'string',
    priority: 1,
    description: "Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64).",
    cell: kernelText,
  },
  {
    name: 'Container-Runtime',
    type: 'string',
    priority: 1,
    description:
      'ContainerRuntime Version reported by the node through runtime remote API (e.g. ' +
      'containerd://1.4.2).',
    cell: (node) => node.status.nodeInfo?.containerRuntimeVersion || '<unknown>',
  },
];

/** What the server writes of a status that nobody has set. */
function emptyStatus(): Record<string, unknown> {
  return {
    daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
    nodeInfo: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: '',
      osImage: '',
      containerRuntimeVersion: '',
      kubeletVersion: '',
      kubeProxyVersion: '',
      operatingSystem: '',
      architecture: '',
    },
  };
}

export const Node = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  namespaced: false,
  schema: 'io.k8s.api.core.v1.Node',
  metaOnUpdate: 'wholeFirst',

  defaults(node) {
    node.spec ??= {};
    // The old field and the first of the new ones are one; the conversion keeps them so.
    const { spec } = node;
    if (spec.podCIDR && !spec.podCIDRs?.length) spec.podCIDRs = [spec.podCIDR];
    else if (!spec.podCIDR && spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0];
    node.status ??= emptyStatus() as typeof node.status;
    if (node.status.capacity !== undefined) node.status.allocatable ??= { ...node.status.capacity };
  },
  prepareForCreate(node) {
    delete node.spec.configSource;
    delete node.status.config;
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
    if (old.spec.configSource === undefined) delete next.spec.configSource;
  },
  validate,
  validateUpdate(next, old, errors) {
    validate(next, errors);
    validateChange(next, old, errors);
  },
  warnings(node) {
    const { externalID } = node.spec;
    if (!externalID) return [];
    return ['spec.externalID: this field is deprecated, and is unused by Kubernetes'];
  },
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
    },
    validateUpdate: validateChange,
  },
  admission: [
    {
      name: 'TaintNodesByCondition',
      /** A new node takes no Pods until the node controller has seen it ready. */
      admit(node, _old, context) {
        if (context.operation !== 'CREATE' || context.subresource !== '') return;
        const taints = node.spec.taints ?? [];
        if (taints.some((t) => t.key === NOT_READY_TAINT && t.effect === 'NoSchedule')) return;
        node.spec.taints = [...taints, { key: NOT_READY_TAINT, effect: 'NoSchedule' }];
      },
    },
  ],
  connects: {
    proxy: nodeProxy,
  },
  selectableFields: (node) => ({ 'spec.unschedulable': String(node.spec.unschedulable ?? false) }),
  columns: COLUMNS,
});
