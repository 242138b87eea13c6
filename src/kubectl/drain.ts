/**
 * `kubectl cordon`, `kubectl uncordon` and `kubectl drain`: marks a node and asks the API server to evict
 * its Pods, again and again where a budget refuses.
 *
 * Models:     k8s.io/kubectl pkg/drain/{drain,filters,cordon}.go, pkg/cmd/drain (v1.36), with
 *             --ignore-daemonsets and --delete-emptydir-data
 * Simplified: the Pods are asked for one after the other in rounds of a second, not all at once
 */
import { controllerOf } from '../api/meta/owner-references.ts';
import type { Node, Pod } from '../api/generated/types.ts';
import type { ApiRequest, ApiResponse, CommandResult } from '../port/protocol.ts';
import type { Pause } from '../port/protocol-kubectl.ts';
import { bodyOf, errorText, request } from './rest.ts';

type Program = Generator<ApiRequest | Pause, CommandResult, ApiResponse>;

const ROUND_MS = 1_000; // interval of waitForDelete
const RETRY_ROUNDS = 5; // EvictErrorRetryDelay, five seconds
const MIRROR = 'kubernetes.io/config.mirror'; // corev1.MirrorPodAnnotationKey

/** What is printed while it goes on. */
interface Printed {
  out: string;
  err: string;
}

interface Leaving {
  readonly pod: Pod;
  /** Round in which it is asked for again; null: it goes, and is waited for. */
  askAt: number | null;
}

export function* cordon(node: string, on: boolean): Program {
  const printed: Printed = { out: '', err: '' };
  const failed = yield* mark(node, on, printed);
  return failed ?? ended(printed);
}

export function* drain(node: string, force: boolean, timeoutSeconds: number | null): Program {
  const printed: Printed = { out: '', err: '' };
  const failed = yield* mark(node, true, printed);
  if (failed) return failed;
  const answer = yield request('GET', '/api/v1/pods', null, {
    query: { fieldSelector: [`spec.nodeName=${node}`] },
  });
  if (answer.code >= 300) return refused(printed, node, errorText(answer));
  const chosen = choose((bodyOf(answer) as { readonly items: readonly Pod[] }).items, force);
  if (chosen.refusal !== '') return refused(printed, node, chosen.refusal);
  if (chosen.warning !== '') printed.err += `Warning: ${chosen.warning}\n`;
  const errors = yield* evictAll(chosen.pods, timeoutSeconds, printed);
  if (errors.length > 0) {
    const text = errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`;
    return refused(printed, node, text);
  }
  printed.out += `node/${node} drained\n`;
  return ended(printed);
}

/** Sets spec.unschedulable; null when it is as wanted. */
function* mark(
  name: string,
  on: boolean,
  printed: Printed,
): Generator<ApiRequest, CommandResult | null, ApiResponse> {
  const path = `/api/v1/nodes/${encodeURIComponent(name)}`;
  const found = yield request('GET', path);
  if (found.code >= 300) return failure(printed, errorText(found));
  const verb = on ? 'cordoned' : 'uncordoned';
  const node = bodyOf(found) as Node;
  if ((node.spec.unschedulable === true) === on) {
    printed.out += `node/${name} already ${verb}\n`;
    return null;
  }
  const patch = { spec: { unschedulable: on ? true : null } };
  const contentType = 'application/strategic-merge-patch+json';
  const answer = yield request('PATCH', path, patch, { contentType });
  if (answer.code >= 300) return failure(printed, errorText(answer));
  printed.out += `node/${name} ${verb}\n`;
  return null;
}

interface Chosen {
  readonly pods: readonly Pod[];
  readonly warning: string;
  readonly refusal: string;
}

/** Upstream's filters: mirror Pods and those of DaemonSets stay, ended ones go without asking. */
export function choose(pods: readonly Pod[], force: boolean): Chosen {
  const going: Pod[] = [];
  const daemons: string[] = [];
  const local: string[] = [];
  const alone: string[] = [];
  for (const pod of pods) {
    const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
    const { phase } = pod.status;
    const hasEnded = phase === 'Succeeded' || phase === 'Failed';
    const owner = controllerOf(pod);
    if (pod.metadata.annotations?.[MIRROR] !== undefined) continue;
    if (!hasEnded && owner?.kind === 'DaemonSet') {
      daemons.push(name);
      continue;
    }
    if (!hasEnded && pod.spec.volumes?.some((v) => v.emptyDir) === true) local.push(name);
    if (!hasEnded && !owner) alone.push(name);
    going.push(pod);
  }
  const said = (what: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`${what}: ${names.join(', ')}`];
  const warnings = [
    ...(force ? said('deleting Pods that declare no controller', alone) : []),
    ...said('deleting Pods with local storage', local),
    ...said('ignoring DaemonSet-managed Pods', daemons),
  ];
  const refusal = force
    ? ''
    : said('cannot delete Pods that declare no controller (use --force to override)', alone).join();
  return { pods: going, warning: warnings.join('; '), refusal };
}

/** Answers what went wrong, by Pod. */
function* evictAll(
  pods: readonly Pod[],
  timeoutSeconds: number | null,
  printed: Printed,
): Generator<ApiRequest | Pause, string[], ApiResponse> {
  const errors: string[] = [];
  let left: Leaving[] = pods.map((pod) => ({ pod, askAt: 0 }));
  for (let round = 0; left.length > 0; round++) {
    if (timeoutSeconds !== null && round * ROUND_MS >= timeoutSeconds * 1_000) {
      return [...errors, ...left.map(({ pod }) => timedOut(pod, timeoutSeconds))];
    }
    const staying: Leaving[] = [];
    for (const leaving of left) {
      const isGone =
        leaving.askAt === null
          ? yield* hasGone(leaving.pod)
          : leaving.askAt <= round && (yield* ask(leaving, round, printed, errors));
      if (!isGone) staying.push(leaving);
      else if (leaving.askAt === null) printed.out += `pod/${leaving.pod.metadata.name} evicted\n`;
    }
    left = staying;
    if (left.length > 0) yield { sleepMs: ROUND_MS };
  }
  return errors;
}

/** One request to evict; true when there is nothing more to wait for. */
function* ask(
  leaving: Leaving,
  round: number,
  printed: Printed,
  errors: string[],
): Generator<ApiRequest, boolean, ApiResponse> {
  const { namespace = '', name } = leaving.pod.metadata;
  printed.out += `evicting pod ${namespace}/${name}\n`;
  const answer = yield request('POST', `${pathOf(leaving.pod)}/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
  });
  if (answer.code < 300) {
    leaving.askAt = null;
    return false;
  }
  if (answer.code === 404) return true;
  const message = messageOf(answer);
  if (answer.code === 429) {
    printed.err += `error when evicting pods/"${name}" -n "${namespace}" (will retry after 5s): ${message}\n`;
    leaving.askAt = round + RETRY_ROUNDS;
    return false;
  }
  errors.push(`error when evicting pods/"${name}" -n "${namespace}": ${message}`);
  return true;
}

/** Not there any more, or another Pod of that name. */
function* hasGone(pod: Pod): Generator<ApiRequest, boolean, ApiResponse> {
  const answer = yield request('GET', pathOf(pod));
  if (answer.code === 404) return true;
  if (answer.code >= 300) return false;
  return (bodyOf(answer) as Pod).metadata.uid !== pod.metadata.uid;
}

function pathOf({ metadata }: Pod): string {
  const { namespace = '', name } = metadata;
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
}

function timedOut(pod: Pod, seconds: number): string {
  const { namespace = '', name } = pod.metadata;
  const minutes = Math.floor(seconds / 60);
  const text = `${minutes > 0 ? `${minutes}m` : ''}${seconds % 60}s`;
  return `error when evicting pods/"${name}" -n "${namespace}": global timeout reached: ${text}`;
}

function messageOf(answer: ApiResponse): string {
  const status = bodyOf(answer) as { readonly message?: string } | string;
  return typeof status === 'string' ? status : (status.message ?? '');
}

function refused(printed: Printed, node: string, why: string): CommandResult {
  return failure(
    printed,
    `error: unable to drain node "${node}" due to error: ${why}, continuing command...\nThere are pending nodes to be drained:\n ${node}\n${why}`,
    why,
  );
}

function failure(printed: Printed, text: string, message = text): CommandResult {
  return {
    stdout: printed.out,
    stderr: `${printed.err}${text}\n`,
    exitCode: 1,
    problems: [{ severity: 'error', message }],
  };
}

function ended({ out, err }: Printed): CommandResult {
  return { stdout: out, stderr: err, exitCode: 0, problems: [] };
}
