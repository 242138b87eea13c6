/** Objects and texts without what differs from run to run. */
import { canonicalJson } from '../../api/meta/json.ts';
import type { Outcome } from './replay.ts';

type Json = { readonly [key: string]: unknown };

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const DRAWN = '[bcdfghjklmnpqrstvwxz2456789]{5}';

/** Text of a recording: all placeholders of a sort are one. */
export function maskText(text: string): string {
  return text
    .replace(/<rand:\d+>/g, '<rand>')
    .replace(/<uid:\d+>/g, '<uid>')
    .replace(/<ip:\d+>/g, '<ip>')
    .replace(/<minute:\d+>/g, '<minute>')
    .replace(/<host>_<uid>/g, '<identity>');
}

/** Text of ours, with the same placeholders. */
export function maskOwn(text: string, outcome: Outcome): string {
  let known = text;
  for (const [own, then] of outcome.hashes) known = known.replaceAll(own, then);
  const named = known
    .replace(UUID, '<uid>')
    .replace(/\b[a-z0-9-]+_<uid>/g, '<identity>')
    .replace(new RegExp(`(pods \\\\?"[a-z0-9-]+-)${DRAWN}(?=\\\\?" is forbidden)`, 'g'), '$1<rand>')
    .replace(new RegExp(`\\b([a-z0-9-]+-)${DRAWN}\\b`, 'g'), (name, prefix: string) =>
      outcome.generated.has(ownName(name, outcome)) ? `${prefix}<rand>` : name,
    );
  return named
    .replace(/-\d{8}(?!\d)/g, '-<minute>')
    .replace(/\b10\.(?:96|244)\.\d+\.\d+\b/g, '<ip>');
}

function ownName(name: string, { hashes }: Outcome): string {
  let own = name;
  for (const [now, then] of hashes) own = own.replaceAll(then, now);
  return own;
}

/** |outcome| is null for a recorded object. */
export function comparable(object: object | undefined, outcome: Outcome | null): unknown {
  if (object === undefined) return undefined;
  const masked = outcome
    ? maskOwn(JSON.stringify(object), outcome)
    : maskText(JSON.stringify(object));
  const {
    apiVersion: _,
    kind: __,
    ...rest
  } = JSON.parse(
    masked
      .replace(/"(<time:[^>]*>|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))"/g, '"<time>"')
      .replace(/"resourceVersion":"[^"]*"/g, '"resourceVersion":""')
      .replace(/"-----BEGIN[^"]*"/g, '"<pem>"')
      .replace(/"(nodeName|name|zone)":"(n\d|[abc])"/g, '"$1":"<place>"')
      .replace(/"nodePort":(?:"<port:\d+>"|\d+)/g, '"nodePort":0')
      .replace(new RegExp(`-${DRAWN}( failed with exit code)`, 'g'), '-<rand>$1')
      .replace(new RegExp(`("name":"[a-z0-9-]+-)${DRAWN}"`, 'g'), '$1<rand>"')
      .replace(new RegExp(`(pods \\\\?")X`, 'g'), '$1j-<rand>'),
  ) as Json;
  return unordered(rest);
}

/** Which Pod is on which node is accidental, and so is the order of addresses. */
function unordered(value: Json): Json {
  const sorted = (list: unknown): unknown =>
    Array.isArray(list)
      ? list
          .map(canonicalJson)
          .sort()
          .map((x) => JSON.parse(x) as unknown)
      : list;
  const { endpoints, ports, subsets, managedFields: _, ...rest } = value;
  delete (rest['metadata'] as { managedFields?: unknown }).managedFields;
  // How many writes a slice has seen depends on what changed between two of them.
  if ('addressType' in value) delete (rest['metadata'] as { generation?: number }).generation;
  const subsetList = subsets as readonly Json[] | undefined;
  // In the recorded changes null stands both for an empty list and for nothing.
  return {
    ...rest,
    ...(endpoints ? { endpoints: sorted(endpoints) } : {}),
    ...(ports ? { ports } : {}),
    ...(subsetList
      ? { subsets: sorted(subsetList.map((s) => ({ ...s, addresses: sorted(s['addresses']) }))) }
      : {}),
  };
}
