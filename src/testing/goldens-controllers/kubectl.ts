/**
 * The few kubectl commands that the recordings of controllers use, as the requests they come down
 * to. The real command line has tests of its own.
 */
import type { ReplicaSet as ReplicaSetObject } from '../../api/generated/types.ts';
import { DaemonSet } from '../../api/kinds/daemon-set.ts';
import { Deployment } from '../../api/kinds/deployment.ts';
import { Job } from '../../api/kinds/job.ts';
import { CronJob } from '../../api/kinds/cron-job.ts';
import { ControllerRevision } from '../../api/kinds/controller-revision.ts';
import { Node } from '../../api/kinds/node.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { ReplicaSet } from '../../api/kinds/replica-set.ts';
import { ReplicationController } from '../../api/kinds/replication-controller.ts';
import { StatefulSet } from '../../api/kinds/stateful-set.ts';
import type { Kind } from '../../api/meta/define-kind.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { controllerOf } from '../../api/meta/owner-references.ts';
import type { ControlPlane } from '../stand-in/control-plane.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const HASH = 'pod-template-hash';
const CASCADES = { foreground: 'Foreground', orphan: 'Orphan', background: 'Background' } as const;

const KINDS: Readonly<Record<string, Kind<KubeObject>>> = {
  cronjob: CronJob as unknown as Kind<KubeObject>,
  deploy: Deployment as unknown as Kind<KubeObject>,
  ds: DaemonSet as unknown as Kind<KubeObject>,
  job: Job as unknown as Kind<KubeObject>,
  node: Node as unknown as Kind<KubeObject>,
  pod: Pod as unknown as Kind<KubeObject>,
  rc: ReplicationController as unknown as Kind<KubeObject>,
  rs: ReplicaSet as unknown as Kind<KubeObject>,
  sts: StatefulSet as unknown as Kind<KubeObject>,
};

function kindOf(word: string): Kind<KubeObject> {
  return (
    KINDS[word.replace(/^deployment$/, 'deploy')] ?? (Deployment as unknown as Kind<KubeObject>)
  );
}

/** Words after `kubectl -n NAMESPACE`. Answers false for a command it does not know. */
export function kubectl(plane: ControlPlane, namespace: string, words: readonly string[]): boolean {
  const [command = '', ...rest] = words;
  const flags = new Map(
    rest
      .filter((w) => w.startsWith('--'))
      .map((w) => [w.split('=')[0] ?? '', w.split('=')[1] ?? '']),
  );
  const args = rest.filter((w) => !w.startsWith('--'));
  const target = args.find((w) => w.includes('/')) ?? 'deploy/web';
  const [kind = '', name = ''] = target.split('/');
  const patch = (spec: object): void => {
    plane.do(plane.admin.patch(kindOf(kind), namespace, name, spec, { type: 'strategic' }));
  };
  switch (command) {
    case 'get':
    case 'describe':
      return true;
    case 'create':
      if (args[0] === 'job') {
        createJob(plane, namespace, args[1] ?? '', (flags.get('--from') ?? '').split('/')[1] ?? '');
        return true;
      }
      create(plane, namespace, args[1] ?? '', flags);
      return true;
    case 'set': {
      const [container = '', image = ''] = (args[2] ?? '').split('=');
      patch({ spec: { template: { spec: { containers: [{ name: container, image }] } } } });
      return true;
    }
    case 'annotate': {
      const [key = '', value = ''] = (args[1] ?? '').split('=');
      patch({ metadata: { annotations: { [key]: value } } });
      return true;
    }
    case 'scale': {
      const replicas = Number(flags.get('--replicas'));
      const spec = { spec: { replicas } };
      plane.do(plane.admin.patch(kindOf(kind), namespace, name, spec, { type: 'merge' }));
      return true;
    }
    case 'rollout':
      if (args[0] === 'undo' && kind !== 'deploy' && kind !== 'deployment') {
        undoRevision(plane, namespace, kindOf(kind), name);
        return true;
      }
      return rollout(plane, namespace, args[0] ?? '', flags, patch);
    case 'delete':
      for (const each of args.slice(1)) remove(plane, namespace, args[0] ?? '', each, flags);
      if (args.length === 1) remove(plane, namespace, args[0] ?? '', '', flags);
      return true;
    case 'cordon':
    case 'uncordon': {
      const unschedulable = command === 'cordon' ? true : null;
      const node = args[0] ?? '';
      plane.do(plane.admin.patch(Node, '', node, { spec: { unschedulable } }, { type: 'merge' }));
      return true;
    }
    case 'taint':
      taint(plane, args[1] ?? '', args[2] ?? '');
      return true;
    default:
      return false;
  }
}

function create(
  plane: ControlPlane,
  namespace: string,
  name: string,
  flags: ReadonlyMap<string, string>,
): void {
  const labels = { app: name };
  const image = flags.get('--image') ?? '';
  plane.do(
    plane.admin.create(Deployment, {
      metadata: { name, namespace, labels },
      spec: {
        replicas: Number(flags.get('--replicas')),
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: image.split(':')[0] ?? '', image, resources: {} }] },
        },
      },
    }),
  );
}

/** A Job as the CronJob |from| makes them, now. */
function createJob(plane: ControlPlane, namespace: string, name: string, from: string): void {
  const cj = plane.do(plane.admin.get(CronJob, namespace, from));
  const { metadata, spec } = cj.spec.jobTemplate;
  const annotations = { ...metadata.annotations, 'cronjob.kubernetes.io/instantiate': 'manual' };
  const labels = metadata.labels ? { labels: metadata.labels } : {};
  const ownerReferences = [
    { apiVersion: 'batch/v1', kind: 'CronJob', name: from, uid: cj.metadata.uid, controller: true },
  ];
  plane.do(
    plane.admin.create(Job, {
      metadata: { name, namespace, annotations, ...labels, ownerReferences },
      spec,
    }),
  );
}

function rollout(
  plane: ControlPlane,
  namespace: string,
  what: string,
  flags: ReadonlyMap<string, string>,
  patch: (spec: object) => void,
): boolean {
  switch (what) {
    case 'status':
    case 'history':
      return true;
    case 'pause':
    case 'resume':
      patch({ spec: { paused: what === 'pause' ? true : null } });
      return true;
    case 'restart': {
      const restartedAt = new Date(plane.kernel.nowMs).toISOString();
      const annotations = { 'kubectl.kubernetes.io/restartedAt': restartedAt };
      patch({ spec: { template: { metadata: { annotations } } } });
      return true;
    }
    case 'undo':
      undo(plane, namespace, Number(flags.get('--to-revision') ?? 0));
      return true;
    default:
      return false;
  }
}

/** To |revision|, or to the one before the present when it is 0. What cannot be undone is left alone. */
function undo(plane: ControlPlane, namespace: string, revision: number): void {
  const d = plane.do(plane.admin.get(Deployment, namespace, 'web'));
  const sets = plane
    .do(plane.admin.list(ReplicaSet, { namespace }))
    .items.filter((rs) => controllerOf(rs)?.uid === d.metadata.uid);
  const revisionOf = (rs: ReplicaSetObject): number =>
    Number(rs.metadata.annotations?.[REVISION] ?? 0);
  const sorted = [...sets].sort((a, b) => revisionOf(b) - revisionOf(a));
  const target = revision === 0 ? sorted[1] : sorted.find((rs) => revisionOf(rs) === revision);
  if (!target || d.spec.paused) return;
  const { [HASH]: _hash, ...labels } = target.spec.template.metadata.labels ?? {};
  const metadata = { ...target.spec.template.metadata, labels };
  const template = { ...target.spec.template, metadata };
  const kept = Object.entries(d.metadata.annotations ?? {}).filter(([k]) =>
    k.startsWith('deployment.'),
  );
  const taken = Object.entries(target.metadata.annotations ?? {}).filter(
    ([k]) => !k.startsWith('deployment.'),
  );
  const annotations = Object.fromEntries([...taken, ...kept]);
  plane.do(
    plane.admin.update(Deployment, {
      ...d,
      metadata: { ...d.metadata, annotations },
      spec: { ...d.spec, template },
    }),
  );
}

/** Back to the revision before the newest, as for StatefulSets and DaemonSets. */
function undoRevision(
  plane: ControlPlane,
  namespace: string,
  kind: Kind<KubeObject>,
  name: string,
): void {
  const owner = plane.do(plane.admin.get(kind, namespace, name));
  const revisions = plane
    .do(plane.admin.list(ControllerRevision, { namespace }))
    .items.filter((r) => controllerOf(r)?.uid === owner.metadata.uid)
    .sort((a, b) => b.revision - a.revision);
  const patch = revisions[1]?.data;
  plane.do(plane.admin.patch(kind, namespace, name, patch, { type: 'strategic' }));
}

function remove(
  plane: ControlPlane,
  namespace: string,
  kind: string,
  name: string,
  flags: ReadonlyMap<string, string>,
): void {
  const cascade = flags.get('--cascade') as keyof typeof CASCADES | undefined;
  const propagationPolicy = CASCADES[cascade ?? 'background'];
  const options = { propagationPolicy };
  if (kind === 'pod') {
    const forced = flags.has('--force') ? { gracePeriodSeconds: 0 } : {};
    plane.do(plane.admin.delete(Pod, namespace, name, forced));
  } else if (kind === 'rs') {
    for (const rs of plane.do(plane.admin.list(ReplicaSet, { namespace })).items) {
      plane.do(plane.admin.delete(ReplicaSet, namespace, rs.metadata.name, options));
    }
  } else {
    plane.do(plane.admin.delete(kindOf(kind), namespace, name, options));
  }
}

/** `k=v:NoExecute`, or `k-` to take it off. */
function taint(plane: ControlPlane, name: string, text: string): void {
  const node = plane.do(plane.admin.get(Node, '', name));
  const key = text.replace(/[=:-].*$/, '');
  const others = (node.spec.taints ?? []).filter((t) => t.key !== key);
  const match = /^[^=]+=([^:]*):(.+)$/.exec(text);
  const taints = match
    ? [...others, { key, value: match[1] ?? '', effect: match[2] as 'NoExecute' }]
    : others;
  plane.do(plane.admin.update(Node, { ...node, spec: { ...node.spec, taints } }));
}
