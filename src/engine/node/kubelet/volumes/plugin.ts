/** What a kind of volume is to the kubelet: one file each, listed in plugins.ts. */
import type { Pod, Volume } from '../../../../api/generated/types.ts';
import type { Proc } from '../../../../kernel/process.ts';
import type { KubeletContext } from '../context.ts';
import type { Collector } from './collect.ts';
import type { MountedVolume } from './node-volumes.ts';
import { WrittenVolume } from './written-volume.ts';

export interface SetUp<S> {
  readonly context: KubeletContext;
  readonly pod: Pod;
  /** Name of the volume in the Pod. */
  readonly name: string;
  readonly source: S;
  /** What is mounted already: the plugin is asked again, because it may have changed. */
  readonly old: MountedVolume | undefined;
}

/** Makes a volume ready. Throws MissingReference, MountError or ApiError. */
export type Plugin<S> = (setUp: SetUp<S>) => Proc<MountedVolume>;

export type PluginKind = Exclude<keyof Volume, 'name'>;

/** A volume that the kubelet writes: |collect| says what is in it. */
export function* writeVolume<S>(
  { context, pod, name, old }: SetUp<S>,
  plugin: string,
  onDisk: boolean,
  collector: Collector,
  collect: Proc,
): Proc<MountedVolume> {
  yield* collect;
  const { result } = collector;
  if (old instanceof WrittenVolume) {
    old.update(context, pod, name, result);
    return old;
  }
  return new WrittenVolume(context, pod, name, plugin, onDisk, result);
}

/** Tokens that the volume holds already. */
export function heldTokens({ old }: SetUp<unknown>): WrittenVolume['tokens'] {
  return old instanceof WrittenVolume ? old.tokens : [];
}

export const DEFAULT_MODE = 0o644;
