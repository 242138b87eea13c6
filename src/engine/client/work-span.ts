/**
 * Work that no key stands for: what a controller's own loop does about one object. It gets a span of
 * its own, as a reconcile does, and what the server refuses ends in that span.
 */
import type { Proc } from '../../kernel/process.ts';
import { type ControllerContext, Retry } from './controller.ts';
import { isRefusal } from './refusal.ts';

export interface Work {
  /** Few words: `monitor`, `evict`. */
  readonly name: string;
  /** Who acts. */
  readonly actor: string;
  /** `Kind/namespace/name`. */
  readonly object: string;
  /** Span that caused it; 0 = time alone. */
  readonly cause: number;
  readonly wanted?: string;
  readonly seen?: string;
}

/** Does |body| and answers whether it went well. */
export function* inSpan(context: ControllerContext, work: Work, body: Proc): Proc<boolean> {
  const { kernel, scope } = context;
  const { wanted, seen } = work;
  const span = kernel.trace.begin(kernel.now, work.cause, {
    kind: 'work',
    name: work.name,
    from: work.actor,
    object: work.object,
    detail: { ...(wanted ? { wanted } : {}), ...(seen ? { seen } : {}) },
  });
  const options = { cause: span.id, periodic: false, scope, joined: true };
  const outcome = yield* kernel.spawn(work.name, body, options).finished();
  if (outcome.ok) {
    kernel.end(span);
    return true;
  }
  const { error } = outcome;
  if (!isRefusal(error) && !(error instanceof Retry)) throw error;
  kernel.end(span, { detail: { error: error.message } });
  return false;
}
