/**
 * `agnhost pause`: waits for a signal, and says which it was.
 *
 * Models: test/images/agnhost/pause/pause.go (v1.36)
 */
import type { Proc } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';

interface End {
  /** As Go writes the signal. */
  readonly name: string;
  readonly exitCode: number;
}

const MESSAGE_PATH = '/dev/termination-log';

export function* pause(context: ProcessContext): Proc<number> {
  context.stdout('Paused\n');
  const ended = new Future<End>();
  context.onSignal('SIGINT', () => ended.resolve({ name: 'interrupt', exitCode: 1 }));
  context.onSignal('SIGTERM', () => ended.resolve({ name: 'terminated', exitCode: 2 }));
  context.stdout('Signals registered\n');
  const { exitCode, name } = (yield ended) as End;
  const message = `exiting because of signal "${name}"\n`;
  const path = context.env.get('TERMINATION_MESSAGE_PATH') || MESSAGE_PATH;
  context.fs.write(path, message, false);
  context.stdout(message);
  return exitCode;
}
