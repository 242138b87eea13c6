/** The layout, for the boxes that draw themselves differently where there is less room. */
import { createContext, useContext } from 'react';
import type { Layout } from './layout.ts';
import type { Scene } from './scene.ts';

export interface Stage {
  readonly layout: Layout;
  readonly scene: Scene;
}

export const StageContext = createContext<Stage | null>(null);

export function useStage(): Stage {
  const stage = useContext(StageContext);
  if (stage === null) throw new Error('A box of the canvas was drawn outside of the canvas.');
  return stage;
}
