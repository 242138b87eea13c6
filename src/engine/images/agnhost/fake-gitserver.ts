/**
 * `agnhost fake-gitserver`: says that it is one.
 *
 * Models: test/images/agnhost/fakegitserver/gitserver.go (v1.36)
 */
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { open, text, waitForEnd } from './program.ts';

const PORT = 8_000;

export function* fakeGitServer(context: ProcessContext): Proc<number> {
  if (!open(context, PORT, () => text(200, 'I am a fake git server'))) return 0;
  return yield* waitForEnd(context);
}
