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
const MAX_SEARCH_LINE = 2_048;
const MAX_SEARCH_LENGTH = 253;

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

interface PodDns {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
  /** What has been left out, as Events tell it. */
  readonly problems: readonly string[];
}

/** GetPodDNS: what the policy gives, and what the Pod adds to it. */
function podDns(pod: Pod, nodeAddress: string): PodDns {
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
    servers.push(nodeAddress);
  }
  servers.push(...(dnsConfig?.nameservers ?? []));
  searches.push(...(dnsConfig?.searches ?? []));
  for (const { name = '', value = '' } of dnsConfig?.options ?? []) {
    options.set(name, value === '' ? name : `${name}:${value}`);
  }
  const asked = [...new Set(servers)];
  const searched = [...new Set(searches)];
  const used = asked.slice(0, MAX_NAMESERVERS);
  const fitting = fittingSearches(searched);
  const problems: string[] = [];
  if (used.length < asked.length) {
    const omitted = 'Nameserver limits were exceeded, some nameservers have been omitted';
    problems.push(`${omitted}, the applied nameserver line is: ${used.join(' ')}`);
  }
  if (fitting.length < searched.length) {
    const omitted = 'Search Line limits were exceeded, some search paths have been omitted';
    problems.push(`${omitted}, the applied search line is: ${fitting.join(' ')}`);
  }
  return { servers: used, searches: fitting, options: [...options.values()], problems };
}

/** formDNSSearchFitsLimits. */
function fittingSearches(all: readonly string[]): readonly string[] {
  const list = all.slice(0, MAX_SEARCHES).filter((path) => path.length <= MAX_SEARCH_LENGTH);
  while (list.join(' ').length > MAX_SEARCH_LINE) list.pop();
  return list;
}

export function resolvConf(pod: Pod, node: NodeNames): string {
  const { servers, searches, options } = podDns(pod, node.address);
  const lines: string[] = [];
  if (searches.length > 0) lines.push(`search ${searches.join(' ')}`);
  lines.push(...servers.map((server) => `nameserver ${server}`));
  if (options.length > 0) lines.push(`options ${options.join(' ')}`);
  return `${lines.join('\n')}\n`;
}

/** Messages of the Events `DNSConfigForming`. */
export function dnsProblems(pod: Pod, nodeAddress: string): readonly string[] {
  return pod.spec.dnsConfig ? podDns(pod, nodeAddress).problems : [];
}
