/** The rail of the moment that is shown; drawn again only when it reads differently. */
import { useRef } from 'react';
import type { StepRow } from '../../port/protocol.ts';
import { newestStory, type RailStep, railSteps } from './rail.ts';
import type { MirrorState } from './state.ts';
import { useMirror } from './store.ts';

export function useRail(): readonly RailStep[] {
  const known = useRef<{ key: string; rail: readonly RailStep[] }>({ key: '', rail: [] });
  return useMirror((state) => {
    const rail = railOf(state);
    const key = rail.map((s) => `${s.state}${s.done}/${s.expected}${s.first?.at}`).join();
    if (key !== known.current.key) known.current = { key, rail };
    return known.current.rail;
  });
}

export function railOf(state: MirrorState): readonly RailStep[] {
  const acts = state.acts.map((act) => act.at);
  const story = newestStory(state.steps, state.at, acts);
  return railSteps(story, state.at, missingPods(state, story));
}

/** Pods that the objects of step 1 want and that nobody has made yet. */
function missingPods(state: MirrorState, story: readonly StepRow[]): number {
  const roots = new Set(story.filter((row) => row.step === 1).map((row) => row.object));
  let missing = 0;
  for (const ref of roots) {
    const replicas = state.objects.get(ref)?.replicas;
    if (replicas === undefined) continue;
    const made = state.byOwner
      .get(ref)
      .reduce((sum, child) => sum + state.byOwner.get(child).length, 0);
    // In a large cluster not every Pod has a row; the status counts those as well.
    missing += Math.max(0, replicas.desired - Math.max(made, replicas.current));
  }
  return missing;
}
