/**
 * The controllers that the reader has written, by name: commands of the log bring, replace and remove
 * them, so a saved run has them too.
 */
import { isDNS1123Label, isDNS1123Subdomain } from '../../api/meta/names.ts';
import type { CommandResult } from '../../port/protocol.ts';
import type {
  ControllerCommand,
  OwnControllers as Shown,
  RemoveControllerCommand,
} from '../../port/protocol-own.ts';
import type { ApiServer } from '../apiserver/server.ts';
import type { Component } from '../components.ts';
import { OwnLog } from './log.ts';
import { OwnController } from './own-controller.ts';
import { ProgramError, type SandboxMaker } from './sandbox.ts';

/** Interpreters take memory of their own. */
const MAX_CONTROLLERS = 10;
const MAX_SOURCE = 200_000;
/** Actors that are no components. */
const TAKEN = new Set(['etcd', 'kubectl']);

export class OwnControllers {
  readonly #server: ApiServer;
  /** Null while the host has not loaded the interpreter. */
  readonly #sandbox: () => SandboxMaker | null;
  /** All components of the cluster. */
  readonly #components: () => readonly Component[];
  readonly #log = new OwnLog();
  readonly #controllers = new Map<string, OwnController>();

  constructor(
    server: ApiServer,
    components: () => readonly Component[],
    sandbox: () => SandboxMaker | null = () => null,
  ) {
    this.#server = server;
    this.#sandbox = sandbox;
    this.#components = components;
  }

  components(): readonly Component[] {
    return [...this.#controllers.values()];
  }

  /** What there is, and what was said after line |since|. */
  shown(since: number): Shown {
    const controllers = [...this.#controllers.values()].map(({ row }) => row);
    return { controllers, seq: this.#log.seq, lines: this.#log.after(since) };
  }

  /** A program that cannot be used changes nothing; |aloud|: nobody else hears of it, so the log says it. */
  put(command: ControllerCommand, aloud = false): CommandResult {
    const result = this.#put(command);
    if (aloud && result.exitCode !== 0) this.#complain(command.name, result);
    return result;
  }

  #complain(controller: string, { problems }: CommandResult): void {
    for (const { line, message } of problems) {
      const at = line === undefined ? {} : { line };
      const { now } = this.#server.kernel;
      this.#log.add({ at: now, controller, level: 'error', text: message, key: '', ...at });
    }
  }

  #put(command: ControllerCommand): CommandResult {
    const { name } = command;
    const old = this.#controllers.get(name);
    const wrong = old ? '' : this.#whatIsWrongWith(name);
    const problem = wrong || whatIsWrong(command);
    if (problem !== '') return refused(problem);
    const make = this.#sandbox();
    if (!make) return refused('the interpreter for own controllers is not loaded here');
    try {
      const controller = new OwnController(this.#server, make, command, (line) =>
        this.#log.add(line),
      );
      old?.dispose();
      this.#controllers.set(name, controller);
      controller.start();
      this.#note(name, old ? 'replaced' : 'started');
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      return refused(error.message, error);
    }
    return said(`controller "${name}" ${old ? 'replaced' : 'started'}\n`);
  }

  remove({ name }: RemoveControllerCommand): CommandResult {
    const controller = this.#controllers.get(name);
    if (!controller) return refused(`there is no controller "${name}" of your own`);
    controller.dispose();
    this.#controllers.delete(name);
    this.#note(name, 'stopped');
    return said(`controller "${name}" removed\n`);
  }

  #note(from: string, name: string): void {
    this.#server.kernel.point({ kind: 'note', name, from });
  }

  #whatIsWrongWith(name: string): string {
    const bad = isDNS1123Label(name)[0];
    if (bad !== undefined) return `a controller cannot be named "${name}": ${bad}`;
    if (TAKEN.has(name) || this.#components().some((c) => c.name === name))
      return `there is a component "${name}" already; choose another name`;
    if (this.#controllers.size < MAX_CONTROLLERS) return '';
    return `there are ${MAX_CONTROLLERS} controllers of your own already; remove one first`;
  }
}

function whatIsWrong({ language, serviceAccount, source }: ControllerCommand): string {
  if (language !== 'typescript' && language !== 'javascript') {
    return `a controller is written in typescript or javascript, not in "${String(language)}"`;
  }
  if (source.length > MAX_SOURCE) return `the source is longer than ${MAX_SOURCE} characters`;
  const [namespace = '', name = '', ...more] = serviceAccount.split('/');
  const isAccount = isDNS1123Label(namespace).length === 0 && isDNS1123Subdomain(name).length === 0;
  if (isAccount && more.length === 0) return '';
  return `"${serviceAccount}" names no service account: write it as namespace/name`;
}

function said(stdout: string): CommandResult {
  return { stdout, stderr: '', exitCode: 0, problems: [] };
}

function refused(message: string, at?: ProgramError): CommandResult {
  const { line, column } = at ?? {};
  const where = line === undefined ? '' : ` (line ${line})`;
  return {
    stdout: '',
    stderr: `error: ${message}${where}\n`,
    exitCode: 1,
    problems: [
      {
        severity: 'error',
        message,
        ...(line === undefined ? {} : { line }),
        ...(column === undefined ? {} : { column }),
      },
    ],
  };
}
