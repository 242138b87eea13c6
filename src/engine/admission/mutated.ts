/** What a mutation has made of an object takes the place of the object. */
import { decodeObject } from '../../api/meta/decode.ts';
import { DecodeError } from '../../api/meta/decode-state.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { internalError } from '../../api/meta/status.ts';

/** What a patch made, as an object of |kind| with its defaults. */
export function decodeMutated(
  kind: AnyKind,
  patched: unknown,
  isStrict: boolean,
): Draft<KubeObject> {
  try {
    const { object, strictErrors } = decodeObject(kind.schema, patched);
    if (isStrict && strictErrors.length > 0) {
      throw internalError(`strict decoding error: ${strictErrors.join(', ')}`);
    }
    const draft = object as unknown as Draft<KubeObject>;
    kind.defaults?.(draft);
    return draft;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw internalError(error.message);
  }
}

/** Puts |made| where |draft| is: plugins change objects in place. */
export function replaceDraft(
  draft: Draft<KubeObject>,
  made: Draft<KubeObject>,
  kind: AnyKind,
): void {
  const stored = kind.storedAs === undefined ? made : kind.storedAs.toStored(made);
  const target = draft as unknown as Record<string, unknown>;
  for (const key of Object.keys(target)) if (!Object.hasOwn(stored, key)) delete target[key];
  Object.assign(target, stored);
}
