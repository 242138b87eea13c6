/** Volumes from a ConfigMap. Models: pkg/volume/configmap (v1.36) */
import type { ConfigMapVolumeSource } from '../../../../api/generated/types.ts';
import { Collector } from './collect.ts';
import { DEFAULT_MODE, type Plugin, writeVolume } from './plugin.ts';

export const configMap: Plugin<ConfigMapVolumeSource> = (setUp) => {
  const { name = '', optional = false, items, defaultMode = DEFAULT_MODE } = setUp.source;
  const collector = new Collector(setUp.context, setUp.pod, defaultMode);
  const collect = collector.configMap(name, optional, items);
  return writeVolume(setUp, 'kubernetes.io~configmap', true, collector, collect);
};
