// All or nothing: the Pods of a PodGroup start when all of them can run.
//
// A Pod joins a group by a label and comes with a scheduling gate, so the scheduler leaves it alone.
// When the group is complete and there is room for every Pod, the gates of all are taken off together.

const GROUP = 'kubeglass.dev/v1/PodGroup';
const LABEL = 'kubeglass.dev/pod-group';
const GATE = 'kubeglass.dev/pod-group';

interface PodGroup extends KubeObject {
  readonly spec: { readonly minMember: number };
  readonly status?: { readonly phase?: string; readonly message?: string };
}

interface Pod extends KubeObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly schedulingGates?: readonly { readonly name: string }[];
    readonly containers: readonly {
      readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
    }[];
  };
  readonly status?: { readonly phase?: string };
}

interface Node extends KubeObject {
  readonly spec: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly effect: string }[];
  };
  readonly status: {
    readonly allocatable: Readonly<Record<string, string>>;
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
  };
}

interface Room {
  cpu: number;
  memory: number;
  pods: number;
}

export default defineController({
  for: GROUP,
  watches: [
    {
      kind: 'v1/Pod',
      wakes: (pod) => {
        const name = pod.metadata.labels?.[LABEL];
        return name ? [{ namespace: pod.metadata.namespace, name }] : [];
      },
    },
    // A node that comes or goes may be what every group waits for.
    { kind: 'v1/Node' },
  ],

  async reconcile(request, { client, event, log, note }) {
    const group = await client.get<PodGroup>(GROUP, request);
    if (!group || group.metadata.deletionTimestamp) return;

    const members = await client.list<Pod>('v1/Pod', {
      namespace: request.namespace,
      labels: { [LABEL]: request.name },
    });
    const alive = members.filter(isAlive);
    const gated = alive.filter(isGated);
    const { minMember } = group.spec;
    note(`${minMember} Pods, all at once`, `${alive.length} Pods, ${gated.length} of them gated`);

    if (gated.length === 0 && alive.length >= minMember) {
      return setStatus(client, group, 'Started', `${alive.length} Pods have been let go`);
    }
    if (alive.length < minMember) {
      const missing = `${alive.length} of ${minMember} Pods are there`;
      return setStatus(client, group, 'Pending', missing);
    }

    const fitting = await countFitting(client, gated);
    if (fitting < gated.length) {
      const message = `there is room for ${fitting} of ${gated.length} Pods`;
      await setStatus(client, group, 'Waiting', message);
      // Room may also come from Pods that are none of ours: look again.
      return { requeueAfter: 15 };
    }

    log(`letting go ${gated.length} Pods of ${request.name}`);
    await Promise.all(
      gated.map((pod) =>
        client.patch('v1/Pod', pod.metadata, {
          spec: {
            schedulingGates: (pod.spec.schedulingGates ?? []).filter((gate) => gate.name !== GATE),
          },
        }),
      ),
    );
    event(group, 'Normal', 'GroupStarted', `All ${gated.length} Pods can run: gates removed`);
    await setStatus(client, group, 'Started', `${alive.length} Pods have been let go`);
  },
});

function isAlive(pod: Pod): boolean {
  const { phase } = pod.status ?? {};
  return !pod.metadata.deletionTimestamp && phase !== 'Succeeded' && phase !== 'Failed';
}

function isGated(pod: Pod): boolean {
  return (pod.spec.schedulingGates ?? []).some((gate) => gate.name === GATE);
}

/** How many of |wanted| fit on the nodes at the same time, each where there is room first. */
async function countFitting(client: Client, wanted: readonly Pod[]): Promise<number> {
  const [nodes, pods] = await Promise.all([
    client.list<Node>('v1/Node'),
    client.list<Pod>('v1/Pod'),
  ]);
  const rooms = new Map<string, Room>();
  for (const node of nodes) {
    const isReady = node.status.conditions.some((c) => c.type === 'Ready' && c.status === 'True');
    const isTainted = (node.spec.taints ?? []).some((t) => t.effect !== 'PreferNoSchedule');
    if (!isReady || isTainted || node.spec.unschedulable) continue;
    const { cpu = '0', memory = '0', pods: count = '0' } = node.status.allocatable;
    rooms.set(node.metadata.name, {
      cpu: cores(cpu),
      memory: bytes(memory),
      pods: Number(count),
    });
  }
  const running = pods.filter(isAlive);
  for (const pod of running) take(rooms.get(pod.spec.nodeName ?? ''), pod);
  // Pods on their way to a node need their room too.
  const coming = running.filter((pod) => !pod.spec.nodeName && !pod.spec.schedulingGates?.length);
  for (const pod of coming) place(rooms, pod);
  return wanted.filter((pod) => place(rooms, pod)).length;
}

function place(rooms: Map<string, Room>, pod: Pod): boolean {
  const need = needOf(pod);
  for (const room of rooms.values()) {
    if (room.cpu < need.cpu || room.memory < need.memory || room.pods < 1) continue;
    take(room, pod);
    return true;
  }
  return false;
}

function take(room: Room | undefined, pod: Pod): void {
  if (!room) return;
  const { cpu, memory } = needOf(pod);
  room.cpu -= cpu;
  room.memory -= memory;
  room.pods -= 1;
}

function needOf(pod: Pod): { cpu: number; memory: number } {
  let cpu = 0;
  let memory = 0;
  for (const { resources } of pod.spec.containers) {
    cpu += cores(resources?.requests?.['cpu'] ?? '0');
    memory += bytes(resources?.requests?.['memory'] ?? '0');
  }
  return { cpu, memory };
}

/** `250m` and `2` in thousandths of a core. */
function cores(quantity: string): number {
  return quantity.endsWith('m') ? Number(quantity.slice(0, -1)) : Number(quantity) * 1000;
}

/** `64Mi`, `1G`, `500` in bytes. */
function bytes(quantity: string): number {
  const [, number = '0', unit = ''] = /^([0-9.]+)([A-Za-z]*)$/.exec(quantity) ?? [];
  const power = ' KMGTP'.indexOf((unit[0] ?? ' ').toUpperCase());
  return Number(number) * (unit.endsWith('i') ? 1024 : 1000) ** power;
}

/** Writes the status only when it says something else: a write would wake this very object again. */
async function setStatus(
  client: Client,
  group: PodGroup,
  phase: string,
  message: string,
): Promise<void> {
  if (group.status?.phase === phase && group.status.message === message) return;
  await client.updateStatus({ ...group, status: { phase, message } });
}
