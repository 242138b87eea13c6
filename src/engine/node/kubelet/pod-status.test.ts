/** Phase and conditions follow from container statuses as they did in every recording of a node. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Pod, PodCondition, PodStatus } from '../../../api/generated/types.ts';
import { podConditions } from './conditions.ts';
import { podPhase } from './phase.ts';
import { mergedStatus, terminatedStatus } from './pod-status.ts';
import { sameStatus, statusPatch } from '../../client/status-patch.ts';
import { equalJson } from '../../../api/meta/json.ts';

const ROOT = path.join(import.meta.dirname, '../../../testing/goldens/node');
/** Their Pods have neither probes nor readiness gates, and were not evicted or refused. */
const TOPICS = ['lifecycle', 'init', 'restart', 'images'];
const NOW = '2026-01-01T00:00:00Z';

interface Recording {
  readonly podWatch: readonly { readonly type: string; readonly object: Pod }[];
}

/** Published by the kubelet: it always writes container statuses. */
function published(file: string): Pod[] {
  const recording = JSON.parse(fs.readFileSync(file, 'utf8')) as Recording;
  return (recording.podWatch ?? [])
    .filter((e) => e.type !== 'DELETED')
    .map((e) => e.object)
    .filter((p) => (p.status.containerStatuses?.length ?? 0) > 0 && p.status.reason === undefined);
}

function summary(status: Pick<PodStatus, 'conditions'>): string[] {
  const words = (status.conditions ?? []).map((c) =>
    [c.type, c.status, c.reason, c.message].filter((w) => w !== undefined && w !== '').join(' '),
  );
  return words.sort();
}

const files = TOPICS.flatMap((topic) =>
  fs.readdirSync(path.join(ROOT, topic)).map((f) => path.join(ROOT, topic, f)),
);

describe('recorded statuses', () => {
  it.each(files.map((f) => [path.relative(ROOT, f), f]))('%s', (_name, file) => {
    for (const pod of published(file as string)) {
      const { status } = pod;
      if (pod.spec.containers.some((c) => c.readinessProbe ?? c.startupProbe)) continue;
      if (pod.spec.initContainers?.some((c) => c.startupProbe ?? c.readinessProbe)) continue;
      if (pod.spec.activeDeadlineSeconds !== undefined) continue;
      // TerminatePod settles containers that never ran, and leaves the conditions as they are.
      if (JSON.stringify(status).includes('when the pod was terminated')) continue;
      const initStatuses = status.initContainerStatuses ?? [];
      const statuses = status.containerStatuses ?? [];
      const sandboxReady = status.conditions?.some(
        (c) => c.type === 'PodReadyToStartContainers' && c.status === 'True',
      );
      // Only a Pod whose containers have been ended says so in its sandbox.
      const ended = pod.metadata.deletionTimestamp !== undefined && !sandboxReady;
      const initialized = statuses.some((s) => s.containerID !== undefined);
      const phase = podPhase({ pod, initStatuses, statuses, ended, initialized });
      const conditions = podConditions({
        pod,
        phase,
        initStatuses,
        statuses,
        sandboxReady: sandboxReady === true,
        resize: [],
        restartingAll: null,
        old: [],
        now: NOW,
      });
      expect(summary({ conditions })).toEqual(summary(status));
    }
  });
});

const pod = (status: PodStatus): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', uid: 'u', resourceVersion: '1', creationTimestamp: NOW, generation: 1 },
    spec: { containers: [{ name: 'c', resources: {} }] },
    status,
  }) as Pod;

const ready = (status: string, reason?: string): readonly PodCondition[] => [
  { type: 'Ready', status, ...(reason ? { reason } : {}) },
];

describe('what goes to the API server', () => {
  it('is not the end while containers may run', () => {
    const current = pod({ phase: 'Running' });
    const next: PodStatus = { phase: 'Failed', conditions: ready('False', 'PodFailed') };
    expect(mergedStatus(current, next, true, NOW).phase).toBe('Running');
    expect(mergedStatus(current, next, false, NOW).phase).toBe('Failed');
  });

  it('keeps the conditions of others', () => {
    const gate = { type: 'example.com/gate', status: 'True' };
    const current = pod({ phase: 'Running', conditions: [gate] });
    const merged = mergedStatus(
      current,
      { phase: 'Running', conditions: ready('True') },
      true,
      NOW,
    );
    expect(merged.conditions).toEqual([gate, ...ready('True')]);
  });

  it('never says that a finished Pod is ready', () => {
    const next: PodStatus = { phase: 'Succeeded', conditions: ready('True') };
    const [condition] = mergedStatus(pod({ phase: 'Running' }), next, false, NOW).conditions ?? [];
    expect([condition?.status, condition?.reason]).toEqual(['False', 'PodCompleted']);
  });

  it('ends a Pod that was never told what became of it as failed', () => {
    expect(terminatedStatus({ phase: 'Pending' }).phase).toBe('Failed');
    expect(terminatedStatus({ phase: 'Succeeded' }).phase).toBe('Succeeded');
  });
});

describe('status patch', () => {
  it('is null when nothing differs', () => {
    expect(statusPatch(pod({ phase: 'Running' }), { phase: 'Running' })).toBeNull();
  });

  it('names what goes, and of conditions only what differs', () => {
    const old = pod({
      phase: 'Pending',
      message: 'm',
      conditions: [
        { type: 'Ready', status: 'False', reason: 'R' },
        { type: 'Gone', status: 'True' },
        { type: 'Same', status: 'True' },
      ],
    });
    const next: PodStatus = {
      phase: 'Running',
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Same', status: 'True' },
      ],
    };
    expect(statusPatch(old, next)).toEqual({
      metadata: { uid: 'u' },
      status: {
        phase: 'Running',
        message: null,
        '$setElementOrder/conditions': [{ type: 'Ready' }, { type: 'Same' }],
        conditions: [
          { status: 'True', reason: null, type: 'Ready' },
          { $patch: 'delete', type: 'Gone' },
        ],
      },
    });
  });

  it.each([
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, true],
    [{ a: [1] }, { a: { 0: 1 } }, false],
    [{ a: 1 }, {}, false],
    [null, {}, false],
  ])('%j and %j: same is %s', (a, b, same) => {
    expect(equalJson(a, b)).toBe(same);
  });

  it('does not take a later time for a change', () => {
    const at = (lastTransitionTime: string): PodStatus => ({
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }],
    });
    expect(sameStatus(at(NOW), at('2026-01-01T00:00:01Z'))).toBe(true);
    expect(sameStatus(at(NOW), { ...at(NOW), phase: 'Pending' })).toBe(false);
  });
});
