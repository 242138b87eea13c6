/** The tidy test's checks over one tree, and the list of exceptions to them. */
import fs from 'node:fs';
import path from 'node:path';
import { checkGraph } from './graph.ts';
import { AMBIENT_TIME_ALLOWED, ANY_LENGTH, LIMITS, SYNCHRONOUS } from './rules.ts';
import { BANNED_TEXT, BANNED_WORDS } from './words.ts';
import { filesBelow, isCode, isTest, readSource, type Source } from './sources.ts';

export type Rule =
  | 'imports'
  | 'direction'
  | 'packages'
  | 'contributions'
  | 'barrels'
  | 'cycles'
  | 'dead'
  | 'file-length'
  | 'function-length'
  | 'words'
  | 'texts'
  | 'names'
  | 'ambient-time'
  | 'synchronous';

export interface Violation {
  readonly rule: Rule;
  readonly file: string;
  readonly line: number;
  /** The rest of the sentence that the file's name begins. */
  readonly text: string;
  /** For lengths: how long it is. */
  readonly size?: number;
}

export interface Exception {
  readonly rule: Rule;
  readonly file: string;
  /** For lengths: as long as it may be until someone shortens it. */
  readonly upTo?: number;
  readonly reason: string;
}

export interface Tree {
  readonly sources: readonly Source[];
  readonly violations: readonly Violation[];
}

/** Reads the tree below root and applies every rule to it. */
export function checkTree(root: string): Tree {
  const files = filesBelow(root);
  const sources = files
    .filter((file) => isCode(file) && /^(src|e2e)\//.test(file))
    .map((file) => readSource(root, file));
  const violations = [
    ...checkGraph(sources, new Set(files)),
    ...files.flatMap(checkName),
    ...files.flatMap((file) => checkTexts(root, file)),
    ...sources.flatMap(checkLengths),
    ...sources.flatMap(checkWords),
    ...sources.flatMap(checkTime),
  ];
  return { sources, violations };
}

function checkName(file: string): Violation[] {
  if (!/^(src|e2e)\/.*\.(tsx?|mjs|mts|css|sh)$/.test(file)) return [];
  const bad = file.split('/').find((part) => !/^[a-z0-9]+([.-][a-z0-9]+)*$/.test(part));
  if (bad === undefined) return [];
  return [{ rule: 'names', file, line: 1, text: `has a name that is not kebab-case: ${bad}` }];
}

function checkTexts(root: string, file: string): Violation[] {
  if (
    file === 'package-lock.json' ||
    !/\.(tsx?|mjs|mts|json|md|ya?ml|html|css|sh)$|^\.|\/run$/.test(file)
  ) {
    return [];
  }
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  return BANNED_TEXT.flatMap((banned) => {
    const at = text.indexOf(banned.text);
    if (at === -1) return [];
    const line = text.slice(0, at).split('\n').length;
    return [{ rule: 'texts', file, line, text: `holds "${banned.text}": ${banned.because}` }];
  });
}

function checkLengths({ file, lines, functions }: Source): Violation[] {
  if (ANY_LENGTH.some((pattern) => pattern.test(file))) return [];
  const violations: Violation[] = [];
  if (lines > LIMITS.fileLines) {
    const text = `has ${lines} lines, more than ${LIMITS.fileLines}: split it by step, state or kind`;
    violations.push({ rule: 'file-length', file, line: 1, text, size: lines });
  }
  for (const { name, line, lines: size } of functions) {
    if (size <= LIMITS.functionLines) continue;
    const text = `has ${name} with ${size} lines, more than ${LIMITS.functionLines}: name its steps`;
    violations.push({ rule: 'function-length', file, line, text, size });
  }
  return violations;
}

function checkWords({ file, words }: Source): Violation[] {
  if (isTest(file)) return [];
  return BANNED_WORDS.filter(({ where }) =>
    where.some((prefix) => file.startsWith(prefix)),
  ).flatMap((banned) => {
    const list = new Set(banned.words);
    return words
      .filter(({ word }) => list.has(word))
      .map(({ word, line }) => ({
        rule: 'words' as const,
        file,
        line,
        text: `says ${word}: ${banned.because}`,
      }));
  });
}

function checkTime({ file, bareDates, imports }: Source): Violation[] {
  if (isTest(file)) return [];
  const violations: Violation[] = [];
  if (!AMBIENT_TIME_ALLOWED.some((prefix) => file.startsWith(prefix))) {
    const text =
      "asks the wall clock with Date(): use the kernel's now, or take the time as a parameter (invariant 2)";
    violations.push(
      ...bareDates.map((line) => ({ rule: 'ambient-time' as const, file, line, text })),
    );
  }
  if (SYNCHRONOUS.some((prefix) => file.startsWith(prefix))) {
    const text =
      'loads code at run time, which needs a Promise: import it at the top (invariant 8)';
    for (const { dynamic, line } of imports) {
      if (dynamic) violations.push({ rule: 'synchronous', file, line, text });
    }
  }
  return violations;
}

/** What remains after the exceptions, and exceptions that nothing needs any more. */
export function withExceptions(
  violations: readonly Violation[],
  exceptions: readonly Exception[],
): string[] {
  const used = new Set<Exception>();
  const left = violations.filter((violation) => {
    const exception = exceptions.find(
      ({ rule, file }) => rule === violation.rule && file === violation.file,
    );
    if (!exception) return true;
    used.add(exception);
    return violation.size !== undefined && violation.size > (exception.upTo ?? 0);
  });
  return [
    ...left.map(sentence),
    ...exceptions
      .filter((exception) => !used.has(exception))
      .map(
        ({ rule, file }) =>
          `exceptions.ts lists ${file} (${rule}), which is in order: delete the line`,
      ),
  ];
}

function sentence({ file, line, text }: Violation): string {
  return `${file}:${line} ${text}`;
}
