/** Ranges of sizes and costs, saturating where upstream's 64 bits end. Models: cel-go checker/cost.go */
export interface Range {
  readonly min: number;
  readonly max: number;
}

const MAX_UINT64 = 2 ** 64;

export const ZERO: Range = { min: 0, max: 0 };
export const UNKNOWN: Range = { min: 0, max: MAX_UINT64 };

const capped = (value: number): number => Math.min(value, MAX_UINT64);

export const fixed = (value: number): Range => ({ min: value, max: value });
export const add = (a: Range, b: Range): Range => ({
  min: capped(a.min + b.min),
  max: capped(a.max + b.max),
});
export const addSizes = add;
export const times = (a: Range, b: Range): Range => ({
  min: capped(a.min * b.min),
  max: capped(a.max * b.max),
});
export const scale = (a: Range, factor: number): Range => ({
  min: capped(Math.ceil(a.min * factor)),
  max: capped(Math.ceil(a.max * factor)),
});
export const union = (a: Range, b: Range): Range => ({
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
});
