/**
 * The numbers of nodes that are looked at for every Pod, side by side: a cycle reads some hundred rows
 * one after the other, which costs a fraction of following as many objects.
 *
 * Models: pkg/scheduler/framework/types.go NodeInfo (Allocatable, Requested, NonZeroRequested; v1.36)
 */

/** Columns of a row. */
export const FREE_PODS = 0;
export const FREE_CPU = 1;
export const FREE_MEMORY = 2;
export const FREE_EPHEMERAL = 3;
export const ALL_CPU = 4;
export const ALL_MEMORY = 5;
/** What is taken, with the defaults for containers that request nothing. */
export const NON_ZERO_CPU = 6;
export const NON_ZERO_MEMORY = 7;

/** 64 bytes: one cache line. */
export const ROW = 8;

export class NodeTable {
  numbers = new Float64Array(ROW);

  /** Where the row of a slot begins; makes room for it. */
  row(slot: number): number {
    const start = slot * ROW;
    if (start + ROW > this.numbers.length) {
      const larger = new Float64Array(Math.max(start + ROW, this.numbers.length * 2));
      larger.set(this.numbers);
      this.numbers = larger;
    }
    return start;
  }

  clear(row: number): void {
    this.numbers.fill(0, row, row + ROW);
  }
}
