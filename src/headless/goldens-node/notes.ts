/** What the recorder did to the nodes outside kubectl: the notes of a recording, done here. */
import type { Cluster } from '../../engine/cluster.ts';
import type { Machine } from '../../engine/node/machine.ts';
import type { NodeNote } from '../../testing/goldens-harness/node-case.ts';

interface Act {
  readonly pattern: RegExp;
  readonly run: (
    cluster: Cluster,
    match: RegExpExecArray,
    note: NodeNote,
    namespace: string,
  ) => void;
}

const ACTS: readonly Act[] = [
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
    run: (cluster, [, node = '']) => {
      machine(cluster, node).stopKubelet();
      machine(cluster, node).kubelet.start();
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

function machine(cluster: Cluster, name: string): Machine {
  const found = cluster.machines.get(name);
  if (!found) throw new Error(`there is no node ${name}`);
  return found;
}
