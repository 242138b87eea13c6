/**
 * All panels, in the order in which their dock shows them: each is one file and one entry here.
 * What is not seen at once is loaded when it is.
 */
import { activityText } from '../i18n/activity.ts';
import { inspectorText } from '../i18n/inspector.ts';
import { playbackText, stepsText } from '../i18n/playback.ts';
import { shellText } from '../i18n/shell.ts';
import { EnginePanel } from './engine-panel.tsx';
import { FilesPanel } from './files-panel.tsx';
import { LogPanel } from './log-panel.tsx';
import { NoticesPanel } from './notices-panel.tsx';
import { later, laterWhile, type Panel, panel } from './panel.ts';
import { PastPanel } from './past-panel.tsx';
import { PlaybackPanel } from './playback-panel.tsx';
import { SettingsPanel } from './settings-panel.tsx';
import { StepsPanel } from './steps-panel.tsx';
import { TerminalPanel } from './terminal-panel.tsx';

const EventsPanel = later(() => import('./events-panel.tsx').then((m) => m.EventsPanel));
const FidelityPanel = laterWhile(
  (s) => s.fidelityOpen,
  () => import('./fidelity-panel.tsx').then((m) => m.FidelityPanel),
);
const FindPanel = laterWhile(
  (s) => s.findOpen,
  () => import('./find-panel.tsx').then((m) => m.FindPanel),
);
const InspectPanel = later(() => import('./inspect-panel.tsx').then((m) => m.InspectPanel));
const LogsPanel = later(() => import('./logs-panel.tsx').then((m) => m.LogsPanel));
const ObjectEventsPanel = later(() =>
  import('./object-events-panel.tsx').then((m) => m.ObjectEventsPanel),
);
const OwnPanel = laterWhile(
  (s) => s.ownOpen,
  () => import('./own-panel.tsx').then((m) => m.OwnPanel),
);
const PodPanel = laterWhile(
  (s) => s.openPod !== null,
  () => import('./pod-panel.tsx').then((m) => m.PodPanel),
);
const RequestsPanel = later(() => import('./requests-panel.tsx').then((m) => m.RequestsPanel));
const SchedulerPanel = later(() => import('./scheduler-panel.tsx').then((m) => m.SchedulerPanel));
const ShortcutsPanel = laterWhile(
  (s) => s.shortcutsOpen,
  () => import('./shortcuts-panel.tsx').then((m) => m.ShortcutsPanel),
);
const SwimlanesPanel = later(() => import('./swimlanes-panel.tsx').then((m) => m.SwimlanesPanel));
const YamlPanel = later(() => import('./yaml-panel.tsx').then((m) => m.YamlPanel));

export const PANELS: readonly Panel[] = [
  panel('files', 'header', shellText, (t) => t.files, FilesPanel),
  panel('settings', 'header', shellText, (t) => t.settings, SettingsPanel),
  panel('playback', 'time', playbackText, (t) => t.toolbar, PlaybackPanel),
  panel('past', 'stage', playbackText, (t) => t.pastTitle, PastPanel),
  panel('pod', 'inside', inspectorText, (t) => t.inside, PodPanel),
  panel('steps', 'time', stepsText, (t) => t.list, StepsPanel),
  panel('inspect', 'inspector', inspectorText, (t) => t.inspect, InspectPanel),
  panel('yaml', 'inspector', inspectorText, (t) => t.yaml, YamlPanel),
  panel('events', 'inspector', inspectorText, (t) => t.events, ObjectEventsPanel),
  panel('logs', 'inspector', inspectorText, (t) => t.logs, LogsPanel),
  panel('terminal', 'activity', activityText, (t) => t.terminal, TerminalPanel),
  panel('requests', 'activity', activityText, (t) => t.requests, RequestsPanel),
  panel('events', 'activity', activityText, (t) => t.events, EventsPanel),
  panel('scheduler', 'activity', activityText, (t) => t.scheduler, SchedulerPanel),
  panel('log', 'log', activityText, (t) => t.log, LogPanel),
  panel('swimlanes', 'lanes', activityText, (t) => t.swimlanes, SwimlanesPanel),
  panel('engine', 'overlay', shellText, (t) => t.loading, EnginePanel),
  panel('notices', 'overlay', shellText, (t) => t.notices, NoticesPanel),
  panel('shortcuts', 'overlay', shellText, (t) => t.shortcuts, ShortcutsPanel),
  panel('fidelity', 'overlay', shellText, (t) => t.simulated, FidelityPanel),
  panel('find', 'overlay', shellText, (t) => t.find, FindPanel),
  panel('own', 'overlay', shellText, (t) => t.own, OwnPanel),
];
