/**
 * What an interactive shell writes before it reads, and what it does with ^C.
 *
 * Models: busybox shell/ash.c setprompt, libbb/lineedit.c parse_and_put_prompt. Simplified: of the
 * escapes of PS1 those for directory, host, user and `#` or `$`.
 */
import type { Shell } from './shell.ts';

const PS1 = '\\w \\$ ';
const PS2 = '> ';

export class Prompt {
  readonly #shell: Shell;
  #waits = false;
  /** ^C was typed: what follows begins a new line. */
  #interrupted = false;

  constructor(shell: Shell) {
    this.#shell = shell;
    if (shell.get('PS1') === undefined) shell.set('PS1', PS1);
    if (shell.get('PS2') === undefined) shell.set('PS2', PS2);
    const { context } = shell;
    // It ends neither by ^C nor by kill: a program that it runs does.
    context.onSignal('SIGINT', () => {
      this.#interrupted = true;
      if (this.#waits) this.ask(false);
    });
    context.onSignal('SIGTERM', () => undefined);
    context.onSignal('SIGQUIT', () => undefined);
  }

  /** |more|: a command has been begun and goes on. */
  ask(more: boolean): void {
    this.#waits = true;
    if (this.#interrupted) this.#shell.context.stderr('\n');
    this.#interrupted = false;
    this.#shell.context.stderr(
      this.#text((more ? this.#shell.get('PS2') : this.#shell.get('PS1')) ?? ''),
    );
  }

  answered(): void {
    this.#waits = false;
  }

  #text(format: string): string {
    const { hostname, user } = this.#shell.context;
    return format.replace(/\\([wWhHu$])/g, (_, letter: string) => {
      switch (letter) {
        case 'w':
          return this.#directory();
        case 'W':
          return this.#directory().split('/').at(-1) || '/';
        case 'u':
          return user.name;
        case '$':
          return user.uid === 0 ? '#' : '$';
        default:
          return hostname;
      }
    });
  }

  /** The home directory is `~`. */
  #directory(): string {
    const { cwd } = this.#shell.context;
    const home = this.#shell.get('HOME') ?? '';
    if (home.length <= 1 || (cwd !== home && !cwd.startsWith(`${home}/`))) return cwd;
    return `~${cwd.slice(home.length)}`;
  }
}
