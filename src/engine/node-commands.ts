/**
 * Commands to machines: files on their disks, settings of their kubelets, faults. They end at once
 * with what a person reads; what follows from them follows in its time.
 */
import type { CommandResult } from '../port/protocol.ts';
import type { NodeCommand } from '../port/protocol-node.ts';
import type { Cluster } from './cluster.ts';
import type { Machine } from './node/machine.ts';

/** Throws a sentence for the reader when it cannot be done. */
export function runNodeCommand(cluster: Cluster, command: NodeCommand): CommandResult {
  const machine = cluster.machines.get(command.node);
  if (!machine) throw new Error(`there is no node "${command.node}"`);
  return { stdout: `${act(machine, command)}\n`, stderr: '', exitCode: 0, problems: [] };
}

function act(machine: Machine, command: NodeCommand): string {
  switch (command.type) {
    case 'configure-kubelet':
      machine.restartKubelet(command.settings);
      return `kubelet of node "${machine.name}" restarted`;
    case 'write-node-file':
      return writeFile(machine, command.path, command.content);
    case 'shut-down-node':
      machine.shutDown();
      return `node "${machine.name}" shuts down`;
    case 'reboot-node':
      machine.reboot();
      return `node "${machine.name}" rebooted`;
    case 'occupy-node':
      return occupy(machine, command.diskBytes, command.memoryBytes);
  }
}

function occupy(machine: Machine, diskBytes: number, memoryBytes: number): string {
  if (diskBytes < 0 || memoryBytes < 0) throw new Error('an amount cannot be negative');
  machine.occupy({ diskBytes, memoryBytes });
  const free = diskBytes === 0 && memoryBytes === 0;
  return free
    ? `nothing beside Pods takes of node "${machine.name}"`
    : `disk or memory of node "${machine.name}" taken`;
}

function writeFile({ name, files }: Machine, path: string, content: string | null): string {
  if (!path.startsWith('/')) throw new Error(`"${path}" is no path from the root of the disk`);
  const problem = content === null ? files.remove(path) : files.write(path, content, false);
  if (problem !== null) throw new Error(`${path}: ${problem}`);
  return `${path} of node "${name}" ${content === null ? 'removed' : 'written'}`;
}
