import { describe, expect, it } from 'vitest';
import { ConfigMap } from '../../api/kinds/config-map.ts';
import { Deployment } from '../../api/kinds/deployment.ts';
import { Namespace } from '../../api/kinds/namespace.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { ServiceAccount } from '../../api/kinds/service-account.ts';
import { ControlPlane } from '../../testing/stand-in/control-plane.ts';
import { Workers } from '../../testing/stand-in/workers.ts';

function start(goneAfter = 0.3): ControlPlane {
  const plane = new ControlPlane();
  new Workers(plane, [{ name: 'n1' }, { name: 'n2' }], { goneAfter });
  plane.do(plane.admin.create(Namespace, { metadata: { name: 'x' } }));
  plane.run(1);
  return plane;
}

function deploy(plane: ControlPlane): void {
  plane.do(
    plane.admin.create(Deployment, {
      metadata: { name: 'web', namespace: 'x' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'app', image: 'app:1', resources: {} }] },
        },
      },
    }),
  );
  plane.run(2);
}

const namespace = (plane: ControlPlane) => plane.read(plane.admin.get(Namespace, '', 'x'));

describe('a namespace', () => {
  it('gets an account and the certificate, and gets them again', () => {
    const plane = start();
    for (const [kind, name] of [
      [ServiceAccount, 'default'],
      [ConfigMap, 'kube-root-ca.crt'],
    ] as const) {
      expect(plane.read(plane.admin.get(kind as typeof ConfigMap, 'x', name))).toBeDefined();
      plane.do(plane.admin.delete(kind as typeof ConfigMap, 'x', name));
      plane.run(1);
      expect(plane.read(plane.admin.get(kind as typeof ConfigMap, 'x', name))).toBeDefined();
    }
    const patch = { data: { 'ca.crt': 'x' } };
    plane.do(plane.admin.patch(ConfigMap, 'x', 'kube-root-ca.crt', patch, { type: 'merge' }));
    plane.run(1);
    const { data } = plane.do(plane.admin.get(ConfigMap, 'x', 'kube-root-ca.crt'));
    expect(data?.['ca.crt']).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
  });

  it('is emptied before it goes: Pods first, five seconds after its deletion, the rest later', () => {
    const plane = start();
    deploy(plane);
    plane.do(plane.admin.create(ConfigMap, { metadata: { name: 'cm', namespace: 'x' } }));
    plane.do(plane.admin.delete(Namespace, '', 'x'));
    const pods = () => plane.do(plane.admin.list(Pod, { namespace: 'x' })).items.length;
    plane.run(4.9);
    expect([namespace(plane)?.status.phase, pods()]).toEqual(['Terminating', 2]);
    plane.run(1);
    expect(pods()).toBe(0);
    expect(plane.read(plane.admin.get(ConfigMap, 'x', 'cm'))).toBeDefined();
    const conditions = namespace(plane)?.status.conditions ?? [];
    expect(conditions.map((c) => `${c.status} ${c.reason}`)).toEqual([
      'False ResourcesDiscovered',
      'False ParsedGroupVersions',
      'False ContentDeleted',
      'False ContentRemoved',
      'False ContentHasNoFinalizers',
    ]);
    expect(plane.until(() => namespace(plane) === undefined, 10)).toBe(true);
    expect(plane.kernel.now / 1e6).toBeGreaterThan(10);
    expect(plane.read(plane.admin.get(ConfigMap, 'x', 'cm'))).toBeUndefined();
  });

  it('waits for what finalizers hold, and says so', () => {
    const plane = start();
    const held = { name: 'cm', namespace: 'x', finalizers: ['example.com/hold'] };
    plane.do(plane.admin.create(ConfigMap, { metadata: held }));
    plane.do(plane.admin.delete(Namespace, '', 'x'));
    plane.run(8);
    const messages = (namespace(plane)?.status.conditions ?? [])
      .filter((c) => c.status === 'True')
      .map((c) => c.message);
    expect(messages).toEqual([
      'Some resources are remaining: configmaps. has 1 resource instances',
      'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    ]);
    const patch = { metadata: { finalizers: null } };
    plane.do(plane.admin.patch(ConfigMap, 'x', 'cm', patch, { type: 'merge' }));
    expect(plane.until(() => namespace(plane) === undefined, 30)).toBe(true);
  });
});
