/**
 * Each guard must refuse a bad fixture: a tool that is misconfigured passes silently, and a fixture
 * that passes shows it. In the fixtures `// refused: TEXT` marks a line of which the tool must say TEXT;
 * of a line without a mark it must say nothing.
 *
 * The fixtures lie in a copy of the project's own shape with the project's own configuration, outside
 * the checkout, because the tools leave the fixtures here alone.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BANNED_TEXT } from '../tidy/words.ts';
import { checkTree, withExceptions } from '../tidy/tidy.ts';
import { filesBelow } from '../tidy/sources.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const FIXTURES = path.join(import.meta.dirname, 'fixtures');
const BIN = path.join(ROOT, 'node_modules/.bin');

interface Complaint {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

let copies: string;
beforeAll(() => {
  copies = fs.mkdtempSync(path.join(os.tmpdir(), 'kubeglass-guards-'));
});
afterAll(() => {
  fs.rmSync(copies, { recursive: true, force: true });
});

/** The fixture in a folder of its own, with these files of the real project beside it. */
function copyOf(fixture: string, ...configuration: string[]): string {
  const folder = path.join(copies, fixture);
  fs.cpSync(path.join(FIXTURES, fixture), folder, { recursive: true });
  for (const file of configuration) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.copyFileSync(path.join(ROOT, file), path.join(folder, file));
  }
  return folder;
}

function run(folder: string, tool: string, ...args: string[]) {
  const env = {
    ...process.env,
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    OXLINT_TSGOLINT_PATH: path.join(BIN, 'tsgolint'),
  };
  const result = spawnSync(path.join(BIN, tool), args, { cwd: folder, env, encoding: 'utf8' });
  return { status: result.status, output: result.stdout + result.stderr };
}

/** Holds the complaints against the marks: nothing missing, nothing besides. */
function expectRefused(folder: string, complaints: readonly Complaint[]): void {
  const missing: string[] = [];
  const expected = new Set<Complaint>();
  for (const file of filesBelow(folder).filter((name) => /\.tsx?$/.test(name))) {
    fs.readFileSync(path.join(folder, file), 'utf8')
      .split('\n')
      .forEach((text, index) => {
        for (const mark of text.split('// refused: ').slice(1)) {
          const fitting = complaints.filter(
            (complaint) =>
              complaint.file === file &&
              complaint.line === index + 1 &&
              complaint.message.includes(mark.trim()),
          );
          for (const complaint of fitting) expected.add(complaint);
          if (fitting.length === 0) missing.push(`${file}:${index + 1} ${mark.trim()}`);
        }
      });
  }
  const besides = complaints.filter((complaint) => !expected.has(complaint));
  expect({ missing, besides }).toEqual({ missing: [], besides: [] });
  expect(expected.size).toBeGreaterThan(0);
}

const ZONES = ['kernel', 'api', 'port', 'engine', 'kubectl', 'scenarios'];

describe('guards refuse their fixtures', () => {
  it('types: a pure zone knows no host and no page', () => {
    const configs = ZONES.map((zone) => `src/${zone}/tsconfig.json`);
    const folder = copyOf('types', 'tsconfig.base.json', ...configs);
    const { status, output } = run(
      folder,
      'tsc',
      '-b',
      '--pretty',
      'false',
      ...ZONES.map((zone) => `src/${zone}`),
    );
    expect(status).not.toBe(0);
    const complaints = [...output.matchAll(/^(\S+)\((\d+),\d+\): error (.*)$/gm)].map((match) => ({
      file: match[1] ?? '',
      line: Number(match[2]),
      message: match[3] ?? '',
    }));
    expectRefused(folder, complaints);
  });

  it('lint: imports by zone, ambient time, chance, locales, promises, any', () => {
    const configs = [
      'kernel',
      'api',
      'port',
      'engine',
      'kubectl',
      'scenarios',
      'ui',
      'worker',
      'headless',
      'sandbox',
      'testing',
    ];
    const folder = copyOf(
      'lint',
      '.oxlintrc.json',
      'tsconfig.base.json',
      ...configs.map((zone) => `src/${zone}/tsconfig.json`),
    );
    // The projects of headless, ui and testing name the types of Node and Vite.
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
    const { status, output } = run(
      folder,
      'oxlint',
      '--type-aware',
      '--deny-warnings',
      '--format',
      'json',
      'src',
    );
    expect(status).not.toBe(0);
    expectRefused(folder, lintComplaints(output));
  });

  it('tidy: direction, contributions, cycles, dead files, lengths, words, names', () => {
    const folder = copyOf('tidy');
    const complaints = checkTree(folder).violations.map(({ file, line, text }) => ({
      file,
      line,
      message: text,
    }));
    expectRefused(folder, complaints);
  });

  it.each(BANNED_TEXT)('tidy: the text $text', ({ text, because }) => {
    const folder = fs.mkdtempSync(path.join(copies, 'text-'));
    fs.writeFileSync(path.join(folder, 'README.md'), `First line\nsee ${text}somewhere\n`);
    expect(checkTree(folder).violations).toEqual([
      { rule: 'texts', file: 'README.md', line: 2, text: `holds "${text}": ${because}` },
    ]);
  });

  it('tidy: exceptions hold only as far as they say, and only while they are needed', () => {
    const violation = {
      rule: 'file-length',
      file: 'src/a.ts',
      line: 1,
      text: 'has 600 lines',
      size: 600,
    } as const;
    const exception = {
      rule: 'file-length',
      file: 'src/a.ts',
      upTo: 600,
      reason: 'a table',
    } as const;
    expect(withExceptions([violation], [exception])).toEqual([]);
    expect(withExceptions([{ ...violation, size: 601 }], [exception])).toHaveLength(1);
    expect(withExceptions([], [exception])).toEqual([
      'exceptions.ts lists src/a.ts (file-length), which is in order: delete the line',
    ]);
  });

  it('format: crooked text', () => {
    const folder = copyOf('format', 'biome.json', '.gitignore');
    const { status, output } = run(folder, 'biome', 'format');
    expect(output).toContain('src/crooked.ts');
    expect(status).not.toBe(0);
  });

  it('dead code: a file, an export and a package that nobody uses', () => {
    const folder = copyOf('dead-code', 'knip.json');
    const { status, output } = run(folder, 'knip', '--no-progress');
    expect(status).not.toBe(0);
    for (const name of ['forgotten-file.ts', 'forgottenExport', 'unused-package'])
      expect(output).toContain(name);
  });
});

interface LintReport {
  readonly diagnostics: readonly {
    readonly filename: string;
    readonly message: string;
    readonly help?: string;
    readonly code?: string;
    readonly labels: readonly { readonly span: { readonly line: number } }[];
  }[];
}

function lintComplaints(output: string): Complaint[] {
  const report = JSON.parse(output.slice(output.indexOf('{'))) as LintReport;
  return report.diagnostics.map(({ filename, message, help, code, labels }) => ({
    file: filename,
    line: labels[0]?.span.line ?? 0,
    message: `${message} ${help ?? ''} ${code ?? ''}`,
  }));
}
