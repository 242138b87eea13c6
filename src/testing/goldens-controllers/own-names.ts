/** Which names and uids of ours stand for the placeholders of a recording. */
import type { Plane } from '../stand-in/plane.ts';
import type { Recording } from './recording.ts';

/** Kinds whose names the server draws. */
const DRAWN = new Set(['Pod', 'EndpointSlice']);

export class OwnNames {
  readonly #plane: Plane;
  readonly #recording: Recording;
  /** `Kind/name` of objects with a drawn name, in the order of their creation. */
  readonly #created: string[] = [];
  readonly #names = new Map<string, string>();
  readonly #uids = new Map<string, string>();

  constructor(plane: Plane, recording: Recording) {
    this.#plane = plane;
    this.#recording = recording;
    const { store } = plane.server;
    const { onEvent } = store;
    store.onEvent = (event) => {
      onEvent?.(event);
      const { object } = event.kv.value;
      const drawn = object.metadata.generateName !== undefined && DRAWN.has(object.kind);
      if (event.type === 'PUT' && !event.previous && drawn) {
        this.#created.push(`${object.kind}/${object.metadata.name}`);
      }
    };
  }

  /** |text| of the recording with names and uids of ours, as far as they are known by now. */
  fill(text: string): string {
    this.#resolveNames();
    this.#resolveUids();
    return text
      .replace(/[a-z0-9-]*<rand:\d+>/g, (name) => this.#names.get(name) ?? name)
      .replace(/<uid:\d+>/g, (uid) => this.#uids.get(uid) ?? uid);
  }

  /** The n-th drawn name of the recording is our n-th one. */
  #resolveNames(): void {
    const { stream, namespace } = this.#recording;
    for (const kind of DRAWN) {
      const own = this.#created.filter((c) => c.startsWith(`${kind}/`));
      const recorded = stream.filter(
        (c) =>
          c.type === 'ADDED' &&
          c.kind === kind &&
          c.namespace === namespace &&
          c.name.includes('<rand'),
      );
      recorded.forEach((c, i) => {
        const name = own[i]?.slice(kind.length + 1);
        if (name !== undefined) this.#names.set(c.name, name);
      });
    }
  }

  #resolveUids(): void {
    const ours = new Map<string, string>();
    for (const { kv } of this.#plane.server.store.since(0)) {
      const { kind, metadata } = kv.value.object;
      ours.set(`${kind}/${metadata.namespace ?? ''}/${metadata.name}`, metadata.uid);
    }
    for (const change of this.#recording.stream) {
      if (change.type !== 'ADDED') continue;
      const { uid = '' } = (change.change as { metadata: { uid?: string } }).metadata;
      const own = ours.get(`${change.kind}/${change.namespace ?? ''}/${change.name}`);
      if (own !== undefined) this.#uids.set(uid, own);
    }
  }
}
