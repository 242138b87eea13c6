/**
 * Wanted beside seen: what the spec of an object asks for and what its status says, with what
 * differs marked. Controllers work until nothing differs.
 */

export interface GoalRow {
  /** Field of the status or the spec, or the name of a container. */
  readonly field: string;
  readonly wanted: string;
  readonly seen: string;
  readonly same: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/** Empty for kinds that have no goal to compare (ConfigMap, Secret, Event, …). */
export function goalRows(object: unknown): readonly GoalRow[] {
  const root = record(object);
  const spec = record(root['spec']);
  const status = record(root['status']);
  const rows: GoalRow[] = [];
  const generation = record(root['metadata'])['generation'];
  if (typeof spec['replicas'] === 'number') rows.push(...replicaRows(spec, status));
  if (Array.isArray(spec['containers'])) rows.push(...podRows(spec, status));
  if (typeof generation === 'number' && typeof status['observedGeneration'] === 'number') {
    rows.push(row('observedGeneration', generation, status['observedGeneration']));
  }
  return rows;
}

function replicaRows(spec: Json, status: Json): readonly GoalRow[] {
  const wanted = spec['replicas'];
  const counts = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'];
  return counts
    .filter((name) => name in status || name !== 'updatedReplicas')
    .map((name) => row(name, wanted, status[name] ?? 0));
}

function podRows(spec: Json, status: Json): readonly GoalRow[] {
  const rows: GoalRow[] = [];
  const node = spec['nodeName'];
  rows.push({
    field: 'nodeName',
    wanted: '*',
    seen: typeof node === 'string' ? node : '',
    same: typeof node === 'string' && node !== '',
  });
  rows.push(
    ...containerRows(spec['initContainers'], status['initContainerStatuses'], 'terminated'),
  );
  rows.push(...containerRows(spec['containers'], status['containerStatuses'], 'running'));
  return rows;
}

function containerRows(wanted: unknown, seen: unknown, goal: string): readonly GoalRow[] {
  const statuses = list(seen).map(record);
  return list(wanted)
    .map(record)
    .map((container) => {
      const name = String(container['name']);
      const sidecar = container['restartPolicy'] === 'Always';
      const target = sidecar ? 'running' : goal;
      const found = statuses.find((status) => status['name'] === name);
      const [state = '', detail] = Object.entries(record(found?.['state']))[0] ?? [];
      const reason = record(detail)['reason'];
      const text = typeof reason === 'string' ? `${state}: ${reason}` : state;
      const completed = record(detail)['exitCode'] === 0;
      const same = state === target && (target !== 'terminated' || completed);
      return { field: name, wanted: target, seen: text, same };
    });
}

function row(field: string, wanted: unknown, seen: unknown): GoalRow {
  return { field, wanted: String(wanted), seen: String(seen), same: wanted === seen };
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
