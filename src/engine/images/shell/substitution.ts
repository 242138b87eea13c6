/**
 * $(…) and `…`: runs commands in a copy of the shell, within the same process, and takes their
 * output.
 *
 * Simplified: a background command that outlives the substitution does not hold it open.
 */
import type { CommandExpansionPart } from 'unbash';
import type { Proc } from '../../../kernel/process.ts';
import { TextSink } from '../../node/runtime/open-file.ts';
import type { FieldBuilder } from './fields.ts';
import type { Pending } from './parameter.ts';
import { parseScript } from './parse.ts';
import type { Shell } from './shell.ts';
import { runSubshell } from './subshell.ts';

/** Bound of what one substitution may hold. */
const MAX_OUTPUT = 8 * 1024 * 1024;

export function substituteCommand(
  shell: Shell,
  part: CommandExpansionPart,
  out: FieldBuilder,
  quoted: boolean,
): Pending {
  return (function* () {
    const text = yield* commandOutput(shell, part);
    if (quoted) out.quoted(text);
    else out.expansion(text);
  })();
}

function* commandOutput(shell: Shell, part: CommandExpansionPart): Proc<string> {
  // An unreadable script was refused with the whole; what is missing here is empty: $( ).
  const statements = part.script?.commands ?? parseScript('').statements;
  let output = '';
  const sink = new TextSink((text) => {
    if (output.length < MAX_OUTPUT) output += text;
  });
  shell.substitutionStatus = yield* runSubshell(shell, function* (sub) {
    sub.context.setFile(1, sink);
    yield* sub.evaluator.statements(sub, statements);
  });
  let end = output.length;
  while (end > 0 && output[end - 1] === '\n') end--;
  return output.slice(0, end);
}
