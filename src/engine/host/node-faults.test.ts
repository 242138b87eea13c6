/** What is done to machines and registries from the page, and what follows from it. */
import { describe, expect, it } from 'vitest';
import type { Node } from '../../api/generated/types.ts';
import { FakePage } from '../../testing/page/fake-page.ts';

const NODE = 'Node//node-1';

function begun(): FakePage {
  const page = FakePage.started();
  page.ask({ type: 'pace', pace: 'max' });
  page.ask({ type: 'watch', refs: [NODE] });
  page.until(() => condition(page, 'Ready') === 'True');
  return page;
}

function condition(page: FakePage, type: string): string | undefined {
  const node = page.objects.get(NODE) as Node | undefined;
  return node?.status.conditions?.find((c) => c.type === type)?.status;
}

describe('faults of machines', () => {
  it('fill the disk until its pressure is told, and give it back', () => {
    const page = begun();
    const occupy = (diskBytes: number) =>
      page.run({ type: 'occupy-node', node: 'node-1', diskBytes, memoryBytes: 0 });
    expect(occupy(Number.MAX_SAFE_INTEGER).exitCode).toBe(0);
    page.until(() => condition(page, 'DiskPressure') === 'True');
    occupy(0);
    page.until(() => condition(page, 'DiskPressure') === 'False');
  });

  it('reboot a machine: its Pods start again, and an Event tells of another boot', () => {
    const page = begun();
    page.apply(`apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  nodeName: node-1
  containers: [{ name: main, image: "busybox:1.36", command: [sleep, "100000"] }]
`);
    const restarts = (): number => page.rows.get('Pod/default/web')?.pod?.restarts ?? -1;
    page.until(() => page.rows.get('Pod/default/web')?.status === 'Running');
    page.run({ type: 'reboot-node', node: 'node-1' });
    page.until(() => restarts() === 1);
    const events = [...page.rows.values()].filter((r) => r.event?.reason === 'Rebooted');
    expect(events.map((r) => [r.event?.type, r.event?.about])).toEqual([['Warning', NODE]]);
    const node = page.objects.get(NODE) as Node;
    expect(events[0]?.event?.message).toBe(
      `Node node-1 has been rebooted, boot id: ${node.status.nodeInfo?.bootID}`,
    );
  });

  it('show the inside of a static Pod', () => {
    const page = begun();
    const pod = 'Pod/default/web-node-1';
    page.ask({ type: 'open-pod', pod });
    const path = '/etc/kubernetes/manifests/web.yaml';
    const content = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { containers: [{ name: main, image: "busybox:1.36", command: [sleep, "100000"] }] }
`;
    page.run({ type: 'write-node-file', node: 'node-1', path, content });
    page.until(() => page.pod?.machines?.containers[0]?.state === 'running');
    page.until(() => page.pod?.lanes.some((l) => l.name === 'main') ?? false);
    const main = page.pod?.lanes.find((l) => l.name === 'main');
    expect(main?.segments.map((s) => s.kind)).toEqual(['pull', 'create', 'run']);
    expect(page.rows.get(pod)?.owner).toBe('Node//node-1');
  });

  it('cannot take less than nothing', () => {
    const page = begun();
    const fault = { type: 'occupy-node', node: 'node-1', diskBytes: -1, memoryBytes: 0 } as const;
    expect(page.run(fault).stderr).toBe('error: an amount cannot be negative\n');
  });

  it('show the files of a node, as they were put there', () => {
    const page = begun();
    const path = '/etc/kubernetes/manifests/web.yaml';
    const names = (): readonly string[] => {
      const folder = '/etc/kubernetes/manifests';
      const answer = page.ask({ type: 'files', pod: NODE, container: '', path: folder });
      return answer.type === 'directory' ? answer.rows.map((row) => row.name) : [];
    };
    page.run({ type: 'write-node-file', node: 'node-1', path, content: 'kind: Pod\n' });
    expect(names()).toContain('web.yaml');
    page.run({ type: 'write-node-file', node: 'node-1', path, content: null });
    expect(names()).not.toContain('web.yaml');
  });
});
