/**
 * The programs that the reader writes: kept like the manifests, apart from what runs. Which of them is
 * open, and what the engine said about each when it was started last.
 */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { Problem } from '../../port/protocol.ts';
import type { OwnLanguage } from '../../port/protocol-own.ts';
import { asRecord, readStored, writeStored } from '../session/stored.ts';

export interface Program {
  readonly name: string;
  readonly language: OwnLanguage;
  /** `namespace/name`. */
  readonly serviceAccount: string;
  readonly source: string;
  /** The example it began as, whose manifests belong to it. */
  readonly example?: string;
}

interface ProgramsState {
  readonly programs: readonly Program[];
  /** Place of the one that is open. */
  readonly open: number;
  /** By name. */
  readonly problems: Readonly<Record<string, readonly Problem[]>>;
  /** A line to go to; the number makes each request another one. */
  readonly reveal: { readonly line: number; readonly request: number } | null;
}

const STORE_KEY = 'own-controllers';
const NO_PROBLEMS: readonly Problem[] = [];

export const programs = createStore<ProgramsState>(() => ({
  programs: storedPrograms(readStored(STORE_KEY)),
  open: 0,
  problems: {},
  reveal: null,
}));

programs.subscribe((state, before) => {
  if (state.programs !== before.programs) writeStored(STORE_KEY, { programs: state.programs });
});

export function usePrograms<T>(selector: (state: ProgramsState) => T): T {
  return useStore(programs, selector);
}

/** What is stored may be anything. */
export function storedPrograms(value: unknown): readonly Program[] {
  const list = asRecord(value)['programs'];
  if (!Array.isArray(list)) return [];
  return (list as readonly unknown[]).flatMap((item) => {
    const { example, language, name, serviceAccount, source } = asRecord(item);
    if (typeof name !== 'string' || typeof source !== 'string') return [];
    if (typeof serviceAccount !== 'string') return [];
    const known = language === 'javascript' ? language : 'typescript';
    const begun = typeof example === 'string' ? { example } : {};
    return [{ name, source, serviceAccount, language: known, ...begun }];
  });
}

export const openProgram = ({ programs: list, open }: ProgramsState): Program | undefined =>
  list[open];

export const problemsOf =
  (name: string) =>
  ({ problems }: ProgramsState): readonly Problem[] =>
    problems[name] ?? NO_PROBLEMS;

/** Opens |program|; one of the same name that was not changed takes its place. */
export function addProgram(program: Program): void {
  const { programs: list } = programs.getState();
  const same = list.findIndex((p) => p.name === program.name && p.source === program.source);
  if (same >= 0) {
    programs.setState({ open: same });
    return;
  }
  const name = freeName(
    program.name,
    list.map((p) => p.name),
  );
  const added = { ...program, name };
  programs.setState({ programs: [...list, added], open: list.length });
}

/** |name|, or with the first number that is free. */
export function freeName(name: string, taken: readonly string[]): string {
  for (let n = 1; ; n++) {
    const free = n === 1 ? name : `${name}-${n}`;
    if (!taken.includes(free)) return free;
  }
}

export function changeProgram(change: Partial<Program>): void {
  const { open, programs: list } = programs.getState();
  programs.setState({ programs: list.map((p, i) => (i === open ? { ...p, ...change } : p)) });
}

export function deleteProgram(): void {
  const { open, programs: list } = programs.getState();
  const left = list.filter((_, i) => i !== open);
  programs.setState({ programs: left, open: Math.max(0, Math.min(open, left.length - 1)) });
}

export function openAt(index: number): void {
  programs.setState({ open: index });
}

export function setProgramProblems(name: string, problems: readonly Problem[]): void {
  programs.setState({ problems: { ...programs.getState().problems, [name]: problems } });
}

/** Goes to |line| of the program |name|, if it is here. */
export function revealLine(name: string, line: number): void {
  const { programs: list, reveal } = programs.getState();
  const index = list.findIndex((p) => p.name === name);
  if (index < 0) return;
  programs.setState({ open: index, reveal: { line, request: (reveal?.request ?? 0) + 1 } });
}
