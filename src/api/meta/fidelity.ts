/**
 * What of Kubernetes is faithful here, what is simplified and what is absent: the form in which the
 * build writes it down (testing/fidelity) and the page shows it.
 */

export type State = 'faithful' | 'simplified' | 'absent';

export interface Fidelity {
  /** Of which Kubernetes this is a picture. */
  readonly version: string;
  readonly kinds: readonly KindFidelity[];
  readonly areas: readonly AreaFidelity[];
}

export interface KindFidelity {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** Defaults, validation, what an update may change, columns. */
  readonly rules: State;
  readonly verbs: readonly Entry[];
  readonly subresources: readonly Entry[];
  /** Fields that are stored and have no effect. */
  readonly unsupported: readonly string[];
  /** What is simplified in its rules. */
  readonly notes: readonly string[];
}

/** A verb or a subresource. */
export interface Entry {
  readonly name: string;
  readonly state: State;
  readonly note?: string;
}

export interface AreaFidelity {
  readonly name: string;
  readonly parts: readonly PartFidelity[];
}

/** A controller, a plugin, a file that models one of upstream's. */
export interface PartFidelity {
  readonly name: string;
  readonly state: State;
  /** Upstream's files. */
  readonly models?: string;
  readonly notes: readonly string[];
}
