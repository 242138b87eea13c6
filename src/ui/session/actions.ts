/**
 * What the reader can do to the cluster and to its time. Every act that changes the cluster goes
 * out as a command (and so into the run); refusals become notices.
 */
import type { Answers, Ask, Command, CommandResult, NodeSpec, Pace } from '../../port/protocol.ts';
import { inLanguage } from '../i18n/text.ts';
import { messageText } from '../i18n/messages.ts';
import { mirror } from '../mirror/store.ts';
import { ask } from './engine.ts';
import { activeFile, files, markApplied, setProblems } from './files.ts';
import { beginDeed, endDeed, kubectlLine } from './history.ts';
import { notify } from './notices.ts';
import { session } from './session.ts';

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
export const seek = (at: number): Promise<unknown> => tell({ type: 'seek', at });
export const backToNow = (): Promise<unknown> => tell({ type: 'seek', at: null });

export const step = (to: 'step' | 'event'): Promise<unknown> => tell({ type: 'step', to });
export const stepBack = (to: 'step' | 'event'): Promise<unknown> => tell({ type: 'step-back', to });

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
