/** How much a cluster does in a time in which it can reach nothing: nothing may spin. */
import { expect } from 'vitest';
import type { ClusterPlane } from './stand-in/cluster-plane.ts';

const US_PER_SECOND = 1_000_000;

/**
 * Lets |seconds| pass and fails when the API server has answered more than |limit| requests a second
 * on the average, or when more events than that can cause have happened.
 */
export function expectBoundedWork(plane: ClusterPlane, seconds: number, limit: number): void {
  const { server, kernel } = plane;
  const before = { requests: server.served, steps: kernel.steps, now: kernel.now };
  plane.run(seconds);
  const passed = (kernel.now - before.now) / US_PER_SECOND;
  const requests = (server.served - before.requests) / passed;
  const steps = (kernel.steps - before.steps) / passed;
  expect(requests, 'requests a virtual second').toBeLessThanOrEqual(limit);
  expect(steps, 'events a virtual second').toBeLessThanOrEqual(limit * STEPS_PER_REQUEST);
}

/** A request is some ten events of the queue; its watchers hear of it, and kubelets have loops. */
const STEPS_PER_REQUEST = 60;
