/** Something that can be stopped and started, by the name it has on the page. */
export interface Component {
  readonly name: string;
  readonly running: boolean;
  /** Work waiting for it. */
  readonly queue: number;
  readonly detail?: Readonly<Record<string, number | string>>;
  start(): void;
  stop(): void;
}
