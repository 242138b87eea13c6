/** Why a volume cannot be had, in the words of the kubelet's operation executor. */

/** An Event `FailedMount` tells it: `OPERATION failed for volume "NAME" : WHY`. */
export class MountError extends Error {
  override readonly name = 'MountError';
  readonly operation: string;
  /** Name of the volume, or of the PersistentVolume behind it; null: as the Pod names it. */
  readonly volume: string | null;

  constructor(why: string, operation = 'MountVolume.SetUp failed', volume: string | null = null) {
    super(why);
    this.operation = operation;
    this.volume = volume;
  }
}

/** The volume cannot even be described: its claim is missing, not bound, of the wrong mode. */
export class VolumeNotProcessed extends Error {
  override readonly name = 'VolumeNotProcessed';
}

/** The control plane has not attached it yet: nothing is said of it, and news of it end the wait. */
export class VolumeWaits extends Error {
  override readonly name = 'VolumeWaits';
}

/** utilerrors.NewAggregate: one as it is, several in brackets, equal ones once. */
export function aggregate(messages: readonly string[]): string {
  const different = [...new Set(messages)];
  return different.length === 1 ? (different[0] ?? '') : `[${different.join(', ')}]`;
}
