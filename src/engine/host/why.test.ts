/** "Why is this happening?" and the export: what a reader takes away from the page. */
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../api/generated/types.ts';
import type { WhyLink } from '../../port/protocol.ts';
import { FakePage } from '../../testing/page/fake-page.ts';
import { deployment } from '../../testing/page/manifests.ts';

const WEB = 'Deployment/default/web';

function running(text = deployment(2)): FakePage {
  const page = FakePage.started();
  page.ask({ type: 'pace', pace: 'max' });
  page.apply(text);
  page.until(() => (page.rows.get(WEB)?.replicas?.ready ?? 0) > 0 && page.now.settled);
  return page;
}

/** `work replicaset-controller ReplicaSet` for each link. */
function inShort(links: readonly WhyLink[]): readonly string[] {
  return links.map(({ span, actor }) => `${span.kind} ${actor} ${span.name}`);
}

describe('why', () => {
  it('leads from the Apply to a running container without a gap', () => {
    const page = running();
    const pod = page.ofKind('Pod')[0];
    const links = page.ask({ type: 'why', ref: pod?.ref ?? '', container: 'main' });
    const node = pod?.pod?.node ?? '';
    const short = inShort(links);
    const wanted = [
      'command kubectl apply',
      'request kubectl create',
      'watch kube-controller-manager ADDED',
      'work deployment-controller reconcile',
      'request deployment-controller create',
      'watch kube-controller-manager ADDED',
      'work replicaset-controller reconcile',
      'request replicaset-controller create',
      'watch kube-scheduler ADDED',
      'schedule kube-scheduler schedule',
      'request kube-scheduler create binding',
      `watch kubelet/${node} ADDED`,
    ];
    expect(short.slice(0, wanted.length)).toEqual(wanted);
    expect(links.at(-1)?.span.detail?.['container']).toBe('main');
    expect(short.some((s) => s.startsWith(`cri kubelet/${node}`))).toBe(true);
    // Each link is the cause of the next, and none is earlier than its cause.
    links.forEach(({ span }, i) => {
      expect(span.parent).toBe(links[i - 1]?.span.id ?? 0);
      if (i > 0) expect(span.start).toBeGreaterThanOrEqual(links[i - 1]?.span.start ?? 0);
    });
  });

  it('says what controllers saw and wanted', () => {
    const page = running();
    const links = page.ask({ type: 'why', ref: page.ofKind('Pod')[0]?.ref ?? '' });
    const work = links.filter(({ span }) => span.kind === 'work');
    expect(work.map(({ actor }) => actor)).toEqual([
      'deployment-controller',
      'replicaset-controller',
    ]);
    const silent = work.filter(({ wanted = '', seen = '' }) => wanted === '' || seen === '');
    expect(silent).toEqual([]);
  });

  it('of a Pod that replaces another one leads to the deletion', () => {
    const page = running();
    const before = new Set(page.ofKind('Pod').map((row) => row.ref));
    page.run({ type: 'delete', object: [...before][0] ?? '' });
    page.until(() => page.now.settled && page.ofKind('Pod').length === 2);
    const fresh = page.ofKind('Pod').find((row) => !before.has(row.ref))?.ref ?? '';
    const links = page.ask({ type: 'why', ref: fresh });
    expect(inShort(links)[0]).toBe('command kubectl delete');
  });

  it('in the past knows nothing of what came later', () => {
    const page = running();
    const pod = page.ofKind('Pod')[0]?.ref ?? '';
    const fifth = page.steps.find((s) => s.step === 5 && s.object === pod);
    page.ask({ type: 'seek', at: fifth?.seen ?? 0 });
    const links = page.ask({ type: 'why', ref: pod });
    expect(inShort(links).at(-1)).toBe('request replicaset-controller create');
    expect(page.ask({ type: 'why', ref: pod, container: 'main' })).toEqual([]);
  });

  it('of a claim does not end at the binder looking again, which nothing caused', () => {
    const page = running(`apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { accessModes: [ReadWriteOnce], storageClassName: none, resources: { requests: { storage: 1Gi } } }
---
${deployment(1)}`);
    page.wait(60_000);
    const chain = page.ask({ type: 'why', ref: 'PersistentVolumeClaim/default/data' });
    expect(chain[0]?.span.kind).toBe('command');
  });

  it('of a span that is asked for, and of nothing', () => {
    const page = running();
    const [first] = page.ask({ type: 'why', ref: WEB });
    expect(page.ask({ type: 'why', span: first?.span.id ?? 0 })).toHaveLength(1);
    expect(page.ask({ type: 'why' })).toEqual([]);
    expect(page.ask({ type: 'why', ref: 'Pod/default/nobody' })).toEqual([]);
  });
});

describe('export', () => {
  it('gives files that make the same objects in a fresh cluster', () => {
    const config = `apiVersion: v1
kind: ConfigMap
metadata: { name: texts }
data: { a: "yes", b: "0777", c: "two\\nlines\\n", d: "" }
---
`;
    const page = running(config + deployment(2));
    page.ask({ type: 'watch', refs: [WEB, 'ConfigMap/default/texts'] });
    const documents = page.ask({ type: 'export' }).split(/^---\n/m);
    const own = documents.filter(
      (text) => /^kind: (Deployment|ConfigMap)$/m.test(text) && /name: (web|texts)$/m.test(text),
    );
    expect(own).toHaveLength(2);

    const fresh = FakePage.started({
      seed: 5,
      epoch: '2027-01-01T00:00:00Z',
      nodes: [],
      stopped: [],
    });
    fresh.ask({ type: 'pace', pace: 'max' });
    const result = fresh.apply(own.join('---\n'));
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    fresh.ask({ type: 'watch', refs: [WEB, 'ConfigMap/default/texts'] });
    const spec = (p: FakePage): unknown => (p.objects.get(WEB) as Deployment).spec;
    const data = (p: FakePage): unknown =>
      (p.objects.get('ConfigMap/default/texts') as { data: unknown }).data;
    expect(spec(fresh)).toEqual(spec(page));
    expect(data(fresh)).toEqual(data(page));
  });
});
