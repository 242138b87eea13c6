/**
 * find. Models: busybox findutils/find.c. Simplified: -size counts bytes of UTF-8; no -regex.
 */
import type { Proc } from '../../../kernel/process.ts';
import { joinPath, resolvePath } from '../../node/runtime/file-tree.ts';
import type { FileStat, ProcessContext } from '../../node/runtime/program.ts';
import { matchesPattern } from '../shell/pattern.ts';
import { FILE_US, runCommand } from './applet.ts';
import { removeTree } from './files.ts';
import { changedMode } from './modes.ts';
import { groupId, userId } from './users.ts';

interface Visited {
  readonly path: string;
  readonly shown: string;
  readonly depth: number;
  readonly stat: FileStat;
  /** -prune: nothing below it is looked at. */
  pruned: boolean;
}

type Test = (context: ProcessContext, at: Visited) => boolean | Proc<boolean>;

interface Plan {
  readonly roots: readonly string[];
  readonly test: Test;
  maxDepth: number;
  minDepth: number;
  depthFirst: boolean;
  follows: boolean;
  /** Collected for `-exec … +`: run once at the end. */
  readonly batches: { readonly argv: readonly string[]; readonly paths: string[] }[];
  status: number;
}

class FindError extends Error {
  override readonly name = 'FindError';
}

/** Letters of `find -type`. */
const TYPE_LETTERS: Readonly<Record<FileStat['kind'], string>> = {
  file: 'f',
  directory: 'd',
  link: 'l',
  'character device': 'c',
  'block device': 'b',
  socket: 's',
  pipe: 'p',
};

const DAY_US = 86_400_000_000;
const MINUTE_US = 60_000_000;
const UNITS: Readonly<Record<string, number>> = { c: 1, w: 2, b: 512, k: 1_024, '': 512 };

export function* findCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  let plan: Plan;
  try {
    plan = new Planner(context, args).plan();
  } catch (error) {
    if (!(error instanceof FindError)) throw error;
    context.stderr(`find: ${error.message}\n`);
    return 1;
  }
  for (const root of plan.roots) {
    const path = resolvePath(context.cwd, root);
    if (!context.fs.linkStat(path)) {
      context.stderr(`find: ${root}: ${context.fs.access(path, 0)}\n`);
      plan.status = 1;
    } else yield* walk(context, plan, path, root, 0);
  }
  for (const { argv, paths } of plan.batches) {
    if (paths.length === 0) continue;
    const words = argv.flatMap((word) => (word === '{}' ? paths : [word]));
    const code = yield* runCommand(context, words);
    if (code !== 0) plan.status = 1;
    if (typeof code === 'string') context.stderr(`find: ${argv[0]}: ${code}\n`);
  }
  return plan.status;
}

function* walk(
  context: ProcessContext,
  plan: Plan,
  path: string,
  shown: string,
  depth: number,
): Proc {
  yield* context.work(FILE_US);
  const { fs } = context;
  const stat = (plan.follows ? fs.stat(path) : null) ?? fs.linkStat(path);
  if (!stat) return;
  const visited: Visited = { path, shown, depth, stat, pruned: false };
  const visit = function* (): Proc {
    if (depth < plan.minDepth) return;
    const answer = plan.test(context, visited);
    if (typeof answer !== 'boolean') yield* answer;
  };
  if (!plan.depthFirst) yield* visit();
  if (stat.kind === 'directory' && depth < plan.maxDepth && !visited.pruned) {
    const names = fs.list(path);
    if (!names) {
      context.stderr(`find: ${shown}: ${fs.access(path, 4)}\n`);
      plan.status = 1;
    }
    for (const name of names ?? []) {
      const next = shown.endsWith('/') ? shown + name : `${shown}/${name}`;
      yield* walk(context, plan, joinPath(path, name), next, depth + 1);
    }
  }
  if (plan.depthFirst) yield* visit();
}

/** Reads the words into a plan; tests bind as in find: `!`, then and, then -o. */
class Planner {
  readonly #context: ProcessContext;
  readonly #args: readonly string[];
  readonly #plan: {
    maxDepth: number;
    minDepth: number;
    depthFirst: boolean;
    follows: boolean;
    batches: Plan['batches'];
    status: number;
  };
  #at = 0;
  /** There is an action: nothing is printed unless it says so. */
  #acts = false;

  constructor(context: ProcessContext, args: readonly string[]) {
    this.#context = context;
    this.#args = args;
    this.#plan = {
      maxDepth: Number.POSITIVE_INFINITY,
      minDepth: 0,
      depthFirst: false,
      follows: false,
      batches: [],
      status: 0,
    };
  }

  plan(): Plan {
    const args = this.#args;
    while (/^-[HLP]$/.test(args[this.#at] ?? '')) {
      if (args[this.#at] !== '-P') this.#plan.follows = args[this.#at] === '-L';
      this.#at++;
    }
    const roots: string[] = [];
    while (this.#at < args.length && !/^[-!(]/.test(args[this.#at] as string))
      roots.push(args[this.#at++] as string);
    const test = this.#at < args.length ? this.#or() : ALWAYS;
    const extra = args[this.#at];
    if (extra !== undefined) throw new FindError(`unrecognized: ${extra}`);
    const whole = this.#acts ? test : both(test, print('\n'));
    return Object.assign(this.#plan, {
      roots: roots.length === 0 ? ['.'] : roots,
      test: whole,
    });
  }

  #or(): Test {
    let left = this.#and();
    while (this.#args[this.#at] === '-o' || this.#args[this.#at] === '-or') {
      this.#at++;
      left = either(left, this.#and());
    }
    return left;
  }

  #and(): Test {
    let left = this.#not();
    for (;;) {
      const word = this.#args[this.#at];
      if (word === undefined || word === '-o' || word === '-or' || word === ')') return left;
      if (word === '-a' || word === '-and') this.#at++;
      left = both(left, this.#not());
    }
  }

  #not(): Test {
    const word = this.#args[this.#at];
    if (word !== '!' && word !== '-not') return this.#primary();
    this.#at++;
    return negated(this.#not());
  }

  #value(name: string): string {
    const value = this.#args[this.#at++];
    if (value === undefined) throw new FindError(`option requires an argument -- '${name}'`);
    return value;
  }

  #primary(): Test {
    const word = this.#args[this.#at++];
    if (word === undefined) throw new FindError('bad expression');
    if (word === '(') {
      const inner = this.#or();
      if (this.#args[this.#at++] !== ')') throw new FindError("unpaired '('");
      return inner;
    }
    return this.#option(word) ?? this.#action(word) ?? this.#test(word);
  }

  #option(word: string): Test | null {
    const plan = this.#plan;
    switch (word) {
      case '-maxdepth':
        plan.maxDepth = Number(this.#value(word));
        return ALWAYS;
      case '-mindepth':
        plan.minDepth = Number(this.#value(word));
        return ALWAYS;
      case '-depth':
        plan.depthFirst = true;
        return ALWAYS;
      case '-follow':
        plan.follows = true;
        return ALWAYS;
      case '-xdev':
      case '-mount':
        return ALWAYS;
      default:
        return null;
    }
  }

  #action(word: string): Test | null {
    switch (word) {
      case '-print':
      case '-print0':
        this.#acts = true;
        return print(word === '-print' ? '\n' : '\0');
      case '-quit':
      case '-prune':
        return (_context, at) => {
          at.pruned = true;
          return true;
        };
      case '-delete':
        this.#acts = true;
        this.#plan.depthFirst = true;
        return remove;
      case '-exec':
      case '-ok':
        this.#acts = true;
        return this.#exec();
      default:
        return null;
    }
  }

  #exec(): Test {
    const argv: string[] = [];
    for (;;) {
      const word = this.#args[this.#at++];
      if (word === undefined) throw new FindError('-exec requires an argument');
      if (word === ';') break;
      if (word === '+' && argv.at(-1) === '{}') {
        const batch = { argv, paths: [] as string[] };
        this.#plan.batches.push(batch);
        return (_context, at) => {
          batch.paths.push(at.shown);
          return true;
        };
      }
      argv.push(word);
    }
    return function* (context, at): Proc<boolean> {
      const words = argv.map((word) => word.replaceAll('{}', at.shown));
      const code = yield* runCommand(context, words);
      if (typeof code === 'string') context.stderr(`find: ${argv[0]}: ${code}\n`);
      return code === 0;
    };
  }

  #test(word: string): Test {
    const { fs, cwd } = this.#context;
    switch (word) {
      case '-true':
        return ALWAYS;
      case '-false':
        return () => false;
      case '-name':
      case '-iname':
        return nameTest(this.#value(word), word === '-iname');
      case '-path':
      case '-wholename':
      case '-ipath': {
        const pattern = this.#value(word);
        return (_context, at) => matchesPattern(pattern, at.shown);
      }
      case '-type': {
        const letters = this.#value(word).split(',');
        return (_context, at) => letters.includes(TYPE_LETTERS[at.stat.kind]);
      }
      case '-empty':
        return (context, at) =>
          at.stat.kind === 'directory'
            ? context.fs.list(at.path)?.length === 0
            : at.stat.kind === 'file' && at.stat.size === 0;
      case '-size':
        return sizeTest(this.#value(word));
      case '-perm':
        return permTest(this.#value(word));
      case '-mtime':
      case '-mmin':
        return ageTest(this.#value(word), word === '-mtime' ? DAY_US : MINUTE_US);
      case '-newer': {
        const file = this.#value(word);
        const than = fs.stat(resolvePath(cwd, file))?.modifiedAt;
        if (than === undefined) throw new FindError(`${file}: No such file or directory`);
        return (_context, at) => at.stat.modifiedAt > than;
      }
      case '-user': {
        const uid = userId(fs, this.#value(word));
        return (_context, at) => at.stat.uid === uid;
      }
      case '-group': {
        const gid = groupId(fs, this.#value(word));
        return (_context, at) => at.stat.gid === gid;
      }
      case '-links':
        return countTest(this.#value(word), (at) => at.stat.links);
      default:
        throw new FindError(`unrecognized: ${word}`);
    }
  }
}

const ALWAYS: Test = () => true;

function combine(left: Test, right: Test, goesOn: (left: boolean) => boolean): Test {
  return (context, at) => {
    const first = left(context, at);
    if (typeof first === 'boolean') return goesOn(first) ? right(context, at) : first;
    return (function* (): Proc<boolean> {
      const value = yield* first;
      if (!goesOn(value)) return value;
      const second = right(context, at);
      return typeof second === 'boolean' ? second : yield* second;
    })();
  };
}

function both(left: Test, right: Test): Test {
  return combine(left, right, (value) => value);
}

function either(left: Test, right: Test): Test {
  return combine(left, right, (value) => !value);
}

function negated(test: Test): Test {
  return (context, at) => {
    const answer = test(context, at);
    if (typeof answer === 'boolean') return !answer;
    return (function* (): Proc<boolean> {
      return !(yield* answer);
    })();
  };
}

function print(end: string): Test {
  return (context, at) => {
    context.stdout(at.shown + end);
    return true;
  };
}

function* remove(context: ProcessContext, at: Visited): Proc<boolean> {
  if (at.shown === '.' || at.shown === '..') return true;
  return yield* removeTree(context, 'find', at.path, at.shown);
}

function nameTest(pattern: string, caseless: boolean): Test {
  return (_context, at) => {
    const name = at.shown.replace(/(.)\/+$/, '$1').replace(/^.*\/(?=.)/, '');
    return caseless
      ? matchesPattern(pattern.toLowerCase(), name.toLowerCase())
      : matchesPattern(pattern, name);
  };
}

function countTest(text: string, of: (at: Visited) => number): Test {
  const wanted = Number(text.replace(/^[-+]/, ''));
  if (text.startsWith('+')) return (_context, at) => of(at) > wanted;
  if (text.startsWith('-')) return (_context, at) => of(at) < wanted;
  return (_context, at) => of(at) === wanted;
}

function sizeTest(text: string): Test {
  const match = /^([-+]?\d+)([cwbk]?)$/.exec(text);
  if (!match) throw new FindError(`invalid number '${text}'`);
  const unit = UNITS[match[2] ?? ''] ?? 1;
  return countTest(match[1] ?? '', (at) => Math.ceil(at.stat.size / unit));
}

function permTest(text: string): Test {
  const mode = changedMode(0, text.replace(/^[-/+]/, ''));
  if (mode === undefined) throw new FindError(`invalid mode '${text}'`);
  if (text.startsWith('-')) return (_context, at) => (at.stat.mode & mode) === mode;
  if (/^[/+]/.test(text)) return (_context, at) => mode === 0 || (at.stat.mode & mode) !== 0;
  return (_context, at) => at.stat.mode === mode;
}

function ageTest(text: string, unitUs: number): Test {
  const wanted = Number(text.replace(/^[-+]/, ''));
  return (context, at) => {
    const age = Math.floor((context.kernel.now - at.stat.modifiedAt) / unitUs);
    return text.startsWith('+')
      ? age > wanted
      : text.startsWith('-')
        ? age < wanted
        : age === wanted;
  };
}
