/** What a topic of recordings is made of: cases that are played and scored in units. */
import type { Difference } from './compare.ts';
import type { MakeTarget } from './target.ts';

/** How one unit of a case came out. */
export interface Outcome {
  /** Empty when the case is one unit. */
  readonly unit: string;
  readonly difference: Difference;
}

export interface Playable {
  readonly name: string;
  readonly units: number;
  /** Paths that it asks for: a case is told apart when the engine serves not all of them. */
  readonly paths: readonly string[];
  /** Kind of the answer, where the topic is counted by kind. */
  readonly kind?: string;
  /** As many outcomes as there are units. */
  play(makeTarget: MakeTarget): readonly Outcome[];
}
