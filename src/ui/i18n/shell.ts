/** Header, files, settings, examples, layout, states of the engine. */
import { defineText } from './text.ts';

export const shellText = defineText({
  en: {
    tagline: 'Deployment to container',
    main: 'Kubeglass',
    files: 'Files',
    settings: 'Settings',
    examples: 'Examples',
    exampleNames: {
      deployment: 'Deployment with an init container',
      pod: 'A bare Pod',
      'bad-image': 'Deployment with a bad image',
      'retry-init': 'Init container that succeeds at the third try',
    },
    exampleHints: {
      deployment: 'Three replicas: all ten steps',
      pod: 'No controller: nobody brings it back when it is deleted',
      'bad-image': 'ErrImagePull, then ImagePullBackOff',
      'retry-init': 'Fails twice, remembers its attempts in an emptyDir, then succeeds',
    },
    saveRun: 'Save run',
    saveRunHint: 'Seed and commands: whoever opens it sees exactly the same run',
    openRun: 'Open run',
    exportYaml: 'Export YAML',
    theme: 'Theme',
    themeIs: { system: 'as the system', light: 'light', dark: 'dark' },
    language: 'Language',
    share: 'Share',
    shareHint: 'Copy a link that holds the open manifest',
    present: 'Present',
    presentHint: 'Larger text, no side panes',
    shortcuts: 'Keyboard shortcuts',
    find: 'Find',
    findHint: 'An object, a component, a file or an action',
    findNothing: 'Nothing has that name.',
    close: 'Close',
    notices: 'Notices',
    resizeEditor: 'Width of the editor',
    resizeInspector: 'Width of the inspector',
    resizeDrawer: 'Height of the lower pane',
    resizeLog: 'Width of the text log',
    resizeLanes: 'Width of the swimlanes',
    firstVisit:
      'This Deployment is ready. Press Apply and watch it become running containers, in ten steps.',
    loading: 'Starting the cluster…',
    loadingSlow: 'The cluster is still starting. On a slow computer this takes some seconds.',
    crashedTitle: 'The simulation stopped',
    crashedBody:
      'An assertion of the engine failed, so its state cannot be trusted any more. Your files and the record of the run are safe.',
    crashedHelp:
      'Download the run and attach it to a report; opening it replays the fault exactly.',
    lostTitle: 'The engine is gone',
    lostBody:
      'The Worker that runs the cluster has ended. If the message does not say why, the browser has probably run out of memory. Your files are safe.',
    lostRun: (acts: number) =>
      `What you did is safe as well (${acts} act${acts === 1 ? '' : 's'}): replaying it makes the same cluster again.`,
    downloadRun: 'Download the run',
    replayRun: 'Replay the run',
    restart: 'Start a new cluster',
    memoryTitle: 'Paused: the run uses a lot of memory',
    memoryBody: (mb: number) =>
      `It holds about ${mb} MB, which may be more than the browser gives it. Delete or scale something down, start again, or go on for another portion.`,
    memoryGoOn: 'Go on',
    memoryReset: 'Start again',
    phone: 'On a screen this small you can look. To edit and apply, use a larger window.',
    missingTitle: 'This browser cannot run Kubeglass',
    singleKeys: 'Single keys act outside text fields',
    panelFailed: (panel: string, message: string) =>
      `The pane “${panel}” failed: ${message}. The cluster runs on; the rest of the page is usable.`,
    tryAgain: 'Try again',
  },
});

export const keysText = defineText({
  en: {
    playPause: 'Play or pause',
    step: 'Next of the ten steps',
    stepEvent: 'Next event',
    stepBack: 'Step before',
    stepBackEvent: 'Event before',
    start: 'Go to the start',
    now: 'Back to now',
    jump: 'Jump to step 1 … 10',
    apply: 'Apply the open file',
    search: 'Find',
    terminal: 'Terminal',
    goTo: 'Go to a pane: e editor, c cluster, i inspector, r requests, v events, s scheduler, l log, w swimlanes',
    out: 'Close, go back out, leave the editor',
    help: 'Show this list',
    clickerNext: 'Next step, as presenters’ clickers send it',
    clickerBack: 'Step before, as presenters’ clickers send it',
    clickerPause: 'Play or pause, as presenters’ clickers send it',
    keys: 'Keys',
    does: 'What they do',
    then: 'then',
  },
});
