/**
 * The life of a Pod on its node, as the kubelet sees it.
 *
 * Models: pkg/kubelet/kubelet.go SyncPod, SyncTerminatingPod, SyncTerminatedPod and pod_workers.go
 * (v1.36), drawn as one statechart. SYNC is one round of the Pod's worker; everything else is what
 * that round found out.
 */
import { setup } from 'xstate';
import { compile } from './compile.ts';

export type PodState =
  | 'pending'
  | 'preparing'
  | 'mountBackOff'
  | 'sandboxing'
  | 'sandboxBackOff'
  | 'initializing'
  | 'starting'
  | 'running'
  | 'resetting'
  /** A container's exit asks for a restart of all of them, in the same sandbox. */
  | 'restartingAll'
  /** Its app containers have ended for good: what still runs beside them is stopped. */
  | 'completing'
  | 'terminating'
  | 'terminated'
  | 'rejected'
  | 'finished';

export type PodEvent =
  | 'SYNC'
  /** The node cannot take it: admission at the kubelet. */
  | 'REJECT'
  | 'MOUNTED'
  | 'MOUNT_FAILED'
  | 'SANDBOX_READY'
  | 'SANDBOX_FAILED'
  | 'INITIALIZED'
  /** Every app container has been started. */
  | 'STARTED'
  /** The sandbox died, or is not the Pod's any more. */
  | 'SANDBOX_CHANGED'
  | 'SANDBOX_RESET'
  | 'RESTART_ALL'
  | 'ALL_ENDED'
  /** Deleted, evicted, past its deadline, or all its containers have ended for good. */
  | 'TERMINATE'
  | 'KILLED'
  | 'CLEANED_UP';

export type PodEffect =
  | 'mountVolumes'
  | 'runSandbox'
  | 'syncInit'
  | 'syncContainers'
  | 'resetSandbox'
  | 'resetContainers'
  | 'stopPod'
  | 'killContainers'
  | 'cleanUp';

export type PodDelay = 'mountRetry' | 'sandboxRetry';

const named = (): void => undefined;
const byKubelet = (): number => 0;

export const podMachine = setup({
  types: { events: {} as { type: PodEvent } },
  actions: {
    mountVolumes: named,
    runSandbox: named,
    syncInit: named,
    syncContainers: named,
    resetSandbox: named,
    resetContainers: named,
    stopPod: named,
    killContainers: named,
    cleanUp: named,
  },
  delays: { mountRetry: byKubelet, sandboxRetry: byKubelet },
}).createMachine({
  id: 'pod',
  initial: 'pending',
  states: {
    pending: { on: { SYNC: 'preparing', REJECT: 'rejected', TERMINATE: 'terminating' } },
    preparing: {
      entry: 'mountVolumes',
      on: {
        // The round before ended in a refusal of the API server.
        SYNC: { actions: 'mountVolumes' },
        MOUNTED: 'sandboxing',
        MOUNT_FAILED: 'mountBackOff',
        TERMINATE: 'terminating',
      },
    },
    mountBackOff: {
      on: { SYNC: 'preparing', TERMINATE: 'terminating' },
      after: { mountRetry: 'preparing' },
    },
    sandboxing: {
      entry: 'runSandbox',
      on: {
        SYNC: { actions: 'runSandbox' },
        SANDBOX_READY: 'initializing',
        SANDBOX_FAILED: 'sandboxBackOff',
        TERMINATE: 'terminating',
      },
    },
    sandboxBackOff: {
      on: { SYNC: 'sandboxing', TERMINATE: 'terminating' },
      after: { sandboxRetry: 'sandboxing' },
    },
    initializing: {
      entry: 'syncInit',
      on: {
        SYNC: { actions: 'syncInit' },
        INITIALIZED: 'starting',
        SANDBOX_CHANGED: 'resetting',
        RESTART_ALL: 'restartingAll',
        ALL_ENDED: 'completing',
        TERMINATE: 'terminating',
      },
    },
    starting: {
      entry: 'syncContainers',
      on: {
        SYNC: { actions: 'syncContainers' },
        STARTED: 'running',
        SANDBOX_CHANGED: 'resetting',
        RESTART_ALL: 'restartingAll',
        ALL_ENDED: 'completing',
        TERMINATE: 'terminating',
      },
    },
    running: {
      on: {
        SYNC: { actions: 'syncContainers' },
        SANDBOX_CHANGED: 'resetting',
        RESTART_ALL: 'restartingAll',
        ALL_ENDED: 'completing',
        TERMINATE: 'terminating',
      },
    },
    resetting: {
      entry: 'resetSandbox',
      on: { SANDBOX_RESET: 'sandboxing', TERMINATE: 'terminating' },
    },
    restartingAll: {
      entry: 'resetContainers',
      on: { SYNC: 'initializing', SANDBOX_CHANGED: 'resetting', TERMINATE: 'terminating' },
    },
    completing: {
      entry: 'stopPod',
      on: { SYNC: { actions: 'stopPod' }, TERMINATE: 'terminating' },
    },
    terminating: {
      entry: 'killContainers',
      on: { SYNC: { actions: 'killContainers' }, KILLED: 'terminated' },
    },
    terminated: {
      entry: 'cleanUp',
      on: { SYNC: { actions: 'cleanUp' }, CLEANED_UP: 'finished' },
    },
    rejected: { on: { TERMINATE: 'terminating' } },
    finished: { type: 'final' },
  },
});

export const podTable = compile<PodState, PodEvent, PodEffect, PodDelay>(podMachine);

/** The phase that each state goes with, as long as nothing has failed, and a word for the page. */
export const POD_STATUS: Readonly<
  Record<PodState, { readonly phase: 'Pending' | 'Running' | 'Ended'; readonly text: string }>
> = {
  pending: { phase: 'Pending', text: 'Accepted by the kubelet' },
  preparing: { phase: 'Pending', text: 'Mounting volumes' },
  mountBackOff: { phase: 'Pending', text: 'Waiting to mount volumes again' },
  sandboxing: { phase: 'Pending', text: 'Creating the sandbox' },
  sandboxBackOff: { phase: 'Pending', text: 'Waiting to create the sandbox again' },
  initializing: { phase: 'Pending', text: 'Running init containers' },
  starting: { phase: 'Pending', text: 'Starting containers' },
  running: { phase: 'Running', text: 'Running' },
  resetting: { phase: 'Pending', text: 'Replacing the sandbox' },
  restartingAll: { phase: 'Running', text: 'Restarting all containers' },
  completing: { phase: 'Running', text: 'Stopping what is left' },
  terminating: { phase: 'Running', text: 'Stopping containers' },
  terminated: { phase: 'Ended', text: 'Cleaning up' },
  rejected: { phase: 'Ended', text: 'Refused by the node' },
  finished: { phase: 'Ended', text: 'Finished' },
};
