/**
 * Programmer errors and passed bounds. They stop the run; the message carries seed and step so that
 * the run can be repeated (invariant 9).
 */
export class EngineAssertion extends Error {
  override readonly name = 'EngineAssertion';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new EngineAssertion(message);
}

/** For exhaustive switches: a value that no case handles. */
export function unreachable(value: never): never {
  throw new EngineAssertion(`unexpected value ${JSON.stringify(value)}`);
}
