/**
 * `kubectl rollout restart|pause|resume|undo` and `kubectl set image` of a Deployment.
 *
 * Models:     k8s.io/kubectl pkg/cmd/rollout, pkg/cmd/set/set_image.go, pkg/polymorphichelpers
 *             {objectrestarter,objectpauser,objectresumer,rollback}.go (v1.36)
 * Simplified: of workloads only Deployments; undo goes to the revision before
 */
import type { Deployment, PodTemplateSpec, ReplicaSet } from '../api/generated/types.ts';
import { controllerOf } from '../api/meta/owner-references.ts';
import { equalJson } from '../api/meta/json.ts';
import { rfc3339 } from '../api/meta/time.ts';
import type { ApiRequest, ApiResponse, CommandResult } from '../port/protocol.ts';
import type { RolloutAct } from '../port/protocol-kubectl.ts';
import { bodyOf, errorText, request } from './rest.ts';

type Program = Generator<ApiRequest, CommandResult, ApiResponse>;

const STRATEGIC = 'application/strategic-merge-patch+json';
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
const REVISION = 'deployment.kubernetes.io/revision';
const HASH = 'pod-template-hash';
/** Kept as the Deployment has them: annotationsToSkip of rollback.go. */
const NOT_ROLLED_BACK: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
]);

export function* rollout(act: RolloutAct, ref: string, nowMs: number): Program {
  const found = yield* deploymentOf(ref);
  if (!('deployment' in found)) return found;
  const { deployment, path } = found;
  const { name } = deployment.metadata;
  const isPaused = deployment.spec.paused === true;
  switch (act) {
    case 'undo':
      return yield* undo(deployment, path);
    case 'pause':
      if (isPaused) return failed(`error: deployments.apps "${name}" is already paused`);
      return yield* change(path, { spec: { paused: true } }, `deployment.apps/${name} paused`);
    case 'resume':
      if (!isPaused) return failed(`error: deployments.apps "${name}" is not paused`);
      return yield* change(path, { spec: { paused: null } }, `deployment.apps/${name} resumed`);
    case 'restart': {
      if (isPaused) {
        return failed(
          `error: deployments.apps "${name}" can't restart paused deployment (run rollout resume first)`,
        );
      }
      const annotations = { [RESTARTED_AT]: rfc3339(nowMs) };
      const patch = { spec: { template: { metadata: { annotations } } } };
      return yield* change(path, patch, `deployment.apps/${name} restarted`);
    }
  }
}

export function* setImage(ref: string, container: string, image: string): Program {
  const found = yield* deploymentOf(ref);
  if (!('deployment' in found)) return found;
  const { deployment, path } = found;
  const { name } = deployment.metadata;
  const { spec } = deployment.spec.template;
  const isInit = spec.initContainers?.some((c) => c.name === container) === true;
  if (!isInit && !spec.containers.some((c) => c.name === container)) {
    return failed(`error: unable to find container named "${container}"`);
  }
  const field = isInit ? 'initContainers' : 'containers';
  const patch = { spec: { template: { spec: { [field]: [{ name: container, image }] } } } };
  return yield* change(path, patch, `deployment.apps/${name} image updated`);
}

type Found = { readonly deployment: Deployment; readonly path: string } | CommandResult;

function* deploymentOf(ref: string): Generator<ApiRequest, Found, ApiResponse> {
  const [kind = '', namespace = '', name = ''] = ref.split('/');
  if (kind !== 'Deployment') return failed(`error: ${kind} "${name}" cannot be rolled out here`);
  const path = `${base(namespace)}/deployments/${encodeURIComponent(name)}`;
  const answer = yield request('GET', path);
  if (answer.code >= 300) return failed(errorText(answer));
  return { deployment: bodyOf(answer) as Deployment, path };
}

function* change(path: string, patch: object, text: string): Program {
  const answer = yield request('PATCH', path, patch, { contentType: STRATEGIC });
  if (answer.code >= 300) return failed(errorText(answer));
  return { stdout: `${text}\n`, stderr: '', exitCode: 0, problems: [] };
}

function* undo(deployment: Deployment, path: string): Program {
  const { name, namespace = '', annotations = {} } = deployment.metadata;
  const answer = yield request('GET', `${base(namespace)}/replicasets`);
  if (answer.code >= 300) return failed(errorText(answer));
  const sets = (bodyOf(answer) as { readonly items: readonly ReplicaSet[] }).items.filter(
    (rs) => controllerOf(rs)?.uid === deployment.metadata.uid,
  );
  const previous = [...sets].sort((a, b) => revisionOf(b) - revisionOf(a))[1];
  if (!previous) return failed(`error: no rollout history found for deployment "${name}"`);
  if (deployment.spec.paused === true) {
    return failed(
      "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
    );
  }
  const template = withoutHash(previous.spec.template);
  if (equalJson(template, withoutHash(deployment.spec.template))) {
    return failed(
      `deployment.apps/${name} skipped rollback (current template already matches revision 0)`,
    );
  }
  const kept = Object.entries(annotations).filter(([key]) => NOT_ROLLED_BACK.has(key));
  const back = Object.entries(previous.metadata.annotations ?? {});
  const restored = back.filter(([key]) => !NOT_ROLLED_BACK.has(key));
  const patch = [
    { op: 'replace', path: '/spec/template', value: template },
    {
      op: 'replace',
      path: '/metadata/annotations',
      value: Object.fromEntries([...kept, ...restored]),
    },
  ];
  const contentType = 'application/json-patch+json';
  const done = yield request('PATCH', path, patch, { contentType });
  if (done.code >= 300) return failed(errorText(done));
  return { stdout: `deployment.apps/${name} rolled back\n`, stderr: '', exitCode: 0, problems: [] };
}

function revisionOf(rs: ReplicaSet): number {
  return Number(rs.metadata.annotations?.[REVISION] ?? -1);
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { labels = {}, ...rest } = template.metadata;
  const { [HASH]: _hash, ...others } = labels;
  return { ...template, metadata: { ...rest, labels: others } };
}

function base(namespace: string): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}`;
}

function failed(message: string): CommandResult {
  return {
    stdout: '',
    stderr: `${message}\n`,
    exitCode: 1,
    problems: [{ severity: 'error', message }],
  };
}
