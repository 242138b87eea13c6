/**
 * ImageLocality: prefers nodes that hold the Pod's images already, the more so the larger they are.
 *
 * Models: pkg/scheduler/framework/plugins/imagelocality/image_locality.go (v1.36)
 */
import { definePlugin, MAX_NODE_SCORE } from '../framework.ts';

const MB = 1024 * 1024;
const MIN_THRESHOLD = 23 * MB; // minThreshold
const MAX_CONTAINER_THRESHOLD = 1000 * MB; // maxContainerThreshold

interface State {
  /** The Pod's images that some nodes have, and what each adds to the score of such a node. */
  readonly images: readonly { readonly name: string; readonly bytes: number }[];
  /** What the images add that every node has. */
  readonly everywhere: number;
  readonly containers: number;
}

export const imageLocality = definePlugin<null, State>({
  name: 'ImageLocality',
  weight: 1,
  preScore(pod, _nodes, snapshot) {
    const { initContainers = [], containers, volumes = [] } = pod.spec;
    const named = [...initContainers, ...containers].map((c) => c.image ?? '');
    for (const v of volumes) if (v.image) named.push(v.image.reference ?? '');
    const images: State['images'][number][] = [];
    let everywhere = 0;
    for (const given of named) {
      const name = normalized(given);
      const image = snapshot.image(name);
      if (!image) continue;
      const bytes = Math.trunc(image.sizeBytes * (image.nodes / snapshot.nodes.size));
      if (image.nodes === snapshot.nodes.size) everywhere += bytes;
      else images.push({ name, bytes });
    }
    return { images, everywhere, containers: initContainers.length + containers.length };
  },
  score(state, _pod, node) {
    let sum = state.everywhere;
    for (const { name, bytes } of state.images) if (node.images.has(name)) sum += bytes;
    const max = MAX_CONTAINER_THRESHOLD * state.containers;
    const clamped = Math.min(Math.max(sum, MIN_THRESHOLD), max);
    return Math.floor((MAX_NODE_SCORE * (clamped - MIN_THRESHOLD)) / (max - MIN_THRESHOLD));
  },
});

/** An image without tag and digest means `:latest`. */
function normalized(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}
