/** The kinds of volumes that a node knows, in alphabetical order. */
import type { Pod, Volume } from '../../../../api/generated/types.ts';
import type { Proc } from '../../../../kernel/process.ts';
import type { KubeletContext } from '../context.ts';
import { ephemeral, persistentVolumeClaim } from './claim.ts';
import { configMap } from './config-map.ts';
import { downwardApi } from './downward-api.ts';
import { emptyDir } from './empty-dir.ts';
import { hostPath } from './host-path.ts';
import { image } from './image.ts';
import type { MountedVolume } from './node-volumes.ts';
import type { Plugin, PluginKind } from './plugin.ts';
import { projected } from './projected.ts';
import { refusalOf } from './refused.ts';
import { secret } from './secret.ts';

type Plugins = { readonly [K in PluginKind]?: Plugin<NonNullable<Volume[K]>> };

const PLUGINS: Plugins = {
  configMap,
  downwardAPI: downwardApi,
  emptyDir,
  ephemeral,
  hostPath,
  image,
  persistentVolumeClaim,
  projected,
  secret,
};

/** Makes a volume of a Pod ready, or looks whether it has changed since. */
export function setUpVolume(
  context: KubeletContext,
  pod: Pod,
  volume: Volume,
  old: MountedVolume | undefined,
): Proc<MountedVolume> {
  for (const kind of Object.keys(PLUGINS) as PluginKind[]) {
    const source = volume[kind];
    const plugin = PLUGINS[kind] as Plugin<typeof source> | undefined;
    if (source && plugin) return plugin({ context, pod, name: volume.name, source, old });
  }
  throw refusalOf(volume);
}
