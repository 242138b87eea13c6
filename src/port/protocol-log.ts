/** What containers have written, as the page is sent it. Part of the port like protocol.ts. */

export interface LogChunk {
  readonly pod: string;
  readonly container: string;
  readonly lines: readonly {
    readonly at: number;
    readonly stream: 'stdout' | 'stderr';
    readonly text: string;
  }[];
}
