/** Reads a tree of sources: what each file imports, how long its functions are, which words it uses. */
import fs from 'node:fs';
import path from 'node:path';
import { parseSync, visitorKeys } from 'oxc-parser';
import { NOT_OURS } from './rules.ts';

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Erased when compiled: `import type`, or only `type` names. */
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
  /** `new URL('…', import.meta.url)`: the entry of a Worker. Reached, but not stood upon. */
  readonly entry?: boolean;
}

export interface Source {
  /** Relative to the root, with forward slashes. */
  readonly file: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly functions: readonly {
    readonly name: string;
    readonly line: number;
    readonly lines: number;
  }[];
  /** Whole identifiers and whole string literals. */
  readonly words: readonly { readonly word: string; readonly line: number }[];
  /** Lines of `export * from`. */
  readonly exportsAll: readonly number[];
  /** What an index.ts may be. */
  readonly isList: boolean;
  readonly bareDates: readonly number[];
}

interface AstNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const CODE = /\.(ts|tsx|mjs|mts)$/;
const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', '.git', '.cache', 'test-results']);

/** All files below root that are ours, sorted, relative to it. */
export function filesBelow(root: string): string[] {
  const found: string[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const item of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const name = folder + item.name;
      if (item.isFile()) found.push(name);
      else if (item.isDirectory() && !SKIPPED_FOLDERS.has(item.name) && !isForeign(`${name}/`)) {
        folders.push(`${name}/`);
      }
    }
  }
  return found.sort((a, b) => (a < b ? -1 : 1));
}

function isForeign(folder: string): boolean {
  return NOT_OURS.some((prefix) => folder.startsWith(prefix));
}

export function isCode(file: string): boolean {
  return CODE.test(file);
}

export function isTest(file: string): boolean {
  return /\.(test|spec)\.tsx?$/.test(file);
}

export function readSource(root: string, file: string): Source {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  const result = parseSync(file, text);
  const problem = result.errors.find((error) => error.severity === 'Error');
  if (problem) throw new Error(`${file} does not parse: ${problem.message}`);

  const lineOf = lineFinder(text);
  const found = { functions: [], words: [], bareDates: [], imports: [] } as unknown as Found;
  walk(result.program as unknown as AstNode, null, lineOf, isTest(file), found);
  return {
    file,
    text,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    exportsAll: result.module.staticExports
      .filter((item) => item.entries.some((entry) => entry.importName.kind.startsWith('All')))
      .map((item) => lineOf(item.start)),
    isList: (result.program.body as unknown as AstNode[]).every(belongsInList),
    ...found,
    imports: [...staticImports(result.module, lineOf), ...found.imports],
  };
}

/** Imports, constants, and a function that looks something up in them; no class, no re-export. */
function belongsInList(node: AstNode): boolean {
  const declared = (node['declaration'] as AstNode | null | undefined) ?? node;
  return !node['source'] ? LIST_PARTS.has(declared.type) : node.type === 'ImportDeclaration';
}

const LIST_PARTS = new Set([
  'VariableDeclaration',
  'FunctionDeclaration',
  'TSTypeAliasDeclaration',
]);

type Module = ReturnType<typeof parseSync>['module'];
type LineOf = (offset: number) => number;

function staticImports(module: Module, lineOf: LineOf): Import[] {
  const imports = module.staticImports.map((item) => ({
    specifier: item.moduleRequest.value,
    line: lineOf(item.start),
    typeOnly: item.entries.length > 0 && item.entries.every((entry) => entry.isType),
    dynamic: false,
  }));
  for (const item of module.staticExports) {
    const from = item.entries.find((entry) => entry.moduleRequest)?.moduleRequest;
    if (!from) continue;
    const typeOnly = item.entries.every((entry) => entry.isType);
    imports.push({ specifier: from.value, line: lineOf(item.start), typeOnly, dynamic: false });
  }
  return imports;
}

interface Found {
  functions: { name: string; line: number; lines: number }[];
  words: { word: string; line: number }[];
  bareDates: number[];
  imports: Import[];
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

function walk(node: AstNode, parent: AstNode | null, lineOf: LineOf, test: boolean, found: Found) {
  const line = lineOf(node.start);
  if (FUNCTIONS.has(node.type) && !(test && isSuite(parent))) {
    const lines = lineOf(node.end) - line + 1;
    found.functions.push({ name: functionName(node, parent), line, lines });
  }
  if (node.type === 'Identifier' || node.type === 'PrivateIdentifier') {
    found.words.push({ word: String(node['name']), line });
  } else if (node.type === 'Literal' && typeof node['value'] === 'string') {
    found.words.push({ word: node['value'], line });
  } else if (isBareDate(node)) {
    found.bareDates.push(line);
  }
  const target = importedBy(node);
  if (target) found.imports.push({ ...target, line });

  for (const key of visitorKeys[node.type] ?? []) {
    const child = node[key];
    for (const item of Array.isArray(child) ? child : [child]) {
      if (item && typeof item === 'object') walk(item as AstNode, node, lineOf, test, found);
    }
  }
}

/** `import('…')`, `import('…').Type` and `new URL('…', import.meta.url)`. */
function importedBy(node: AstNode): Omit<Import, 'line'> | null {
  if (node.type === 'ImportExpression') return target(node['source'], false, true);
  if (node.type === 'TSImportType') return target(node['source'] ?? node['argument'], true, false);
  if (node.type !== 'NewExpression' || nameOf(node['callee']) !== 'URL') return null;
  const [first, second] = node['arguments'] as [AstNode?, AstNode?];
  const entry = second?.type === 'MemberExpression' ? target(first, false, true) : null;
  return entry && { ...entry, entry: true };
}

function target(literal: unknown, typeOnly: boolean, dynamic: boolean) {
  const value = (literal as AstNode | undefined)?.['value'];
  return typeof value === 'string' ? { specifier: value, typeOnly, dynamic } : null;
}

/** `new Date()` and `Date(…)` read the wall clock; `new Date(x)` does not. */
function isBareDate(node: AstNode): boolean {
  if (nameOf(node['callee']) !== 'Date') return false;
  if (node.type === 'CallExpression') return true;
  return node.type === 'NewExpression' && (node['arguments'] as unknown[]).length === 0;
}

/** A suite is a list of tests, not one act. */
function isSuite(parent: AstNode | null): boolean {
  if (parent?.type !== 'CallExpression') return false;
  const callee = parent['callee'] as AstNode;
  const inner = callee.type === 'CallExpression' ? (callee['callee'] as AstNode) : callee;
  return /^describe\b/.test(nameOf(inner) || nameOf(inner['object']));
}

function functionName(node: AstNode, parent: AstNode | null): string {
  const own = nameOf(node['id']) || nameOf(parent?.['id']) || nameOf(parent?.['key']);
  return own || 'a function';
}

function nameOf(node: unknown): string {
  const name = (node as AstNode | null | undefined)?.['name'];
  return typeof name === 'string' ? name : '';
}

function lineFinder(text: string): LineOf {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
