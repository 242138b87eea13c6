/** Plays a recorded table: objects put in the store as they are, and their Table form. */
import type { Json, JsonObject } from './case.ts';
import { firstDifference } from './compare.ts';
import { Bindings } from './placeholders.ts';
import type { Outcome } from './playable.ts';
import { apiRequest } from './run-case.ts';
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
  target.load(recorded.objects.map(unmasked));
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
  const table = JSON.parse(decodeUtf8(answer.body)) as JsonObject;
  const columns = firstDifference(
    recorded.table['columnDefinitions'],
    table['columnDefinitions'],
    'columnDefinitions',
    new Bindings(),
  );
  const actual = (table['rows'] ?? []) as readonly Json[];
  const count =
    actual.length === rows.length
      ? undefined
      : `${actual.length} rows, expected ${rows.length}: ${JSON.stringify(table).slice(0, 200)}`;
  return rows.map((row, i) => ({
    unit: `rows[${i}]`,
    difference: count ?? columns ?? firstDifference(row, actual[i], `rows[${i}]`, new Bindings()),
  }));
}

function includeOf({ object = null }: JsonObject): string {
  if (object === null) return 'None';
  return (object as JsonObject)['kind'] === 'PartialObjectMetadata' ? 'Metadata' : 'Object';
}

function unmasked(object: JsonObject): JsonObject {
  const text = JSON.stringify(object)
    .replaceAll('"<time>"', `"${THEN}"`)
    .replaceAll('"<microtime>"', `"${THEN.slice(0, -1)}.000000Z"`);
  return JSON.parse(text) as JsonObject;
}
