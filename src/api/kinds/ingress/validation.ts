/**
 * Validation of Ingresses.
 *
 * Models: pkg/apis/networking/validation validation.go, ValidateIngress* (v1.36)
 */
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressRule,
  IngressServiceBackend,
  IngressTLS,
  TypedLocalObjectReference,
} from '../../generated/types.ts';
import { checkDnsLabel, checkDnsSubdomain, complain } from '../../meta/field-checks.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { checkLegacyIp, parseIp } from '../../meta/ip.ts';
import {
  isDNS1123Subdomain,
  isPortName,
  isPortNumber,
  isWildcardDNS1123Subdomain,
} from '../../meta/names.ts';
import { nameErrors } from '../../meta/object-meta-validation.ts';

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_SUFFIXES = ['/..', '/.'];
const NOT_AN_IP = 'must be a DNS name, not an IP address';

/** What older servers have let through may stay in objects that hold it already. */
interface Options {
  readonly allowInvalidSecretName: boolean;
  readonly allowInvalidWildcardRule: boolean;
}

export function validateIngressCreate(ingress: Ingress, errors: FieldErrors): void {
  validateSpec(ingress, undefined, errors);
  const annotation = ingress.metadata.annotations?.['kubernetes.io/ingress.class'];
  const name = ingress.spec.ingressClassName;
  if (annotation === undefined || name === undefined || annotation === name) return;
  const detail = 'must match `ingressClassName` when both are specified';
  errors.invalid('annotations.kubernetes.io/ingress.class', annotation, detail);
}

export function validateIngress(next: Ingress, old: Ingress, errors: FieldErrors): void {
  validateSpec(next, old, errors);
}

function validateSpec(ingress: Ingress, old: Ingress | undefined, errors: FieldErrors): void {
  const { defaultBackend, rules = [], tls = [], ingressClassName } = ingress.spec;
  const path = FieldPath.of('spec');
  if (rules.length === 0 && defaultBackend === undefined) {
    const detail = 'either `defaultBackend` or `rules` must be specified';
    errors.invalid(path, ingress.spec.rules, detail);
  }
  if (defaultBackend !== undefined) {
    validateBackend(defaultBackend, path.child('defaultBackend'), errors);
  }
  const options = {
    allowInvalidSecretName: (old?.spec.tls ?? []).some(hasBadSecretName),
    allowInvalidWildcardRule: (old?.spec.rules ?? []).some(isBadWildcardRule),
  };
  rules.forEach((rule, i) => validateRule(rule, path.child('rules').index(i), options, errors));
  tls.forEach((entry, i) => validateTls(entry, path.child('tls').index(i), options, errors));
  if (ingressClassName !== undefined) {
    checkDnsSubdomain(ingressClassName, path.child('ingressClassName'), errors);
  }
}

function hasBadSecretName({ secretName = '' }: IngressTLS): boolean {
  return secretName !== '' && isDNS1123Subdomain(secretName).length > 0;
}

function isBadWildcardRule(rule: IngressRule): boolean {
  if (!rule.host?.includes('*')) return false;
  const errors = new FieldErrors();
  validatePaths(rule, FieldPath.of(''), errors);
  return !errors.none;
}

function validateTls(
  { hosts = [], secretName = '' }: IngressTLS,
  path: FieldPath,
  { allowInvalidSecretName }: Options,
  errors: FieldErrors,
): void {
  hosts.forEach((host, i) =>
    complain(hostErrors(host), host, path.child('hosts').index(i), errors),
  );
  if (allowInvalidSecretName || secretName === '') return;
  checkDnsSubdomain(secretName, path.child('secretName'), errors);
}

function hostErrors(host: string): readonly string[] {
  return host.includes('*') ? isWildcardDNS1123Subdomain(host) : isDNS1123Subdomain(host);
}

function validateRule(
  rule: IngressRule,
  path: FieldPath,
  { allowInvalidWildcardRule }: Options,
  errors: FieldErrors,
): void {
  const { host = '' } = rule;
  if (host !== '') {
    if (parseIp(host) !== undefined) errors.invalid(path.child('host'), host, NOT_AN_IP);
    complain(hostErrors(host), host, path.child('host'), errors);
  }
  if (!host.includes('*') || !allowInvalidWildcardRule) validatePaths(rule, path, errors);
}

function validatePaths({ http }: IngressRule, path: FieldPath, errors: FieldErrors): void {
  if (http === undefined) return;
  const at = path.child('http').child('paths');
  const paths = http.paths ?? [];
  if (paths.length === 0) errors.required(at);
  paths.forEach((entry, i) => validatePath(entry, at.index(i), errors));
}

function validatePath(entry: HTTPIngressPath, at: FieldPath, errors: FieldErrors): void {
  // Decoded as null when it was left out.
  const type = entry.pathType as string | null | undefined;
  const { path = '' } = entry;
  const pathAt = at.child('path');
  if (type === null || type === undefined) {
    errors.required(at.child('pathType'), 'pathType must be specified');
    return;
  }
  if (!PATH_TYPES.includes(type)) errors.notSupported(at.child('pathType'), type, PATH_TYPES);
  else if (!path.startsWith('/') && (path !== '' || type !== 'ImplementationSpecific')) {
    errors.invalid(pathAt, path, 'must be an absolute path');
  }
  if (type === 'Exact' || type === 'Prefix') {
    for (const part of BAD_SEQUENCES) {
      if (path.includes(part)) errors.invalid(pathAt, path, `must not contain '${part}'`);
    }
    for (const part of BAD_SUFFIXES) {
      if (path.endsWith(part)) errors.invalid(pathAt, path, `cannot end with '${part}'`);
    }
  }
  validateBackend(entry.backend, at.child('backend'), errors);
}

function validateBackend(backend: IngressBackend, path: FieldPath, errors: FieldErrors): void {
  const { resource, service } = backend;
  if (resource !== undefined && service !== undefined) {
    errors.invalid(path, '', 'cannot set both resource and service backends');
  } else if (resource !== undefined) validateReference(resource, path.child('resource'), errors);
  else if (service !== undefined) validateService(service, path, errors);
  else errors.invalid(path, '', 'resource or service backend is required');
}

function validateService(
  service: IngressServiceBackend,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const at = path.child('service');
  if (service.name === '') errors.required(at.child('name'));
  else checkDnsLabel(service.name, at.child('name'), errors);
  const { name = '', number = 0 } = service.port;
  const portAt = at.child('port');
  if (name !== '' && number !== 0) {
    errors.invalid(path, '', 'cannot set both port name & port number');
  } else if (name !== '') complain(isPortName(name), name, portAt.child('name'), errors);
  else if (number !== 0) complain(isPortNumber(number), number, portAt.child('number'), errors);
  else errors.required(path, 'port name or number is required');
}

/** What Ingresses and their classes have in common: a reference to some other object. */
export function validateReference(
  { apiGroup, kind, name }: TypedLocalObjectReference,
  path: FieldPath,
  errors: FieldErrors,
): void {
  // Decoded as null when it was left out.
  if ((apiGroup ?? null) !== null) {
    checkDnsSubdomain(apiGroup ?? '', path.child('apiGroup'), errors);
  }
  for (const [field, value] of [
    ['kind', kind],
    ['name', name],
  ] as const) {
    if (value === '') errors.required(path.child(field));
    else complain(nameErrors('pathSegment', value), value, path.child(field), errors);
  }
}

export function validateIngressStatus(next: Ingress, old: Ingress, errors: FieldErrors): void {
  const known = (old.status.loadBalancer.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  (next.status.loadBalancer.ingress ?? []).forEach(({ ip = '', hostname = '' }, i) => {
    const path = FieldPath.of('status').child('loadBalancer').child('ingress').index(i);
    if (ip !== '') checkLegacyIp(ip, path.child('ip'), errors, known);
    if (hostname === '') return;
    checkDnsSubdomain(hostname, path.child('hostname'), errors);
    if (parseIp(hostname) !== undefined) {
      errors.invalid(path.child('hostname'), hostname, NOT_AN_IP);
    }
  });
}
