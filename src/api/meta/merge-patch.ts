/**
 * JSON merge patch (RFC 7396). Parts that the patch does not touch are shared with the source.
 */
import { setOwn } from './json-text.ts';

export function jsonMergePatch(source: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof source === 'object' && source !== null && !Array.isArray(source)
      ? { ...(source as Record<string, unknown>) }
      : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else
      setOwn(
        result,
        key,
        jsonMergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value),
      );
  }
  return result;
}
