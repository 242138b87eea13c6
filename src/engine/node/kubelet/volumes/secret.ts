/** Volumes from a Secret, in memory. Models: pkg/volume/secret (v1.36) */
import type { SecretVolumeSource } from '../../../../api/generated/types.ts';
import { Collector } from './collect.ts';
import { DEFAULT_MODE, type Plugin, writeVolume } from './plugin.ts';

export const secret: Plugin<SecretVolumeSource> = (setUp) => {
  const { secretName = '', optional = false, items, defaultMode = DEFAULT_MODE } = setUp.source;
  const collector = new Collector(setUp.context, setUp.pod, defaultMode);
  const collect = collector.secret(secretName, optional, items);
  return writeVolume(setUp, 'kubernetes.io~secret', false, collector, collect);
};
