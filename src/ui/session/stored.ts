/**
 * localStorage that may be forbidden (private windows, embedded pages) or full. Nothing here
 * throws; whoever writes learns whether it was kept, and the page says so once.
 */
export type StorageTrouble = 'refused' | 'full';

const PREFIX = 'kubeglass.';

let onTrouble: ((trouble: StorageTrouble) => void) | null = null;
let told = false;

/** |handler| is called once, at the first write that fails. */
export function watchStorage(handler: (trouble: StorageTrouble) => void): void {
  onTrouble = handler;
}

/** Undefined when nothing is stored, when it cannot be read or when it is not what we wrote. */
export function readStored(key: string): unknown {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    // Forbidden or damaged: the page starts with its defaults; the first write tells the reader.
    return undefined;
  }
}

export function writeStored(key: string, value: unknown): boolean {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
    told = false;
    return true;
  } catch (error) {
    if (!told && onTrouble !== null) {
      told = true;
      onTrouble(isQuota(error) ? 'full' : 'refused');
    }
    return false;
  }
}

function isQuota(error: unknown): boolean {
  return error instanceof DOMException && /quota/i.test(error.name);
}

/** A record, or an empty one when it is anything else. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

export function oneOf<T extends string>(value: unknown, allowed: readonly T[], otherwise: T): T {
  return allowed.find((item) => item === value) ?? otherwise;
}
