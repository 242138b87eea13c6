/** Lower pane, swimlanes and text log. */
import { defineText } from './text.ts';

export const activityText = defineText({
  en: {
    tablist: 'Activity',
    terminal: 'Terminal',
    requests: 'Requests',
    events: 'Events',
    scheduler: 'Scheduler',
    terminalLabel: 'What you did, as kubectl commands',
    terminalIntro:
      'Whatever you do on this page is shown here as the kubectl command that does the same. Typing commands here comes with a later version.',
    noKubectl: {
      addNode: (name: string) => `# machine ${name} was switched on; kubectl has no command for it`,
      stop: (name: string) => `# ${name} was stopped; kubectl has no command for it`,
      start: (name: string) => `# ${name} was started; kubectl has no command for it`,
    },
    waiting: 'waiting for the answer…',
    filter: 'Filter',
    filterHint: 'Component, verb, object or code',
    quiet: 'Show reads, leases and heartbeats',
    requestsShown: (n: number, of: number) => `${n} of ${of}`,
    noRequests: 'No request matches. Requests to the API server are listed as they are answered.',
    requestRow: (from: string, verb: string, object: string, code: string) =>
      `${from} ${verb} ${object} ${code}`,
    requestsList: 'Requests to kube-apiserver',
    warningsOnly: 'Warnings only',
    noEvents: 'No events yet. Components report here what they did.',
    eventLast: 'Last seen',
    eventType: 'Type',
    eventReason: 'Reason',
    eventObject: 'Object',
    eventMessage: 'Message',
    eventCount: 'Count',
    eventsTable: 'Events',
    swimlanes: 'Swimlanes',
    swimlanesHint: 'Click to look at that moment. Wheel with Ctrl changes the width.',
    window: (text: string) => `${text} wide`,
    storyScale: 'since your last act, quiet time shortened',
    even: 'Even',
    evenHint: 'Give each second the same width',
    wider: 'Show more time',
    narrower: 'Show less time',
    laneSummary: (lanes: number, bars: number) =>
      `${lanes} actors, ${bars} spans in view. The same is told as text under “What happened”.`,
    log: 'What happened',
    logEmpty: 'Nothing has happened yet.',
  },
});
