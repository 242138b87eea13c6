/**
 * The environment of a container's first process. It is put together when somebody first reads it:
 * most programs that only wait never do, and there are many.
 *
 * Models: runc's defaults, containerd's container options (2.x).
 */
import { DEFAULT_PATH } from './executables.ts';
import type { ImageDefinition } from './program.ts';

export type Variables = readonly (readonly [name: string, value: string])[];

export class Environment {
  readonly #image: ImageDefinition;
  readonly #tag: string | undefined;
  readonly #own: Variables;
  readonly #hostname: string;
  readonly #home: string;
  #map: ReadonlyMap<string, string> | null = null;

  /** |own|: what the container adds to its image. */
  constructor(
    image: ImageDefinition,
    tag: string | undefined,
    own: Variables,
    hostname: string,
    home: string,
  ) {
    this.#image = image;
    this.#tag = tag;
    this.#own = own;
    this.#hostname = hostname;
    this.#home = home;
  }

  get map(): ReadonlyMap<string, string> {
    this.#map ??= this.#make();
    return this.#map;
  }

  /** PATH and the host name come first, then the image, then the container; HOME if nobody set it. */
  #make(): ReadonlyMap<string, string> {
    const image = this.#image;
    const env = new Map([
      ['PATH', DEFAULT_PATH],
      ['HOSTNAME', this.#hostname],
    ]);
    const tag = this.#tag === undefined ? undefined : image.tags[this.#tag];
    for (const [name, value] of Object.entries(image.env ?? {})) env.set(name, value);
    for (const [name, value] of Object.entries(tag?.env ?? {})) env.set(name, value);
    for (const [name, value] of this.#own) env.set(name, value);
    if (!env.has('HOME')) env.set('HOME', this.#home);
    return env;
  }
}
