/** Who may do what, asked over REST of a whole cluster: tokens, impersonation, nodes, certificates. */
import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../../api/meta/utf8.ts';
import type { UserInfo } from '../../api/meta/authorization.ts';
import type { ApiRequest } from '../../port/protocol.ts';
import { handle } from '../apiserver/rest/handle.ts';
import { Cluster } from '../cluster.ts';

const NODE = { name: 'node-1', cpu: '4', memory: '8Gi', pods: 110, zone: 'a' };
const EPOCH = '2026-01-01T00:00:00Z';
const SECOND_US = 1_000_000;

const USERS: Readonly<Record<string, UserInfo>> = {
  admin: { name: 'admin', groups: ['system:masters', 'system:authenticated'] },
  jane: { name: 'jane', groups: ['developers', 'system:authenticated'] },
  node: { name: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] },
};
const AUTHENTICATION = {
  tokens: USERS,
  anonymous: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
};

interface Answer {
  readonly code: number;
  readonly body: {
    readonly message?: string;
    readonly metadata?: { readonly uid?: string };
    readonly status?: Readonly<Record<string, unknown>>;
  };
}

class World {
  readonly cluster = new Cluster(
    { seed: 1, epoch: EPOCH, nodes: [NODE], stopped: [] },
    { freeze: true, tokens: USERS },
  );

  pass(seconds: number): void {
    const { kernel } = this.cluster;
    kernel.runUntil(kernel.now + seconds * SECOND_US);
  }

  send(user: string, method: string, target: string, body?: object, more: object = {}): Answer {
    const { kernel, server } = this.cluster;
    const [path = '', query = ''] = target.split('?');
    const pairs = query === '' ? [] : query.split('&').map((pair) => pair.split('='));
    const request: ApiRequest = {
      method,
      path,
      query: Object.fromEntries(
        pairs.map(([key = '', value = '']) => [key, [decodeURIComponent(value)]]),
      ),
      headers: {
        'content-type': 'application/json',
        ...(user === '' ? {} : { authorization: `Bearer ${user}` }),
        ...more,
      },
      body: body ? encodeUtf8(JSON.stringify(body)) : null,
    };
    let answer: Answer | undefined;
    kernel.spawn('request', handle(server, request, AUTHENTICATION), { joined: true }).subscribe({
      kernel,
      wake: (value) => {
        const { code, body: bytes } = value as { code: number; body: Uint8Array };
        answer = { code, body: JSON.parse(decodeUtf8(bytes)) as Answer['body'] };
      },
      wakeError: (error) => {
        throw error;
      },
    });
    kernel.runUntil(() => answer !== undefined, { maxTime: kernel.now + 10 * SECOND_US });
    return answer as unknown as Answer;
  }

  refusal(user: string, method: string, target: string, body?: object, more?: object): string {
    const answer = this.send(user, method, target, body, more);
    return answer.code === 403 ? (answer.body.message ?? '') : `code ${answer.code}`;
  }
}

const pods = '/api/v1/namespaces/default/pods';

describe('a node', () => {
  const world = new World();
  const at = (name: string, nodeName: string): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      nodeName,
      containers: [
        { name: 'c', image: 'nginx', envFrom: [{ secretRef: { name: 's', optional: true } }] },
      ],
    },
  });
  world.send('admin', 'POST', pods, at('own', 'node-1'));
  world.send('admin', 'POST', pods, at('other', 'node-2'));
  for (const name of ['s', 't']) {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name } };
    world.send('admin', 'POST', '/api/v1/namespaces/default/secrets', secret);
  }

  it.each([
    ['GET', `${pods}/own`],
    ['GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1'],
    ['GET', '/api/v1/nodes/node-1'],
    ['GET', '/api/v1/namespaces/default/secrets/s'],
    ['GET', '/api/v1/services'],
  ])('may %s %s', (method, path) => {
    expect(world.send('node', method, path).code).toBe(200);
  });

  const stranger = "no relationship found between node 'node-1' and this object";
  it.each([
    [`${pods}/other`, stranger],
    ['/api/v1/namespaces/default/secrets/t', stranger],
    ['/api/v1/namespaces/default/secrets', 'No Object name found'],
    ['/api/v1/secrets', 'can only read namespaced object of this type'],
    ['/api/v1/pods', 'can only list/watch pods with spec.nodeName field selector'],
    ['/api/v1/nodes', "node 'node-1' cannot read all nodes, only its own Node object"],
    ['/api/v1/nodes/x', "node 'node-1' cannot read 'x', only its own Node object"],
  ])('may not GET %s', (path, why) => {
    expect(world.refusal('node', 'GET', path).endsWith(`: ${why}`)).toBe(true);
  });

  it('changes only itself, and no labels that draw others to it', () => {
    const merge = { 'content-type': 'application/merge-patch+json' };
    const label = { metadata: { labels: { 'node-restriction.kubernetes.io/a': 'b' } } };
    expect(world.refusal('node', 'PATCH', '/api/v1/nodes/node-1', label, merge)).toBe(
      'nodes "node-1" is forbidden: is not allowed to modify labels: ' +
        'node-restriction.kubernetes.io/a',
    );
    const taint = { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } };
    expect(world.refusal('node', 'PATCH', '/api/v1/nodes/node-1', taint, merge)).toBe(
      'nodes "node-1" is forbidden: node "node-1" is not allowed to modify taints',
    );
    expect(world.refusal('node', 'POST', pods, at('new', 'node-1'))).toBe(
      'pods "new" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, ' +
        'node "node-1" can only create mirror pods',
    );
  });
});

describe('a service account token', () => {
  const world = new World();
  world.pass(1);
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const bot = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bot' } };
  world.send('admin', 'POST', accounts, bot);
  const answer = world.send('admin', 'POST', `${accounts}/bot/token`, request);
  const token = String(answer.body.status?.['token']);

  it('says who its bearer is', () => {
    expect(world.refusal(token, 'GET', pods)).toContain(
      'User "system:serviceaccount:default:bot" cannot list resource "pods"',
    );
  });

  it('is good for as long as it was asked for, and a minute', () => {
    world.pass(3_600 + 30);
    expect(world.send(token, 'GET', pods).code).toBe(403);
    world.pass(60);
    expect(world.send(token, 'GET', pods).code).toBe(401);
  });

  it('works on for some seconds when its ServiceAccount is deleted', () => {
    const next = world.send('admin', 'POST', `${accounts}/bot/token`, request);
    const own = String(next.body.status?.['token']);
    expect(world.send(own, 'GET', pods).code).toBe(403);
    world.send('admin', 'DELETE', `${accounts}/bot`);
    expect(world.send(own, 'GET', pods).code).toBe(403);
    world.pass(10);
    expect(world.send(own, 'GET', pods).code).toBe(401);
  });

  it('in a Secret is filled in, good, and gone with the Secret', () => {
    const name = 'kubernetes.io/service-account.name';
    const secrets = '/api/v1/namespaces/default/secrets';
    world.send('admin', 'POST', secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'tok', annotations: { [name]: 'default' } },
      type: 'kubernetes.io/service-account-token',
    });
    world.pass(1);
    const secret = world.send('admin', 'GET', `${secrets}/tok`).body as unknown as {
      data: { token: string };
    };
    const own = Buffer.from(secret.data.token, 'base64').toString();
    expect(world.refusal(own, 'GET', pods)).toContain('system:serviceaccount:default:default');
    world.send('admin', 'DELETE', `${secrets}/tok`);
    world.pass(10);
    expect(world.send(own, 'GET', pods).code).toBe(401);
  });
});

describe('impersonation', () => {
  const world = new World();
  const as = (user: string, groups = ''): object => ({
    'impersonate-user': user,
    ...(groups === '' ? {} : { 'impersonate-group': groups }),
  });

  it.each([
    ['bob', '', 'bob', ['system:authenticated']],
    ['bob', 'a, b', 'bob', ['a', 'b', 'system:authenticated']],
    ['system:anonymous', '', 'system:anonymous', ['system:unauthenticated']],
    [
      'system:serviceaccount:default:x',
      '',
      'system:serviceaccount:default:x',
      ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    ],
  ])('of %s with groups %j', (user, groups, username, expected) => {
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const answer = world.send('admin', 'POST', path, review, as(user, groups));
    if (user === 'system:anonymous') expect(answer.code).toBe(403);
    else expect(answer.body.status?.['userInfo']).toEqual({ username, groups: expected });
  });

  it('without a name is a bad request', () => {
    const answer = world.send('admin', 'GET', pods, undefined, { 'impersonate-group': 'g' });
    expect(answer.code).toBe(400);
    expect(answer.body.message).toBe(
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g"}, ' +
        'Extra:map[string][]string(nil)} without impersonating a user name',
    );
  });

  it('is refused in the words of the first mode that applies', () => {
    expect(world.refusal('jane', 'GET', pods, undefined, as('system:node:n'))).toContain(
      'cannot impersonate-on:arbitrary-node:list resource "pods"',
    );
  });
});

describe('a connection into a Pod', () => {
  const world = new World();
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
  const role = {
    metadata: { name: 'reader' },
    rules: [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['get'] }],
  };
  const binding = {
    metadata: { name: 'reader' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
  };
  world.send('admin', 'POST', `${rbac}/roles`, role);
  world.send('admin', 'POST', `${rbac}/rolebindings`, binding);
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };

  it('takes the right to create, by whatever method it begins', () => {
    const exec = `${pods}/p/exec?command=ls`;
    expect(world.refusal('jane', 'GET', exec, undefined, upgrade)).toBe('pods "p" is forbidden: ');
    expect(world.refusal('jane', 'POST', exec, undefined, upgrade)).toBe(
      'pods "p" is forbidden: User "jane" cannot create resource "pods/exec" in API group "" in ' +
        'the namespace "default"',
    );
    const rules = [{ ...role.rules[0], verbs: ['get', 'create'] }];
    world.send('admin', 'PUT', `${rbac}/roles/reader`, { ...role, rules });
    expect(world.refusal('jane', 'GET', exec, undefined, upgrade)).toBe('code 404');
  });
});
