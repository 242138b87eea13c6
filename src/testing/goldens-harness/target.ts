/** What a recording is played against: a cluster in the recorded environment. */
import type { ApiRequest, ApiResponse } from '../../port/protocol.ts';
import type { Json, JsonObject } from './case.ts';

/** An answer that keeps coming, read as a list of JSON values. */
export interface WatchReader {
  readonly code: number;
  /** Everything that has come so far. */
  events(): readonly Json[];
  readonly ended: boolean;
  close(): void;
}

export interface GoldenTarget {
  /** Runs the cluster until the answer is there. */
  handle(request: ApiRequest): ApiResponse;
  /** Sends a watch; its events are read later. */
  watch(request: ApiRequest): WatchReader;
  waitSeconds(seconds: number): void;
  /** Virtual seconds. */
  readonly now: number;
  /**
   * Puts objects into the store as they are. |definitions| come first when there are objects of
   * kinds that the server does not know.
   */
  load(objects: readonly JsonObject[], definitions?: readonly JsonObject[]): void;
}

export interface TargetOptions {
  /** Neither controllers nor scheduler, nor the recorded nodes: what is loaded stays as it is. */
  readonly quiet?: boolean;
  /** The client takes its time between two requests. */
  readonly patient?: boolean;
}

export type MakeTarget = (options?: TargetOptions) => GoldenTarget;
