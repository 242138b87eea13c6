/** What a reader's program answers, checked: it may be anything. Pure. */
import { keyFor, type KubeObject, type ObjectKey } from '../../api/meta/object.ts';
import type { EventInput } from '../client/events.ts';
import { ProgramError } from './sandbox.ts';

type Json = Readonly<Record<string, unknown>>;

/** Objects that one change may wake. */
const MAX_WOKEN = 10_000;
const MAX_MESSAGE = 1_024; // NoteLengthLimit of Events

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keys of what a function `wakes` answered; throws ProgramError. */
export function wokenKeys(value: unknown): readonly ObjectKey[] {
  if (!Array.isArray(value)) throw new ProgramError('it answered no list');
  if (value.length > MAX_WOKEN) throw new ProgramError(`it woke more than ${MAX_WOKEN} objects`);
  return (value as readonly unknown[]).map((item) => {
    const { name, namespace } = isRecord(item) ? item : {};
    if (typeof name !== 'string' || name === '') {
      throw new ProgramError('it answered something that is not { namespace, name }');
    }
    return keyFor(typeof namespace === 'string' && namespace !== '' ? namespace : undefined, name);
  });
}

/** Microseconds after which to come back; null = not; a sentence when it cannot be understood. */
export function requeueOf(value: unknown): number | null | string {
  if (value === null || value === undefined) return null;
  if (!isRecord(value)) return 'reconcile answered neither nothing nor { requeueAfter: seconds }';
  const { requeueAfter } = value;
  if (requeueAfter === undefined || requeueAfter === null) return null;
  if (typeof requeueAfter !== 'number' || requeueAfter < 0) {
    return `requeueAfter is no number of seconds: ${JSON.stringify(requeueAfter)}`;
  }
  return requeueAfter === 0 ? null : Math.ceil(requeueAfter * 1e6);
}

/** The event, or what is wrong with it. */
export function eventFor(
  value: unknown,
): { readonly object: KubeObject; readonly input: EventInput } | string {
  const { object, type, reason, message } = value as Json;
  if (!isRecord(object) || !isRecord(object['metadata'])) {
    return 'event: the first argument is no object of the API';
  }
  const { name } = object['metadata'];
  if (typeof name !== 'string' || typeof object['kind'] !== 'string') {
    return 'event: the first argument is no object of the API';
  }
  if (type !== 'Normal' && type !== 'Warning') return 'event: the type is Normal or Warning';
  if (typeof reason !== 'string' || reason === '') return 'event: the reason is one word';
  const text = String(message).slice(0, MAX_MESSAGE);
  return {
    object: object as unknown as KubeObject,
    input: { type, reason, message: text },
  };
}
