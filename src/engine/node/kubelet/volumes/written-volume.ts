/**
 * Volumes whose files the kubelet writes: configMap, secret, downwardAPI and projected. What they
 * were made from is remembered, so that a round of the Pod sees at once whether anything changed.
 *
 * Models: pkg/volume/configmap, secret, downwardapi, projected: SetUpAt (v1.36)
 */
import type { Pod } from '../../../../api/generated/types.ts';
import type { KubeObject } from '../../../../api/meta/object.ts';
import type { FileStore } from '../../runtime/file-system.ts';
import type { KubeletContext } from '../context.ts';
import type { SourceKind } from '../references.ts';
import { equalJson } from '../../../../api/meta/json.ts';
import type { MountedVolume } from './node-volumes.ts';
import {
  type FileProjection,
  type Payload,
  payloadTree,
  samePayload,
  type Token,
} from './payload.ts';

/** A ConfigMap or Secret as it was when the files were written; undefined: it was missing. */
export interface Seen {
  readonly kind: SourceKind;
  readonly name: string;
  readonly object: KubeObject | undefined;
}

/** A token that the kubelet holds for this volume. */
export interface HeldToken {
  readonly audience: string | undefined;
  readonly seconds: number;
  readonly status: Token;
  /** When it is to be replaced: a fifth of its time before its end, or after a day. */
  readonly refreshAt: number;
}

/** What files are made from, and the files. */
export interface Collected {
  readonly payload: Map<string, FileProjection>;
  readonly seen: Seen[];
  readonly tokens: HeldToken[];
  /** Fields of the Pod are among it. */
  usesPod: boolean;
}

export class WrittenVolume implements MountedVolume {
  readonly store: FileStore;
  readonly plugin: string;
  seen: readonly Seen[] = [];
  tokens: readonly HeldToken[] = [];
  /** Whose fields were written; null: none were. */
  #pod: Pod | null = null;
  #payload: Payload;

  constructor(
    context: KubeletContext,
    pod: Pod,
    name: string,
    plugin: string,
    onDisk: boolean,
    collected: Collected,
  ) {
    this.plugin = plugin;
    this.#payload = collected.payload;
    this.#remember(pod, collected);
    this.store = context.volumes.written(treeOf(context, pod, name, onDisk, this.#payload), onDisk);
  }

  get path(): string {
    return '';
  }

  get readOnly(): boolean {
    return true;
  }

  get own(): boolean {
    return true;
  }

  /** Writes what has changed. */
  update(context: KubeletContext, pod: Pod, name: string, collected: Collected): void {
    this.#remember(pod, collected);
    if (samePayload(this.#payload, collected.payload)) return;
    this.#payload = collected.payload;
    const onDisk = this.store.disk !== undefined;
    this.store.replace(treeOf(context, pod, name, onDisk, collected.payload));
  }

  /** Whether a look at its sources could find something new. */
  isStale(context: KubeletContext, pod: Pod): boolean {
    const namespace = pod.metadata.namespace ?? '';
    const { references, kernel } = context;
    for (const { kind, name, object } of this.seen) {
      if (references.peek(kind, namespace, name) !== object) return true;
    }
    for (const { refreshAt } of this.tokens) if (kernel.now >= refreshAt) return true;
    return this.#pod !== null && this.#pod !== pod && differs(this.#pod, pod);
  }

  #remember(pod: Pod, { seen, tokens, usesPod }: Collected): void {
    this.seen = seen;
    this.tokens = tokens;
    this.#pod = usesPod ? pod : null;
  }
}

function differs(a: Pod, b: Pod): boolean {
  return (
    a.metadata.generation !== b.metadata.generation ||
    !equalJson(a.metadata.labels, b.metadata.labels) ||
    !equalJson(a.metadata.annotations, b.metadata.annotations)
  );
}

function treeOf(
  { kernel }: KubeletContext,
  pod: Pod,
  name: string,
  onDisk: boolean,
  payload: Payload,
): () => ReturnType<typeof payloadTree> {
  const { now, epochMs } = kernel;
  const { uid } = pod.metadata;
  const fsGroup = pod.spec.securityContext?.fsGroup;
  return () =>
    payloadTree(payload, { now, epochMs, salt: `${uid}/${name}/${now}`, onDisk, fsGroup });
}
