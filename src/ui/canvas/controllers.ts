/** Names of controllers as the page shows them: upstream's names without the word they all share. */
const KNOWN: Readonly<Record<string, string>> = {
  // In the order in which they are drawn: those of workloads first.
  'deployment-controller': 'Deployment',
  'replicaset-controller': 'ReplicaSet',
  'statefulset-controller': 'StatefulSet',
  'daemon-set-controller': 'DaemonSet',
  'job-controller': 'Job',
  'cronjob-controller': 'CronJob',
  'node-controller': 'Node',
  'taint-eviction-controller': 'Eviction',
  'generic-garbage-collector': 'GC',
  'endpointslice-controller': 'EndpointSlice',
  'horizontal-pod-autoscaler': 'HPA',
  'disruption-controller': 'PDB',
  'persistentvolume-binder-controller': 'PV binder',
  'persistentvolume-attach-detach-controller': 'Attach/detach',
  'persistentvolume-expander-controller': 'Volume expander',
  'ephemeral-volume-controller': 'Ephemeral volumes',
  'csi-controller': 'CSI driver',
  'csi-provisioner': 'CSI provisioner',
  'csi-attacher': 'CSI attacher',
  'csi-resizer': 'CSI resizer',
  'resourcequota-controller': 'Quota',
  'replication-controller': 'RC',
  'pod-garbage-collector': 'Pod GC',
  'namespace-controller': 'Namespace',
  'service-account-controller': 'ServiceAccount',
  'root-ca-cert-publisher': 'Root CA',
  'node-ipam-controller': 'IPAM',
  'ttl-controller': 'TTL',
  'endpoint-controller': 'Endpoints',
  'endpointslicemirroring-controller': 'Slice mirroring',
  'ttl-after-finished-controller': 'TTL after finished',
  'serviceaccount-token-controller': 'Tokens',
  'service-cidr-controller': 'Service CIDR',
  'pv-protection-controller': 'PV protection',
  'pvc-protection-controller': 'PVC protection',
  'volumeattributesclass-protection-controller': 'VAC protection',
  'validatingadmissionpolicy-status-controller': 'Policy status',
  'certificatesigningrequest-approving-controller': 'CSR approving',
  'certificatesigningrequest-cleaner-controller': 'CSR cleaner',
  'certificatesigningrequest-signing-controller': 'CSR signing',
};
const ORDER = Object.keys(KNOWN);

export function controllerTitle(name: string): string {
  const known = KNOWN[name];
  if (known !== undefined) return known;
  const words = name.replace(/-controller$/, '').replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Known ones in their order, then the others as they come. */
export function inDrawnOrder(names: readonly string[]): readonly string[] {
  const rank = (name: string): number => {
    const index = ORDER.indexOf(name);
    return index < 0 ? ORDER.length : index;
  };
  return [...names].sort((a, b) => rank(a) - rank(b));
}

/** Rough width of a character of a chip and of what is around its text, in pixels. */
const CHAR_WIDTH = 7.5;
const CHIP_EXTRA = 24;

/** How many of |titles| fit into |lines| lines of |width| pixels, "+3" for the others included. */
export function chipsThatFit(titles: readonly string[], width: number, lines: number): number {
  for (let shown = titles.length; shown > 0; shown--) {
    const rest = titles.length - shown;
    const drawn = titles.slice(0, shown);
    if (linesOf(rest > 0 ? [...drawn, `+${rest}`] : drawn, width) <= lines) return shown;
  }
  return 0;
}

function linesOf(titles: readonly string[], width: number): number {
  let lines = 1;
  let x = 0;
  for (const title of titles) {
    const w = title.length * CHAR_WIDTH + CHIP_EXTRA;
    const fits = x === 0 || x + w <= width;
    lines += fits ? 0 : 1;
    x = fits ? x + w : w;
  }
  return lines;
}
