/** Lines of a log that contain a text, with their numbers. */

export interface FoundLine<Line> {
  readonly line: Line;
  /** Counted from 0 over all lines. */
  readonly number: number;
}

/** Upper and lower case are the same; an empty text is found in every line. */
export function searchLines<Line extends { readonly text: string }>(
  lines: readonly Line[],
  wanted: string,
): readonly FoundLine<Line>[] {
  const numbered = lines.map((line, number) => ({ line, number }));
  if (wanted === '') return numbered;
  const text = wanted.toLowerCase();
  return numbered.filter(({ line }) => line.text.toLowerCase().includes(text));
}
