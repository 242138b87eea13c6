/**
 * Which log the engine is to send: one at a time, that of the view that asked last. When it goes, the
 * one before has its turn again.
 */
import { forgetLogs } from '../mirror/store.ts';
import { tell } from './actions.ts';

export interface Followed {
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
}

const followers: Followed[] = [];

/** Begins; returns how to end it. */
export function followLog(followed: Followed): () => void {
  followers.push(followed);
  send(followed);
  return () => {
    const wasLast = followers.at(-1) === followed;
    followers.splice(followers.indexOf(followed), 1);
    const last = followers.at(-1);
    if (!wasLast) return;
    if (last === undefined) void tell({ type: 'unfollow-logs' });
    else send(last);
  };
}

function send({ pod, container, previous }: Followed): void {
  // The lines come from the start again.
  forgetLogs(pod, container);
  void tell({ type: 'follow-logs', pod, container, previous });
}
