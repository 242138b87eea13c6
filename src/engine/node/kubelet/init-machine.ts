/**
 * The order of a Pod's init containers: one after the other, each to completion. Which one is the
 * current one is an index that the kubelet keeps beside the state.
 *
 * Models: pkg/kubelet/kuberuntime/kuberuntime_container.go computeInitContainerActions (v1.36)
 */
import { setup } from 'xstate';
import { compile } from './compile.ts';

export type InitState = 'idle' | 'running' | 'retrying' | 'initialized' | 'failed';

export type InitEvent =
  | 'START_FIRST'
  /** The Pod has no init containers, or it had got past them before the kubelet restarted. */
  | 'NOTHING_TO_DO'
  /** The current one has ended with 0 (a sidecar: has started), and there is another. */
  | 'NEXT'
  | 'LAST_SUCCEEDED'
  /** The current one has failed, or could not be started; the restart policy wants it again. */
  | 'RETRY'
  /** A further attempt has come to life. */
  | 'RUNS_AGAIN'
  | 'FAILED_FINAL'
  | 'RESET';

export type InitEffect = 'startCurrent';

export type InitDelay = never;

export const initMachine = setup({
  types: { events: {} as { type: InitEvent } },
  actions: { startCurrent: (): void => undefined },
}).createMachine({
  id: 'init',
  initial: 'idle',
  on: { RESET: '.idle' },
  states: {
    idle: {
      on: {
        START_FIRST: { target: 'running', actions: 'startCurrent' },
        NOTHING_TO_DO: 'initialized',
      },
    },
    running: {
      on: {
        NEXT: { target: 'running', actions: 'startCurrent' },
        LAST_SUCCEEDED: 'initialized',
        RETRY: { target: 'retrying', actions: 'startCurrent' },
        FAILED_FINAL: 'failed',
      },
    },
    retrying: {
      on: {
        RETRY: { target: 'retrying', actions: 'startCurrent' },
        RUNS_AGAIN: 'running',
        NEXT: { target: 'running', actions: 'startCurrent' },
        LAST_SUCCEEDED: 'initialized',
        FAILED_FINAL: 'failed',
      },
    },
    initialized: {},
    failed: {},
  },
});

export const initTable = compile<InitState, InitEvent, InitEffect, InitDelay>(initMachine);

/** The Initialized condition that each state stands for. */
export const INIT_STATUS: Readonly<Record<InitState, 'True' | 'False'>> = {
  idle: 'False',
  running: 'False',
  retrying: 'False',
  initialized: 'True',
  failed: 'False',
};
