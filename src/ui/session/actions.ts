/**
 * What the reader can do to the cluster and to its time. Every act that changes the cluster goes
 * out as a command (and so into the run); refusals become notices.
 */
import type { Answers, Ask, Command, CommandResult, NodeSpec, Pace } from '../../port/protocol.ts';
import { inLanguage } from '../i18n/text.ts';
import { messageText } from '../i18n/messages.ts';
import { refParts } from '../mirror/refs.ts';
import type { RailStep } from '../mirror/rail.ts';
import { expectNewRun, mirror } from '../mirror/store.ts';
import { ask } from './engine.ts';
import { activeFile, files, forgetApplied, markApplied, putFile, setProblems } from './files.ts';
import { beginDeed, clearHistory, endDeed, kubectlLine } from './history.ts';
import { forgetLastRun, keepLastRun } from './last-run.ts';
import { notify } from './notices.ts';
import { clearSelection, explainSpan, session } from './session.ts';

/** How long `Edit` waits for an object that is not watched yet, in milliseconds. */
const OBJECT_WAIT_MS = 1_500;

/** Applies the file that is open in the editor; its problems go to the files store. */
export async function applyActive(): Promise<CommandResult | null> {
  const file = activeFile(files.getState());
  if (file === undefined) {
    notify({ severity: 'warning', text: (l) => inLanguage(messageText, l).nothingToApply });
    return null;
  }
  const { name, text } = file;
  const result = await runCommand({ type: 'apply', file: name, text });
  if (result === null) return null;
  setProblems(name, result.problems);
  if (result.exitCode === 0) {
    markApplied(name, text);
    session.setState({ hasApplied: true });
  }
  return result;
}

/** What applying the open file would change; null when there is no file or it was refused. */
export async function diffActive(): Promise<string | null> {
  const file = activeFile(files.getState());
  if (file === undefined) return null;
  const answer = await tell({ type: 'diff', file: file.name, text: file.text });
  if (answer === null) return null;
  const { text, problems } = answer;
  setProblems(file.name, problems);
  return text;
}

export const deleteObject = (ref: string, graceSeconds?: number): Promise<CommandResult | null> =>
  runCommand(
    graceSeconds === undefined
      ? { type: 'delete', object: ref }
      : { type: 'delete', object: ref, graceSeconds },
  );

export const scaleObject = (ref: string, replicas: number): Promise<CommandResult | null> =>
  runCommand({ type: 'scale', object: ref, replicas });

export const addNode = (node: NodeSpec): Promise<CommandResult | null> =>
  runCommand({ type: 'add-node', node });

export const removeNode = (node: string): Promise<CommandResult | null> =>
  runCommand({ type: 'remove-node', node });

export const stopComponent = (component: string): Promise<CommandResult | null> =>
  runCommand({ type: 'stop', component });

export const startComponent = (component: string): Promise<CommandResult | null> =>
  runCommand({ type: 'start', component });

/** Opens the object as a file in the editor; Apply sends what was changed. */
export async function editObject(ref: string): Promise<void> {
  const object = mirror.getState().whole.get(ref) ?? (await wholeObject(ref));
  if (object === undefined || object === null) {
    notify({ severity: 'warning', text: (l) => inLanguage(messageText, l).notLoadedYet(ref) });
    return;
  }
  const { kind, name } = refParts(ref);
  const [{ toYaml }, { asManifest }] = await Promise.all([
    import('../kit/to-yaml.ts'),
    import('../mirror/manifest.ts'),
  ]);
  const text = toYaml(asManifest(object));
  putFile(`${kind.toLowerCase()}-${name}.yaml`, text, text);
}

/** Watches |ref| beside what is watched already and waits for it to come with a frame. */
function wholeObject(ref: string): Promise<unknown> {
  return new Promise((resolve) => {
    const stop = mirror.subscribe((state) => {
      const object = state.whole.get(ref);
      if (object !== undefined) finish(object);
    });
    const timer = setTimeout(() => finish(undefined), OBJECT_WAIT_MS);
    const finish = (object: unknown): void => {
      clearTimeout(timer);
      stop();
      resolve(object);
    };
    void tell({ type: 'watch', refs: [ref] });
  });
}

/**
 * Sends one command and shows it in the Terminal pane. Null when the engine refused it; the reader
 * has been told.
 */
export async function runCommand(command: Command): Promise<CommandResult | null> {
  if (mirror.getState().past) {
    await tell({ type: 'seek', at: null });
    notify({ severity: 'info', text: (l) => inLanguage(messageText, l).backToNow });
  }
  const deed = beginDeed(command, mirror.getState().liveAt);
  try {
    const result = await ask({ type: 'command', command });
    endDeed(deed, result);
    void keepLastRun();
    return result;
  } catch (error) {
    const why = reason(error);
    endDeed(deed, { stdout: '', stderr: why, exitCode: 1 });
    refused(kubectlLine(command) ?? command.type, why);
    return null;
  }
}

export const play = (): Promise<unknown> => tell({ type: 'play' });
export const pause = (): Promise<unknown> => tell({ type: 'pause' });
export const setPace = (pace: Pace): Promise<unknown> => tell({ type: 'pace', pace });
export const seek = (at: number): Promise<unknown> =>
  tell({ type: 'seek', at: Math.round(Math.max(at, mirror.getState().oldestAt)) });
export const backToNow = (): Promise<unknown> => tell({ type: 'seek', at: null });

export const step = (to: 'step' | 'event'): Promise<unknown> => tell({ type: 'step', to });
export const stepBack = (to: 'step' | 'event'): Promise<unknown> => tell({ type: 'step-back', to });

let scrubbing: number | null = null;
let scrubWaits = false;

/** Follows a hand on the timeline: one question at a time, the newest moment wins. */
export async function scrubTo(at: number): Promise<void> {
  scrubbing = at;
  if (scrubWaits) return;
  scrubWaits = true;
  if (mirror.getState().playing) await pause();
  while (scrubbing !== null) {
    const next: number = scrubbing;
    scrubbing = null;
    // The end of the timeline is now, not the past that happens to be the newest.
    await (next >= mirror.getState().liveAt ? backToNow() : seek(next));
  }
  scrubWaits = false;
}

/** Empties the cluster; the commands given so far are gone, the files stay. */
export async function resetRun(): Promise<void> {
  expectNewRun();
  clearSelection();
  clearHistory();
  forgetLastRun();
  forgetApplied();
  await tell({ type: 'reset' });
}

/** Looks at the moment and the object of one of the ten steps. */
export async function showStep(item: RailStep): Promise<void> {
  const row = item.first;
  if (row === null) return;
  explainSpan(row.span, row.object);
  await pause();
  await seek(row.seen);
}

export function togglePlay(): Promise<unknown> {
  return mirror.getState().playing ? pause() : play();
}

/** Asks; a refusal becomes a notice and the answer null. */
export async function tell<A extends Ask>(question: A): Promise<Answers[A['type']] | null> {
  try {
    return await ask(question);
  } catch (error) {
    refused(question.type, reason(error));
    return null;
  }
}

function refused(what: string, why: string): void {
  // A crashed or lost engine has its own screen; a notice for each waiting question adds nothing.
  const engine = mirror.getState().engine.type;
  if (engine === 'crashed' || engine === 'lost') return;
  notify({
    severity: 'error',
    text: (l) => inLanguage(messageText, l).commandFailed(what, why),
  });
}

export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
