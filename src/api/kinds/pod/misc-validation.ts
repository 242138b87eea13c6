/**
 * Validation of a pod's DNS settings, host aliases, gates and file environment.
 *
 * Models: pkg/apis/core/validation validation.go, validatePodDNSConfig, ValidateHostAliases,
 *         validateReadinessGates, validateSchedulingGates, validateFileKeyRefVolumes (v1.36)
 */
import type { PodSpec } from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { checkDnsSubdomain, checkQualifiedName, complain } from '../../meta/field-checks.ts';
import { byteLength } from '../../meta/go-text.ts';
import { checkLegacyIp } from '../../meta/ip.ts';
import { isDNS1123SubdomainWithUnderscore } from '../../meta/names.ts';
import { visitContainers } from './visit.ts';

const NAMESERVERS_MAX = 3; // libc
const SEARCH_PATHS_MAX = 32;
const SEARCH_LIST_MAX_BYTES = 2048;

export function validateDnsConfig(spec: PodSpec, path: FieldPath, errors: FieldErrors): void {
  const config = spec.dnsConfig;
  const servers = config?.nameservers ?? [];
  if (spec.dnsPolicy === 'None') {
    if (config === undefined) {
      return errors.required(path, 'must provide `dnsConfig` when `dnsPolicy` is None');
    }
    if (servers.length === 0) {
      const text = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      return errors.required(path.child('nameservers'), text);
    }
  }
  if (config === undefined) return;
  const serversAt = path.child('nameservers');
  if (servers.length > NAMESERVERS_MAX) {
    const text = `must not have more than ${NAMESERVERS_MAX} nameservers`;
    errors.invalid(serversAt, servers, text);
  }
  servers.forEach((server, i) => checkLegacyIp(server, serversAt.index(i), errors));
  const searches = config.searches ?? [];
  const searchesAt = path.child('searches');
  if (searches.length > SEARCH_PATHS_MAX) {
    const text = `must not have more than ${SEARCH_PATHS_MAX} search paths`;
    errors.invalid(searchesAt, searches, text);
  }
  if (byteLength(searches.join(' ')) > SEARCH_LIST_MAX_BYTES) {
    const text =
      `must not have more than ${SEARCH_LIST_MAX_BYTES} characters (including spaces) ` +
      'in the search list';
    errors.invalid(searchesAt, searches, text);
  }
  searches.forEach((search, i) => {
    if (search === '.') return;
    const domain = search.endsWith('.') ? search.slice(0, -1) : search;
    complain(isDNS1123SubdomainWithUnderscore(domain), domain, searchesAt.index(i), errors);
  });
  config.options?.forEach(({ name = '' }, i) => {
    if (name === '') errors.required(path.child('options').index(i), 'must not be empty');
  });
}

export function validateHostAliases(
  aliases: PodSpec['hostAliases'],
  path: FieldPath,
  errors: FieldErrors,
): void {
  aliases?.forEach(({ ip, hostnames = [] }, i) => {
    checkLegacyIp(ip, path.index(i).child('ip'), errors);
    hostnames.forEach((name, j) => {
      checkDnsSubdomain(name, path.index(i).child('hostnames').index(j), errors);
    });
  });
}

export function validateReadinessGates(
  gates: PodSpec['readinessGates'],
  path: FieldPath,
  errors: FieldErrors,
): void {
  gates?.forEach(({ conditionType }, i) => {
    checkQualifiedName(conditionType, path.index(i).child('conditionType'), errors);
  });
}

export function validateSchedulingGates(
  gates: PodSpec['schedulingGates'],
  path: FieldPath,
  errors: FieldErrors,
): void {
  const seen = new Set<string>();
  gates?.forEach(({ name }, i) => {
    checkQualifiedName(name, path.index(i), errors);
    if (seen.has(name)) errors.duplicate(path.index(i), name);
    seen.add(name);
  });
}

/** Files that fill environment variables come from emptyDir volumes. */
export function validateFileKeyVolumes(spec: PodSpec, path: FieldPath, errors: FieldErrors): void {
  visitContainers(spec, path, (container, at) => {
    container.env?.forEach(({ valueFrom }, i) => {
      const name = valueFrom?.fileKeyRef?.volumeName;
      if (name === undefined) return;
      const ref = at().child('env').index(i).child('valueFrom').child('fileKeyRef');
      const field = ref.child('volumeName');
      const volume = spec.volumes?.filter((v) => v.name === name).at(-1);
      if (volume === undefined) errors.notFound(field, name);
      else if (volume.emptyDir === undefined) {
        errors.invalid(field, name, 'referenced volume must be of type emptyDir');
      }
    });
  });
}
