/** Playback bar, timeline, past view and the ten-step rail. */
import { defineText } from './text.ts';

export const playbackText = defineText({
  en: {
    toolbar: 'Playback',
    play: 'Play',
    pause: 'Pause',
    step: 'Step',
    stepHint: 'Run to the next of the ten steps (Shift: to the next event)',
    stepBack: 'Step back',
    stepBackHint: 'Go back to the step before (Shift: to the event before)',
    reset: 'Reset',
    resetHint: 'Start again with an empty cluster; your files stay',
    pace: 'Pace',
    story: 'Story',
    storyHint: 'Slow while messages travel, fast while nothing happens',
    realTimeHint: 'One virtual second each second',
    tenTimesHint: 'Ten virtual seconds each second',
    max: 'Max',
    maxHint: 'As fast as this computer can',
    timeline: 'Timeline',
    timelineValue: (now: string, last: string) => `${now} of ${last}`,
    revision: (n: number) => `rev ${n}`,
    settled: 'Settled',
    settledHint: 'Nothing is due but periodic work',
    backToNow: 'Back to now',
    pastTitle: 'You are looking at the past',
    pastBody: (shown: string, live: string) =>
      `${shown} is shown; the cluster has reached ${live}.`,
    markStep: (step: string, object: string) => `Step ${step}: ${object}`,
    markAct: (name: string, object: string) => `You: ${name} ${object}`,
    markWarning: (reason: string, object: string) => `Warning: ${reason} (${object})`,
  },
});

interface StepText {
  readonly [key: string]: string;
  readonly title: string;
  readonly hint: string;
}

export const stepsText = defineText({
  en: {
    list: 'Ten steps',
    count: (done: number, expected: number) => `${done}/${expected}`,
    skipped: 'not needed here',
    states: { todo: 'to come', current: 'under way', done: 'done' },
    steps: {
      s1: {
        title: 'Stored in etcd',
        hint: 'kubectl sends the manifest; the API server authenticates, admits, validates and stores it in etcd',
      },
      s2: {
        title: 'Watch: Deployment',
        hint: 'The Deployment controller, watching the API server, is notified',
      },
      s3: {
        title: 'ReplicaSet created',
        hint: 'It creates a ReplicaSet from the template; the API server stores it',
      },
      s4: { title: 'Watch: ReplicaSet', hint: 'The ReplicaSet controller is notified' },
      s5: {
        title: 'Pods created',
        hint: 'It reads the wanted count and creates the Pods; they are stored in etcd',
      },
      s6: { title: 'Watch: Pod', hint: 'The scheduler, watching Pods without a node, is notified' },
      s7: {
        title: 'Scored, bound',
        hint: 'It filters and scores the nodes and binds the Pod to the best',
      },
      s8: {
        title: 'Kubelet gets spec',
        hint: 'The kubelet of that node is notified and takes the Pod spec',
      },
      s9: {
        title: 'Runtime prepares',
        hint: 'The runtime makes the sandbox, then runs each init container in order',
      },
      s10: {
        title: 'Pulled, running',
        hint: 'The image is pulled if it is not there, the container runs, the status is stored',
      },
    } satisfies Readonly<Record<string, StepText>>,
  },
});
