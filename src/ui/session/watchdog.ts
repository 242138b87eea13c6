/**
 * Notices a Worker that has died without a word: it is asked now and then whether it is there.
 *
 * Silence is counted in turns of the page's own clock, not in time: a laptop that sleeps stops both.
 */
import type { PortClient } from '../../port/client.ts';

const ASK_EVERY_MS = 5_000;
/** Replaying a long run keeps the engine busy for a while; this is longer than that. */
export const SILENT_TURNS = 12;

/** |lost| is told once; the answer ends the watch. */
export function watchForSilence(
  port: Pick<PortClient, 'ask'>,
  lost: (message: string) => void,
): () => void {
  let unanswered = 0;
  let asked = false;
  const timer = setInterval(() => {
    if (asked) {
      unanswered++;
      if (unanswered < SILENT_TURNS) return;
      clearInterval(timer);
      lost(`The engine has not answered for ${(SILENT_TURNS * ASK_EVERY_MS) / 1000} seconds.`);
      return;
    }
    asked = true;
    unanswered = 0;
    const heard = (): void => {
      asked = false;
    };
    // A refusal is an answer too: somebody was there to say it.
    void port.ask({ type: 'ping' }).then(heard, heard);
  }, ASK_EVERY_MS);
  return () => clearInterval(timer);
}
