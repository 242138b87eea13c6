/**
 * What a view of one object looks at: the object, what belongs to it, the moment. A definition says
 * which kinds those are and which of their objects count; the look itself is a pure function.
 */
import type { KubeObject } from '../../../api/meta/object.ts';
import { parseTime } from '../../../api/meta/time.ts';
import { controllerOf } from '../../../api/meta/owner-references.ts';
import type {
  AutoscalerSample,
  EvictionTry,
  Workings,
  WorkingsCondition,
} from '../../../port/protocol-workings.ts';

/** Objects told one by one; of more the first ones are told and the rest counted. */
export const MAX_TOLD = 200;

export interface World {
  readonly subject: KubeObject;
  readonly nowMs: number;
  /** What is kept of a kind, in order of creation. */
  all(kind: string): readonly KubeObject[];
  /** Newest last. */
  readonly evictions: readonly EvictionTry[];
  /** What an autoscaler's status has said. */
  readonly samples: readonly AutoscalerSample[];
}

/** Does the object count? |uids|: the subject and all that was kept before it. */
export type Keeps = (object: KubeObject, uids: ReadonlySet<string>) => boolean;

export interface Definition {
  /** Kinds to look through, owners before what they own. */
  readonly kinds: readonly string[];
  /** Only objects in the subject's namespace. */
  readonly namespaced: boolean;
  keeps(subject: KubeObject): Keeps;
  look(world: World): Workings;
}

/** What the subject controls, and what that controls in turn. */
export function keepsOwned(): Keeps {
  return (object, uids) => {
    const owner = controllerOf(object);
    return owner !== undefined && uids.has(owner.uid);
  };
}

export function msOf(time: string | null | undefined): number | null {
  return time === undefined || time === null ? null : parseTime(time);
}

export function conditionsOf(
  conditions:
    | readonly {
        readonly type: string;
        readonly status: string;
        readonly reason?: string;
        readonly message?: string;
      }[]
    | undefined,
): readonly WorkingsCondition[] {
  return (conditions ?? []).map(({ type, status, reason = '', message = '' }) => ({
    type,
    status,
    reason,
    message,
  }));
}
