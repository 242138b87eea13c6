/**
 * Empty plain objects with room for a known number of fields. JavaScript engines keep the first few
 * fields of an object in the object itself and all others in an array beside it, which is made anew
 * and larger again and again while fields are added; `{}` has room for four. An object that a
 * constructor has made has as much room as those that were made before it have needed, and with the
 * prototype of plain objects it is one in all other respects.
 */

type Fields = Record<string, unknown>;
type Maker = new () => Fields;

/** How many objects V8 looks at before it settles how much room the next ones have (kSlackTrackingCounterStart, 7). */
const SETTLING = 8;

function roomy(room: number): Maker {
  // The number of assignments is what engines first guess the room from; none of them is ever made.
  function Plain(this: Fields, never?: true): void {
    if (never !== true) return;
    this['a'] = this['b'] = this['c'] = this['d'] = this['e'] = this['f'] = this['g'] = 0;
    this['h'] = this['i'] = this['j'] = this['k'] = this['l'] = this['m'] = this['n'] = 0;
  }
  Plain.prototype = Object.prototype;
  const maker = Plain as unknown as Maker;
  for (let i = 0; i < SETTLING; i++) {
    const object = new maker();
    for (let field = 0; field < room; field++) object[`field${field}`] = field;
  }
  return maker;
}
const Eight = roomy(8);
const Twelve = roomy(12);
const Sixteen = roomy(16);

/** An empty object for about |fields| fields. */
export function roomFor(fields: number): Fields {
  if (fields <= 4) return {};
  if (fields <= 8) return new Eight();
  return fields <= 12 ? new Twelve() : new Sixteen();
}
