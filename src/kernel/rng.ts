/**
 * Seeded random numbers in named streams, so that one component drawing more numbers does not
 * change what another draws. Integers only: the same in every JavaScript engine (invariant 3).
 *
 * Generator: xoshiro128** (Blackman, Vigna), seeded by splitmix32 over seed and stream name.
 */

/** Quantiles of a duration in microseconds; between them values are interpolated. */
export interface Latency {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number, stream: string) {
    let h = seed >>> 0;
    for (let i = 0; i < stream.length; i++) {
      h = Math.imul(h ^ stream.charCodeAt(i), 0x01000193) >>> 0;
    }
    const next = (): number => {
      h = (h + 0x9e3779b9) >>> 0;
      let z = h;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1;
  }

  /** Where the stream stands; `restore` makes it go on from there. */
  save(): readonly [number, number, number, number] {
    return [this.#a, this.#b, this.#c, this.#d];
  }

  restore([a, b, c, d]: readonly [number, number, number, number]): void {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }

  /** A 32-bit unsigned integer. */
  uint32(): number {
    const result = Math.imul(rotl(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = rotl(this.#d, 11);
    return result;
  }

  /** An integer in [0, bound). The bias of the modulo is below 2^-16 for the bounds used here. */
  int(bound: number): number {
    return this.uint32() % bound;
  }

  /** An integer in [low, high]. */
  between(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)] as T;
  }

  /** |length| characters of |alphabet|. */
  text(length: number, alphabet: string): string {
    const codes: number[] = new Array<number>(length);
    for (let i = 0; i < length; i++) codes[i] = alphabet.charCodeAt(this.int(alphabet.length));
    // Made at once: added up letter by letter, a long text is a long chain of strings.
    return String.fromCharCode(...codes);
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.uint32() >>> 24;
    return bytes;
  }

  /** A duration in microseconds drawn from the given quantiles (linear between them). */
  latency(l: Latency): number {
    const u = this.int(1000);
    if (u < 500) return lerp(l.p10, l.p50, u, 500);
    if (u < 900) return lerp(l.p50, l.p90, u - 500, 400);
    return lerp(l.p90, l.p90 + (l.p90 - l.p50), u - 900, 100);
  }
}

function rotl(x: number, k: number): number {
  return ((x << k) | (x >>> (32 - k))) >>> 0;
}

function lerp(from: number, to: number, part: number, whole: number): number {
  return Math.floor(from + ((to - from) * part) / whole);
}
