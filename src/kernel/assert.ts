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
