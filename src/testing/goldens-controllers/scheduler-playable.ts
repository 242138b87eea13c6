/** A scheduler case as the command that replays recordings plays it. */
import type { Playable } from '../goldens-harness/playable.ts';
import type { SchedulerCase } from './scheduler-case.ts';
import { judgeScheduler } from './scheduler-judge.ts';
import { replayScheduler } from './scheduler-replay.ts';

/** Draws among equal nodes that are tried until the recorded ones come up. */
const MAX_DRAWS = 200;
/** Who of several components comes first is chance as well. */
const MAX_RACES = 8;

export function schedulerPlayable(name: string, recorded: SchedulerCase): Playable {
  return {
    name,
    units: 1,
    paths: [],
    play: () => {
      let verdict = judgeScheduler(recorded, replayScheduler(recorded, 1));
      for (let seed = 2; verdict.difference !== undefined; seed++) {
        if (seed > (verdict.drawn ? MAX_DRAWS : MAX_RACES)) break;
        verdict = judgeScheduler(recorded, replayScheduler(recorded, seed));
      }
      return [{ unit: '', difference: verdict.difference }];
    },
  };
}
