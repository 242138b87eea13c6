/**
 * Images that not everybody may pull: those of the documentation's pages on private registries, of
 * Kubernetes' own tests, and one more. Who may, registry/hosts.ts says.
 *
 * Models: the names of kubernetes.io/docs/concepts/containers/images and
 * tasks/configure-pod-container/pull-image-private-registry; AgnhostPrivate of
 * test/utils/image/manifest.go (v1.36)
 */
import type { ImageDefinition } from '../node/runtime/program.ts';
import { buildImage } from './build.ts';

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'docker.io/acme/private': ['1', 'latest'],
  'docker.io/janedoe/jdoe-private': ['v1', 'latest'],
  'docker.io/user/privaterepo': ['v1', 'latest'],
  'gcr.io/k8s-authenticated-test/agnhost': ['2.6'],
  'your.private.registry.example.com/janedoe/jdoe-private': ['v1', 'latest'],
};

export const privateImages: readonly ImageDefinition[] = Object.entries(NAMES).map(
  ([repository, tags]) =>
    buildImage({
      repository,
      sizes: Object.fromEntries(tags.map((tag) => [tag, 12_400_000])),
      base: 'alpine',
      cmd: ['sleep', 'infinity'],
    }),
);
