/**
 * Commands to machines: files on their disks, settings of their kubelets, faults. They end at once
 * with what a person reads; what follows from them follows in its time.
 */
import type { CommandResult } from '../port/protocol.ts';
import type { NodeCommand, NodeContainerRow, RunAlienContainer } from '../port/protocol-node.ts';
import { isDNS1123Subdomain } from '../api/meta/names.ts';
import type { Proc } from '../kernel/process.ts';
import type { Cluster } from './cluster.ts';
import type { Machine } from './node/machine.ts';
import { ALIEN_NAMESPACE } from './node/runtime/alien-containers.ts';
import type { RuntimeContainer } from './node/runtime/runtime-container.ts';

/** The namespace in which containerd keeps what CRI has asked for. */
const KUBERNETES = 'k8s.io';

/** Throws a sentence for the reader when it cannot be done. */
export function runNodeCommand(cluster: Cluster, command: NodeCommand): CommandResult {
  return said(act(machineOf(cluster, command.node), command));
}

/** The same for what takes its time: an image has to be pulled. */
export function* runAlienContainer(
  cluster: Cluster,
  command: RunAlienContainer,
): Proc<CommandResult> {
  const { argv, image, name } = command;
  const machine = machineOf(cluster, command.node);
  const bad = isDNS1123Subdomain(name)[0];
  if (bad !== undefined) throw new Error(`a container cannot be named "${name}": ${bad}`);
  yield* machine.aliens.run(name, image, argv);
  return said(`container "${name}" runs on node "${machine.name}"`);
}

function machineOf(cluster: Cluster, name: string): Machine {
  const machine = cluster.machines.get(name);
  if (!machine) throw new Error(`there is no node "${name}"`);
  return machine;
}

function said(text: string): CommandResult {
  return { stdout: `${text}\n`, stderr: '', exitCode: 0, problems: [] };
}

/** What is on the runtime of a node: containers of Pods, and those that Kubernetes knows nothing of. */
export function nodeContainers(cluster: Cluster, node: string): readonly NodeContainerRow[] {
  const machine = cluster.machines.get(node);
  if (!machine) return [];
  const { runtime } = machine;
  const row = ({ info, pod }: RuntimeContainer, namespace: string): NodeContainerRow => ({
    namespace,
    id: info.id,
    name: info.name,
    image: info.image.name === '' ? info.image.reference : info.image.name,
    state: info.state,
    pod: namespace === KUBERNETES ? `Pod/${pod.namespace}/${pod.name}` : '',
  });
  return [
    ...machine.aliens.all().map((c) => row(c, ALIEN_NAMESPACE)),
    ...[...runtime.allContainers()].map((c) => row(c, KUBERNETES)),
  ];
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
    case 'remove-alien-container':
      if (machine.aliens.remove(command.name)) return `container "${command.name}" removed`;
      throw new Error(`there is no container "${command.name}" beside Kubernetes`);
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
