/**
 * Subresources that lead into a Pod: log, exec, attach, portforward, proxy.
 *
 * Models:     pkg/registry/core/pod strategy.go (LogLocation, ExecLocation, …) and rest/ (v1.36)
 * Simplified: streams over REST come with the full API; what a Pod on a node would answer is
 *             refused by name
 */
import type { Pod } from '../../generated/types.ts';
import type { ConnectAnswer, ConnectRules } from '../../meta/define-kind.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import { badRequest, failure, invalid } from '../../meta/status.ts';

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
function checkContainer(pod: Pod, query: Query): void {
  const asked = query['container']?.[0] ?? '';
  const names = [
    ...(pod.spec.initContainers ?? []),
    ...pod.spec.containers,
    ...(pod.spec.ephemeralContainers ?? []),
  ].map((c) => c.name);
  const { name } = pod.metadata;
  if (asked !== '') {
    if (names.includes(asked)) return;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  if (names.length > 1) {
    throw badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`,
    );
  }
}

function needsHost(pod: Pod): ConnectAnswer {
  if (!pod.spec.nodeName) {
    throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  }
  throw notSimulated();
}

function notSimulated(): Error {
  return failure(501, 'NotImplemented', 'streams into Pods over REST are not simulated yet');
}

const intoContainer: ConnectRules<Pod> = {
  connect(pod, query) {
    checkContainer(pod, query);
    return needsHost(pod);
  },
};

export const podConnects: Readonly<Record<string, ConnectRules<Pod>>> = {
  attach: intoContainer,
  exec: intoContainer,
  log: {
    validate: validateLogOptions,
    connect(pod, query) {
      checkContainer(pod, query);
      if (pod.spec.nodeName) throw notSimulated();
      return { code: 204, text: '' };
    },
  },
  portforward: { connect: needsHost },
  proxy: { connect: needsHost },
};
