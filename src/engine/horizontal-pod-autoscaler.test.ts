/** A busy container makes the autoscaler add Pods, and rest makes it remove them. */
import { describe, expect, it } from 'vitest';
import type {
  AutoscalingV2HorizontalPodAutoscaler as Autoscaler,
  Deployment,
} from '../api/generated/types.ts';
import { kinds } from '../api/kinds/index.ts';
import { programsFor } from '../kubectl/programs.ts';
import { defaultRunConfig } from '../port/run-config.ts';
import { Session } from './session.ts';

const BUSY_SECONDS = 180;
/** Computes for three minutes, then rests. */
const SCRIPT = `end=$(( $(date +%s) + ${BUSY_SECONDS} )); while [ $(date +%s) -lt $end ]; do :; done; sleep 100000`;

const MANIFEST = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: app
          image: busybox:1.36
          command: [sh, -c, '${SCRIPT}']
          resources: { requests: { cpu: 100m }, limits: { cpu: 200m } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web, namespace: default }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  minReplicas: 1
  maxReplicas: 4
  metrics:
    - { type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }
  behavior: { scaleDown: { stabilizationWindowSeconds: 30 } }
`;

describe('the autoscaler on what containers really use', () => {
  it('goes up under load and down again', () => {
    const config = { ...defaultRunConfig(), metrics: true };
    const session = new Session(config, programsFor(kinds), { freeze: true });
    const { kernel, server } = session.cluster;
    const all = <T>(plural: string): T[] =>
      server.store.range(`/registry/${plural}/`).map((kv) => kv.value.object as T);
    const replicas = (): number => all<Deployment>('deployments')[0]?.spec.replicas ?? 0;
    const until = (done: () => boolean, seconds: number): boolean =>
      kernel.runUntil(done, { maxTime: kernel.now + seconds * 1e6 });
    session.give({ type: 'apply', file: 'web.yaml', text: MANIFEST }, () => {});
    expect(until(() => replicas() === 4, 170)).toBe(true);
    const autoscaler = (): Autoscaler | undefined => all<Autoscaler>('horizontalpodautoscalers')[0];
    expect(until(() => autoscaler()?.status.desiredReplicas === 4, 1)).toBe(true);
    const measured = autoscaler()?.status.currentMetrics?.[0]?.resource?.current;
    expect(measured?.averageUtilization).toBeGreaterThan(150);
    expect(until(() => replicas() === 1, 600)).toBe(true);
    expect(until(() => autoscaler()?.status.currentReplicas === 1, 60)).toBe(true);
    const conditions = autoscaler()?.status.conditions?.map((c) => `${c.type} ${c.reason ?? ''}`);
    expect(conditions).toEqual([
      'AbleToScale ReadyForNewScale',
      'ScalingActive ValidMetricFound',
      expect.stringMatching(/^ScalingLimited /),
    ]);
  });
});
