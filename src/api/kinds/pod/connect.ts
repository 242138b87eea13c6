/**
 * Subresources that lead into a Pod: log, exec, attach, portforward, proxy.
 *
 * Models: pkg/registry/core/pod strategy.go (LogLocation, ExecLocation, …) and rest/ (v1.36)
 */
import type { Node, Pod } from '../../generated/types.ts';
import type { AdmissionContext, ConnectRules, NodeConnect } from '../../meta/define-kind.ts';
import { goQuote } from '../../meta/go-text.ts';
import type { KubeObject } from '../../meta/object.ts';
import { portNumber, proxyTarget } from '../../meta/proxy-target.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import {
  type ApiError,
  badRequest,
  failure,
  invalid,
  notFound,
  plainError,
} from '../../meta/status.ts';
import { kubeletHost } from '../node/address.ts';

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
  if (query['sinceTime'] && query['sinceSeconds']) {
    errors.forbidden('', 'at most one of `sinceTime` or `sinceSeconds` may be specified');
  }
  if (query['stream'] && query['stream'][0] !== 'All') {
    errors.forbidden('stream', 'may not be specified');
  }
  if (!errors.none) throw invalid({ group: '', kind: 'PodLogOptions' }, name, errors.list);
}

/** The container meant: the one named, or the only one. */
function containerOf(pod: Pod, query: Query): string {
  const asked = query['container']?.[0] ?? '';
  const { containers } = pod.spec;
  const names = [
    ...(pod.spec.initContainers ?? []),
    ...containers,
    ...(pod.spec.ephemeralContainers ?? []),
  ].map((c) => c.name);
  const { name } = pod.metadata;
  if (asked !== '') {
    if (names.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  if (containers.length > 1) {
    throw badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`,
    );
  }
  return containers[0]?.name ?? '';
}

/** Refuses unless the Pod is on a node. */
function checkHost(pod: Pod): void {
  if (pod.spec.nodeName) return;
  throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
}

type Params = readonly (readonly [name: string, value: string])[];

function notAnswered(node: Node, method: string, path: string, params: Params): string {
  const host = kubeletHost(node);
  const query = [...params]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join('&');
  const url = `https://${host}${path}${query === '' ? '' : `?${query}`}`;
  return `${method} "${url}": ${notDialled(host)}`;
}

function notDialled(host: string): string {
  return `dial tcp ${host}: connect: connection refused`;
}

/** Upstream GenericHttpResponseChecker: the kubelet's own words, or those of its code. */
function refusedByKubelet(pod: string, code: number, text: string): ApiError {
  if (code === 400) return badRequest(text);
  const message = `the server could not find the requested resource ( pods/log ${pod})`;
  return failure(code, 'NotFound', message, { kind: 'pods/log', name: pod });
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

function intoContainer(what: string, kind: string): ConnectRules<Pod> {
  return {
    options(query) {
      const container = query['container']?.[0];
      const command = query['command'];
      const options = {
        kind,
        apiVersion: 'v1',
        // SetDefaults_PodExecOptions, SetDefaults_PodAttachOptions
        stdin: isSet(query, 'stdin'),
        stdout: query['stdout'] === undefined || isSet(query, 'stdout'),
        stderr: query['stderr'] === undefined || isSet(query, 'stderr'),
        tty: isSet(query, 'tty'),
        ...(container === undefined ? {} : { container }),
        ...(command === undefined ? {} : { command }),
      };
      return options as unknown as KubeObject;
    },
    upgrades: true,
    connect(pod, query, context) {
      const container = containerOf(pod, query);
      checkHost(pod);
      const { name, namespace = '' } = pod.metadata;
      const path = `/${what}/${namespace}/${name}/${container}`;
      return streamConnect(pod, path, streamParams(query), query['command'] ?? [], context);
    },
  };
}

/** Kubelets that take WebSockets themselves say so in the status of their node. */
const TAKES_WEBSOCKETS = 'ExtendWebSocketsToKubelet';

/** The kubelet's own words go to the client as they are: the API server only passes the bytes on. */
function streamConnect(
  pod: Pod,
  path: string,
  params: Params,
  command: readonly string[],
  context: AdmissionContext,
): NodeConnect {
  const { nodeName = '' } = pod.spec;
  const node = context.lookup('', 'nodes', '', nodeName) as Node | undefined;
  if (!node) throw notFound({ group: '', plural: 'nodes' }, nodeName);
  const query = Object.fromEntries(params.filter(([name]) => name !== 'command'));
  const takesWebSockets = node.status.declaredFeatures?.includes(TAKES_WEBSOCKETS) === true;
  const translated = `error sending request: ${notAnswered(node, 'Post', path, params)}`;
  return {
    dial: { node: nodeName, path, query, command },
    unreachable: plainError(`error dialing backend: ${notDialled(kubeletHost(node))}`),
    ...(takesWebSockets ? {} : { translated }),
  };
}

function firstPort({ spec }: Pod): number | undefined {
  return spec.containers.find(({ ports = [] }) => ports.length > 0)?.ports?.[0]?.containerPort;
}

export const podConnects: Readonly<Record<string, ConnectRules<Pod>>> = {
  attach: intoContainer('attach', 'PodAttachOptions'),
  exec: intoContainer('exec', 'PodExecOptions'),
  log: {
    isRead: true,
    validate: validateLogOptions,
    connect(pod, query, context) {
      const container = containerOf(pod, query);
      const { nodeName = '' } = pod.spec;
      if (nodeName === '') return { code: 204, text: '' };
      const node = context.lookup('', 'nodes', '', nodeName) as Node | undefined;
      if (!node) throw notFound({ group: '', plural: 'nodes' }, nodeName);
      const { name, namespace = '' } = pod.metadata;
      const params = logParams(query);
      const path = `/containerLogs/${namespace}/${name}/${container}`;
      return {
        dial: { node: nodeName, path, query: Object.fromEntries(params) },
        unreachable: plainError(notAnswered(node, 'Get', path, params)),
        refused: (code, text) => refusedByKubelet(name, code, text),
      };
    },
  },
  portforward: {
    upgrades: true,
    connect(pod, query, context) {
      checkHost(pod);
      const { name, namespace = '' } = pod.metadata;
      const ports = (query['ports'] ?? []).join(',');
      const params: Params = ports === '' ? [] : [['port', ports]];
      const path = `/portForward/${namespace}/${name}`;
      return streamConnect(pod, path, params, ports === '' ? [] : [ports], context);
    },
  },
  proxy: {
    nameOf(id) {
      const target = proxyTarget(id);
      if (!target) throw badRequest(`invalid pod request ${goQuote(id)}`);
      return target.name;
    },
    connect(pod, _query, context) {
      checkHost(pod);
      const address = pod.status.podIP;
      if (!address) throw badRequest('address not allowed');
      const asked = proxyTarget(context.name)?.port ?? '';
      const port = asked === '' ? (firstPort(pod) ?? 80) : portNumber(asked);
      if (port !== undefined) return { proxy: { address, port } };
      const why = `dial tcp: lookup tcp/${asked}: unknown port`;
      throw failure(503, 'ServiceUnavailable', `error trying to reach service: ${why}`);
    },
  },
};
