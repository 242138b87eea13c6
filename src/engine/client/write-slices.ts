/**
 * Writing EndpointSlices as they were planned.
 *
 * Models: k8s.io/endpointslice reconciler.go finalize (v1.36)
 * Writes: EndpointSlice create, update and delete
 */
import type { EndpointSlice as EndpointSliceObject } from '../../api/generated/types.ts';
import { EndpointSlice } from '../../api/kinds/endpoint-slice.ts';
import { newControllerRef } from '../../api/meta/owner-references.ts';
import { hasStatusCause, isApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import type { ConsistencyStore } from './consistency.ts';
import { type ControllerContext, Retry } from './controller.ts';
import { type SliceWatch, type WantedSlice, slicePrefix } from './endpoint-slices.ts';

export interface SliceWriter {
  readonly context: ControllerContext;
  readonly store: ConsistencyStore;
  readonly watch: SliceWatch;
  /** `Service default/web`, for messages. */
  readonly about: string;
}

export function* writeSlices(
  plan: {
    readonly create: readonly WantedSlice[];
    readonly update: readonly WantedSlice[];
    readonly remove: readonly EndpointSliceObject[];
  },
  writer: SliceWriter,
): Proc {
  const { client } = writer.context;
  for (const wanted of plan.create) {
    if (wanted.owner.metadata.deletionTimestamp !== undefined) break;
    try {
      wrote(wanted, yield* client.create(EndpointSlice, sliceOf(wanted) as never), writer);
    } catch (error) {
      if (hasStatusCause(error, 'NamespaceTerminating')) return;
      failed('create EndpointSlice', error, writer);
    }
  }
  for (const wanted of plan.update) {
    try {
      wrote(wanted, yield* client.update(EndpointSlice, sliceOf(wanted)), writer);
    } catch (error) {
      failed(`update ${wanted.existing?.metadata.name ?? ''} EndpointSlice`, error, writer);
    }
  }
  for (const slice of plan.remove) {
    const { namespace = '', name } = slice.metadata;
    writer.watch.deletes(slice);
    try {
      yield* client.delete(EndpointSlice, namespace, name);
    } catch (error) {
      failed(`delete ${name} EndpointSlice`, error, writer);
    }
  }
}

function wrote(wanted: WantedSlice, slice: EndpointSliceObject, writer: SliceWriter): void {
  writer.watch.wrote(slice);
  writer.store.wrote(wanted.owner, EndpointSlice, slice);
}

function failed(what: string, error: unknown, { about }: SliceWriter): never {
  if (!isApiError(error)) throw error;
  throw new Retry(`failed to ${what} for ${about}: ${error.message}`);
}

function sliceOf(wanted: WantedSlice): EndpointSliceObject {
  const { owner, existing, labels, annotations, endpoints, ports, addressType } = wanted;
  const { annotations: _old, ...metadata } = existing?.metadata ?? {
    generateName: slicePrefix(owner.metadata.name),
    namespace: owner.metadata.namespace ?? '',
  };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      ...metadata,
      labels,
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ownerReferences: [newControllerRef(owner)],
    },
    addressType,
    // Upstream's controllers write protobuf, which cannot tell an empty list from none.
    endpoints: endpoints.length > 0 ? endpoints : null,
    ports: ports.length > 0 ? ports : null,
  } as unknown as EndpointSliceObject;
}
