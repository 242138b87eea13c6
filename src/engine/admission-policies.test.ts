import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../api/meta/utf8.ts';
import { MICROS_PER_SECOND } from '../kernel/kernel.ts';
import { handle } from './apiserver/rest/handle.ts';
import { Cluster } from './cluster.ts';

const API = 'admissionregistration.k8s.io/v1';
const GROUP = `/apis/${API}`;
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

const rule = (group: string, resource: string, more: object = {}) => ({
  resourceRules: [
    {
      apiGroups: [group],
      apiVersions: ['v1'],
      operations: ['*'],
      resources: [resource],
      ...more,
    },
  ],
});
/** Operations that mutating policies may name. */
const WRITES = { operations: ['CREATE', 'UPDATE'] };

interface Answer {
  readonly code: number;
  readonly warnings: string;
  readonly body: Body;
}

/** The parts of answers that are looked at. */
interface Body {
  readonly message?: string;
  readonly reason?: string;
  readonly status?: unknown;
  readonly metadata?: { readonly labels?: unknown };
  readonly spec?: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly name: string;
          readonly terminationMessagePath?: string;
        }[];
      };
    };
  };
}

type Send = (method: string, path: string, body?: unknown) => Answer;

function sender({ kernel, server }: Cluster): Send {
  return (method, path, body) => {
    let answer: Answer | undefined;
    const request = {
      method,
      path,
      query: {},
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? null : encodeUtf8(JSON.stringify(body)),
    };
    kernel.spawn('request', handle(server, request), { joined: true }).subscribe({
      kernel,
      wake: (value) => {
        const {
          code,
          body: bytes,
          headers,
        } = value as {
          code: number;
          body: Uint8Array;
          headers: Record<string, string | readonly string[]>;
        };
        const text = decodeUtf8(bytes);
        const warnings = String(headers['warning'] ?? '');
        answer = { code, warnings, body: JSON.parse(text) as Body };
      },
      wakeError: (error) => {
        throw error;
      },
    });
    kernel.runUntil(() => answer !== undefined);
    return answer as Answer;
  };
}

function cluster() {
  const made = new Cluster({ seed: 1, epoch: '2026-01-01T00:00:00Z', nodes: [], stopped: [] });
  const { kernel } = made;
  const send = sender(made);
  const make = (path: string, kind: string, name: string, spec: object): void => {
    const answer = send('POST', `${GROUP}/${path}`, {
      apiVersion: API,
      kind,
      metadata: { name },
      spec,
    });
    expect(answer.body.message ?? '').toBe('');
    expect(answer.code).toBe(201);
  };
  return {
    send,
    wait: (seconds: number) => kernel.runUntil(kernel.now + seconds * MICROS_PER_SECOND),
    validating: (name: string, spec: object, binding: object = {}): void => {
      make('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', name, spec);
      make('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', name, {
        policyName: name,
        validationActions: ['Deny'],
        ...binding,
      });
    },
    mutating: (name: string, spec: object, binding: object = {}): void => {
      make('mutatingadmissionpolicies', 'MutatingAdmissionPolicy', name, {
        reinvocationPolicy: 'Never',
        ...spec,
      });
      make('mutatingadmissionpolicybindings', 'MutatingAdmissionPolicyBinding', name, {
        policyName: name,
        ...binding,
      });
    },
    configMap: (name: string, more: object = {}) =>
      send('POST', CONFIG_MAPS, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, ...more },
      }),
  };
}

const deployment = (name: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'c', image: 'nginx' }] },
    },
  },
});

describe('a ValidatingAdmissionPolicy', () => {
  it('sees request, namespace, authorizer, parameters and variables', () => {
    const { send, validating, configMap } = cluster();
    configMap('limits');
    send('PUT', `${CONFIG_MAPS}/limits`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'limits' },
      data: { max: '3' },
    });
    validating(
      'replicas',
      {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        matchConstraints: rule('apps', 'deployments'),
        variables: [
          { name: 'max', expression: 'int(params.data.max)' },
          { name: 'wanted', expression: 'object.spec.replicas' },
        ],
        validations: [
          {
            expression: `variables.wanted <= variables.max ||
              namespaceObject.metadata.name != 'default' ||
              !authorizer.group('apps').resource('deployments').check('delete').allowed()`,
            messageExpression: `request.operation + ': ' + string(variables.wanted) + ' > ' +
              string(variables.max)`,
          },
        ],
      },
      { paramRef: { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' } },
    );
    expect(send('POST', DEPLOYMENTS, deployment('a', 3)).code).toBe(201);
    const refused = send('POST', DEPLOYMENTS, deployment('b', 4));
    expect(refused.code).toBe(422);
    expect(refused.body.message).toBe(
      'deployments.apps "b" is forbidden: ValidatingAdmissionPolicy \'replicas\' with binding ' +
        "'replicas' denied request: CREATE: 4 > 3",
    );
  });

  it('looks at conditions, selectors, deletions and old objects', () => {
    const { send, validating, configMap } = cluster();
    validating('keep', {
      matchConstraints: { ...rule('', 'configmaps', { operations: ['DELETE'] }) },
      matchConditions: [
        { name: 'kept', expression: "'keep' in oldObject.metadata.?labels.orValue({})" },
      ],
      validations: [{ expression: 'object != null', message: 'is kept', reason: 'Forbidden' }],
    });
    configMap('a', { labels: { keep: 'yes' } });
    configMap('b', { labels: { other: 'yes' } });
    expect(send('DELETE', `${CONFIG_MAPS}/b`).code).toBe(200);
    const { code, body } = send('DELETE', `${CONFIG_MAPS}/a`);
    expect([code, body.reason]).toEqual([403, 'Forbidden']);
  });

  it('that names a kind nobody serves is a configuration error', () => {
    const { validating, configMap } = cluster();
    validating('lost', {
      paramKind: { apiVersion: 'example.com/v1', kind: 'Nothing' },
      matchConstraints: rule('', 'configmaps'),
      validations: [{ expression: 'true' }],
    });
    expect(configMap('a').body.message).toBe(
      'configmaps "a" is forbidden: ValidatingAdmissionPolicy \'lost\' denied request: failed to ' +
        "configure policy: failed to find resource referenced by paramKind: 'example.com/v1, " +
        "Kind=Nothing'",
    );
  });

  it('gets warnings about types in its status', () => {
    const { send, validating, wait } = cluster();
    validating('typo', {
      matchConstraints: rule('apps', 'deployments'),
      validations: [{ expression: 'object.spec.nosuchfield > 1' }],
    });
    wait(2);
    const { status } = send('GET', `${GROUP}/validatingadmissionpolicies/typo`).body;
    expect(status).toEqual({
      observedGeneration: 1,
      typeChecking: {
        expressionWarnings: [
          {
            fieldRef: 'spec.validations[0].expression',
            warning:
              "apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'nosuchfield'\n" +
              ' | object.spec.nosuchfield > 1\n | ...........^\n',
          },
        ],
      },
    });
  });

  it('stops when its expressions cost too much', () => {
    const { validating, configMap } = cluster();
    validating('dear', {
      matchConstraints: rule('', 'configmaps'),
      validations: [
        { expression: 'lists.range(2000).all(x, lists.range(2000).all(y, x + y >= 0))' },
      ],
    });
    expect(configMap('a').body.message).toContain(
      'resulted in error: operation cancelled: actual cost limit exceeded',
    );
  });
});

describe('a MutatingAdmissionPolicy', () => {
  it('applies configurations', () => {
    const { mutating, send } = cluster();
    mutating('sidecar', {
      matchConstraints: rule('apps', 'deployments', WRITES),
      mutations: [
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: {
            expression: `Object{
              metadata: Object.metadata{labels: {'team': request.userInfo.username}},
              spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{
                containers: [Object.spec.template.spec.containers{name: 'proxy', image: 'envoy'}]
              }}}}`,
          },
        },
      ],
    });
    const { code, body } = send('POST', DEPLOYMENTS, deployment('a', 1));
    expect(code).toBe(201);
    expect(body.metadata?.labels).toEqual({ team: 'kubernetes-admin' });
    const containers = body.spec?.template.spec.containers;
    expect(containers?.map((c) => c.name)).toEqual(['c', 'proxy']);
    expect(containers?.[1]?.terminationMessagePath).toBe('/dev/termination-log');
  });

  it('applies JSON patches, and once more after others when it wants to', () => {
    const { mutating, configMap } = cluster();
    const patch = (expression: string) => ({
      matchConstraints: rule('', 'configmaps', WRITES),
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
    });
    const labels = (key: string) =>
      patch(`has(object.metadata.labels) ?
        [JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/${key}'),
          value: string(object.metadata.labels.size())}] :
        [JSONPatch{op: 'add', path: '/metadata/labels', value: {'first': '${key}'}}]`);
    mutating('m1', { ...labels('one'), reinvocationPolicy: 'IfNeeded' });
    mutating('m2', labels('two'));
    expect(configMap('x').body.metadata?.labels).toEqual({
      first: 'one',
      'a/two': '1',
      'a/one': '2',
    });
  });

  it('that cannot be applied refuses the request or is passed over', () => {
    const { mutating, configMap } = cluster();
    mutating('bad', {
      matchConstraints: rule('', 'configmaps', WRITES),
      matchConditions: [{ name: 'some', expression: "object.metadata.name != 'other'" }],
      mutations: [
        {
          patchType: 'JSONPatch',
          jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data/a', value: 'b'}]" },
        },
      ],
    });
    const { code, body } = configMap('a');
    expect([code, body.reason]).toEqual([403, 'Invalid']);
    expect(body.message).toBe(
      "policy 'bad' with binding 'bad' denied request: JSON Patch: add operation does not apply: " +
        'doc is missing path: "/data/a": missing value',
    );
    expect(configMap('other').code).toBe(201);
  });

  it('may not replace atomic parts by an apply configuration', () => {
    const { mutating, send } = cluster();
    mutating('atomic', {
      matchConstraints: rule('apps', 'deployments', WRITES),
      mutations: [
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: {
            expression: `Object{spec: Object.spec{selector: Object.spec.selector{
              matchLabels: {'a': 'b'}}}}`,
          },
        },
      ],
    });
    expect(send('POST', DEPLOYMENTS, deployment('a', 1)).body.message).toBe(
      "policy 'atomic' with binding 'atomic' denied request: error applying patch: invalid " +
        'ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.selector',
    );
  });
});
