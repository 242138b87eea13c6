/** Bootstrap tokens: what is signed with them, and when they go. */
import { describe, expect, it } from 'vitest';
import { ConfigMap } from '../../api/kinds/config-map.ts';
import { Namespace } from '../../api/kinds/namespace.ts';
import { Secret } from '../../api/kinds/secret.ts';
import {
  bootstrapGroups,
  bootstrapTokenLeftMs,
  detachedSignature,
  parseBootstrapToken,
  signingToken,
} from '../../api/meta/bootstrap-tokens.ts';
import { encodeBase64 } from '../../api/meta/utf8.ts';
import { ControlPlane } from '../../testing/stand-in/control-plane.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const GOOD = {
  'token-id': 'abcdef',
  'token-secret': '0123456789abcdef',
  'usage-bootstrap-signing': 'true',
  'usage-bootstrap-authentication': 'true',
};

function draft(data: Readonly<Record<string, string>>, name = 'bootstrap-token-abcdef'): Secret {
  const encoded = Object.entries(data).map(([key, value]) => [key, encodeBase64(value)]);
  return {
    metadata: { name, namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(encoded) as Record<string, string>,
  } as unknown as Secret;
}

describe('a bootstrap token', () => {
  it.each([
    ['as it should be', GOOD, 'bootstrap-token-abcdef', true],
    ['not meant for signing', { ...GOOD, 'usage-bootstrap-signing': 'false' }, undefined, false],
    ['of another id', { ...GOOD, 'token-id': 'aaaaaa' }, undefined, false],
    ['without a secret', { ...GOOD, 'token-secret': '' }, undefined, false],
    ['of another name', GOOD, 'token-abcdef', false],
    ['expired', { ...GOOD, expiration: '2025-12-31T23:59:59Z' }, undefined, false],
    ['with a wrong time', { ...GOOD, expiration: 'tomorrow' }, undefined, false],
    ['with time left', { ...GOOD, expiration: '2026-01-02T00:00:00Z' }, undefined, true],
  ])('%s', (_, data, name, signs) => {
    expect(signingToken(draft(data, name), NOW) !== null).toBe(signs);
  });

  it('tells how long it is good for', () => {
    expect(bootstrapTokenLeftMs(draft(GOOD), NOW)).toBeNull();
    const soon = { ...GOOD, expiration: '2026-01-01T00:00:05Z' };
    expect(bootstrapTokenLeftMs(draft(soon), NOW)).toBe(5_000);
  });

  it('lets its bearer in', () => {
    const token = parseBootstrapToken('abcdef.0123456789abcdef');
    if (!token) throw new Error('no token');
    const extra = { ...GOOD, 'auth-extra-groups': 'system:bootstrappers:kubeadm' };
    expect(bootstrapGroups(draft(extra), token, NOW)).toEqual([
      'system:bootstrappers',
      'system:bootstrappers:kubeadm',
    ]);
    const masters = { ...GOOD, 'auth-extra-groups': 'system:masters' };
    expect(bootstrapGroups(draft(masters), token, NOW)).toBeNull();
    expect(bootstrapGroups(draft(GOOD), { ...token, secret: 'x' }, NOW)).toBeNull();
    expect(parseBootstrapToken('abcdef')).toBeNull();
  });

  it('signs as upstream does', () => {
    // cluster-bootstrap token/jws jws_test.go
    const content = 'Hello from the other side. I must have called a thousand times.';
    expect(detachedSignature(content, { id: 'joshua', secret: 'my voice is my passcode' })).toBe(
      'eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9..VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8',
    );
  });
});

describe('controllers of bootstrap tokens', () => {
  it('sign cluster-info while the token is good, then take both away', () => {
    const plane = new ControlPlane();
    plane.do(plane.admin.create(Namespace, { metadata: { name: 'kube-public' } }));
    const expiration = new Date(plane.kernel.nowMs + 60_000).toISOString().replace(/\.\d+/, '');
    plane.do(plane.admin.create(Secret, draft({ ...GOOD, expiration }) as never));
    const metadata = { name: 'cluster-info', namespace: 'kube-public' };
    plane.do(plane.admin.create(ConfigMap, { metadata, data: { kubeconfig: 'a: b' } }));
    plane.run(1);
    const read = (): Readonly<Record<string, string>> =>
      plane.do(plane.admin.get(ConfigMap, 'kube-public', 'cluster-info')).data ?? {};
    const token = { id: 'abcdef', secret: '0123456789abcdef' };
    expect(read()).toEqual({
      kubeconfig: 'a: b',
      'jws-kubeconfig-abcdef': detachedSignature('a: b', token),
    });
    plane.run(61);
    const secrets = plane.do(plane.admin.list(Secret, { namespace: 'kube-system' })).items;
    expect(secrets.map((s) => s.metadata.name)).not.toContain('bootstrap-token-abcdef');
    expect(read()).toEqual({ kubeconfig: 'a: b' });
  });
});
