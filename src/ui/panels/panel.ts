/** What a panel is: one file, one entry in `index.ts`; where it stands is the layout's affair. */
import { type ComponentType, createElement, lazy } from 'react';
import { inLanguage, type Texts } from '../i18n/text.ts';
import { type Language, type SessionState, useSession } from '../session/session.ts';

export type Dock =
  /** Top row, left to right. */
  | 'header'
  /** Rows of time: playback, the ten steps. */
  | 'time'
  /** Over the canvas. */
  | 'stage'
  /** In place of editor, canvas and lower pane, while a Pod is open. */
  | 'inside'
  /** Tabs at the right. */
  | 'inspector'
  /** Tabs of the lower pane. */
  | 'activity'
  /** Beside the lower pane, in this order. */
  | 'log'
  | 'lanes'
  /** Lies over the page when there is a reason. */
  | 'overlay';

export interface Panel {
  readonly id: string;
  readonly dock: Dock;
  /** Name of its tab, or by which an error names it. */
  readonly title: (language: Language) => string;
  readonly component: ComponentType;
}

/** |pick| finds the title among |texts|. */
export function panel<T>(
  id: string,
  dock: Dock,
  texts: Texts<T>,
  pick: (texts: T) => string,
  component: ComponentType,
): Panel {
  return { id, dock, title: (language) => pick(inLanguage(texts, language)), component };
}

/** A component whose code comes when it is first shown; the page itself starts without it. */
export function later(load: () => Promise<ComponentType>): ComponentType {
  return lazy(() => load().then((component) => ({ default: component })));
}

/** As `later`, for what is there only while |isOpen|. */
export function laterWhile(
  isOpen: (session: SessionState) => boolean,
  load: () => Promise<ComponentType>,
): ComponentType {
  const Loaded = later(load);
  return function Waiting() {
    return useSession(isOpen) ? createElement(Loaded) : null;
  };
}
