/** What the view of a rollout says and draws: plain functions of what the engine tells. */
import type { RolloutSet, RolloutWorkings } from '../../port/protocol-workings.ts';
import type { WorkingsText } from '../i18n/workings.ts';

/** Pods drawn one by one; more are told by the numbers. */
export const MAX_TILES = 40;

export type TileState = 'available' | 'ready' | 'unready' | 'terminating';

export interface RolloutBars {
  readonly old: number;
  readonly fresh: number;
  readonly oldAvailable: number;
  readonly freshAvailable: number;
  /** What the whole width stands for. */
  readonly scale: number;
}

export function barsOf(of: RolloutWorkings): RolloutBars {
  const sum = (isNew: boolean, field: 'size' | 'available'): number =>
    of.sets.filter((s) => s.isNew === isNew).reduce((n, s) => n + s[field], 0);
  const old = sum(false, 'size');
  const fresh = sum(true, 'size');
  return {
    old,
    fresh,
    oldAvailable: sum(false, 'available'),
    freshAvailable: sum(true, 'available'),
    scale: Math.max(of.most, old + fresh, 1),
  };
}

/** A tile for each Pod: those that serve first, those that go last. */
export function tilesOf(set: RolloutSet): readonly TileState[] {
  const unready = Math.max(0, Math.max(set.pods, set.size) - set.ready);
  const tiles: TileState[] = [
    ...times(set.available, 'available'),
    ...times(set.ready - set.available, 'ready'),
    ...times(unready, 'unready'),
    ...times(set.terminating, 'terminating'),
  ];
  return tiles.slice(0, MAX_TILES);
}

function times(count: number, state: TileState): TileState[] {
  return Array.from({ length: Math.min(Math.max(0, count), MAX_TILES) }, () => state);
}

/** Why it is as it is, and what may happen next. */
export function rolloutLines(of: RolloutWorkings, t: WorkingsText): readonly string[] {
  const { available, least, most, total } = of;
  switch (of.state) {
    case 'complete':
      return [t.rolloutComplete(of.desired)];
    case 'paused':
      return [t.rolloutPaused];
    case 'recreating':
      return [t.rolloutRecreating(barsOf(of).old || old(of))];
    case 'moving':
    case 'waiting':
    case 'late': {
      const lines: string[] = [];
      if (of.strategy === 'RollingUpdate') {
        if (of.grow > 0) lines.push(t.rolloutGrow(of.grow, most, total));
        else if (total >= most) lines.push(t.rolloutFull(total, most));
        if (of.shrink > 0) lines.push(t.rolloutShrink(of.shrink, available, least));
        else if (old(of) > 0 && available <= least) lines.push(t.rolloutScarce(available, least));
      }
      if (of.unready > 0) lines.push(t.rolloutUnready(of.unready));
      return lines;
    }
  }
}

function old(of: RolloutWorkings): number {
  return of.sets.filter((s) => !s.isNew).reduce((n, s) => n + s.pods, 0);
}
