/**
 * API server and controllers without a scheduler and nodes of their own, for tests of controllers;
 * `workers.ts` plays the rest. Time is virtual, as everywhere.
 */
import { kinds } from '../../api/kinds/index.ts';
import { Event } from '../../api/kinds/event.ts';
import { podMetricsKind } from '../../api/kinds/metrics/pod-metrics.ts';
import type { UsageSource } from '../../api/kinds/metrics/usage.ts';
import { Namespace } from '../../api/kinds/namespace.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { ApiServer } from '../../engine/apiserver/server.ts';
import type { ControllerDefinition } from '../../engine/client/controller.ts';
import { ControllerManager } from '../../engine/controller-manager.ts';
import { controllers } from '../../engine/controllers/index.ts';
import { plugins } from '../../engine/policy/index.ts';
import { Kernel } from '../../kernel/kernel.ts';
import { Plane } from './plane.ts';

export interface ControlPlaneOptions {
  readonly seed?: number;
  readonly epochMs?: number;
  readonly controllers?: readonly (() => ControllerDefinition)[];
  readonly freeze?: boolean;
  /** What Pods use: with it, metrics.k8s.io is served. */
  readonly usage?: UsageSource;
}

const TRACE_CAPACITY = 400_000;

export class ControlPlane extends Plane {
  readonly manager: ControllerManager;

  constructor(options: ControlPlaneOptions = {}) {
    const kernel = new Kernel({
      seed: options.seed ?? 1,
      epochMs: options.epochMs ?? Date.parse('2026-01-01T00:00:00Z'),
      traceCapacity: TRACE_CAPACITY,
    });
    const { usage } = options;
    const measured = usage ? [podMetricsKind(usage) as unknown as AnyKind] : [];
    const server = new ApiServer(kernel, {
      kinds: [...kinds, ...measured],
      // One user stands in for the kubelets of all nodes.
      plugins: plugins.filter(({ name }) => name !== 'NodeRestriction'),
      freeze: options.freeze ?? true,
    });
    server.start();
    super(server);
    for (const name of ['default', 'kube-system', 'kube-node-lease']) {
      this.do(this.admin.create(Namespace, { metadata: { name } }));
    }
    this.manager = new ControllerManager(this.server, options.controllers ?? controllers, Event);
    this.manager.start();
  }
}
