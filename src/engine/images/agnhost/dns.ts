/**
 * `agnhost dns-suffix`, `dns-server-list` and `etc-hosts`: what the container knows of names.
 *
 * Models: test/images/agnhost/dns/common.go, dns.go (v1.36)
 */
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { resolverConfig } from '../../node/runtime/resolver.ts';

// oxlint-disable-next-line require-yield
export function* dnsSuffix(context: ProcessContext): Proc<number> {
  context.stdout(`${resolverConfig(context.fs).search.join(',')}\n`);
  return 0;
}

// oxlint-disable-next-line require-yield
export function* dnsServerList(context: ProcessContext): Proc<number> {
  context.stdout(`${resolverConfig(context.fs).servers.slice(0, 1).join(',')}\n`);
  return 0;
}

// oxlint-disable-next-line require-yield
export function* etcHosts(context: ProcessContext): Proc<number> {
  context.stdout(`${context.fs.read('/etc/hosts') ?? ''}\n`);
  return 0;
}
