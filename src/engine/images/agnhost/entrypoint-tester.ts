/**
 * `agnhost entrypoint-tester`: prints what it was called with.
 *
 * Models: test/images/agnhost/entrypoint-tester/ep.go (v1.36)
 */
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';

// oxlint-disable-next-line require-yield
export function* entrypointTester(context: ProcessContext): Proc<number> {
  context.stdout(`[${context.argv.join(' ')}]\n`);
  return 0;
}
