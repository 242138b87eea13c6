/** An object that a new cluster holds before anybody has asked for it. */
import type { AnyKind } from '../../api/meta/define-kind.ts';

export interface BootstrapObject {
  readonly kind: AnyKind;
  /** As a client would create it. */
  readonly object: Readonly<Record<string, unknown>> & {
    readonly metadata: {
      readonly name: string;
      readonly namespace?: string;
      readonly [field: string]: unknown;
    };
  };
  /** Written through the status subresource once the object is there; |now| is RFC 3339. */
  status?(now: string): Readonly<Record<string, unknown>>;
}
