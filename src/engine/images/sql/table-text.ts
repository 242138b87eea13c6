/** Tables as clients print them. */
import type { Value } from './ast.ts';
import type { Result } from './database.ts';

/** mysql in a pipe: columns between tabs. */
export function tabbed({ columns, rows }: Result, titles: boolean): string {
  if (columns === null) return '';
  const lines = rows.map((row) => row.map((v) => textOf(v, 'NULL')).join('\t'));
  if (titles && rows.length > 0) lines.unshift(columns.join('\t'));
  return lines.map((line) => `${line}\n`).join('');
}

/** mysql on a terminal: a box. */
export function boxed({ columns, rows }: Result): string {
  if (columns === null || rows.length === 0) return '';
  const cells = rows.map((row) => row.map((v) => textOf(v, 'NULL')));
  const widths = columns.map((title, i) =>
    cells.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), title.length),
  );
  const rule = `+${widths.map((w) => '-'.repeat(w + 2)).join('+')}+\n`;
  const line = (row: readonly string[], value: readonly Value[] | null): string => {
    const padded = row.map((cell, i) =>
      typeof value?.[i] === 'number' ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
    );
    return `| ${padded.join(' | ')} |\n`;
  };
  const body = cells.map((row, i) => line(row, rows[i] ?? null)).join('');
  return `${rule}${line(columns, null)}${rule}${body}${rule}`;
}

/** psql: titles in the middle, numbers to the right, and how many rows there are. */
export function aligned({ columns, rows }: Result): string {
  if (columns === null) return '';
  const cells = rows.map((row) => row.map((v) => textOf(v, '', 't', 'f')));
  const widths = columns.map((title, i) =>
    cells.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), title.length),
  );
  const head = columns.map((title, i) => ` ${centered(title, widths[i] ?? 0)} `).join('|');
  const rule = widths.map((w) => '-'.repeat(w + 2)).join('+');
  const lines = cells.map((row, r) =>
    row
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        const last = i === row.length - 1;
        if (typeof rows[r]?.[i] === 'number') return ` ${cell.padStart(width)}${last ? '' : ' '}`;
        return last ? ` ${cell}` : ` ${cell.padEnd(width)} `;
      })
      .join('|'),
  );
  const count = `(${rows.length} row${rows.length === 1 ? '' : 's'})`;
  return [head, rule, ...lines, count, '', ''].join('\n');
}

/** psql -A, -t: bare columns between bars. */
export function bare({ columns, rows }: Result, titles: boolean): string {
  if (columns === null) return '';
  const lines = rows.map((row) => row.map((v) => textOf(v, '', 't', 'f')).join('|'));
  if (titles) {
    lines.unshift(columns.join('|'));
    lines.push(`(${rows.length} row${rows.length === 1 ? '' : 's'})`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function centered(text: string, width: number): string {
  const left = Math.floor((width - text.length) / 2);
  return `${' '.repeat(left)}${text}`.padEnd(width);
}

function textOf(value: Value, empty: string, yes = '1', no = '0'): string {
  if (value === null) return empty;
  if (typeof value === 'boolean') return value ? yes : no;
  return String(value);
}
