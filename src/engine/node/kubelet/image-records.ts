/**
 * What the kubelet remembers of its pulls: with whose credentials each image came. An image that was
 * pulled with a Secret is no free gift to Pods that lack it.
 *
 * Models: pkg/kubelet/images/pullmanager with the gate KubeletEnsureSecretPulledImages (on) and the
 * policy NeverVerifyPreloadedImages (v1.36). The records are files of the node: they outlive the
 * kubelet.
 * Simplified: no service accounts as a source of credentials, which need a provider plug-in.
 */
import type { PullCredentials } from './image-keyring.ts';

/** writeRecordWhileMatchingLimit. */
const MATCHING_LIMIT = 100;

/** 'everybody': pulled without credentials, or with those of the node. */
type Access = 'everybody' | readonly PullCredentials[];

export class ImageRecords {
  /** By image id, then by repository as it was asked for. */
  readonly #pulled = new Map<string, Map<string, Access>>();
  readonly #intents = new Map<string, number>();

  beginPull(image: string): void {
    this.#intents.set(image, (this.#intents.get(image) ?? 0) + 1);
  }

  endPull(image: string): void {
    const left = (this.#intents.get(image) ?? 1) - 1;
    if (left > 0) this.#intents.set(image, left);
    else this.#intents.delete(image);
  }

  recordPulled(id: string, repository: string, used: PullCredentials | null): void {
    let byRepository = this.#pulled.get(id);
    if (!byRepository) this.#pulled.set(id, (byRepository = new Map()));
    const known = byRepository.get(repository);
    if (known === 'everybody') return;
    byRepository.set(repository, used ? merged(known ?? [], used) : 'everybody');
  }

  /** The image is there; must it be pulled all the same, to see whether the Pod may have it? */
  mustPull(
    image: string,
    id: string,
    repository: string,
    credentials: () => readonly PullCredentials[],
  ): boolean {
    const record = this.#pulled.get(id);
    if (!record) return this.#intents.has(image);
    const access = record.get(repository);
    if (access === 'everybody') return false;
    if (!access || access.length === 0) return true;
    const match = credentials().find((own) => access.some((a) => goesWith(own, a)));
    if (!match) return true;
    if (access.length < MATCHING_LIMIT) this.recordPulled(id, repository, match);
    return false;
  }

  /** After a collection: what is not on the node any more is forgotten. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#pulled.keys()) if (!ids.has(id)) this.#pulled.delete(id);
  }
}

/** The same secret, whatever it says now, or another one that says the same. */
function goesWith(own: PullCredentials, known: PullCredentials): boolean {
  return own.hash === known.hash || isSame(own, known);
}

function isSame(a: PullCredentials, b: PullCredentials): boolean {
  const [x, y] = [a.secret, b.secret];
  return x.uid === y.uid && x.namespace === y.namespace && x.name === y.name;
}

function merged(
  known: readonly PullCredentials[],
  used: PullCredentials,
): readonly PullCredentials[] {
  return [...known.filter((k) => !isSame(k, used)), used];
}
