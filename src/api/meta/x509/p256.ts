/**
 * The curve P-256 with small tables: a run makes a handful of signatures, so tables that are quick to
 * make are worth more than ones that are quick to use.
 */
import { p256 } from '@noble/curves/nist.js';

/** Bits looked up at once: half the time until the first signature, a tenth more for each later one. */
const WINDOW_BITS = 4;

p256.Point.BASE.precompute(WINDOW_BITS, true);

export { p256 };
