/**
 * Recorded cases as data, and how the short forms in them unfold. The formats are described in the
 * README files of the recordings.
 */

/** Plain JSON, as the recordings hold it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export interface RecordedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** null = the header was not sent. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly user?: string;
  readonly bearer?: string;
  /** A text is sent as it is. */
  readonly body?: Json;
}

export interface RecordedResponse {
  readonly code: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Json;
}

export interface Exchange {
  readonly request: RecordedRequest;
  readonly response: RecordedResponse;
}

export type SetupStep =
  | Exchange
  | { readonly waitSeconds: number; readonly request?: undefined; readonly response?: undefined };

export interface RecordedCase extends Exchange {
  readonly name: string;
  readonly setup?: readonly SetupStep[];
  /** Reads after the request. */
  readonly also?: readonly Exchange[];
  /** Paths that differed between recordings of the real thing. */
  readonly varies?: readonly string[];
}

/** `{"$repeat": ["x", 3]}` → `xxx`, `{"$repeatItem": [1, 3]}` → `[1, 1, 1]`. */
export function unfold(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(unfold);
  const record = value as JsonObject;
  const keys = Object.keys(record);
  if (keys.length === 1) {
    const [key] = keys;
    const pair = record[key as string];
    if (Array.isArray(pair) && pair.length === 2 && typeof pair[1] === 'number') {
      if (key === '$repeat') return String(pair[0]).repeat(pair[1]);
      if (key === '$repeatItem') {
        return Array.from({ length: pair[1] }, () => unfold(pair[0] as Json));
      }
    }
  }
  const out: Record<string, Json> = {};
  for (const key of keys) {
    // A recorded key may be __proto__, so it is defined, not assigned.
    Object.defineProperty(out, key, {
      value: unfold(record[key] as Json),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return out;
}
