/** The import graph: who stands on whom, cycles, and what nothing reaches. */
import path from 'node:path';
import { CONTRIBUTIONS, ENTRIES, READERS, ROOMS, type Room } from './rules.ts';
import { type Import, isTest, type Source } from './sources.ts';
import type { Violation } from './tidy.ts';

const PAGE = 'src/ui/';
const TEST_HOUSE = 'src/testing/';

interface Edge extends Import {
  readonly from: string;
  readonly to: string;
}

export function checkGraph(sources: readonly Source[], files: ReadonlySet<string>): Violation[] {
  const edges: Edge[] = [];
  const violations: Violation[] = [];
  const listed = contributions(sources);
  for (const source of sources) {
    for (const item of source.imports) {
      if (!item.specifier.startsWith('.')) {
        violations.push(...checkPackage(source, item));
        continue;
      }
      const plain = resolve(source.file, item.specifier);
      // Vite's `./x.worker?worker` may go without the extension.
      const to = item.specifier.includes('?') && !files.has(plain) ? `${plain}.ts` : plain;
      if (files.has(to)) edges.push({ ...item, from: source.file, to });
      // A URL may also point at data.
      else if (!item.entry) violations.push(missing(source.file, item));
    }
  }
  return [
    ...violations,
    ...edges.filter((edge) => !edge.entry).flatMap(checkDirection),
    ...edges.flatMap((edge) => checkContribution(edge, listed)),
    ...checkBarrels(sources),
    ...checkCycles(edges),
    ...checkDead(sources, edges),
  ];
}

function resolve(from: string, specifier: string): string {
  return path.posix.join(path.posix.dirname(from), specifier.replace(/\?.*$/, ''));
}

function missing(file: string, { specifier, line }: Import): Violation {
  const text = `imports ${specifier}, which is not there: imports carry the file's own extension`;
  return { rule: 'imports', file, line, text };
}

function roomOf(file: string): Room | undefined {
  const fitting = ROOMS.filter((room) => file.startsWith(room.path));
  return fitting.sort((a, b) => b.path.length - a.path.length)[0];
}

function checkDirection({ from, to, line, typeOnly }: Edge): Violation[] {
  const room = roomOf(from);
  const target = roomOf(to);
  if (!room || !target || room === target) return [];
  const allowed = [...room.may, ...(typeOnly ? (room.mayTypes ?? []) : [])];
  const fine = isTest(from)
    ? from.startsWith(PAGE) || !to.startsWith(PAGE)
    : allowed.some((prefix) => to.startsWith(prefix));
  if (fine) return [];
  return [{ rule: 'direction', file: from, line, text: `imports ${to}: ${room.because}` }];
}

function checkPackage({ file }: Source, { specifier, line }: Import): Violation[] {
  const room = roomOf(file);
  if (!room || isTest(file)) return [];
  const allowed = (room.packages ?? []).some(
    (name) =>
      specifier === name ||
      (/[:/]$|^$/.test(name) ? specifier.startsWith(name) : specifier.startsWith(`${name}/`)),
  );
  if (allowed) return [];
  const text = `imports the package ${specifier}, which ${room.path} does without: see src/testing/tidy/rules.ts`;
  return [{ rule: 'packages', file, line, text }];
}

/** What the lists name: the files that nothing but their list may import. */
function contributions(sources: readonly Source[]): ReadonlySet<string> {
  const lists = sources.filter(({ file }) =>
    CONTRIBUTIONS.some((path) => file === `${path}index.ts`),
  );
  const named = lists.flatMap(({ file, imports }) =>
    imports.filter((item) => !item.typeOnly).map((item) => resolve(file, item.specifier)),
  );
  // panels/panel.ts says what a panel is; it is none.
  return new Set(named.filter((file) => !/\/(\w+)s\/\1\.ts$/.test(file)));
}

function checkContribution(edge: Edge, listed: ReadonlySet<string>): Violation[] {
  const { from, to, line } = edge;
  const folder = CONTRIBUTIONS.find((prefix) => to.startsWith(prefix));
  if (!folder || isTest(from) || from.startsWith(TEST_HOUSE)) return [];
  if (from === `${folder}index.ts`) return [];
  if (READERS.some((path) => from.startsWith(path))) return [];
  const [name = '', ...below] = to.slice(folder.length).split('/');
  // deployment.ts and deployment/rolling.ts are one contribution.
  const owner = [`${folder}${name}`, `${folder}${name}.ts`, `${folder}${name}.tsx`].find((file) =>
    listed.has(file),
  );
  if (!owner) return [];
  const whole = owner.replace(/\.tsx?$/, '');
  if (from === owner || from.startsWith(`${whole}/`)) return [];
  const reason =
    below.length > 0
      ? `which is private to ${owner}: move what both need to a file of its own`
      : `which only ${folder}index.ts may import: deleting a contribution must break nothing else`;
  return [{ rule: 'contributions', file: from, line, text: `imports ${to}, ${reason}` }];
}

function checkBarrels(sources: readonly Source[]): Violation[] {
  const violations: Violation[] = [];
  for (const { file, exportsAll, isList } of sources) {
    for (const line of exportsAll) {
      const text = 'exports * from another file: export by name, or import from the file itself';
      violations.push({ rule: 'barrels', file, line, text });
    }
    if (!/(^|\/)index\.tsx?$/.test(file) || isList) continue;
    const text =
      'is an index.ts that is no list: name it after what it holds, and re-export nothing';
    violations.push({ rule: 'barrels', file, line: 1, text });
  }
  return violations;
}

/** Types are erased, so only imports that run can make a cycle that matters. */
function checkCycles(edges: readonly Edge[]): Violation[] {
  const next = new Map<string, Edge[]>();
  for (const edge of edges) {
    if (edge.typeOnly || edge.dynamic) continue;
    next.set(edge.from, [...(next.get(edge.from) ?? []), edge]);
  }
  const done = new Set<string>();
  const violations: Violation[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    for (const edge of next.get(file) ?? []) {
      const start = trail.indexOf(edge.to);
      if (start !== -1) {
        const cycle = [...trail.slice(start), edge.to].join(' → ');
        const text = `closes the cycle ${cycle}: move what both need to a third file`;
        violations.push({ rule: 'cycles', file, line: edge.line, text });
      } else if (!done.has(edge.to)) {
        visit(edge.to, [...trail, edge.to]);
      }
    }
    done.add(file);
  };
  for (const file of next.keys()) if (!done.has(file)) visit(file, [file]);
  return violations;
}

function checkDead(sources: readonly Source[], edges: readonly Edge[]): Violation[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const inSrc = sources.map(({ file }) => file).filter((file) => /^src\/.*\.tsx?$/.test(file));
  const reached = new Set(
    inSrc.filter((file) => isTest(file) || ENTRIES.some((entry) => entry.test(file))),
  );
  for (const file of reached) for (const to of next.get(file) ?? []) reached.add(to);
  return inSrc
    .filter((file) => !reached.has(file) && !file.endsWith('.d.ts'))
    .map((file) => ({
      rule: 'dead',
      file,
      line: 1,
      text: 'is reached from no entry and no test: use it or delete it',
    }));
}
