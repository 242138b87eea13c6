/**
 * Ingress: which Service answers which HTTP host and path from outside.
 *
 * Models: pkg/registry/networking/ingress strategy.go, pkg/printers/internalversion printIngress,
 *         plugin/pkg/admission/network/defaultingressclass (v1.36)
 */
import type { Ingress as IngressType } from '../generated/types.ts';
import { AGE_COLUMN, listText, NAME_COLUMN } from '../meta/columns.ts';
import { type AdmissionPlugin, type Column, defineKind } from '../meta/define-kind.ts';
import { ipWarnings } from '../meta/ip.ts';
import { keepPart, raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import { newest } from '../meta/newest.ts';
import {
  validateIngress,
  validateIngressCreate,
  validateIngressStatus,
} from './ingress/validation.ts';
import { isDefaultIngressClass } from './ingress-class.ts';

export type Ingress = IngressType;

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const MAX_HOSTS_SHOWN = 3; // formatHosts, printers.go

function hostsText({ spec }: Ingress): string {
  const rules = spec.rules ?? [];
  const shown = rules.slice(0, MAX_HOSTS_SHOWN).flatMap(({ host }) => (host ? [host] : []));
  return shown.length === 0 ? '*' : listText(shown, rules.length, MAX_HOSTS_SHOWN);
}

function addressText({ status }: Ingress): string {
  const texts = (status.loadBalancer.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
  return [...new Set(texts.filter((text) => text !== ''))].sort().join(',');
}

const COLUMNS: readonly Column<Ingress>[] = [
  NAME_COLUMN,
  {
    name: 'Class',
    type: 'string',
    description:
      'The name of the IngressClass resource that should be used for additional configuration',
    cell: ({ spec }) => spec.ingressClassName ?? '<none>',
  },
  {
    name: 'Hosts',
    type: 'string',
    description: 'Hosts that incoming requests are matched against before the ingress rule',
    cell: hostsText,
  },
  {
    name: 'Address',
    type: 'string',
    description: 'Address is a list containing ingress points for the load-balancer',
    cell: addressText,
  },
  {
    name: 'Ports',
    type: 'string',
    description: 'Ports of TLS configurations that open',
    cell: ({ spec }) => ((spec.tls ?? []).length > 0 ? '80, 443' : '80'),
  },
  AGE_COLUMN,
];

/** An Ingress without a class gets the default one. */
const defaultIngressClass: AdmissionPlugin<Ingress> = {
  name: 'DefaultIngressClass',
  admit({ metadata, spec }, _old, context) {
    if (context.operation !== 'CREATE' || context.subresource !== '') return;
    if (spec.ingressClassName !== undefined) return;
    if (metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return;
    const classes = context.list('networking.k8s.io', 'ingressclasses', '');
    const chosen = newest(classes.filter(isDefaultIngressClass));
    if (chosen !== undefined) spec.ingressClassName = chosen.metadata.name;
  },
};

export const Ingress = defineKind<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  singular: 'ingress',
  shortNames: ['ing'],
  namespaced: true,
  schema: 'io.k8s.api.networking.v1.Ingress',
  metaOnUpdate: 'both',

  prepareForCreate(ingress) {
    ingress.status = { loadBalancer: {} };
    ingress.metadata.generation = 1;
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate: validateIngressCreate,
  validateUpdate: validateIngress,
  warnings({ metadata, spec }, old) {
    const annotated = metadata.annotations?.[CLASS_ANNOTATION] !== undefined;
    if (old !== null || !annotated || spec.ingressClassName !== undefined) return [];
    const text = "is deprecated, please use 'spec.ingressClassName' instead";
    return [`annotation "${CLASS_ANNOTATION}" ${text}`];
  },
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
    },
    validateUpdate: validateIngressStatus,
    warnings({ status }) {
      return (status.loadBalancer.ingress ?? []).flatMap(({ ip }, i) =>
        ip ? ipWarnings(ip, `status.loadBalancer.ingress[${i}]`) : [],
      );
    },
  },
  admission: [defaultIngressClass],
  columns: COLUMNS,
});
