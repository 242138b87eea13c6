/**
 * test and [: evaluates its words.
 *
 * Models: busybox coreutils/test.c
 */
import { resolvePath } from '../../node/runtime/file-tree.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { Terminal } from '../../node/runtime/terminal.ts';

const UNARY = /^-[bcdefghkLnOGprSstuwxz]$/;
const ACCESS = { '-r': 4, '-w': 2, '-x': 1 } as const;
const SPECIAL_BITS = { '-u': 0o4000, '-g': 0o2000, '-k': 0o1000 } as const;
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
    if (operator !== undefined && operand === undefined && BINARY.includes(operator))
      throw new TestError(`${operator}: argument expected`);
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
        return this.#isSame(left, right);
      default:
        return compare(operator, integer(left), integer(right));
    }
  }

  #unary(operator: string, operand: string): boolean {
    if (operator === '-n') return operand !== '';
    if (operator === '-z') return operand === '';
    const { fs, files, user } = this.#context;
    if (operator === '-t') return files[integer(operand)] instanceof Terminal;
    const path = this.#path(operand);
    if (operator === '-L' || operator === '-h') return fs.linkStat(path)?.kind === 'link';
    const stat = fs.stat(path);
    if (!stat) return false;
    switch (operator) {
      case '-b':
        return stat.kind === 'block device';
      case '-c':
        return stat.kind === 'character device';
      case '-d':
        return stat.kind === 'directory';
      case '-f':
        return stat.kind === 'file';
      case '-p':
        return stat.kind === 'pipe';
      case '-S':
        return stat.kind === 'socket';
      case '-s':
        return stat.size > 0;
      case '-r':
      case '-w':
      case '-x':
        return fs.access(path, ACCESS[operator]) === null;
      case '-u':
      case '-g':
      case '-k':
        return (stat.mode & SPECIAL_BITS[operator]) !== 0;
      case '-O':
        return stat.uid === user.uid;
      case '-G':
        return stat.gid === user.gid;
      default:
        return true;
    }
  }

  #path(name: string): string {
    return resolvePath(this.#context.cwd, name);
  }

  #isSame(left: string, right: string): boolean {
    const { fs } = this.#context;
    const real = fs.realPath(this.#path(left));
    return real !== null && fs.kind(real) !== null && real === fs.realPath(this.#path(right));
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
