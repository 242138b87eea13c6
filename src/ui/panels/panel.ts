/** What a panel is: one file, one entry in `index.ts`; where it stands is the layout's affair. */
import type { ComponentType } from 'react';
import type { Language } from '../session/session.ts';

export type Dock =
  /** Top row, left to right. */
  | 'header'
  /** The row of time. */
  | 'playback'
  /** Above the canvas. */
  | 'rail'
  /** Tabs at the right. */
  | 'inspector'
  /** Tabs of the lower pane. */
  | 'activity'
  /** Beside the lower pane. */
  | 'story'
  /** Lies over the page when there is a reason. */
  | 'overlay';

export interface Panel {
  readonly id: string;
  readonly dock: Dock;
  /** Name of its tab, or by which an error names it. */
  readonly title: (language: Language) => string;
  readonly component: ComponentType;
}
