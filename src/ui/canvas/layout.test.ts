import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Box, layOut, type Layout, TILES_MAX } from './layout.ts';
import { makeRoutes } from './routes.ts';
import { EMPTY_SCENE, type Scene, type WorkerScene } from './scene.ts';

const worker = (name: string, shown: number, folded = 0): WorkerScene => ({ name, shown, folded });

function sceneOf(workers: readonly WorkerScene[]): Scene {
  return { ...EMPTY_SCENE, workers, controllers: ['deployment-controller'] };
}

const LAPTOP = { width: 712, height: 420 };
const DESKTOP = { width: 1_240, height: 720 };

function machines(count: number, pods: number): Scene {
  return sceneOf(Array.from({ length: count }, (_, i) => worker(`node-${i + 1}`, pods)));
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

const drawnBoxes = (layout: Layout): Box[] => [
  layout.kubectl,
  layout.etcd,
  layout.manager,
  layout.tray,
  layout.scheduler,
  layout.spine,
  ...layout.workers.values(),
  ...(layout.fleet === null ? [] : [layout.fleet.box]),
];

describe('layOut', () => {
  test.each([
    ['a few machines are boxes', machines(3, 2), 'box'],
    ['tens are small boxes', machines(40, 10), 'mini'],
    ['hundreds are a grid', machines(1_000, 10), 'fleet'],
  ] as const)('%s', (_name, scene, form) => {
    expect(layOut(scene, DESKTOP).form).toBe(form);
  });

  test.each([
    ['few Pods are tiles', machines(3, 3), 'tile'],
    ['more are lines', machines(3, 12), 'line'],
    ['many are squares', machines(3, 100), 'square'],
    ['too many are counted', machines(3, 400), 'count'],
    ['folded ones are counted', sceneOf([worker('node-1', 5, 1_000)]), 'count'],
  ] as const)('%s', (_name, scene, detail) => {
    expect(layOut(scene, DESKTOP).detail).toBe(detail);
  });

  test('never more React Flow nodes than it can carry', () => {
    for (const count of [1, 12, 13, 120, 121, 5_000]) {
      expect(drawnBoxes(layOut(machines(count, 30), DESKTOP)).length).toBeLessThan(300);
    }
  });

  test('one more Pod moves no box as long as its row has room', () => {
    const before = layOut(sceneOf([worker('node-1', 1), worker('node-2', 0)]), DESKTOP);
    const after = layOut(sceneOf([worker('node-1', 2), worker('node-2', 0)]), DESKTOP);
    expect(after).toEqual(before);
  });

  const anyWorkers = fc
    .array(fc.nat(60), { maxLength: 150 })
    .map((pods) => sceneOf(pods.map((n, i) => worker(`node-${i}`, n))));
  const anySize = fc.record({
    width: fc.integer({ min: 300, max: 2_600 }),
    height: fc.integer({ min: 200, max: 1_500 }),
  });

  test('boxes lie beside each other, inside the picture', () => {
    fc.assert(
      fc.property(anyWorkers, anySize, (scene, size) => {
        const layout = layOut(scene, size);
        const boxes = drawnBoxes(layout);
        boxes.forEach((a, i) => {
          expect(a.x).toBeGreaterThanOrEqual(0);
          expect(a.x + a.w).toBeLessThanOrEqual(layout.width);
          expect(a.y + a.h).toBeLessThanOrEqual(layout.height);
          for (const b of boxes.slice(i + 1)) expect(overlap(a, b)).toBe(false);
        });
      }),
    );
  });

  test('up to a row more Pods change positions only below the machine that grew', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 1, maxLength: 6 }), (pods) => {
        const list = pods.map((n, i) => worker(`node-${i}`, n));
        const more = list.map((w, i) => (i === 0 ? { ...w, shown: w.shown + 1 } : w));
        const before = layOut(sceneOf(list), { width: 1_240, height: 1_600 });
        const after = layOut(sceneOf(more), { width: 1_240, height: 1_600 });
        const total = pods.reduce((a, b) => a + b, 0);
        if (total >= TILES_MAX) return;
        for (const [name, box] of before.workers) {
          const now = after.workers.get(name) as Box;
          expect(now.x).toBe(box.x);
          expect(now.y).toBeGreaterThanOrEqual(box.y);
        }
        expect(after.spine).toEqual(before.spine);
      }),
    );
  });
});

describe('wires', () => {
  test('every wire ends inside the API server', () => {
    for (const scene of [machines(3, 2), machines(12, 2), machines(40, 2), machines(500, 2)]) {
      const layout = layOut(scene, DESKTOP);
      const { x, y, w, h } = layout.spine;
      for (const route of makeRoutes(layout).wires) {
        const end = route.points[route.points.length - 1] as { x: number; y: number };
        expect(end.x).toBeGreaterThan(x);
        expect(end.x).toBeLessThan(x + w);
        expect(end.y).toBeGreaterThan(y);
        expect(end.y).toBeLessThan(y + h);
      }
    }
  });

  test('no wire crosses a machine', () => {
    const layout = layOut(machines(12, 2), LAPTOP);
    const routes = makeRoutes(layout);
    for (const name of layout.workers.keys()) {
      const points = routes.toServer(`kubelet/${name}`)?.points ?? [];
      for (let i = 1; i < points.length; i++) {
        const a = points[i - 1] as { x: number; y: number };
        const b = points[i] as { x: number; y: number };
        const line = {
          x: Math.min(a.x, b.x),
          y: Math.min(a.y, b.y),
          w: Math.abs(a.x - b.x),
          h: Math.abs(a.y - b.y),
        };
        for (const box of layout.workers.values()) expect(overlap(line, box)).toBe(false);
      }
    }
  });

  test('there is no way from etcd to anything but the API server', () => {
    const routes = makeRoutes(layOut(machines(3, 2), DESKTOP));
    expect(routes.toServer('etcd')?.points).toHaveLength(2);
    expect(routes.toServer('kube-apiserver')).toBeNull();
  });
});
