/** From the declaration of an image to what a registry holds. */
import { bytes } from '../../../api/meta/quantity.ts';
import type { ImageDeclaration } from '../../../port/protocol-image.ts';
import { parseImageName, repositoryOf } from '../../node/runtime/image-name.ts';
import type { ImageDefinition } from '../../node/runtime/program.ts';
import { busyboxPrograms } from '../commands/index.ts';
import { layerDigest, tagDigest } from '../digests.ts';
import type { Registry } from '../registry/registry.ts';
import { readDeclaration } from './check.ts';
import { declaredProgram } from './program.ts';

const DEFAULT_SIZE = '20Mi';
const PROGRAM = '/app';
const USERS = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n';

/** Puts the image into its registry; throws in words what is wrong with it. */
export function declareImage(registry: Registry, value: unknown): ImageDefinition {
  const declaration = readDeclaration(value);
  const definition = definitionOf(declaration);
  const { credentials } = declaration;
  registry.declare(definition, credentials && credentials.length > 0 ? credentials : null);
  return definition;
}

export function definitionOf(declaration: ImageDeclaration): ImageDefinition {
  const { behaviour = {}, size = DEFAULT_SIZE, tags = ['latest'], user } = declaration;
  const name = parseImageName(declaration.name);
  if ('error' in name) throw new Error(name.error);
  const repository = repositoryOf(name);
  const sizeBytes = bytes(size);
  // What the image does is its content: another behaviour is another image.
  const content = JSON.stringify([behaviour, size, user]);
  return {
    repository,
    tags: Object.fromEntries(
      tags.map((tag) => [
        tag,
        {
          sizeBytes,
          digest: tagDigest(repository, `${tag} ${content}`),
          layers: [{ digest: layerDigest(repository, content), sizeBytes }],
        },
      ]),
    ),
    entrypoint: [PROGRAM],
    ...(user === undefined ? {} : { user }),
    exposedPorts: (behaviour.serve ?? []).map(({ port }) => port),
    programs: { ...busyboxPrograms('/bin'), [PROGRAM]: declaredProgram(behaviour) },
    files: { '/etc/passwd': USERS },
  };
}
