/**
 * What a kube-scheduler is told when it starts.
 *
 * Models: pkg/scheduler/apis/config types.go KubeSchedulerConfiguration, v1 defaults.go (v1.36)
 */
import { defaultProfile, type ProfileSettings } from './profile.ts';

export interface SchedulerConfiguration {
  /** 0: the more nodes, the smaller the share. */
  readonly percentageOfNodesToScore: number;
  readonly podInitialBackoffSeconds: number;
  readonly podMaxBackoffSeconds: number;
  readonly profiles: readonly ProfileSettings[];
  /** The feature gate of that name: with nothing else to try, back-offs are cut short. */
  readonly popFromBackoffQ: boolean;
}

export const DEFAULT_SCHEDULER_NAME = 'default-scheduler';

export const DEFAULT_CONFIGURATION: SchedulerConfiguration = {
  percentageOfNodesToScore: 0,
  podInitialBackoffSeconds: 1,
  podMaxBackoffSeconds: 10,
  profiles: [defaultProfile(DEFAULT_SCHEDULER_NAME)],
  popFromBackoffQ: true,
};
