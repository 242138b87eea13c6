/** Plays a recorded table: objects put in the store as they are, and their Table form. */
import type { Json, JsonObject } from './case.ts';
import { firstDifference } from './compare.ts';
import { Bindings } from './placeholders.ts';
import type { Outcome } from './playable.ts';
import { apiRequest } from './run-case.ts';
import { definitionFor } from './table-definition.ts';
import type { MakeTarget } from './target.ts';
import { decodeUtf8 } from '../../api/meta/utf8.ts';

export interface RecordedTable {
  readonly name: string;
  readonly path: string;
  readonly objects: readonly JsonObject[];
  readonly table: JsonObject & { readonly rows: readonly Json[] };
}

const ACCEPT = 'application/json;as=Table;v=v1;g=meta.k8s.io';
/** Masked times of the recordings are some time before the cluster's now. */
const THEN = '2025-12-31T23:50:00Z';

export function playTable(recorded: RecordedTable, makeTarget: MakeTarget): Outcome[] {
  const target = makeTarget({ quiet: true });
  target.load(recorded.objects.map(unmasked), [definitionFor(recorded)]);
  const { rows } = recorded.table;
  // What of the object is shown says what was asked for.
  const include = `includeObject=${includeOf(rows[0] as JsonObject)}`;
  const mark = recorded.path.includes('?') ? '&' : '?';
  const answer = target.handle(
    apiRequest(
      {
        method: 'GET',
        path: `${recorded.path}${mark}${include}`,
        headers: { Accept: ACCEPT },
      },
      new Bindings(),
    ),
  );
  const text = decodeUtf8(answer.body);
  if (answer.code !== 200) {
    const difference = `code ${answer.code}: ${text.slice(0, 200)}`;
    return rows.map((_, i) => ({ unit: `rows[${i}]`, difference }));
  }
  const table = JSON.parse(text) as JsonObject;
  const columns = firstDifference(
    recorded.table['columnDefinitions'],
    table['columnDefinitions'],
    'columnDefinitions',
    new Bindings(),
  );
  const actual = [...((table['rows'] ?? []) as readonly Json[])];
  return rows.map((row, i) => ({
    unit: `rows[${i}]`,
    difference: columns ?? takeRow(row, actual, i),
  }));
}

/** Rows are independent: the recorded one is there, wherever it stands, and is used up. */
function takeRow(row: Json, actual: Json[], i: number): string | undefined {
  const at = actual.findIndex((one) => firstDifference(row, one, '', new Bindings()) === undefined);
  if (at < 0) return firstDifference(row, actual[i], `rows[${i}]`, new Bindings()) ?? 'used twice';
  actual.splice(at, 1);
  return undefined;
}

function includeOf({ object = null }: JsonObject): string {
  if (object === null) return 'None';
  return (object as JsonObject)['kind'] === 'PartialObjectMetadata' ? 'Metadata' : 'Object';
}

function unmasked(object: JsonObject): JsonObject {
  const text = JSON.stringify(object)
    .replaceAll('"<time>"', `"${THEN}"`)
    .replaceAll('"<microtime>"', `"${THEN.slice(0, -1)}.000000Z"`)
    .replace(/<ip:(\d+)>/g, '10.96.100.$1')
    .replace(/"<port:(\d+)>"/g, (_, n: string) => String(30_000 + Number(n)));
  return JSON.parse(text) as JsonObject;
}
