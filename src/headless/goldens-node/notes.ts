/** What the recorder did to the nodes outside kubectl: the notes of a recording, done here. */
import type { Node as NodeObject } from '../../api/generated/types.ts';
import { Lease } from '../../api/kinds/lease.ts';
import { Node } from '../../api/kinds/node.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { ADMIN } from '../../engine/apiserver/rest/handle.ts';
import type { Cluster } from '../../engine/cluster.ts';
import { MANIFESTS } from '../../engine/node/kubelet/file-source.ts';
import type { Machine } from '../../engine/node/machine.ts';
import { writeNetwork } from '../../engine/node/runtime/cni.ts';
import { joinPath } from '../../engine/node/runtime/file-tree.ts';
import type { NodeCase, NodeNote } from '../../testing/goldens-harness/node-case.ts';

interface Act {
  readonly pattern: RegExp;
  readonly run: (
    cluster: Cluster,
    match: RegExpExecArray,
    note: NodeNote,
    namespace: string,
  ) => void;
}

/** As `kubectl describe node` shows the recorded ones. */
export const NODE = { cpu: '2', memory: '24682416Ki', pods: 110, zone: '' };

/** From the request to the watch. */
const DELETE_MS = 10;
/** From the recorder's note until the kubelet's service had been set up. */
const JOIN_US = 3_100_000;

const MEBIBYTE = 1024 * 1024;
/** As much as the recorded thresholds lay below what there was. */
const BELOW_MEBIBYTES = 1024;

/** What the recorded machines had left: thresholds and allocatable resources tell of it. */
const LEFT_BYTES = { memory: Math.floor(20_607.4 * MEBIBYTE), disk: 68_480 * MEBIBYTE };

/** The machine is used by more than the cluster, as the recorded ones were. */
export function occupy(found: Machine): void {
  const observed = found.kubelet.observe();
  const { 'memory.available': memory, 'nodefs.available': disk } = observed ?? {};
  found.occupy({
    memoryBytes: (memory?.available ?? 0) - LEFT_BYTES.memory,
    diskBytes: (disk?.available ?? 0) - LEFT_BYTES.disk,
  });
}

const RECORDER = { user: ADMIN, agent: 'kubectl', actor: 'kubectl' };

const ACTS: readonly Act[] = [
  {
    pattern: /^the Pod (\S+) is deleted by force$/,
    run: (cluster, [, name = ''], _note, namespace) => {
      const deletion = cluster
        .client(RECORDER)
        .delete(Pod, namespace, name, { gracePeriodSeconds: 0 });
      cluster.kernel.spawn('delete pod', deletion);
    },
  },
  {
    pattern: /^the pause process of the Pod is killed/,
    run: (cluster, _match, _note, namespace) => {
      for (const { runtime } of cluster.machines.values()) {
        for (const pod of runtime.pods())
          if (pod.namespace === namespace) runtime.killSandbox(pod.uid);
      }
    },
  },
  {
    pattern: /^the kubelet of (\S+) is stopped/,
    run: (cluster, [, node = '']) => machine(cluster, node).stopKubelet(),
  },
  {
    pattern: /^the kubelet of (\S+) is (?:started|restarted)$/,
    run: (cluster, [, node = '']) => machine(cluster, node).restartKubelet(),
  },
  {
    pattern: /^the kubelet of (\S+) is started again with maxPods (\d+)$/,
    run: (cluster, [, node = '', pods]) =>
      machine(cluster, node).restartKubelet({ maxPods: Number(pods) }),
  },
  {
    pattern: /^the kubelet of (\S+) is started again with ([a-zA-Z.]+): "([^"]+)"$/,
    run: (cluster, [, node = '', signal = '', quantity = '']) => {
      const { info } = machine(cluster, node);
      const evictionHard = { ...info.settings.evictionHard, [signal]: quantity };
      machine(cluster, node).restartKubelet({ evictionHard });
    },
  },
  {
    pattern:
      /^the kubelet of (\S+) is started again with evictionHard (\S+) just below what is available now$/,
    run: (cluster, [, node = '', signal = '']) => {
      const found = machine(cluster, node);
      const { info, kubelet } = found;
      const name = signal === 'memory.available' ? signal : 'nodefs.available';
      const available = kubelet.observe()?.[name].available ?? 0;
      const quantity = `${Math.floor(available / MEBIBYTE) - BELOW_MEBIBYTES}Mi`;
      found.restartKubelet({ evictionHard: { ...info.settings.evictionHard, [signal]: quantity } });
    },
  },
  {
    // The recorder kept nothing else than node-2's settings changed.
    pattern: /^started again (?:without it|with the former thresholds)$/,
    run: (cluster) => {
      const { maxPods, evictionHard } = machine(cluster, 'node-1').info.settings;
      machine(cluster, 'node-2').restartKubelet({ maxPods, evictionHard });
    },
  },
  {
    pattern: /^the CNI configuration of (\S+) is removed$/,
    run: (cluster, [, node = '']) => writeNetwork(machine(cluster, node).files, null),
  },
  {
    pattern: /^the kubelet of (\S+) is started, no CNI configuration yet$/,
    run: (cluster, [, node = '']) => {
      // It joins for the first time.
      cluster.removeNode(node);
      const { kernel } = cluster;
      const client = cluster.client(RECORDER);
      kernel.spawn('delete node', client.delete(Node, '', node));
      kernel.spawn('delete lease', client.delete(Lease, 'kube-node-lease', node));
      cluster.addNode({ ...NODE, name: node });
      const joining = machine(cluster, node);
      joining.stopKubelet();
      writeNetwork(joining.files, null);
      kernel.after(JOIN_US, () => joining.restartKubelet(), { cause: 0, periodic: false });
    },
  },
  {
    pattern: /^the CNI configuration is written(?: again)?$/,
    run: (cluster) =>
      writeNetwork(machine(cluster, 'node-2').files, { subnet: podCidr(cluster, 'node-2') }),
  },
  {
    pattern: /^(\S+) gets a CNI range of two addresses$/,
    run: (cluster, [, node = '']) => {
      const subnet = podCidr(cluster, node);
      const address = (n: number): string => subnet.replace('0/24', String(n));
      const range = { subnet, rangeStart: address(200), rangeEnd: address(201) };
      writeNetwork(machine(cluster, node).files, range);
    },
  },
  {
    pattern: /^file (\S+) in the manifest folder of (\S+) is (written|removed)$/,
    run: (cluster, [, file = '', node = '', what], { text = '' }) => {
      const { files } = machine(cluster, node);
      const path = joinPath(MANIFESTS, file);
      const problem = what === 'removed' ? files.remove(path) : files.write(path, text, false);
      if (problem !== null) throw new Error(`${path}: ${problem}`);
    },
  },
];

/** Throws for what nothing here can do: the case is a miss then. */
export function act(cluster: Cluster, note: NodeNote, namespace: string): void {
  for (const { pattern, run } of ACTS) {
    const match = pattern.exec(note.note);
    if (!match) continue;
    run(cluster, match, note, namespace);
    return;
  }
  throw new Error(`nothing here can do this: ${note.note}`);
}

function podCidr(cluster: Cluster, name: string): string {
  const nodes = cluster.server.objects('', 'nodes', '') as readonly NodeObject[];
  return nodes.find((n) => n.metadata.name === name)?.spec.podCIDR ?? '';
}

function machine(cluster: Cluster, name: string): Machine {
  const found = cluster.machines.get(name);
  if (!found) throw new Error(`there is no node ${name}`);
  return found;
}

/** Pods that the recorder took away at once between its commands, without a note of it. */
export function untoldDeletions({ commands, podWatch = [] }: NodeCase): readonly NodeNote[] {
  const deletes = /\b(?:delete|drain|scale|replace)\b|--rm\b/;
  if (commands.some((c) => deletes.test(c.args ?? c.shell ?? ''))) return [];
  const seen = new Set<string>();
  const notes: NodeNote[] = [];
  for (const { at, object } of podWatch) {
    const { uid, name, deletionTimestamp, ownerReferences } = object.metadata;
    if (deletionTimestamp === undefined || seen.has(uid)) continue;
    seen.add(uid);
    // Others end a Pod with its grace period first.
    if (object.metadata.deletionGracePeriodSeconds !== 0 || ownerReferences) continue;
    notes.push({ at: at - DELETE_MS, note: `the Pod ${name} is deleted by force` });
  }
  return notes;
}
