/**
 * test and [: evaluates its words.
 *
 * Models: busybox coreutils/test.c. Simplified: root may read and write everything; no links.
 */
import { resolvePath } from '../../node/runtime/file-tree.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { Terminal } from '../../node/runtime/terminal.ts';

const UNARY = /^-[bcdefghkLnOGprSstuwxz]$/;
const BINARY = [
  '=',
  '==',
  '!=',
  '<',
  '>',
  '-eq',
  '-ne',
  '-lt',
  '-le',
  '-gt',
  '-ge',
  '-nt',
  '-ot',
  '-ef',
];

class TestError extends Error {
  override readonly name = 'TestError';
}

/** True, false, or the text of an error. */
export function evaluateTest(context: ProcessContext, words: readonly string[]): boolean | string {
  if (words.length === 0) return false;
  try {
    const evaluator = new TestEvaluator(context, words);
    return evaluator.run();
  } catch (error) {
    if (error instanceof TestError) return error.message;
    throw error;
  }
}

class TestEvaluator {
  readonly #context: ProcessContext;
  readonly #words: readonly string[];
  #at = 0;

  constructor(context: ProcessContext, words: readonly string[]) {
    this.#context = context;
    this.#words = words;
  }

  run(): boolean {
    const [first, second, third] = this.#words;
    // POSIX: with three words, one that is a binary operator in the middle wins.
    if (this.#words.length === 3 && BINARY.includes(second as string)) {
      return this.#binary(first as string, second as string, third as string);
    }
    const value = this.#or();
    const rest = this.#words[this.#at];
    if (rest !== undefined) throw new TestError(`${rest}: unknown operand`);
    return value;
  }

  #or(): boolean {
    let value = this.#and();
    while (this.#words[this.#at] === '-o') {
      this.#at++;
      value = this.#and() || value;
    }
    return value;
  }

  #and(): boolean {
    let value = this.#not();
    while (this.#words[this.#at] === '-a') {
      this.#at++;
      value = this.#not() && value;
    }
    return value;
  }

  #not(): boolean {
    if (this.#words[this.#at] === '!' && this.#at + 1 < this.#words.length) {
      this.#at++;
      return !this.#not();
    }
    return this.#primary();
  }

  #primary(): boolean {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new TestError('argument expected');
    const operator = this.#words[this.#at];
    const operand = this.#words[this.#at + 1];
    if (operator !== undefined && operand !== undefined && BINARY.includes(operator)) {
      this.#at += 2;
      return this.#binary(word, operator, operand);
    }
    if (word === '(' && operator !== undefined) {
      const value = this.#or();
      if (this.#words[this.#at++] !== ')') throw new TestError('closing paren expected');
      return value;
    }
    if (UNARY.test(word) && operator !== undefined) {
      this.#at++;
      return this.#unary(word, operator);
    }
    return word !== '';
  }

  #binary(left: string, operator: string, right: string): boolean {
    switch (operator) {
      case '=':
      case '==':
        return left === right;
      case '!=':
        return left !== right;
      case '<':
        return left < right;
      case '>':
        return left > right;
      case '-nt':
        return this.#modified(left) > this.#modified(right);
      case '-ot':
        return this.#modified(left) < this.#modified(right);
      case '-ef':
        return this.#path(left) === this.#path(right);
      default:
        return compare(operator, integer(left), integer(right));
    }
  }

  #unary(operator: string, operand: string): boolean {
    if (operator === '-n') return operand !== '';
    if (operator === '-z') return operand === '';
    if (operator === '-t') return this.#context.files[Number(operand)] instanceof Terminal;
    const path = this.#path(operand);
    const stat = this.#context.fs.stat(path);
    if (!stat) return false;
    const isDevice = path.startsWith('/dev/') && stat.kind === 'file' && stat.size === 0;
    switch (operator) {
      case '-c':
        return isDevice;
      case '-d':
        return stat.kind === 'directory';
      case '-f':
        return stat.kind === 'file' && !isDevice;
      case '-s':
        return stat.size > 0;
      case '-x':
        return stat.kind === 'directory' || (stat.mode & 0o111) !== 0;
      case '-e':
      case '-r':
      case '-w':
      case '-O':
      case '-G':
        return true;
      default:
        // No block devices, links, pipes, sockets or special bits here.
        return false;
    }
  }

  #path(name: string): string {
    return resolvePath(this.#context.cwd, name);
  }

  #modified(name: string): number {
    return this.#context.fs.stat(this.#path(name))?.modifiedAt ?? -1;
  }
}

function integer(text: string): number {
  if (/^\s*[-+]?\d+\s*$/.test(text)) return Number(text);
  throw new TestError(text === '' ? 'bad number' : `${text}: bad number`);
}

function compare(operator: string, a: number, b: number): boolean {
  switch (operator) {
    case '-eq':
      return a === b;
    case '-ne':
      return a !== b;
    case '-lt':
      return a < b;
    case '-le':
      return a <= b;
    case '-gt':
      return a > b;
    default:
      return a >= b;
  }
}
