/** Where the segments of a lane stand on the time line, in shares of its width. */
import type { PodLane, PodSegment } from '../../port/protocol-pod.ts';
import type { Axis } from '../lanes/axis.ts';

export interface PlacedSegment {
  readonly segment: PodSegment;
  readonly index: number;
  /** 0 to 1. */
  readonly left: number;
  readonly width: number;
}

/** |at| is the moment that is shown: what has not ended reaches up to it. */
export function placeLane(lane: PodLane, axis: Axis, at: number): readonly PlacedSegment[] {
  return lane.segments.map((segment, index) => {
    const left = clamp(axis.share(segment.from));
    const right = clamp(axis.share(segment.to ?? at));
    return { segment, index, left, width: Math.max(right - left, 0) };
  });
}

function clamp(share: number): number {
  return Math.min(Math.max(share, 0), 1);
}

/** Lane and segment that an arrow key leads to; null when there is nothing that way. */
export function neighbour(
  lanes: readonly PodLane[],
  from: { readonly lane: number; readonly index: number },
  key: string,
): { readonly lane: number; readonly index: number } | null {
  const count = lanes[from.lane]?.segments.length ?? 0;
  switch (key) {
    case 'ArrowLeft':
      return from.index > 0 ? { ...from, index: from.index - 1 } : null;
    case 'ArrowRight':
      return from.index < count - 1 ? { ...from, index: from.index + 1 } : null;
    case 'Home':
      return { ...from, index: 0 };
    case 'End':
      return { ...from, index: Math.max(count - 1, 0) };
    case 'ArrowUp':
    case 'ArrowDown':
      return besideLane(lanes, from, key === 'ArrowUp' ? -1 : 1);
    default:
      return null;
  }
}

/** The segment of the next lane that has any, nearest in time. */
function besideLane(
  lanes: readonly PodLane[],
  from: { readonly lane: number; readonly index: number },
  step: -1 | 1,
): { readonly lane: number; readonly index: number } | null {
  const at = lanes[from.lane]?.segments[from.index]?.from ?? 0;
  for (let lane = from.lane + step; lane >= 0 && lane < lanes.length; lane += step) {
    const segments = lanes[lane]?.segments ?? [];
    if (segments.length === 0) continue;
    let index = 0;
    for (const [i, segment] of segments.entries()) {
      const best = segments[index] as PodSegment;
      if (Math.abs(segment.from - at) < Math.abs(best.from - at)) index = i;
    }
    return { lane, index };
  }
  return null;
}
