/**
 * Values that differ from run to run become the words that the recordings have for them, without
 * their numbers.
 */
import type { Sorts } from './placeholders.ts';

const HEX64 = '[0-9a-f]{64}';
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const POD_OR_SERVICE = '10\\.(?:24[4-9]|25\\d|9[6-9]|1[01]\\d)\\.\\d{1,3}\\.\\d{1,3}';
const NODE_ADDRESS = '172\\.30\\.\\d{1,3}\\.\\d{1,3}';
const MONTHS = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';
const CLOCK = '\\d\\d:\\d\\d:\\d\\d';
const DATES =
  `\\d{4}-\\d\\d-\\d\\dT${CLOCK}(?:\\.\\d+)?Z|` +
  `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d\\d (?:${MONTHS}) \\d{4} ${CLOCK} [+-]\\d{4}|` +
  `(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?(?:${MONTHS}) [ \\d]\\d ${CLOCK}(?: UTC)?(?: \\d{4})?|` +
  // `ls -l`, and the directories that volumes keep their files in.
  `(?:${MONTHS}) {1,2}\\d{1,2} \\d\\d:\\d\\d|\\d{4}(?:_\\d\\d){5}\\.\\d+|` +
  `\\d{4}[/-]\\d\\d[/-]\\d\\d ${CLOCK}(?:\\.\\d+)?|[IWEF]?\\d{4} ${CLOCK}\\.\\d+|${CLOCK}(?:\\.\\d+)?`;

/** What the placeholders in what kubectl and programs print may stand for. */
export const NODE_SORTS: Sorts = {
  uid: UUID,
  rv: '\\d+',
  cid: HEX64,
  digest: HEX64,
  hash: '[0-9a-f]{32}',
  time: DATES,
  ip: POD_OR_SERVICE,
  'dashed-ip': '10-\\d+-\\d+-\\d+',
  nodeip: NODE_ADDRESS,
  rand: '[bcdfghjklmnpqrstvwxz2456789]{5}',
  port: '\\d{1,5}',
  age: '[0-9]+[0-9ydhms]*|<unknown>|<invalid>',
  dur: '[0-9.]+(?:ms|s|µs)|\\d+m[0-9.]+s',
  event: '[0-9a-f]{16}',
  minutes: '\\d{8}',
  token: '[A-Za-z0-9_.-]+',
  kernelVersion: '[^\\s"]+',
  osImage: '[^\\n"]+',
  machineID: '[0-9a-f-]{32,36}',
  systemUUID: '[0-9a-f-]{32,36}',
  pid: '\\d+',
  netns: `/var/run/netns/cni-${UUID}`,
  bootID: '[0-9a-f-]{32,36}',
};

const VALUES: readonly (readonly [RegExp, string])[] = [
  [new RegExp(UUID, 'g'), '<uid>'],
  [new RegExp(HEX64, 'g'), '<cid>'],
  [/\b[0-9a-f]{32}\b/g, '<hash>'],
  [new RegExp(POD_OR_SERVICE, 'g'), '<ip>'],
  [new RegExp(NODE_ADDRESS, 'g'), '<nodeip>'],
  [/\b10-2\d\d-\d+-\d+\b/g, '<dashed-ip>'],
  // Sizes of stand-in images say nothing (README of goldens/node, "Known gaps").
  [/in \S+ \(\S+ including waiting\)\. Image size: \d+/g, 'pulled'],
  [/kube-api-access-(?:<rand>|[a-z0-9]{5})/g, 'kube-api-access'],
  // What there was of the recorded machine, and what stand-ins used of it.
  [/Threshold quantity: \S+, available: \S+?\. /g, 'figures '],
  [/was using \S+, request/g, 'was using some, request'],
  // Other cases ran on the node at the same time.
  [/(\b(?:cpu|memory), requested: \d+, used: )\d+/g, '$1'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>'],
];

/** |names| are parts of names that were drawn: `web-6b7f-x2x4z` → `web-6b7f-<rand>`. */
export function masked(text: string, names: ReadonlyMap<string, string>): string {
  let result = text.replace(/<([a-zA-Z-]+):\d+>/g, '<$1>').replace(/<digest>/g, '<cid>');
  for (const [name, by] of names) result = result.replaceAll(name, by);
  for (const [pattern, by] of VALUES) result = result.replace(pattern, by);
  return result;
}
