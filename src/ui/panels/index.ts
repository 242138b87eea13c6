/** All panels, in the order in which their dock shows them. Each is one file and one line here. */
import { enginePanel } from './engine-panel.tsx';
import { eventsPanel } from './events-panel.tsx';
import { filesPanel } from './files-panel.tsx';
import { findPanel } from './find-panel.tsx';
import { inspectPanel } from './inspect-panel.tsx';
import { logPanel } from './log-panel.tsx';
import { logsPanel } from './logs-panel.tsx';
import { noticesPanel } from './notices-panel.tsx';
import { objectEventsPanel } from './object-events-panel.tsx';
import type { Panel } from './panel.ts';
import { pastPanel } from './past-panel.tsx';
import { playbackPanel } from './playback-panel.tsx';
import { requestsPanel } from './requests-panel.tsx';
import { schedulerPanel } from './scheduler-panel.tsx';
import { settingsPanel } from './settings-panel.tsx';
import { shortcutsPanel } from './shortcuts-panel.tsx';
import { stepsPanel } from './steps-panel.tsx';
import { swimlanesPanel } from './swimlanes-panel.tsx';
import { terminalPanel } from './terminal-panel.tsx';
import { yamlPanel } from './yaml-panel.tsx';

export const PANELS: readonly Panel[] = [
  filesPanel,
  settingsPanel,
  playbackPanel,
  stepsPanel,
  pastPanel,
  inspectPanel,
  yamlPanel,
  objectEventsPanel,
  logsPanel,
  terminalPanel,
  requestsPanel,
  eventsPanel,
  schedulerPanel,
  logPanel,
  swimlanesPanel,
  enginePanel,
  noticesPanel,
  shortcutsPanel,
  findPanel,
];
