/** Sizes of a client's window: JSON objects one after the other, cut anywhere. */

export interface WindowSize {
  readonly width: number;
  readonly height: number;
}

/** No size is longer; what is, is none. */
const MAX_LENGTH = 1_000;
const MAX_SIDE = 0xffff;

export class WindowSizes {
  #rest = '';

  /** The sizes that |text| completes. */
  add(text: string): readonly WindowSize[] {
    const pieces = (this.#rest + text).split('}');
    this.#rest = (pieces.pop() ?? '').slice(-MAX_LENGTH);
    return pieces.flatMap((piece) => {
      const size = sizeIn(`${piece}}`);
      return size ? [size] : [];
    });
  }
}

/** `{"Width":80,"Height":24}`, whatever the case of the names; null = something else. */
function sizeIn(text: string): WindowSize | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = new Map(Object.entries(value).map(([name, n]) => [name.toLowerCase(), n]));
  const width: unknown = fields.get('width');
  const height: unknown = fields.get('height');
  return isSide(width) && isSide(height) ? { width, height } : null;
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_SIDE;
}
