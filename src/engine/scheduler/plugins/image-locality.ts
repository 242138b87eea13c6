/**
 * ImageLocality: prefers nodes that hold the Pod's images already, the more so the larger they are.
 *
 * Models: pkg/scheduler/framework/plugins/imagelocality/image_locality.go (v1.36)
 */
import { definePlugin, MAX_NODE_SCORE } from '../framework.ts';
import type { Snapshot } from '../snapshot.ts';

const MB = 1024 * 1024;
const MIN_THRESHOLD = 23 * MB; // minThreshold
const MAX_CONTAINER_THRESHOLD = 1000 * MB; // maxContainerThreshold

interface State {
  readonly names: readonly string[];
  readonly containers: number;
  readonly snapshot: Snapshot;
}

export const imageLocality = definePlugin<null, State>({
  name: 'ImageLocality',
  weight: 1,
  preScore(pod, _nodes, snapshot) {
    const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    return { names: all.map((c) => normalized(c.image ?? '')), containers: all.length, snapshot };
  },
  score(state, _pod, node) {
    let sum = 0;
    const total = state.snapshot.nodes.size;
    for (const name of state.names) {
      if (!node.images.has(name)) continue;
      const image = state.snapshot.image(name);
      if (image) sum += Math.floor((image.sizeBytes * image.nodes) / total);
    }
    const max = MAX_CONTAINER_THRESHOLD * state.containers;
    const clamped = Math.min(Math.max(sum, MIN_THRESHOLD), max);
    return Math.floor((MAX_NODE_SCORE * (clamped - MIN_THRESHOLD)) / (max - MIN_THRESHOLD));
  },
});

/** An image without tag and digest means `:latest`. */
function normalized(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}
