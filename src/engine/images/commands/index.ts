/** The commands that busybox brings, one line each. */
import type { Program } from '../../node/runtime/program.ts';
import { type Applet, applet } from './applet.ts';
import { falseCommand, sleepCommand, trueCommand, yesCommand } from './basics.ts';
import { echoCommand } from './echo.ts';

const APPLETS: Readonly<Record<string, Applet>> = {
  echo: echoCommand,
  false: falseCommand,
  sleep: sleepCommand,
  true: trueCommand,
  yes: yesCommand,
};

const PROGRAMS: Readonly<Record<string, Program>> = Object.fromEntries(
  Object.entries(APPLETS).map(([name, run]) => [name, applet(name, run)]),
);

/** Programs by path, all in |directory|. */
export function busyboxPrograms(directory: string): Record<string, Program> {
  return Object.fromEntries(Object.entries(PROGRAMS).map(([name, run]) => [`${directory}/${name}`, run]));
}
