/** A whole cluster of two nodes, for tests of what its controllers do and say. */
import type { Event, Pod } from '../api/generated/types.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { controllerOf } from '../api/meta/owner-references.ts';
import { defaultNode } from '../port/run-config.ts';
import { ClusterPlane } from './stand-in/cluster-plane.ts';

export class SmallCluster extends ClusterPlane {
  constructor() {
    const nodes = [1, 2].map((n) => ({ ...defaultNode(n), preloaded: ['nginx:1.27'] }));
    super({ seed: 5, config: { nodes }, freeze: true });
  }

  post(path: string, body: unknown): { status: number; message: string } {
    const answer = this.request('POST', path, body);
    return { status: answer.status, message: String(answer.body['message'] ?? '') };
  }

  all<T extends KubeObject>(plural: string): readonly T[] {
    const prefix = this.server.registry.stored.find((r) => r.plural === plural)?.prefix ?? '';
    return this.server.store.range(prefix).map((kv) => kv.value.object as T);
  }

  reasons(kind: string): string[] {
    const events = this.all<Event>('events').filter((e) => e.involvedObject.kind === kind);
    return [...new Set(events.map((e) => e.reason ?? ''))].sort();
  }

  podsOf(owner: KubeObject | undefined): readonly Pod[] {
    return this.all<Pod>('pods').filter((p) => controllerOf(p)?.uid === owner?.metadata.uid);
  }
}
