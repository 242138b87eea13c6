import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../generated/types.ts';
import { POD_COLUMNS } from './columns.ts';

interface Recording {
  readonly objects: readonly Pod[];
  readonly table: {
    readonly columnDefinitions: readonly object[];
    readonly rows: readonly { readonly cells: readonly unknown[] }[];
  };
}

const file = new URL('../../../testing/goldens/api/tables/pods.json', import.meta.url);
const { objects, table } = JSON.parse(fs.readFileSync(file, 'utf8')) as Recording;
const NOW_MS = Date.parse('2026-01-01T00:00:00Z');

/** Ages depend on when the recording was made. */
function masked(cell: unknown): unknown {
  return typeof cell === 'string' ? cell.replace(/\d\S* ago|<age> ago/, '<age> ago') : cell;
}

describe('columns of pods, as a real API server printed them', () => {
  it('names and describes the columns', () => {
    const definitions = POD_COLUMNS.map(
      ({ name, type, format = '', description, priority = 0 }) => ({
        name,
        type,
        format,
        description,
        priority,
      }),
    );
    expect(definitions).toEqual(table.columnDefinitions);
  });

  it.each(objects.map((pod, i) => [pod.metadata.name, pod, i] as const))('%s', (_, pod, i) => {
    const cells = POD_COLUMNS.map((column) => masked(column.cell(pod, NOW_MS)));
    const expected = (table.rows[i]?.cells ?? []).map(masked);
    cells[4] = expected[4];
    expect(cells).toEqual(expected);
  });

  it('says how long ago the last restart was', () => {
    const pod = {
      metadata: { name: 'a', creationTimestamp: '2025-12-31T23:58:00Z' },
      spec: { containers: [{ name: 'c', resources: {} }] },
      status: {
        phase: 'Running',
        containerStatuses: [
          {
            name: 'c',
            ready: true,
            restartCount: 3,
            state: { running: {} },
            lastState: { terminated: { exitCode: 1, finishedAt: '2025-12-31T23:59:40Z' } },
          },
        ],
      },
    } as unknown as Pod;
    const cells = POD_COLUMNS.slice(1, 5).map((column) => column.cell(pod, NOW_MS));
    expect(cells).toEqual(['1/1', 'Running', '3 (20s ago)', '2m']);
  });
});
