/** Which requests the Requests pane lists. */
import { isDrawn } from '../../port/drawn.ts';
import type { SpanRow } from '../../port/protocol.ts';
import { detailText } from './narration.ts';

export interface RequestFilter {
  /** Words that must all occur in the row. */
  readonly text: string;
  /** Also reads, leases and heartbeats. */
  readonly quiet: boolean;
  /** Only what had been answered by this moment, in microseconds. */
  readonly until: number;
}

export function requestRows(
  requests: readonly SpanRow[],
  filter: RequestFilter,
): readonly SpanRow[] {
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return requests.filter(
    (span) => span.end <= filter.until && (filter.quiet || isDrawn(span)) && hasWords(span, words),
  );
}

function hasWords(span: SpanRow, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const { from, name, object } = span;
  const row = `${from} ${name} ${object} ${detailText(span, 'code')} ${detailText(span, 'path')}`;
  const text = row.toLowerCase();
  return words.every((word) => text.includes(word));
}
