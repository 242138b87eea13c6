/** Volumes that tell of the Pod's own fields. Models: pkg/volume/downwardapi (v1.36) */
import type { DownwardAPIVolumeSource } from '../../../../api/generated/types.ts';
import type { Proc } from '../../../../kernel/process.ts';
import { Collector } from './collect.ts';
import { DEFAULT_MODE, type Plugin, writeVolume } from './plugin.ts';

export const downwardApi: Plugin<DownwardAPIVolumeSource> = (setUp) => {
  const { items = [], defaultMode = DEFAULT_MODE } = setUp.source;
  const collector = new Collector(setUp.context, setUp.pod, defaultMode);
  // Nothing has to be waited for, but every source is collected by a process.
  const collect = function* (): Proc {
    collector.downward(items);
  };
  return writeVolume(setUp, 'kubernetes.io~downward-api', false, collector, collect());
};
