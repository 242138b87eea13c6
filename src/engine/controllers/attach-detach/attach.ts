/**
 * Attachments that are under way: since when, how often they have failed, when the next try is due.
 *
 * Models: pkg/volume/csi csi_attacher.go waitForVolumeAttachmentWithLister; pkg/util/goroutinemap/
 *         exponentialbackoff (v1.36)
 */
import type { VolumeAttachment } from '../../../api/generated/types.ts';

/** csi_plugin.go: csiTimeout, which csiAttacher waits for the driver. */
const WATCH_TIMEOUT_US = 120_000_000;
/** exponentialbackoff: 0.5 s doubling to 2 m 2 s. */
const RETRY_US = 500_000;
const RETRY_MAX_US = 122_000_000;

interface Try {
  since: number;
  failures: number;
}

export type Progress =
  | { readonly kind: 'attached' }
  /** To be looked at again at |at|. */
  | { readonly kind: 'waits'; readonly at: number }
  | { readonly kind: 'failed'; readonly why: string; readonly at: number };

export class Tries {
  readonly #tries = new Map<string, Try>();

  forget(name: string): void {
    this.#tries.delete(name);
  }

  /** How |attachment| stands at |now|; a failure is answered once, and begins a pause. */
  look(attachment: VolumeAttachment, handle: string, now: number): Progress {
    const { metadata, spec, status } = attachment;
    if (status.attached) {
      this.#tries.delete(metadata.name);
      return { kind: 'attached' };
    }
    let known = this.#tries.get(metadata.name);
    if (!known) this.#tries.set(metadata.name, (known = { since: now, failures: 0 }));
    if (known.since > now) return { kind: 'waits', at: known.since };
    const error = status.attachError?.message;
    const endsAt = known.since + WATCH_TIMEOUT_US;
    if (error === undefined && now < endsAt) return { kind: 'waits', at: endsAt };
    const at = now + Math.min(RETRY_US * 2 ** Math.min(known.failures, 8), RETRY_MAX_US);
    known.failures++;
    known.since = at;
    const late =
      `timed out waiting for external-attacher of ${spec.attacher} CSI driver to attach ` +
      `volume ${handle}`;
    return { kind: 'failed', why: error ?? late, at };
  }
}
