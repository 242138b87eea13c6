/** An image that the reader declares: its name, and what its program does. Plain data. */

export interface ImageDeclaration {
  /** As one writes it in a Pod, without a tag: `shop/web`, `registry.example.com/team/app`. */
  readonly name: string;
  /** `latest` when absent. */
  readonly tags?: readonly string[];
  /** Size to pull, such as `120Mi`; 20Mi when absent. */
  readonly size?: string;
  /** User of its processes: a name, a number, `1000:1000`. */
  readonly user?: string;
  /** Who may pull it; everybody when absent. */
  readonly credentials?: readonly ImageCredentials[];
  readonly behaviour?: ImageBehaviour;
}

export interface ImageCredentials {
  readonly username: string;
  readonly password: string;
}

/** Without any of these the program runs until it is told to end. */
export interface ImageBehaviour {
  /** Before anything else: time that the program takes to start. */
  readonly startSeconds?: number;
  /** Ends by itself after that time. */
  readonly exitAfterSeconds?: number;
  /** 0 when absent. */
  readonly exitCode?: number;
  /** Dies with exit code 1 after that time, in every life of the container. */
  readonly crashEverySeconds?: number;
  readonly serve?: readonly ServedPort[];
  /** What it holds, such as `64Mi`. */
  readonly memory?: string;
  /** Memory grows to its full size over that time; at once when absent. */
  readonly memoryOverSeconds?: number;
  /** What it burns, such as `250m` or `2`. */
  readonly cpu?: string;
  readonly lines?: readonly WrittenLine[];
  /** After SIGTERM; 0 when absent. */
  readonly stopAfterSeconds?: number;
  /** SIGTERM does nothing: only SIGKILL ends it. */
  readonly ignoreTerm?: boolean;
}

export interface ServedPort {
  readonly port: number;
  /** Body of every answer; `$HOSTNAME` is the name of the Pod. */
  readonly text?: string;
  /** 200 when absent. */
  readonly status?: number;
  readonly delaySeconds?: number;
}

export interface WrittenLine {
  readonly text: string;
  /** Once, at the start, when absent. */
  readonly everySeconds?: number;
  /** True: to standard error. */
  readonly stderr?: boolean;
}
