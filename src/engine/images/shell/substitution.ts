/**
 * $(…) and `…`: runs commands in a copy of the shell, within the same process, and takes their
 * output.
 *
 * Simplified: a background command that outlives the substitution does not hold it open.
 */
import type { CommandExpansionPart } from 'unbash';
import type { Proc } from '../../../kernel/process.ts';
import type { OpenFile } from '../../node/runtime/open-file.ts';
import type { FieldBuilder } from './fields.ts';
import type { Pending } from './parameter.ts';
import { parseScript } from './parse.ts';
import { type Shell, ShellError } from './shell.ts';
import { runSubshell } from './subshell.ts';

/** Bound of what one substitution may hold; more than that is no memory for. */
const MAX_OUTPUT = 32 * 1024 * 1024;
/** Output so far is told to the control group in steps of this. */
const STEP = 65_536;

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
  let told = 0;
  const sink = new Collector((text) => {
    output += text;
    if (output.length - told > STEP && output.length <= MAX_OUTPUT) {
      shell.hold(output.length - told);
      told = output.length;
    }
    return output.length <= MAX_OUTPUT;
  });
  shell.substitutionStatus = yield* runSubshell(shell, function* (sub) {
    sub.context.setFile(1, sink);
    yield* sub.evaluator.statements(sub, statements);
  });
  if (told > 0) shell.hold(-told);
  if (output.length > MAX_OUTPUT) throw new ShellError('out of memory', 1);
  let end = output.length;
  while (end > 0 && output[end - 1] === '\n') end--;
  return output.slice(0, end);
}

/** Takes the output; writers learn when there is no memory for more. */
class Collector implements OpenFile {
  readonly input = undefined;
  readonly full = null;
  readonly #take: (text: string) => boolean;

  constructor(take: (text: string) => boolean) {
    this.#take = take;
  }

  write(text: string): string | null {
    return this.#take(text) ? null : 'Cannot allocate memory';
  }
  retain(): void {}
  release(): void {}
}
