/**
 * /healthz, /livez, /readyz: the checks, each alone or all together.
 *
 * Models:     k8s.io/apiserver pkg/server/healthz healthz.go (v1.36)
 * Simplified: the checks of a server that answers at all pass: its parts start and stop as one
 */
import type { ApiRequest, ApiResponse } from '../../../port/protocol.ts';
import { notFoundPath, TEXT_TYPE, textResponse } from './responses.ts';

const HOOKS_BEFORE: readonly string[] = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'peer-endpoint-reconciler-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'storage-readiness',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
];
const HOOKS_AFTER: readonly string[] = [
  'apiservice-openapi-controller',
  'apiservice-openapiv3-controller',
];

const COMMON: readonly string[] = [
  ...HOOKS_BEFORE.map((hook) => `poststarthook/${hook}`),
  'autoregister-completion',
  ...HOOKS_AFTER.map((hook) => `poststarthook/${hook}`),
];
const LIVE: readonly string[] = ['ping', 'log', 'loopback-serving-certificate', 'etcd', ...COMMON];

/** Checks by path, in the order in which they are told. */
const CHECKS: Readonly<Record<string, readonly string[]>> = {
  healthz: LIVE,
  livez: LIVE,
  readyz: ['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync', ...COMMON, 'shutdown'],
};

/** All paths of checks, for the index of `/`. */
export const HEALTH_PATHS: readonly string[] = Object.entries(CHECKS).flatMap(([name, checks]) => [
  `/${name}`,
  ...checks.map((check) => `/${name}/${check}`),
]);

/** null when |path| is none of these. */
export function health(request: ApiRequest): ApiResponse | null {
  const [, name = '', check = ''] =
    /^\/(healthz|livez|readyz)(?:\/(.*))?$/.exec(request.path) ?? [];
  const checks = CHECKS[name];
  if (!checks) return null;
  if (check !== '') return checks.includes(check) ? answer('ok') : notFoundPath();
  const excluded = request.query['exclude'] ?? [];
  const unknown = [...new Set(excluded.filter((e) => e !== '' && !checks.includes(e)))].sort();
  const lines = checks.map((c) =>
    excluded.includes(c) ? `[+]${c} excluded: ok\n` : `[+]${c} ok\n`,
  );
  if (unknown.length > 0) {
    const list = unknown.map((e) => JSON.stringify(e)).join(',');
    lines.push(`warn: some health checks cannot be excluded: no matches for ${list}\n`);
  }
  if (request.query['verbose'] === undefined) return answer('ok');
  return answer(`${lines.join('')}${name} check passed\n`);
}

function answer(text: string): ApiResponse {
  const response = textResponse(200, text, TEXT_TYPE);
  return { ...response, headers: { ...response.headers, 'x-content-type-options': 'nosniff' } };
}
