/** The newest drawn spans in which a component took part, newest first. */
import { useMemo } from 'react';
import type { SpanRow } from '../../port/protocol.ts';
import { useMirror } from './store.ts';

const RECENT_SHOWN = 12;

export function useRecentOf(component: string): readonly SpanRow[] {
  const told = useMirror((s) => s.told);
  const at = useMirror((s) => (s.past ? s.at : Number.POSITIVE_INFINITY));
  return useMemo(() => recentOf(told, component, at), [told, component, at]);
}

export function recentOf(
  told: readonly SpanRow[],
  component: string,
  at: number,
): readonly SpanRow[] {
  const found: SpanRow[] = [];
  for (let i = told.length - 1; i >= 0 && found.length < RECENT_SHOWN; i--) {
    const span = told[i] as SpanRow;
    if (span.end <= at && (span.from === component || span.to === component)) found.push(span);
  }
  return found;
}
