/** How much room the parts of the picture get, by the height of the pane; CSS pixels. */

/** How much room there is between and in the boxes; it follows from the height of the pane. */
export type Air = 'tight' | 'compact' | 'roomy';

export interface Measures {
  /** Height of the pane from which on there is this much room. */
  readonly from: number;
  /** Height of the words "Control plane". */
  readonly label: number;
  /** Height of etcd, controller manager, and tray with scheduler. */
  readonly box: number;
  readonly tray: number;
  /** Where tokens travel: above the API server, and below it. */
  readonly lane: number;
  readonly below: number;
  readonly spine: number;
  /** Machine's name, load and components above its Pods. */
  readonly head: number;
  readonly leastWorker: number;
  /** Height of etcd's box above its stored objects. */
  readonly shelfTop: number;
}

export const MEASURES: Readonly<Record<Air, Measures>> = {
  roomy: {
    from: 600,
    label: 26,
    box: 176,
    tray: 62,
    lane: 64,
    below: 52,
    spine: 48,
    head: 64,
    leastWorker: 170,
    shelfTop: 56,
  },
  compact: {
    from: 490,
    label: 26,
    box: 148,
    tray: 54,
    lane: 50,
    below: 42,
    spine: 42,
    head: 64,
    leastWorker: 140,
    shelfTop: 56,
  },
  tight: {
    from: 0,
    label: 22,
    box: 114,
    tray: 48,
    lane: 40,
    below: 34,
    spine: 36,
    head: 36,
    leastWorker: 104,
    shelfTop: 34,
  },
};

export function airOf(height: number): Air {
  if (height >= MEASURES.roomy.from) return 'roomy';
  return height >= MEASURES.compact.from ? 'compact' : 'tight';
}
