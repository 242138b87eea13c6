/**
 * Controllers that the reader writes: the command that brings one, and what the page is told of
 * those that there are.
 */

export type OwnLanguage = 'typescript' | 'javascript';

/** Starts a controller, or puts another program in the place of the one of the same name. */
export interface ControllerCommand {
  readonly type: 'controller';
  /** How it appears as a component, in managedFields and in Events. */
  readonly name: string;
  readonly language: OwnLanguage;
  readonly source: string;
  /** `namespace/name` of the service account whose rights it has. */
  readonly serviceAccount: string;
}

export interface RemoveControllerCommand {
  readonly type: 'remove-controller';
  readonly name: string;
}

export type OwnCommand = ControllerCommand | RemoveControllerCommand;

/**
 * - `starting`: it waits for kinds that are not installed, or for its first lists
 * - `crashed`: its program was ended (an endless loop, too much memory); it starts again by itself
 */
export type OwnControllerState = 'starting' | 'running' | 'stopped' | 'crashed';

export interface OwnControllerRow {
  readonly name: string;
  readonly language: OwnLanguage;
  readonly source: string;
  readonly serviceAccount: string;
  readonly state: OwnControllerState;
  /** What it waits for, or why it crashed; '' while it runs. */
  readonly message: string;
  readonly restarts: number;
  readonly queue: number;
  /** Reconciles that ended well, and those that failed. */
  readonly done: number;
  readonly failed: number;
}

export interface OwnLogLine {
  /** Rises by one with every line of any controller. */
  readonly seq: number;
  /** Microseconds since the start of the run. */
  readonly at: number;
  readonly controller: string;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  /** Object that was being reconciled, `namespace/name`; '' for none. */
  readonly key: string;
  /** Line of the source that it is about. */
  readonly line?: number;
}

export interface OwnControllers {
  readonly controllers: readonly OwnControllerRow[];
  /** Number of the newest line; smaller than what was asked for when the run is another one. */
  readonly seq: number;
  /** Oldest first; those after the number that was asked for. */
  readonly lines: readonly OwnLogLine[];
}
