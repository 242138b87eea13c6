/**
 * /etc/hosts, /etc/resolv.conf and the host name: what a Pod's containers are told of names. Pure.
 *
 * Models: pkg/kubelet/kubelet_pods.go managedHostsFileContent, GeneratePodHostNameAndDomain,
 * pkg/kubelet/network/dns (v1.36)
 */
import type { Pod } from '../../../api/generated/types.ts';

/** A Pod's host name is its name, at most 63 characters. */
export function hostname(pod: Pod): string {
  const name = pod.spec.hostnameOverride ?? pod.spec.hostname ?? pod.metadata.name;
  return name.slice(0, 63).replace(/[-.]+$/, '');
}

/** pkg/kubelet/kubelet_pods.go managedHostsFileContent. */
export function hostsFile(pod: Pod, ip: string): string {
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    `${ip}\t${hostname(pod)}`,
  ];
  const aliases = pod.spec.hostAliases ?? [];
  if (aliases.length > 0) lines.push('', '# Entries added by HostAliases.');
  for (const a of aliases) lines.push(`${a.ip}\t${(a.hostnames ?? []).join('\t')}`);
  return `${lines.join('\n')}\n`;
}

/** Cluster DNS at its usual address (kubeadm's tenth of the service range). */
const CLUSTER_DNS = '10.96.0.10';
const CLUSTER_DOMAIN = 'cluster.local';

export function resolvConf(pod: Pod): string {
  const { namespace = 'default' } = pod.metadata;
  const { dnsPolicy, dnsConfig, hostNetwork } = pod.spec;
  const servers: string[] = [];
  const searches: string[] = [];
  const options: string[] = [];
  if (dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork)) {
    servers.push(CLUSTER_DNS);
    const d = CLUSTER_DOMAIN;
    searches.push(`${namespace}.svc.${d}`, `svc.${d}`, d);
    options.push('ndots:5');
  }
  servers.push(...(dnsConfig?.nameservers ?? []));
  searches.push(...(dnsConfig?.searches ?? []));
  for (const o of dnsConfig?.options ?? []) {
    options.push(o.value === undefined ? (o.name ?? '') : `${o.name}:${o.value}`);
  }
  const lines = [];
  if (searches.length > 0) lines.push(`search ${searches.join(' ')}`);
  lines.push(...servers.map((s) => `nameserver ${s}`));
  if (options.length > 0) lines.push(`options ${options.join(' ')}`);
  return `${lines.join('\n')}\n`;
}
