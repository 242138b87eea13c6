/**
 * Binding: what is done for a Pod that has been given a node, beside the scheduling of others.
 *
 * Models: pkg/scheduler/schedule_one.go bindingCycle (v1.36)
 * Writes: Pod binding; Pod status (nominatedNodeName, while something has to be waited for)
 */
import type { Pod } from '../../api/generated/types.ts';
import type { Proc } from '../../kernel/process.ts';
import { isRefusal } from '../client/refusal.ts';
import type { BindContext, Plugin, Refusal } from './framework.ts';
import { failure } from './framework.ts';
import { patchStatus } from './pod-status.ts';
import type { Profile } from './profile.ts';
import type { Prepared } from './what-if.ts';

export interface Binding {
  readonly pod: Pod;
  readonly node: string;
  readonly profile: Profile;
  readonly prepared: readonly Prepared[];
}

/** Plugins of a point that have something to say about the Pod, with what they prepared. */
function involved(
  plugins: readonly Plugin[],
  prepared: readonly Prepared[],
): readonly { readonly plugin: Plugin; readonly state: unknown }[] {
  return plugins.flatMap((plugin) => {
    const own = prepared.find((p) => p.plugin === plugin);
    // A plugin that prepares and was not among these has skipped the Pod.
    if (!own && plugin.preFilter) return [];
    return [{ plugin, state: own?.state ?? null }];
  });
}

/** Takes what the Pod needs from the plugins' books, and asks whether it may go on. */
export function reserve({ pod, node, profile, prepared }: Binding): Blocked | null {
  for (const { plugin, state } of involved(profile.reserve, prepared)) {
    const refusal = plugin.reserve?.(state, pod, node) ?? null;
    if (refusal) return blocked('Reserve', plugin, refusal);
  }
  for (const { plugin, state } of involved(profile.permit, prepared)) {
    const refusal = plugin.permit?.(state, pod, node) ?? null;
    if (refusal) return blocked('Permit', plugin, refusal);
  }
  return null;
}

/** In the opposite order. */
export function unreserve({ pod, node, profile, prepared }: Binding): void {
  for (const { plugin, state } of [...involved(profile.reserve, prepared)].reverse()) {
    plugin.unreserve?.(state, pod, node);
  }
}

/** A plugin that does not let the Pod go on. */
export interface Blocked {
  readonly plugin: Plugin;
  readonly refusal: Refusal;
}

function blocked(point: string, plugin: Plugin, refusal: Refusal): Blocked {
  if (!refusal.error) return { plugin, refusal };
  const message = `running ${point} plugin ${JSON.stringify(plugin.name)}: ${refusal.reasons.join(', ')}`;
  return { plugin, refusal: failure(message) };
}

/** null = the Pod is bound. From |commit| on it cannot be taken back; false: it has been. */
export function* bind(
  binding: Binding,
  context: BindContext,
  commit: () => boolean,
): Proc<Blocked | null> {
  const { pod, node, profile, prepared } = binding;
  const before = involved(profile.preBind, prepared).filter(
    ({ plugin, state }) => plugin.willPreBind?.(state, pod, node) ?? true,
  );
  if (before.length > 0) yield* announce(binding, context);
  for (const { plugin, state } of before) {
    const refusal = plugin.preBind ? yield* plugin.preBind(state, pod, node, context) : null;
    if (refusal) return blocked('PreBind', plugin, refusal);
  }
  const [binder] = profile.bind;
  if (!commit()) {
    return { plugin: binder as Plugin, refusal: failure('preempted by DefaultPreemption') };
  }
  for (const plugin of profile.bind) {
    if (!plugin.bind) continue;
    const refusal = yield* plugin.bind(pod, node, context);
    if (refusal) return blocked('Bind', plugin, refusal);
    break;
  }
  for (const plugin of profile.postBind) plugin.postBind?.(pod, node);
  return null;
}

/** Others may want to know where the Pod will go while its binding takes time. */
function* announce({ pod, node }: Binding, { client }: BindContext): Proc {
  try {
    yield* patchStatus(client, pod, null, node);
  } catch (error) {
    // Not grave enough to stop the binding.
    if (!isRefusal(error)) throw error;
  }
}
