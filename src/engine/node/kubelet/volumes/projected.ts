/** Volumes from several sources, tokens among them, in memory. Models: pkg/volume/projected (v1.36) */
import type { ProjectedVolumeSource } from '../../../../api/generated/types.ts';
import { Collector } from './collect.ts';
import { DEFAULT_MODE, heldTokens, type Plugin, writeVolume } from './plugin.ts';

export const projected: Plugin<ProjectedVolumeSource> = (setUp) => {
  const { sources = [], defaultMode = DEFAULT_MODE } = setUp.source;
  const collector = new Collector(setUp.context, setUp.pod, defaultMode, heldTokens(setUp));
  const collect = collector.projected(sources);
  return writeVolume(setUp, 'kubernetes.io~projected', false, collector, collect);
};
