/**
 * The files of the manifest editor: their texts, which is open, what was last applied and the
 * problems found. Texts outlive a reload.
 */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { Problem } from '../../port/protocol.ts';
import { DEFAULT_EXAMPLE, DEPLOYMENT, EXAMPLES, type ExampleId, exampleText } from '../examples.ts';
import { asRecord, readStored, writeStored } from './stored.ts';

export interface ManifestFile {
  readonly name: string;
  readonly text: string;
  /** Text that was last applied; null = never. */
  readonly applied: string | null;
  /** Changed since it was last applied. */
  readonly dirty: boolean;
}

export interface FilesState {
  readonly files: readonly ManifestFile[];
  /** Name of the file shown; '' when there is none. */
  readonly active: string;
  /** What the engine said about a file, by file name, until its text changes. */
  readonly problems: Readonly<Record<string, readonly Problem[]>>;
  /** Position to show, set by a click on a problem; the editor takes it and clears it. */
  readonly reveal: { readonly file: string; readonly line: number; readonly column: number } | null;
  /** The editor should take the focus (a file was opened for editing). */
  readonly focusRequest: number;
}

/** Larger texts make any editor crawl; in MiB. */
export const FILE_LIMIT_MIB = 4;

const STORE_KEY = 'files';
/** Writes to storage are gathered for this long, in milliseconds. */
const STORE_DELAY_MS = 300;

export const files = createStore<FilesState>(() => initialFiles());

export function useFiles<T>(selector: (state: FilesState) => T): T {
  return useStore(files, selector);
}

export function makeFile(name: string, text: string, applied: string | null = null): ManifestFile {
  return { name, text, applied, dirty: text !== applied };
}

function initialFiles(): FilesState {
  const stored = asRecord(readStored(STORE_KEY));
  const list = storedFiles(stored['files']);
  const wanted = stored['active'];
  const active = list.find((file) => file.name === wanted) ?? list[0];
  return { files: list, active: active?.name ?? '', problems: {}, reveal: null, focusRequest: 0 };
}

function storedFiles(value: unknown): readonly ManifestFile[] {
  const list = Array.isArray(value) ? value : [];
  const files = list.map(asRecord).flatMap((file) => {
    const { name, text } = file as { name?: unknown; text?: unknown };
    // The cluster begins anew with each visit, so nothing of it has been applied yet.
    return typeof name === 'string' && typeof text === 'string' ? [makeFile(name, text)] : [];
  });
  if (files.length > 0) return files;
  return [makeFile(EXAMPLES[DEFAULT_EXAMPLE], DEPLOYMENT)];
}

let writeTimer: ReturnType<typeof setTimeout> | null = null;

files.subscribe((state, before) => {
  if (state.files === before.files && state.active === before.active) return;
  if (writeTimer !== null) clearTimeout(writeTimer);
  writeTimer = setTimeout(storeFiles, STORE_DELAY_MS);
});

/** Writes at once; the page calls it when it is about to be closed. */
export function storeFiles(): void {
  if (writeTimer !== null) clearTimeout(writeTimer);
  writeTimer = null;
  const state = files.getState();
  const list = state.files.map(({ name, text }) => ({ name, text }));
  writeStored(STORE_KEY, { files: list, active: state.active });
}

export function activeFile(state: FilesState): ManifestFile | undefined {
  return state.files.find((file) => file.name === state.active);
}

export function showFile(name: string): void {
  files.setState({ active: name });
}

/** Opens |name| with |text|; a file of that name with another text is kept, the new one renamed. */
export function openFile(name: string, text: string): string {
  const state = files.getState();
  const same = state.files.find((file) => file.name === name && file.text === text);
  const focusRequest = state.focusRequest + 1;
  if (same !== undefined) {
    files.setState({ active: name, focusRequest });
    return name;
  }
  const free = freeName(name, state.files);
  files.setState({ files: [...state.files, makeFile(free, text)], active: free, focusRequest });
  return free;
}

/** Opens one of the ready examples. */
export async function openExample(id: ExampleId): Promise<void> {
  openFile(EXAMPLES[id], await exampleText(id));
}

/** Puts |text| into the file |name|, which is made when it is missing. */
export function putFile(name: string, text: string, applied: string | null): void {
  const state = files.getState();
  const file = makeFile(name, text, applied);
  const known = state.files.some((f) => f.name === name);
  const list = known
    ? state.files.map((f) => (f.name === name ? file : f))
    : [...state.files, file];
  const focusRequest = state.focusRequest + 1;
  files.setState({
    files: list,
    active: name,
    problems: without(state.problems, name),
    focusRequest,
  });
}

export function newFile(): string {
  return openFile('untitled.yaml', '');
}

export function closeFile(name: string): void {
  const state = files.getState();
  const index = state.files.findIndex((file) => file.name === name);
  if (index < 0) return;
  const list = state.files.filter((file) => file.name !== name);
  const neighbour = list[Math.min(index, list.length - 1)]?.name ?? '';
  const active = state.active === name ? neighbour : state.active;
  files.setState({ files: list, active, problems: without(state.problems, name) });
}

/** False when another file has that name already or the name is empty. */
export function renameFile(name: string, to: string): boolean {
  const state = files.getState();
  const wanted = to.trim();
  if (wanted === '' || state.files.some((file) => file.name === wanted)) return wanted === name;
  const list = state.files.map((file) => (file.name === name ? { ...file, name: wanted } : file));
  const active = state.active === name ? wanted : state.active;
  files.setState({ files: list, active, problems: without(state.problems, name) });
  return true;
}

export function setText(name: string, text: string): void {
  const state = files.getState();
  const file = state.files.find((f) => f.name === name);
  if (file === undefined || file.text === text) return;
  const next = makeFile(name, text, file.applied);
  const list = state.files.map((f) => (f.name === name ? next : f));
  files.setState({ files: list, problems: without(state.problems, name) });
}

/** |text| of the file has been applied; it may have been edited since. */
export function markApplied(name: string, text: string): void {
  const state = files.getState();
  const list = state.files.map((file) =>
    file.name === name ? makeFile(name, file.text, text) : file,
  );
  files.setState({ files: list });
}

/** The cluster is empty again: of no file has anything been applied. */
export function forgetApplied(): void {
  const state = files.getState();
  files.setState({
    files: state.files.map(({ name, text }) => makeFile(name, text)),
    problems: {},
  });
}

export function setProblems(name: string, problems: readonly Problem[]): void {
  files.setState({ problems: { ...files.getState().problems, [name]: problems } });
}

export function revealAt(file: string, line: number, column: number): void {
  files.setState({ active: file, reveal: { file, line, column } });
}

export function clearReveal(): void {
  files.setState({ reveal: null });
}

function freeName(name: string, list: readonly ManifestFile[]): string {
  const taken = new Set(list.map((file) => file.name));
  if (!taken.has(name)) return name;
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  const ending = dot > 0 ? name.slice(dot) : '';
  let n = 2;
  while (taken.has(`${stem}-${n}${ending}`)) n++;
  return `${stem}-${n}${ending}`;
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  if (!(key in record)) return record;
  const { [key]: _gone, ...rest } = record;
  return rest;
}
