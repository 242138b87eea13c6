/** A thread that uses a part of a core: it works and rests in turn. */
import type { Program } from '../../node/runtime/program.ts';

const STEP_US = 100_000;
const MILLIS_PER_CORE = 1_000;

/** |millis| thousandths of a core, one at most; for |us| microseconds. */
export function burner(millis: number, us = Number.POSITIVE_INFINITY): Program {
  return function* (context) {
    const busyUs = Math.max(
      1,
      Math.floor((STEP_US * Math.min(millis, MILLIS_PER_CORE)) / MILLIS_PER_CORE),
    );
    const endsAt = context.kernel.now + us;
    while (context.kernel.now < endsAt) {
      yield* context.work(busyUs);
      if (busyUs < STEP_US) yield context.rest(STEP_US - busyUs);
    }
    return 0;
  };
}

/** One thread for each core that is wanted. */
export function burners(millis: number, us?: number): readonly Program[] {
  const list: Program[] = [];
  for (let left = millis; left > 0; left -= MILLIS_PER_CORE) list.push(burner(left, us));
  return list;
}
