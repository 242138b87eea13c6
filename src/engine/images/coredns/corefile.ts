/**
 * The part of a Corefile that is acted on: which zones the kubernetes plugin answers for, and how.
 *
 * Models:     coredns core/dnsserver directives (plugin.cfg), plugin/kubernetes setup.go
 * Simplified: of the other plugins only the names are checked; none of them changes an answer
 */
import type { Zone } from './answer.ts';

/** plugin.cfg. */
const DIRECTIVES = new Set(
  (
    'root metadata geoip cancel tls quic timeouts multisocket reload nsid bufsize bind debug trace ' +
    'ready health pprof prometheus errors log dnstap local dns64 acl any chaos loadbalance tsig ' +
    'cache rewrite header dnssec autopath minimal template transfer hosts route53 azure clouddns ' +
    'k8s_external kubernetes nomad file auto secondary etcd loop forward grpc erratic whoami on ' +
    'sign view'
  ).split(' '),
);
const TTL_SECONDS = 5;
const REVERSE_ZONE = /\.arpa\.?$/;

export class CorefileError extends Error {
  override readonly name = 'CorefileError';
}

interface Line {
  readonly number: number;
  readonly words: readonly string[];
}

/** Throws CorefileError. */
export function clusterZones(text: string, path: string): readonly Zone[] {
  const lines = text
    .split('\n')
    .map((line, i) => ({ number: i + 1, words: line.replace(/#.*/, '').trim().split(/\s+/) }))
    .filter(({ words }) => words[0] !== '');
  const zones: Zone[] = [];
  let depth = 0;
  let plugin: Line[] = [];
  for (const line of lines) {
    const [first = ''] = line.words;
    if (depth === 1 && first !== '}') {
      if (!DIRECTIVES.has(first)) {
        const why = `Error during parsing: Unknown directive '${first}'`;
        throw new CorefileError(`${path}:${line.number} - ${why}`);
      }
      plugin = [line];
    } else if (depth === 2) {
      plugin.push(line);
    }
    if (line.words.at(-1) === '{') depth++;
    if (first === '}') depth--;
    if (depth === 1 && plugin[0]?.words[0] === 'kubernetes') zones.push(...zonesOf(plugin));
    if (depth === 1) plugin = [];
    if (depth < 0) break;
  }
  if (depth !== 0) throw new CorefileError(`${path}:${lines.length} - Error during parsing: EOF`);
  return zones;
}

function zonesOf([head, ...options]: readonly Line[]): readonly Zone[] {
  let ttl = TTL_SECONDS;
  let pods: Zone['pods'] = 'disabled';
  for (const { words } of options) {
    const [option, value = ''] = words;
    if (option === 'ttl' && /^\d+$/.test(value)) ttl = Number(value);
    if (option === 'pods' && (value === 'insecure' || value === 'verified')) pods = value;
  }
  return (head?.words ?? [])
    .slice(1)
    .filter((word) => word !== '{' && !REVERSE_ZONE.test(word))
    .map((name) => ({ name: name.toLowerCase().replace(/\.$/, ''), ttl, pods }));
}
