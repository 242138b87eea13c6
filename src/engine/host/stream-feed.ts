/** What comes out of the connections into Pods that the page holds, gathered between two frames. */
import type { StreamStatus } from '../../api/meta/node-dial.ts';
import type { StreamChunk } from '../../port/protocol-pod.ts';
import type { StreamTable } from '../streams.ts';

/** Characters kept of one stream between two frames: more than a terminal keeps of lines. */
const MAX_TEXT_LENGTH = 1_000_000;

interface Gathered {
  text: string;
  dropped: number;
  end: StreamChunk['end'];
}

export class StreamFeed {
  readonly #table: StreamTable;
  readonly #gathered = new Map<number, Gathered>();

  constructor(table: StreamTable) {
    this.#table = table;
  }

  /** From now on, and what has come before. */
  follow(stream: number): void {
    this.#table.listen(stream, (output) => {
      const gathered = this.#of(stream);
      if (output.type === 'stdout' || output.type === 'stderr') {
        gathered.text += output.text;
        const over = gathered.text.length - MAX_TEXT_LENGTH;
        if (over <= 0) return;
        gathered.text = gathered.text.slice(over);
        gathered.dropped += over;
      } else if (output.type === 'status') {
        gathered.end = endOf(output.status);
      } else if (output.type === 'closed') {
        gathered.end = { exitCode: null, message: 'the connection was closed' };
      }
    });
  }

  take(): readonly StreamChunk[] {
    if (this.#gathered.size === 0) return [];
    const chunks = [...this.#gathered].map(([stream, gathered]) => ({ stream, ...gathered }));
    this.#gathered.clear();
    return chunks;
  }

  #of(stream: number): Gathered {
    const known = this.#gathered.get(stream);
    if (known) return known;
    const fresh: Gathered = { text: '', dropped: 0, end: null };
    this.#gathered.set(stream, fresh);
    return fresh;
  }
}

function endOf({ status, message = '', details }: StreamStatus): StreamChunk['end'] {
  if (status === 'Success') return { exitCode: 0, message: '' };
  const code = details?.causes.find((cause) => cause.reason === 'ExitCode')?.message;
  return { exitCode: code === undefined ? null : Number(code), message };
}
