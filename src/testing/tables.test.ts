/**
 * The columns of every kind against the recorded tables of a real server: definitions and cells of
 * each row. (The Table form over REST comes with the full API.)
 */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { kinds } from '../api/kinds/index.ts';
import { humanDuration } from '../api/meta/columns.ts';
import type { AnyKind } from '../api/meta/define-kind.ts';
import { decodeObject } from '../api/meta/decode.ts';
import type { KubeObject } from '../api/meta/object.ts';

const TABLES = path.join(import.meta.dirname, 'goldens/api/tables');
/** Masked times of the recordings are some time before this. */
const NOW_MS = Date.parse('2026-01-01T00:10:00Z');
const THEN = '2026-01-01T00:00:00Z';

/**
 * Rows that do not follow from the recorded object: autoscaling/v1 shows the metrics of an object
 * made in v2 without their order.
 */
const UNKNOWABLE = new Set(['horizontalpodautoscalers-v1.json two']);

interface Table {
  readonly path: string;
  readonly objects: readonly KubeObject[];
  readonly table: {
    readonly columnDefinitions: readonly Record<string, unknown>[];
    readonly rows: readonly { readonly cells: readonly unknown[] }[];
  };
}

function read<T>(name: string): T {
  const text = fs.readFileSync(path.join(TABLES, name), 'utf8');
  return JSON.parse(
    text
      .replaceAll('"<time>"', `"${THEN}"`)
      .replaceAll('"<microtime>"', `"${THEN.slice(0, -1)}.000000Z"`),
  ) as T;
}

function kindOf(urlPath: string): AnyKind | undefined {
  const parts = urlPath.split('/').filter((p) => p !== '');
  const group = parts[0] === 'apis' ? (parts[1] as string) : '';
  const version = parts[group === '' ? 1 : 2];
  const plural = parts.at(-1);
  return kinds.find((k) => k.group === group && k.version === version && k.plural === plural);
}

const tables = fs
  .readdirSync(TABLES)
  .filter((name) => name !== 'durations.json')
  .map((name) => ({ name, table: read<Table>(name) }))
  .filter(({ table }) => kindOf(table.path) !== undefined);

it('covers all kinds that are recorded', () => {
  const readable = kinds.filter((kind) => !kind.review);
  expect(tables.length).toBeGreaterThanOrEqual(readable.length);
});

describe.each(tables)('$name', ({ name: file, table: { path: urlPath, objects, table } }) => {
  const kind = kindOf(urlPath) as AnyKind;

  it('has the recorded columns', () => {
    const declared = (kind.columns ?? []).filter((c) => c.undeclared !== true);
    const own = declared.map((c) => ({
      name: c.name,
      type: c.type,
      format: c.format ?? '',
      description: c.description ?? '',
      priority: c.priority ?? 0,
    }));
    expect(own).toEqual(table.columnDefinitions);
  });

  // Rows in an order of their own are recorded in that order, some of them without their object.
  const ordered = kind.compareRows !== undefined;
  const objectOf = (row: { readonly cells: readonly unknown[] }, i: number) =>
    ordered ? objects.find((o) => o.metadata.name === row.cells[0]) : objects[i];
  const pairs = table.rows
    .map((row, i) => ({ row, i, object: objectOf(row, i) }))
    .filter(({ object }) => !ordered || object !== undefined)
    .filter(({ object }) => !UNKNOWABLE.has(`${file} ${object?.metadata.name}`));

  it.each(pairs.map((pair) => ({ ...pair, name: pair.object?.metadata.name })))(
    'row $i: $name',
    ({ row, object: recorded }) => {
      // Masked ports and addresses stand for what no column shows, or shows as the mask.
      const text = JSON.stringify(recorded).replace(/"<port:\d+>"/g, '30000');
      const { object } = decodeObject(kind.schema, JSON.parse(text));
      const cells = (kind.columns ?? []).map((c) =>
        c.cell(object as unknown as KubeObject, NOW_MS),
      );
      const masked = cells.map((cell, c) => mask(cell, row.cells[c]));
      expect(masked).toEqual(row.cells);
    },
  );
});

/** Ages as the recordings mask them; a restart count keeps its number. */
function mask(cell: unknown, recorded: unknown): unknown {
  if (typeof recorded !== 'string' || typeof cell !== 'string') return cell;
  if (recorded === '<age>' && /^(\d+[smhdy])+$/.test(cell)) return recorded;
  if (recorded.endsWith('(<age> ago)')) return cell.replace(/\((\d+[smhdy])+ ago\)/, '(<age> ago)');
  return cell;
}

describe('durations', () => {
  const { ages } = read<{ ages: readonly { seconds: number; text: string }[] }>('durations.json');
  it.each(ages)('$seconds s', ({ seconds, text }) => {
    expect(humanDuration(seconds * 1000 + 200)).toBe(text);
  });
});
