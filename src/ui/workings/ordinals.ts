/** What the view of a StatefulSet's order says. */
import type { OrdinalWorkings } from '../../port/protocol-workings.ts';
import type { WorkingsText } from '../i18n/workings.ts';

/** Why the next step waits, and which one it is. */
export function ordinalLines(of: OrdinalWorkings, t: WorkingsText): readonly string[] {
  const lines: string[] = [];
  const { held, nextUpdate, waitsFor } = of;
  if (of.policy === 'Parallel') lines.push(t.ordinalsParallel);
  const waited = of.places.find((p) => p.ordinal === waitsFor?.ordinal);
  if (waitsFor && waited?.condemned === true) lines.push(t.ordinalsGo(waitsFor.ordinal));
  else if (waitsFor) lines.push(t.ordinalsWait(waitsFor.ordinal, t.ordinalState[waitsFor.why]));
  else if (of.policy !== 'Parallel') lines.push(t.ordinalsDone);
  if (nextUpdate !== null) lines.push(t.ordinalsNext(nextUpdate, of.updateRevision));
  if (held) {
    lines.push(
      held.by === 'OnDelete'
        ? t.heldOnDelete(held.count)
        : t.heldPartition(held.count, of.partition),
    );
  }
  return lines;
}
