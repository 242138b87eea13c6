/**
 * The scores of one cycle in one block of numbers: what each plugin counted for each node, its weighted
 * share, and the totals. Made for every Pod, so it is small and nothing in it is an object.
 */
import type { NodeInfo } from './node-info.ts';

export class ScoreTable {
  readonly nodes: readonly NodeInfo[];
  readonly scorers: string[] = [];
  readonly weights: number[] = [];
  /** Columns of |nodes|.length: raw and weighted scores by plugin, then the totals. */
  readonly #cells: Int32Array;
  readonly #totals: number;

  constructor(nodes: readonly NodeInfo[], plugins: number) {
    this.nodes = nodes;
    this.#totals = 2 * plugins * nodes.length;
    this.#cells = new Int32Array(this.#totals + nodes.length);
  }

  get size(): number {
    return this.#cells.length;
  }

  /** What a plugin counted, before it is brought to 0…100. */
  begin(name: string, weight: number, raw: readonly number[]): void {
    const at = 2 * this.scorers.length * this.nodes.length;
    for (let i = 0; i < raw.length; i++) this.#cells[at + i] = raw[i] as number;
    this.scorers.push(name);
    this.weights.push(weight);
  }

  /** The same after: it is weighted and added to the totals. */
  finish(points: readonly number[]): void {
    const cells = this.#cells;
    const totals = this.#totals;
    const k = this.scorers.length - 1;
    const weight = this.weights[k] as number;
    const at = (2 * k + 1) * this.nodes.length;
    for (let i = 0; i < points.length; i++) {
      const share = (points[i] as number) * weight;
      cells[at + i] = share;
      cells[totals + i] = (cells[totals + i] as number) + share;
    }
  }

  total(i: number): number {
    return this.#cells[this.#totals + i] as number;
  }

  raw(k: number): readonly number[] {
    return this.#column(2 * k * this.nodes.length);
  }

  points(k: number): readonly number[] {
    return this.#column((2 * k + 1) * this.nodes.length);
  }

  totals(): readonly number[] {
    return this.#column(this.#totals);
  }

  #column(at: number): readonly number[] {
    return [...this.#cells.subarray(at, at + this.nodes.length)];
  }
}
