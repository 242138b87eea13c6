/**
 * What the registries behind the nodes answer to the name of an image: one of the catalogue, or a
 * refusal. Names are normal already (node/runtime/image-name.ts).
 *
 * Models: the registry of goldens/node (README, "Images the cases use"): namespaces that ask for
 * credentials, one that is over its rate, and nothing else beyond the catalogue.
 */
import type { ImageName } from '../node/runtime/image-name.ts';
import type { ImageDefinition } from '../node/runtime/program.ts';

export type RegistryAnswer =
  | { readonly kind: 'found'; readonly definition: ImageDefinition; readonly tag: string }
  | { readonly kind: 'notFound' | 'denied' | 'rateLimited' | 'unknownHost' };

/** Registries that exist: the name of another host does not resolve. */
const KNOWN_DOMAINS = new Set(['docker.io', 'registry.k8s.io', 'quay.io', 'ghcr.io', 'gcr.io']);

/** Namespaces that refuse everybody who has no credentials (401), or has asked too often (429). */
const REFUSING_NAMESPACES: readonly {
  readonly prefix: string;
  readonly kind: 'denied' | 'rateLimited';
}[] = [
  { prefix: 'docker.io/acme/', kind: 'denied' },
  { prefix: 'docker.io/limited/', kind: 'rateLimited' },
];

export class Registry {
  readonly #images = new Map<string, ImageDefinition>();

  constructor(catalogue: readonly ImageDefinition[]) {
    for (const image of catalogue) this.#images.set(image.repository, image);
  }

  ask(name: ImageName): RegistryAnswer {
    if (!KNOWN_DOMAINS.has(name.domain)) return { kind: 'unknownHost' };
    const repository = `${name.domain}/${name.path}`;
    const refusing = REFUSING_NAMESPACES.find(({ prefix }) => repository.startsWith(prefix));
    if (refusing) return { kind: refusing.kind };
    const definition = this.#images.get(repository);
    if (!definition) return { kind: 'notFound' };
    const tag = tagOf(definition, name);
    return tag === undefined ? { kind: 'notFound' } : { kind: 'found', definition, tag };
  }
}

function tagOf(definition: ImageDefinition, name: ImageName): string | undefined {
  if (name.digest === '') return definition.tags[name.tag] ? name.tag : undefined;
  for (const [tag, { digest }] of Object.entries(definition.tags)) {
    if (digest === name.digest) return tag;
  }
  return undefined;
}
