/** What runs in the cluster and what it has said, asked for while somebody looks. */
import { useEffect, useState } from 'react';
import type { OwnControllerRow, OwnControllers, OwnLogLine } from '../../port/protocol-own.ts';
import { ask } from '../session/engine.ts';

/** As often as a person reads a line. */
const LOOK_MS = 400;
/** As many as the engine keeps. */
const MAX_LINES = 1_000;

export interface OwnView {
  readonly controllers: readonly OwnControllerRow[];
  readonly lines: readonly OwnLogLine[];
  /** Asks at once: something has been done. */
  readonly look: () => void;
  readonly clear: () => void;
}

interface Seen extends OwnControllers {
  /** The same as a text: what has not changed is not drawn again. */
  readonly rows: string;
}

const NOTHING: Seen = { controllers: [], seq: 0, lines: [], rows: '' };

export function useOwnControllers(): OwnView {
  const [seen, setSeen] = useState(NOTHING);
  const [clearedAt, setClearedAt] = useState(0);
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let gone = false;
    let since = 0;
    const look = async (): Promise<void> => {
      try {
        const answer = await ask({ type: 'own-controllers', since });
        if (gone) return;
        // Another run: its lines begin again.
        const isOther = answer.seq < since;
        since = isOther ? 0 : answer.seq;
        setSeen((before) => (isOther ? NOTHING : withNews(before, answer)));
      } catch {
        // No run, or an engine that has stopped: the page says so elsewhere.
        if (!gone) setSeen(NOTHING);
        since = 0;
      }
    };
    void look();
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [asked]);
  return {
    controllers: seen.controllers,
    lines: clearedAt > seen.seq ? seen.lines : seen.lines.filter((line) => line.seq > clearedAt),
    look: () => setAsked((n) => n + 1),
    clear: () => setClearedAt(seen.seq),
  };
}

/** Pure: what is shown after |news|; the same object when nothing is new. */
export function withNews(before: Seen, { controllers, lines, seq }: OwnControllers): Seen {
  const rows = JSON.stringify(controllers);
  if (rows === before.rows && lines.length === 0) return before;
  const last = before.lines.at(-1)?.seq ?? 0;
  const fresh = lines.filter((line) => line.seq > last);
  return { controllers, seq, rows, lines: [...before.lines, ...fresh].slice(-MAX_LINES) };
}
