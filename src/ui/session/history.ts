/**
 * What the reader did, each act with the kubectl command that would have done it and what it
 * printed. The Terminal pane shows it.
 */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { Command, ProgramResult, RunFile } from '../../port/protocol.ts';

export interface Deed {
  readonly id: number;
  /** Microseconds of virtual time when it was asked. */
  readonly at: number;
  /** The command line, or null when kubectl has none for it. */
  readonly line: string | null;
  readonly command: Command;
  /** Null while it runs. */
  readonly result: ProgramResult | null;
}

const DEEDS_KEPT = 500;

export const history = createStore<{ readonly deeds: readonly Deed[] }>(() => ({ deeds: [] }));

let nextId = 1;

export function beginDeed(command: Command, at: number): number {
  const id = nextId++;
  const deed: Deed = { id, at, line: kubectlLine(command), command, result: null };
  history.setState({ deeds: [...history.getState().deeds, deed].slice(-DEEDS_KEPT) });
  return id;
}

export function endDeed(id: number, result: ProgramResult): void {
  const deeds = history
    .getState()
    .deeds.map((deed) => (deed.id === id ? { ...deed, result } : deed));
  history.setState({ deeds });
}

/** The acts of a run that was opened; what they printed is not part of a run. */
export function recallHistory(run: RunFile): void {
  const deeds = run.commands
    .filter(({ command }) => command.type !== 'stream-input')
    .slice(-DEEDS_KEPT)
    .map(({ at, command }) => ({
      id: nextId++,
      at,
      line: kubectlLine(command),
      command,
      result: { stdout: '', stderr: '', exitCode: 0 },
    }));
  history.setState({ deeds });
}

export function clearHistory(): void {
  history.setState({ deeds: [] });
}

export function useHistory(): readonly Deed[] {
  return useStore(history, (state) => state.deeds);
}

/** The kubectl command that does the same; null when there is none (switching machines off). */
export function kubectlLine(command: Command): string | null {
  switch (command.type) {
    case 'apply':
      return `kubectl apply -f ${shellWord(command.file)}`;
    case 'delete': {
      const grace = command.graceSeconds;
      const force = grace === 0 ? ' --force' : '';
      const flag = grace === undefined ? '' : ` --grace-period=${grace}${force}`;
      return `kubectl delete ${target(command.object)}${flag}`;
    }
    case 'scale':
      return `kubectl scale ${target(command.object)} --replicas=${command.replicas}`;
    case 'cordon':
      return `kubectl ${command.on ? 'cordon' : 'uncordon'} ${command.node}`;
    case 'drain': {
      const force = command.force === true ? ' --force' : '';
      const limit = command.timeoutSeconds;
      const timeout = limit === undefined ? '' : ` --timeout=${limit}s`;
      return `kubectl drain ${command.node} --ignore-daemonsets --delete-emptydir-data${force}${timeout}`;
    }
    case 'rollout':
      return `kubectl rollout ${command.act} ${target(command.object)}`;
    case 'set-image':
      return `kubectl set image ${target(command.object)} ${command.container}=${shellWord(command.image)}`;
    case 'remove-node':
      return `kubectl delete node ${command.node}`;
    case 'add-node':
    case 'stop':
    case 'start':
    case 'kill-container':
    case 'kill-sandbox':
    case 'configure-kubelet':
    case 'write-node-file':
    case 'occupy-node':
    case 'run-alien-container':
    case 'remove-alien-container':
    case 'shut-down-node':
    case 'reboot-node':
    case 'set-registry':
    case 'declare-image':
    case 'controller':
    case 'remove-controller':
      return null;
    case 'open-stream': {
      const { argv, container, pod, stdin, tty } = command;
      const flags = `${stdin ? ' -i' : ''}${tty ? ' -t' : ''}`;
      const of = container === undefined ? '' : ` -c ${container}`;
      const words = argv === null ? '' : ` -- ${argv.map(shellWord).join(' ')}`;
      return `kubectl ${argv === null ? 'attach' : 'exec'}${flags} ${target(pod)}${of}${words}`;
    }
    case 'stream-input':
      return null;
    case 'request':
      return `kubectl get --raw ${shellWord(command.request.path)}`;
  }
}

/** `Kind/namespace/name` as kubectl takes it: `deployment/web -n shop`. */
function target(ref: string): string {
  const [kind = '', namespace = '', name = ''] = ref.split('/');
  const scope = namespace === '' || namespace === 'default' ? '' : ` -n ${namespace}`;
  return `${kind.toLowerCase()}/${name}${scope}`;
}

function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
