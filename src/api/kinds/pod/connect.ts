/**
 * Subresources that lead into a Pod: log, exec, attach, portforward, proxy.
 *
 * Models:     pkg/registry/core/pod strategy.go (LogLocation, ExecLocation, …) and rest/ (v1.36)
 * Simplified: streams over REST come with the full API; what a Pod on a node would answer is
 *             refused by name
 */
import type { Node, Pod } from '../../generated/types.ts';
import type { AdmissionContext, ConnectAnswer, ConnectRules } from '../../meta/define-kind.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import { badRequest, failure, internalError, invalid, plainError } from '../../meta/status.ts';
import { addressOf, isLoopback } from '../node/address.ts';

type Query = Readonly<Record<string, readonly string[]>>;

/** Options of `log` in the order in which upstream looks at them, with their least value. */
const LOG_NUMBERS = [
  ['tailLines', 0],
  ['limitBytes', 1],
  ['sinceSeconds', 1],
] as const;

function validateLogOptions(name: string, query: Query): void {
  const errors = new FieldErrors();
  for (const [field, least] of LOG_NUMBERS) {
    const text = query[field]?.[0];
    if (text === undefined) continue;
    const value = Number(text);
    if (value >= least) continue;
    const detail = least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0';
    errors.invalid(field, value, detail);
  }
  if (!errors.none) throw invalid({ group: '', kind: 'PodLogOptions' }, name, errors.list);
}

/** The container meant: the one named, or the only one. */
function containerOf(pod: Pod, query: Query): string {
  const asked = query['container']?.[0] ?? '';
  const names = [
    ...(pod.spec.initContainers ?? []),
    ...pod.spec.containers,
    ...(pod.spec.ephemeralContainers ?? []),
  ].map((c) => c.name);
  const { name } = pod.metadata;
  if (asked !== '') {
    if (names.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  if (names.length > 1) {
    throw badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`,
    );
  }
  return names[0] ?? '';
}

/** Refuses unless the Pod is on a node. */
function checkHost(pod: Pod): void {
  if (pod.spec.nodeName) return;
  throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
}

function notSimulated(): Error {
  return failure(501, 'NotImplemented', 'streams into Pods over REST are not simulated yet');
}

/**
 * What dialling the kubelet of the Pod's node comes to, where that is known: on the API server's own
 * machine nobody listens. '' = a kubelet is there.
 */
function refusal(
  pod: Pod,
  what: string,
  container: string,
  params: readonly (readonly [name: string, value: string])[],
  context: AdmissionContext,
): string {
  const node = context.lookup('', 'nodes', '', pod.spec.nodeName ?? '') as Node | undefined;
  if (!node || !isLoopback(node)) return '';
  const { name, namespace = '' } = pod.metadata;
  const host = `${addressOf(node)}:${node.status.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250}`;
  const query = [...params]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join('&');
  const path = `/${what}/${namespace}/${name}/${container}${query === '' ? '' : `?${query}`}`;
  const method = what === 'containerLogs' ? 'Get' : 'Post';
  return `${method} "https://${host}${path}": dial tcp ${host}: connect: connection refused`;
}

const LOG_FLAGS = ['follow', 'previous', 'timestamps'];
const LOG_VALUES = ['sinceSeconds', 'sinceTime', 'tailLines', 'limitBytes'];

function logParams(query: Query): [string, string][] {
  const params: [string, string][] = [];
  for (const flag of LOG_FLAGS) if (isSet(query, flag)) params.push([flag, 'true']);
  for (const name of LOG_VALUES) {
    const value = query[name]?.[0];
    if (value !== undefined) params.push([name, value]);
  }
  return params;
}

/** Names in the kubelet's API, pkg/apis/core ExecStdinParam and its siblings. */
const STREAMS = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' } as const;

function streamParams(query: Query): [string, string][] {
  const params = (query['command'] ?? []).map((word): [string, string] => ['command', word]);
  for (const [name, param] of Object.entries(STREAMS)) {
    if (isSet(query, name)) params.push([param, '1']);
  }
  return params;
}

function isSet(query: Query, name: string): boolean {
  const value = query[name]?.[0];
  return value !== undefined && value !== 'false' && value !== '0';
}

function intoContainer(what: string): ConnectRules<Pod> {
  return {
    connect(pod, query, context) {
      const container = containerOf(pod, query);
      checkHost(pod);
      const refused = refusal(pod, what, container, streamParams(query), context);
      if (refused !== '') throw internalError(`error sending request: ${refused}`);
      throw notSimulated();
    },
  };
}

export const podConnects: Readonly<Record<string, ConnectRules<Pod>>> = {
  attach: intoContainer('attach'),
  exec: intoContainer('exec'),
  log: {
    validate: validateLogOptions,
    connect(pod, query, context) {
      const container = containerOf(pod, query);
      if (!pod.spec.nodeName) return { code: 204, text: '' };
      const refused = refusal(pod, 'containerLogs', container, logParams(query), context);
      if (refused !== '') throw plainError(refused);
      throw notSimulated();
    },
  },
  portforward: {
    connect(pod): ConnectAnswer {
      checkHost(pod);
      throw notSimulated();
    },
  },
  proxy: {
    connect(pod): ConnectAnswer {
      checkHost(pod);
      if (!pod.status.podIP) throw badRequest('address not allowed');
      throw notSimulated();
    },
  },
};
