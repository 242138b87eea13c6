/**
 * The life of one container of a Pod, as the kubelet sees it.
 *
 * Models: pkg/kubelet/kuberuntime kuberuntime_manager.go, kuberuntime_container.go and
 * images/image_manager.go (v1.36), drawn as one statechart.
 * The kubelet decides first (is a back-off over, does the restart policy ask for another start) and
 * sends the decided event; the machine only names what is to be done and how long to wait.
 */
import { setup } from 'xstate';
import { compile } from './compile.ts';

export type ContainerState =
  | 'waiting'
  | 'pulling'
  | 'pullFailed'
  | 'pullBackOff'
  | 'creating'
  | 'startFailed'
  | 'starting'
  /** It runs, and its postStart hook too: it does not count as started yet. */
  | 'postStart'
  | 'running'
  | 'preStop'
  /** A sidecar that is to end only after others have. */
  | 'awaitingTurn'
  | 'stopping'
  | 'killing'
  | 'exited'
  | 'crashBackOff'
  | 'done';

export type ContainerEvent =
  /** The Pod is ready for it, and no back-off stands in the way. */
  | 'START'
  /** The Pod is ready for it, but it has failed too often of late. */
  | 'BACK_OFF'
  | 'IMAGE_READY'
  | 'PULL_FAILED'
  | 'PULL_BACK_OFF'
  /** No pull was tried: the name is invalid, or the policy forbids it. */
  | 'IMAGE_REFUSED'
  | 'CREATED'
  | 'CREATE_FAILED'
  | 'STARTED'
  | 'START_FAILED'
  /** It runs and has a hook to be run now. */
  | 'POST_START'
  | 'HOOK_DONE'
  /** It is to end, and has a hook to be run before. */
  | 'PRE_STOP'
  | 'AWAIT_TURN'
  /** It is to end now. */
  | 'KILL'
  | 'EXITED_RESTART'
  | 'EXITED_FINAL'
  /** The sandbox is gone, and the container with it: everything begins again. */
  | 'RESET';

export type ContainerEffect =
  | 'ensureImage'
  | 'createContainer'
  | 'startContainer'
  | 'runPostStart'
  | 'runPreStop'
  | 'recordBackOff'
  | 'sendStopSignal'
  | 'sendKill';

/** Values are given by the kubelet: back-off with jitter until the next sync, the grace period. */
export type ContainerDelay =
  | 'pullRetry'
  | 'startRetry'
  | 'crashRetry'
  | 'hookPeriod'
  | 'turnPeriod'
  | 'gracePeriod';

const named = (): void => undefined;
const byKubelet = (): number => 0;

export const containerMachine = setup({
  types: { events: {} as { type: ContainerEvent } },
  actions: {
    ensureImage: named,
    createContainer: named,
    startContainer: named,
    runPostStart: named,
    runPreStop: named,
    recordBackOff: named,
    sendStopSignal: named,
    sendKill: named,
  },
  delays: {
    pullRetry: byKubelet,
    startRetry: byKubelet,
    crashRetry: byKubelet,
    hookPeriod: byKubelet,
    turnPeriod: byKubelet,
    gracePeriod: byKubelet,
  },
}).createMachine({
  id: 'container',
  initial: 'waiting',
  on: { RESET: '.waiting' },
  states: {
    waiting: { on: { START: 'pulling', BACK_OFF: 'crashBackOff' } },
    pulling: {
      entry: 'ensureImage',
      on: {
        IMAGE_READY: 'creating',
        PULL_FAILED: 'pullFailed',
        PULL_BACK_OFF: 'pullBackOff',
        IMAGE_REFUSED: 'startFailed',
      },
    },
    // One that has crashed before may be looked at again while its back-off lasts.
    pullFailed: {
      on: { START: 'pulling', BACK_OFF: 'crashBackOff' },
      after: { pullRetry: 'waiting' },
    },
    pullBackOff: {
      on: { START: 'pulling', BACK_OFF: 'crashBackOff' },
      after: { pullRetry: 'waiting' },
    },
    creating: {
      entry: 'createContainer',
      on: { CREATED: 'starting', CREATE_FAILED: 'startFailed' },
    },
    startFailed: {
      on: { START: 'pulling', BACK_OFF: 'crashBackOff' },
      after: { startRetry: 'waiting' },
    },
    starting: {
      entry: 'startContainer',
      on: { STARTED: 'running', POST_START: 'postStart', START_FAILED: 'exited' },
    },
    postStart: {
      entry: 'runPostStart',
      on: {
        HOOK_DONE: 'running',
        PRE_STOP: 'preStop',
        KILL: 'stopping',
        EXITED_RESTART: 'exited',
        EXITED_FINAL: 'done',
      },
    },
    running: {
      on: {
        PRE_STOP: 'preStop',
        AWAIT_TURN: 'awaitingTurn',
        KILL: 'stopping',
        EXITED_RESTART: 'exited',
        EXITED_FINAL: 'done',
      },
    },
    preStop: {
      entry: 'runPreStop',
      on: {
        // The end is hastened: it begins anew, with less time.
        PRE_STOP: { target: 'preStop', reenter: true },
        AWAIT_TURN: 'awaitingTurn',
        KILL: 'stopping',
        EXITED_RESTART: 'exited',
        EXITED_FINAL: 'done',
      },
      after: { hookPeriod: 'stopping' },
    },
    awaitingTurn: {
      on: {
        PRE_STOP: 'preStop',
        AWAIT_TURN: { target: 'awaitingTurn', reenter: true },
        KILL: 'stopping',
        EXITED_RESTART: 'exited',
        EXITED_FINAL: 'done',
      },
      after: { turnPeriod: 'stopping' },
    },
    stopping: {
      entry: 'sendStopSignal',
      on: {
        PRE_STOP: 'preStop',
        AWAIT_TURN: 'awaitingTurn',
        KILL: { target: 'stopping', reenter: true },
        EXITED_RESTART: 'exited',
        EXITED_FINAL: 'done',
      },
      after: { gracePeriod: 'killing' },
    },
    killing: { entry: 'sendKill', on: { EXITED_RESTART: 'exited', EXITED_FINAL: 'done' } },
    exited: { on: { START: 'pulling', BACK_OFF: 'crashBackOff', EXITED_FINAL: 'done' } },
    crashBackOff: {
      entry: 'recordBackOff',
      on: { START: 'pulling', BACK_OFF: { target: 'crashBackOff', reenter: true } },
      after: { crashRetry: 'waiting' },
    },
    done: {},
  },
});

export const containerTable = compile<
  ContainerState,
  ContainerEvent,
  ContainerEffect,
  ContainerDelay
>(containerMachine);

/**
 * What `state` of a container status each machine state stands for. The published status lags
 * behind by one sync, as the kubelet's does; this is the present.
 */
export const CONTAINER_STATUS: Readonly<
  Record<
    ContainerState,
    { readonly state: 'waiting' | 'running' | 'terminated'; readonly reason: string }
  >
> = {
  waiting: { state: 'waiting', reason: 'ContainerCreating' },
  pulling: { state: 'waiting', reason: 'ContainerCreating' },
  pullFailed: { state: 'waiting', reason: 'ErrImagePull' },
  pullBackOff: { state: 'waiting', reason: 'ImagePullBackOff' },
  creating: { state: 'waiting', reason: 'ContainerCreating' },
  startFailed: { state: 'waiting', reason: 'CreateContainerError' },
  starting: { state: 'waiting', reason: 'ContainerCreating' },
  postStart: { state: 'running', reason: '' },
  running: { state: 'running', reason: '' },
  preStop: { state: 'running', reason: '' },
  awaitingTurn: { state: 'running', reason: '' },
  stopping: { state: 'running', reason: '' },
  killing: { state: 'running', reason: '' },
  exited: { state: 'terminated', reason: 'Error' },
  crashBackOff: { state: 'waiting', reason: 'CrashLoopBackOff' },
  done: { state: 'terminated', reason: 'Completed' },
};
