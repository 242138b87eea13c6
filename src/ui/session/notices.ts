/**
 * What the page has to tell: refusals, troubles, things done. A notice keeps its text in both
 * languages, so that it follows the language of the page.
 */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { Language } from './session.ts';

export type NoticeText = (language: Language) => string;

export interface Notice {
  readonly id: number;
  readonly severity: 'info' | 'warning' | 'error';
  readonly text: NoticeText;
  /** A way on. */
  readonly action?: { readonly label: NoticeText; readonly run: () => void };
}

/** More than this at once nobody reads; the oldest give way. */
const NOTICES_SHOWN = 4;
/** Plain information leaves by itself after this long, in milliseconds. */
const INFO_LASTS_MS = 6_000;

export const notices = createStore<{ readonly list: readonly Notice[] }>(() => ({ list: [] }));

let nextId = 1;

export function notify(notice: Omit<Notice, 'id'>): number {
  const id = nextId++;
  const list = [...notices.getState().list, { ...notice, id }].slice(-NOTICES_SHOWN);
  notices.setState({ list });
  if (notice.severity === 'info') setTimeout(() => dismiss(id), INFO_LASTS_MS);
  return id;
}

export function dismiss(id: number): void {
  notices.setState({ list: notices.getState().list.filter((notice) => notice.id !== id) });
}

export function useNotices(): readonly Notice[] {
  return useStore(notices, (state) => state.list);
}
