/** Which old tokens are marked, and which go. */
import { describe, expect, it } from 'vitest';
import type { Pod, Secret as SecretObject } from '../../api/generated/types.ts';
import { ConfigMap } from '../../api/kinds/config-map.ts';
import { Secret } from '../../api/kinds/secret.ts';
import { ServiceAccount } from '../../api/kinds/service-account.ts';
import { ControlPlane } from '../../testing/stand-in/control-plane.ts';
import {
  isUnused,
  legacyServiceAccountTokenCleaner,
  namesSecret,
} from './legacy-service-account-token-cleaner.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const USED = 'kubernetes.io/legacy-token-last-used';
const SINCE = 'kubernetes.io/legacy-token-invalid-since';
const DAY_SECONDS = 86_400;
const DAY_MS = 86_400_000;

function token(creationTimestamp: string, labels = {}, type?: string): SecretObject {
  return {
    metadata: { name: 't', creationTimestamp, labels },
    type: type ?? 'kubernetes.io/service-account-token',
  } as unknown as SecretObject;
}

describe('an old token', () => {
  it.each([
    ['old and never used', token('2025-01-01T00:00:00Z'), true],
    ['young', token('2025-07-01T00:00:00Z'), false],
    ['used long ago', token('2024-01-01T00:00:00Z', { [USED]: '2025-05-31' }), true],
    ['used not so long ago', token('2024-01-01T00:00:00Z', { [USED]: '2025-06-01' }), false],
    ['used nobody knows when', token('2024-01-01T00:00:00Z', { [USED]: 'lately' }), false],
    ['no token at all', token('2024-01-01T00:00:00Z', {}, 'Opaque'), false],
  ])('%s', (_, secret, unused) => {
    expect(isUnused(secret, NOW)).toBe(unused);
  });

  it('is kept where a Pod names it', () => {
    const pod = (spec: object): Pod => ({ spec: { containers: [], ...spec } }) as unknown as Pod;
    expect(namesSecret(pod({ volumes: [{ secret: { secretName: 't' } }] }), 't')).toBe(true);
    expect(namesSecret(pod({ imagePullSecrets: [{ name: 't' }] }), 't')).toBe(true);
    expect(namesSecret(pod({ volumes: [{ secret: { secretName: 'u' } }] }), 't')).toBe(false);
  });

  it('is marked after the period, and deleted after another', () => {
    const plane = new ControlPlane({
      controllers: [() => legacyServiceAccountTokenCleaner(2 * DAY_MS)],
    });
    const account = { name: 'a', namespace: 'default' };
    const annotations = { 'kubernetes.io/service-account.name': 'a' };
    const made = plane.do(plane.admin.create(ServiceAccount, { metadata: account }));
    for (const name of ['own', 'manual']) {
      const metadata = { name, namespace: 'default', annotations };
      const type = 'kubernetes.io/service-account-token';
      plane.do(plane.admin.create(Secret, { metadata, type }));
    }
    plane.do(plane.admin.update(ServiceAccount, { ...made, secrets: [{ name: 'own' }] }));
    const tracking = 'kube-apiserver-legacy-service-account-token-tracking';
    const metadata = { name: tracking, namespace: 'kube-system' };
    plane.do(plane.admin.create(ConfigMap, { metadata, data: { since: '2026-01-01' } }));
    plane.run(5.1 * DAY_SECONDS);
    const marked = plane.do(plane.admin.get(Secret, 'default', 'own'));
    expect(marked.metadata.labels?.[SINCE]).toMatch(/^2026-01-0\d$/);
    plane.run(4 * DAY_SECONDS);
    const left = plane.do(plane.admin.list(Secret, { namespace: 'default' })).items;
    expect(left.map((s) => s.metadata.name)).toEqual(['manual']);
    expect(left[0]?.metadata.labels?.[SINCE]).toBeUndefined();
  });
});
