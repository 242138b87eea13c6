/** The views of one object, by kind: each is one file and one entry here. */
import { autoscaler } from './autoscaler.ts';
import { binding } from './binding.ts';
import { budget, drain } from './budget.ts';
import { completions } from './completions.ts';
import { ordinals } from './ordinals.ts';
import { rollout } from './rollout.ts';
import { schedule } from './schedule.ts';
import type { Definition } from './world.ts';

export const DEFINITIONS: Readonly<Record<string, Definition>> = {
  CronJob: schedule,
  Deployment: rollout,
  HorizontalPodAutoscaler: autoscaler,
  Job: completions,
  Node: drain,
  PersistentVolume: binding,
  PersistentVolumeClaim: binding,
  PodDisruptionBudget: budget,
  StatefulSet: ordinals,
  StorageClass: binding,
  VolumeAttachment: binding,
};
