/**
 * In which order groups and versions are listed: by the priorities of their APIServices.
 *
 * Models: pkg/controlplane/apiserver/aggregator.go DefaultGenericAPIServicePriorities and
 *         pkg/controlplane/instance.go, k8s.io/apimachinery pkg/version helpers.go (v1.36)
 */

/** Built-in groups, most important first. */
const GROUPS: readonly string[] = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
];

/** Groups that resources define come after all of the built-in ones, by name. */
export function compareGroups(a: string, b: string): number {
  const x = GROUPS.indexOf(a);
  const y = GROUPS.indexOf(b);
  if (x >= 0 && y >= 0) return x - y;
  if (x >= 0 || y >= 0) return x >= 0 ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}

const VERSION = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/;
const STABILITY = ['alpha', 'beta', ''];

/** v10, v2, v1, v11beta2, v10beta3, v3beta1, v12alpha1, then all others by name. */
export function compareVersions(a: string, b: string): number {
  const x = VERSION.exec(a);
  const y = VERSION.exec(b);
  if (!x || !y) {
    if (x || y) return x ? -1 : 1;
    return a < b ? -1 : Number(a > b);
  }
  const stability = STABILITY.indexOf(y[2] ?? '') - STABILITY.indexOf(x[2] ?? '');
  if (stability !== 0) return stability;
  return Number(y[1]) - Number(x[1]) || Number(y[3] ?? 0) - Number(x[3] ?? 0);
}
