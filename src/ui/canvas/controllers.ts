/** Names of controllers as the page shows them: upstream's names without the word they all share. */
const KNOWN: Readonly<Record<string, string>> = {
  'deployment-controller': 'Deployment',
  'replicaset-controller': 'ReplicaSet',
  'garbage-collector-controller': 'GC',
  'garbage-collector': 'GC',
  'namespace-controller': 'Namespace',
  'serviceaccount-controller': 'ServiceAccount',
  'node-lifecycle-controller': 'Node',
  'taint-eviction-controller': 'Eviction',
};

export function controllerTitle(name: string): string {
  const known = KNOWN[name];
  if (known !== undefined) return known;
  const words = name.replace(/-controller$/, '').replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
