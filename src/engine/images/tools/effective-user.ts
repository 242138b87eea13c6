/**
 * `agnhost nonewprivs` and the program nnp: who the process is in effect.
 *
 * Models: test/images/agnhost/nonewprivs, test/images/nonewprivs (v1.36)
 */
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';

// oxlint-disable-next-line require-yield
export function* nonewprivs(context: ProcessContext): Proc<number> {
  context.stdout(`Effective uid: ${context.user.uid}\n`);
  return 0;
}
