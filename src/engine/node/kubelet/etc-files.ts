/**
 * /etc/hosts, /etc/resolv.conf and the host name: what a Pod's containers are told of names. Pure.
 *
 * Models: pkg/kubelet/kubelet_pods.go managedHostsFileContent, GeneratePodHostNameAndDomain,
 * pkg/kubelet/network/dns (v1.36)
 */
import type { Pod } from '../../../api/generated/types.ts';

/** Cluster DNS at its usual address (kubeadm's tenth of the service range). */
const CLUSTER_DNS = '10.96.0.10';
const CLUSTER_DOMAIN = 'cluster.local';
const CLUSTER_OPTION = 'ndots:5';
const MAX_NAME_LENGTH = 63;
/** pkg/apis/core/validation MaxDNSNameservers, MaxDNSSearchPaths. */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;

/** The node, as far as Pods on its network see it. */
export interface NodeNames {
  readonly name: string;
  readonly address: string;
  /** Its own /etc/hosts. */
  readonly hosts: string;
}

/** What the kernel answers to gethostname(2). */
export function hostname(pod: Pod, nodeName: string): string {
  const { hostNetwork, setHostnameAsFQDN } = pod.spec;
  if (hostNetwork === true) return nodeName;
  const domain = hostDomain(pod);
  const own = shortName(pod);
  return setHostnameAsFQDN === true && domain !== '' ? `${own}.${domain}` : own;
}

/** A Pod's host name is its name, at most 63 characters. */
function shortName({ metadata, spec }: Pod): string {
  const name = spec.hostnameOverride ?? spec.hostname ?? metadata.name;
  return name.slice(0, MAX_NAME_LENGTH).replace(/[-.]+$/, '');
}

/** Where a headless Service makes its name known. */
function hostDomain({ metadata, spec }: Pod): string {
  const { subdomain = '', hostnameOverride } = spec;
  if (subdomain === '' || hostnameOverride !== undefined) return '';
  return `${subdomain}.${metadata.namespace}.svc.${CLUSTER_DOMAIN}`;
}

/** ensureHostsFile; |ip| is the sandbox's, '' on the node's network. */
export function hostsFile(pod: Pod, ip: string, node: NodeNames): string {
  const aliases = pod.spec.hostAliases ?? [];
  const added = aliases.map((a) => `${a.ip}\t${(a.hostnames ?? []).join('\t')}\n`).join('');
  const tail = added === '' ? '' : `\n# Entries added by HostAliases.\n${added}`;
  if (pod.spec.hostNetwork === true) {
    return `# Kubernetes-managed hosts file (host network).\n${node.hosts}${tail}`;
  }
  const name = shortName(pod);
  const domain = hostDomain(pod);
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    domain === '' ? `${ip}\t${name}` : `${ip}\t${name}.${domain}\t${name}`,
  ];
  return `${lines.join('\n')}\n${tail}`;
}

/** GetPodDNS: what the policy gives, and what the Pod adds to it. */
export function resolvConf(pod: Pod, node: NodeNames): string {
  const { namespace = 'default' } = pod.metadata;
  const { dnsPolicy = 'ClusterFirst', dnsConfig, hostNetwork } = pod.spec;
  const servers: string[] = [];
  const searches: string[] = [];
  const options = new Map<string, string>();
  const isCluster =
    dnsPolicy === 'ClusterFirstWithHostNet' ||
    (dnsPolicy === 'ClusterFirst' && hostNetwork !== true);
  if (isCluster) {
    servers.push(CLUSTER_DNS);
    const d = CLUSTER_DOMAIN;
    searches.push(`${namespace}.svc.${d}`, `svc.${d}`, d);
    options.set('ndots', CLUSTER_OPTION);
  } else if (dnsPolicy !== 'None') {
    servers.push(node.address);
  }
  servers.push(...(dnsConfig?.nameservers ?? []));
  searches.push(...(dnsConfig?.searches ?? []));
  for (const { name = '', value } of dnsConfig?.options ?? []) {
    options.set(name, value === undefined ? name : `${name}:${value}`);
  }
  const lines: string[] = [];
  const searched = [...new Set(searches)].slice(0, MAX_SEARCHES);
  if (searched.length > 0) lines.push(`search ${searched.join(' ')}`);
  const asked = [...new Set(servers)].slice(0, MAX_NAMESERVERS);
  lines.push(...asked.map((server) => `nameserver ${server}`));
  if (options.size > 0) lines.push(`options ${[...options.values()].join(' ')}`);
  return `${lines.join('\n')}\n`;
}
