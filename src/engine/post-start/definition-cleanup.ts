/**
 * Deletes the custom resources of a CustomResourceDefinition that is being deleted, then lets it go.
 *
 * Models:  k8s.io/apiextensions-apiserver pkg/controller/finalizer crd_finalizer.go (v1.36)
 * Watches: CustomResourceDefinitions
 * Writes:  their status and finalizers; deletes custom resources
 */
import type { CustomResourceDefinition as Definition } from '../../api/generated/types.ts';
import {
  CLEANUP_FINALIZER,
  CustomResourceDefinition,
} from '../../api/kinds/custom-resource-definition.ts';
import { withCondition } from '../../api/kinds/custom-resource-definition/conditions.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import { type Proc, sleep } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const POLL_US = 5 * MICROS_PER_SECOND; // crd_finalizer.go: wait.PollUntilContextTimeout
const MAX_POLLS = 12; // a minute

export function definitionCleanupController(): ControllerDefinition {
  return defineController<Definition>({
    name: 'crd-finalizer',
    primary: CustomResourceDefinition,
    workers: 5,
    *reconcile(key, context) {
      const definition = context.get(CustomResourceDefinition, key);
      if (!definition || definition.metadata.deletionTimestamp === undefined) return;
      if (!definition.metadata.finalizers?.includes(CLEANUP_FINALIZER)) return;
      const started = yield* told(definition, context, {
        status: 'True',
        reason: 'InstanceDeletionInProgress',
        message: 'CustomResource deletion is in progress',
      });
      yield* deleteAll(started, context);
      const done = yield* told(started, context, {
        status: 'False',
        reason: 'InstanceDeletionCompleted',
        message: 'removed all instances',
      });
      const finalizers = (done.metadata.finalizers ?? []).filter((f) => f !== CLEANUP_FINALIZER);
      const { finalizers: _, ...rest } = done.metadata;
      const metadata = finalizers.length === 0 ? rest : { ...rest, finalizers };
      yield* context.client.update(CustomResourceDefinition, { ...done, metadata });
    },
  }) as unknown as ControllerDefinition;
}

function* told(
  definition: Definition,
  { client, kernel }: ControllerContext,
  what: { readonly status: string; readonly reason: string; readonly message: string },
): Proc<Definition> {
  const conditions = withCondition(
    definition.status.conditions,
    { type: 'Terminating', ...what },
    rfc3339(kernel.nowMs),
  );
  const status = { ...definition.status, conditions };
  return yield* client.updateStatus(CustomResourceDefinition, { ...definition, status });
}

function* deleteAll(definition: Definition, { client }: ControllerContext): Proc {
  const { group } = definition.spec;
  const { plural } = definition.status.acceptedNames;
  const kind = client.kinds().find((k) => k.group === group && k.plural === plural);
  if (!kind) return;
  for (let poll = 0; poll < MAX_POLLS; poll++) {
    const { items } = yield* client.list(kind);
    if (items.length === 0) return;
    for (const { metadata } of items) {
      if (metadata.deletionTimestamp !== undefined) continue;
      yield* client.delete(kind, metadata.namespace ?? '', metadata.name);
    }
    const left = yield* client.list(kind);
    if (left.items.length === 0) return;
    yield* sleep(POLL_US);
  }
  throw new Error(`custom resources of ${definition.metadata.name} do not go away`);
}
