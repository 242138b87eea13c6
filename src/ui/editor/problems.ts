/** The problems of one file as the list shows them: the engine's and the schema's, in order of place. */
import type { Problem } from '../../port/protocol.ts';

/** Beyond this a list helps nobody. */
export const PROBLEMS_SHOWN = 100;

/** The schema tries every kind on a text that is none, and complains once for each. */
const WRONG_TYPE = /^Incorrect type\. Expected "/;

/**
 * Engine first where both speak of the same place; the same message is said once, also when the
 * engine says more around it.
 */
export function mergeProblems(
  engine: readonly Problem[],
  schema: readonly Problem[],
): readonly Problem[] {
  const seen = new Set<string>();
  const all: Problem[] = [];
  for (const problem of [...engine, ...schema]) {
    const { line = 0, message } = problem;
    const key = `${line}|${WRONG_TYPE.test(message) ? `${problem.column ?? 0} type` : message}`;
    if (seen.has(key)) continue;
    if (all.some((p) => (p.line ?? 0) === line && p.message.endsWith(`: ${message}`))) continue;
    seen.add(key);
    all.push(problem);
  }
  // What is about no place stands first; sort is stable, so the engine's words stay before the schema's.
  return all
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
    .slice(0, PROBLEMS_SHOWN);
}

/** Offset in |text| of a position counted from 1. */
export function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let n = 1; n < line; n++) {
    const next = text.indexOf('\n', start);
    if (next < 0) return text.length;
    start = next + 1;
  }
  const end = text.indexOf('\n', start);
  return Math.min(start + Math.max(column - 1, 0), end < 0 ? text.length : end);
}
