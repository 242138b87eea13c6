/**
 * Random manifests and patches against the API server: the loop over seeds, and what is said of a
 * failure.
 */
import fc from 'fast-check';
import type { Bases } from './bases.ts';
import { emptyTally, Player, servedKinds, type Tally } from './play.ts';
import { type Scenario, scenarios } from './scenarios.ts';

export interface FuzzOptions {
  /** Manifests and patches to send. */
  readonly count: number;
  readonly seed: number;
  /** Plays the one scenario that a failure named, and smaller ones. */
  readonly path?: string;
  /** Only kinds with this plural. */
  readonly only?: string;
  /** Milliseconds, to find the slowest request. */
  readonly clock?: (() => number) | null;
  readonly onChunk?: (tally: Tally) => void;
  /** Goes on after a failure; told of each one. */
  readonly onFailure?: (failure: Failure) => void;
}

export interface Failure {
  readonly seed: number;
  readonly path: string;
  readonly message: string;
  /** It needs what earlier scenarios of the chunk have left behind. */
  readonly needsHistory: boolean;
}

/** Scenarios on one cluster; then it is made anew. */
const CHUNK = 150;

/** Runs until |count| manifests and patches have been sent, or one has failed. */
export function fuzz(
  bases: Bases,
  options: FuzzOptions,
): { readonly tally: Tally; readonly failure: Failure | null } {
  const tally = emptyTally();
  const { only } = options;
  const wanted = servedKinds.filter((kind) => only === undefined || kind.plural === only);
  const arbitrary = scenarios(wanted, bases, only === undefined);
  for (let seed = options.seed; tally.writes < options.count; seed++) {
    const failure = options.onFailure
      ? survey(arbitrary, seed, tally, options)
      : chunk(arbitrary, seed, tally, options);
    if (failure || options.path !== undefined) return { tally, failure };
    options.onChunk?.(tally);
  }
  return { tally, failure: null };
}

/** One chunk; a failure is made smaller. */
function chunk(
  arbitrary: fc.Arbitrary<Scenario>,
  seed: number,
  tally: Tally,
  { clock = null, path }: FuzzOptions,
): Failure | null {
  let shared: Player | null = new Player(tally, clock);
  const smaller = emptyTally();
  let first = '';
  let again = 0;
  const property = fc.property(arbitrary, (scenario) => {
    // From the first failure on, each try has a cluster of its own.
    const player = shared ?? new Player(smaller, null);
    try {
      player.play(scenario);
    } catch (error) {
      if (shared) first = messageOf(error);
      else again++;
      shared = null;
      throw error;
    }
  });
  const given = path === undefined ? {} : { path };
  const run = fc.check(property, { seed, numRuns: CHUNK, ...given });
  if (!run.failed) return null;
  const needsHistory = again === 0 && path === undefined;
  const message = again > 0 ? messageOf(run.errorInstance) : first;
  return { seed, path: run.counterexamplePath ?? '', message, needsHistory };
}

/** One chunk in which every failure is told and none is made smaller. */
function survey(
  arbitrary: fc.Arbitrary<Scenario>,
  seed: number,
  tally: Tally,
  { clock = null, onFailure }: FuzzOptions,
): null {
  let player: Player | null = null;
  let index = 0;
  const property = fc.property(arbitrary, (scenario) => {
    try {
      player ??= new Player(tally, clock);
      player.play(scenario);
    } catch (error) {
      player = null;
      onFailure?.({ seed, path: String(index), message: messageOf(error), needsHistory: false });
    }
    index++;
  });
  fc.check(property, { seed, numRuns: CHUNK });
  return null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
