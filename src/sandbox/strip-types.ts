/**
 * Takes the types out of a TypeScript program. Every line stays where it is, so that errors name the
 * line that the reader wrote. Nothing is checked: types are for whoever reads and writes.
 */
import { transform } from 'sucrase';
import { ProgramError } from '../engine/own-controllers/sandbox.ts';

interface SyntaxProblem {
  readonly message: string;
  readonly loc?: { readonly line: number; readonly column: number };
}

export function stripTypes(source: string): string {
  try {
    return transform(source, { transforms: ['typescript'], disableESTransforms: true }).code;
  } catch (error) {
    const { message, loc } = error as SyntaxProblem;
    const text = message.replace(/^Error transforming [^:]*: /, '').replace(/ \(\d+:\d+\)$/, '');
    throw new ProgramError(`SyntaxError: ${text}`, loc?.line, loc?.column);
  }
}
