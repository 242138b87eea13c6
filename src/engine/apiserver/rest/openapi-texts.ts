/**
 * The OpenAPI documents of the built-in groups. They are kept as texts in which everything that
 * occurs twice is a reference (generate-openapi.mjs says how), and written out when asked for.
 */

export interface OpenApiDocuments {
  /** Documents of version 3 by the name they have in the index. */
  readonly v3: Readonly<Record<string, string>>;
  readonly v2: string;
  /** SHA-512 of the documents of version 3. */
  readonly hashes: Readonly<Record<string, string>>;
  /** What the texts refer to. */
  readonly shared: readonly string[];
}

/** Stands around the number of a shared part. */
const MARK = '\u0001';

export class OpenApiTexts {
  readonly hashes: ReadonlyMap<string, string>;
  readonly #documents: OpenApiDocuments;
  readonly #written = new Map<number, string>();

  constructor(documents: OpenApiDocuments) {
    this.#documents = documents;
    this.hashes = new Map(Object.entries(documents.hashes));
  }

  /** The document of a group version; '' when there is none. */
  v3(name: string): string {
    return this.#expand(this.#documents.v3[name] ?? '');
  }

  v2(): string {
    return this.#expand(this.#documents.v2);
  }

  #expand(text: string): string {
    const parts = text.split(MARK);
    for (let i = 1; i < parts.length; i += 2) parts[i] = this.#node(Number(parts[i]));
    return parts.join('');
  }

  #node(n: number): string {
    let text = this.#written.get(n);
    if (text === undefined) {
      text = this.#expand(this.#documents.shared[n] ?? '');
      this.#written.set(n, text);
    }
    return text;
  }
}
