/** Repeats a saved run and says whether it went as it did when it was saved, crashes included. */
import { kinds } from '../api/kinds/index.ts';
import { checkRun } from '../engine/host/run-file.ts';
import { Session } from '../engine/session.ts';
import { programsFor } from '../kubectl/programs.ts';
import { nodeSandbox } from '../sandbox/node.ts';
import type { ProgramResult, RunFile } from '../port/protocol.ts';

/** |begun| is told when the cluster stands: where tests plant their faults. */
export function repeatRun(
  name: string,
  text: string,
  begun: (session: Session) => void = () => {},
): ProgramResult {
  const run = parse(name, text);
  let session: Session | null = null;
  try {
    Session.open(run, programsFor(kinds), { sandbox: nodeSandbox }, run.step, (s) => {
      session = s;
      begun(s);
    });
  } catch (error) {
    return stopped(run, session, (error as Error).message);
  }
  const { hash } = (session as unknown as Session).cluster.kernel.trace;
  if (run.crash !== undefined) {
    const stderr = `the run did not stop again; it was saved with: ${run.crash}\n`;
    return { stdout: summary(run.step, hash, run), stderr, exitCode: 1 };
  }
  return { stdout: summary(run.step, hash, run), stderr: '', exitCode: hash === run.hash ? 0 : 1 };
}

function stopped(run: RunFile, session: Session | null, message: string): ProgramResult {
  const kernel = session?.cluster.kernel;
  const stdout = kernel ? summary(kernel.steps, kernel.trace.hash, run) : '';
  const again = message === run.crash;
  const stderr = again ? `stopped as recorded: ${message}\n` : `stopped: ${message}\n`;
  return { stdout, stderr, exitCode: 1 };
}

function summary(steps: number, hash: string, run: RunFile): string {
  return `${steps} events, hash ${hash}${hash === run.hash ? '' : `, recorded ${run.hash}`}\n`;
}

function parse(name: string, text: string): RunFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`error: "${name}" is not JSON: ${(error as Error).message}`);
  }
  try {
    return checkRun(value);
  } catch (error) {
    throw new Error(`error: "${name}": ${(error as Error).message}`);
  }
}
