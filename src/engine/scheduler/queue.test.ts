/** The queue by itself: order, back-offs, windows, hints, gates, what happens during an attempt. */
import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../api/generated/types.ts';
import type { ClusterEvent } from './events.ts';
import { definePlugin, type Plugin } from './framework.ts';
import { prioritySort } from './plugins/priority-sort.ts';
import { schedulingGates } from './plugins/scheduling-gates.ts';
import { type QueuedPod, SchedulingQueue } from './queue.ts';

const SECOND = 1_000_000;

const wantsNodes = definePlugin<null, null>({ name: 'WantsNodes', events: ['NodeAdd'] });
const wantsLabels = definePlugin<null, null>({
  name: 'WantsLabels',
  events: ['NodeUpdateNodeLabel'],
  helps: (event) => 'node' in event && event.node.metadata.labels?.['good'] === 'yes',
});

class World {
  now = 0;
  readonly queue: SchedulingQueue;

  constructor(popFromBackoff = true) {
    this.queue = new SchedulingQueue(
      {
        initialBackoffUs: SECOND,
        maxBackoffUs: 10 * SECOND,
        popFromBackoff,
        epochUs: 0,
        less: (a, b) => prioritySort.less?.(a, b) ?? false,
        gate: (pod) => (schedulingGates.preEnqueue?.(pod) ? schedulingGates : null),
      },
      () => this.now,
    );
  }

  add(name: string, spec: object = {}): Pod {
    const made = pod(name, spec);
    this.queue.add(made, 0);
    return made;
  }

  pop(): QueuedPod {
    const item = this.queue.pop();
    if (!item) throw new Error('nothing is due');
    return item;
  }

  fail(item: QueuedPod, ...by: readonly Plugin[]): void {
    this.queue.putBack(item, item.pod, by);
  }

  get lengths(): readonly [number, number, number] {
    const q = this.queue;
    return [q.activeLength, q.backoffLength, q.unschedulableLength];
  }
}

function pod(name: string, spec: object = {}): Pod {
  const metadata = { name, namespace: 'd', uid: name };
  return { metadata, spec: { containers: [], ...spec }, status: {} } as unknown as Pod;
}

function nodeEvent(type: 'NodeAdd' | 'NodeUpdateNodeLabel', good = 'no'): ClusterEvent {
  const node = { metadata: { name: 'n', labels: { good } }, spec: {}, status: {} };
  return { type, node: node as unknown as Node, old: null };
}

describe('the queue', () => {
  it('gives the highest priority first, then the longest waiting', () => {
    const world = new World();
    world.add('a');
    world.now = 1;
    world.add('b', { priority: 5 });
    world.now = 2;
    world.add('c', { priority: 5 });
    expect([world.pop().key, world.pop().key, world.pop().key]).toEqual(['d/b', 'd/c', 'd/a']);
    expect(world.queue.pop()).toBeUndefined();
  });

  it('waits for what the plugins want to hear', () => {
    const world = new World();
    world.add('a');
    world.fail(world.pop(), wantsLabels);
    expect(world.lengths).toEqual([0, 0, 1]);
    world.now = 5 * SECOND;
    expect(world.queue.onEvent(nodeEvent('NodeAdd'), 0)).toBe(false);
    expect(world.queue.onEvent(nodeEvent('NodeUpdateNodeLabel'), 0)).toBe(false);
    expect(world.lengths).toEqual([0, 0, 1]);
    expect(world.queue.onEvent(nodeEvent('NodeUpdateNodeLabel', 'yes'), 0)).toBe(true);
    expect(world.lengths).toEqual([1, 0, 0]);
  });

  it('does not lose what happens while a Pod is tried', () => {
    const world = new World();
    world.add('a');
    const item = world.pop();
    world.queue.onEvent(nodeEvent('NodeAdd'), 0);
    world.fail(item, wantsNodes);
    expect(world.lengths).toEqual([0, 1, 0]);
    // Nothing else is to be done: the back-off is cut short.
    expect(world.pop().attempts).toBe(2);
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 8],
    [5, 10],
    [50, 10],
  ])('after %i refusals backs off for %i s', (count, seconds) => {
    expect(new World().queue.backoffOf(count)).toBe(seconds * SECOND);
  });

  it('without SchedulerPopFromBackoffQ lets nobody go before its time', () => {
    const world = new World(false);
    world.add('a');
    world.now = 0.5 * SECOND;
    world.fail(world.pop(), wantsNodes);
    world.queue.onEvent(nodeEvent('NodeAdd'), 0);
    expect(world.lengths).toEqual([0, 1, 0]);
    expect(world.queue.pop()).toBeUndefined();
    world.now = 1.4 * SECOND;
    world.queue.flushBackoff();
    expect(world.lengths).toEqual([0, 1, 0]);
    world.now = 1.6 * SECOND;
    world.queue.flushBackoff();
    expect(world.lengths).toEqual([1, 0, 0]);
  });

  it('lets a Pod wait after an error, in any case', () => {
    const world = new World();
    world.add('a');
    world.fail(world.pop());
    expect(world.lengths).toEqual([0, 1, 0]);
    expect(world.queue.pop()).toBeUndefined();
    world.now = 2 * SECOND;
    world.queue.flushBackoff();
    expect(world.pop().key).toBe('d/a');
  });

  it('tries Pods anyway that have waited for five minutes', () => {
    const world = new World();
    world.add('a');
    world.fail(world.pop(), wantsNodes);
    world.now = 300 * SECOND;
    world.queue.flushUnschedulable();
    expect(world.lengths).toEqual([0, 0, 1]);
    world.now = 301 * SECOND;
    world.queue.flushUnschedulable();
    expect(world.lengths).toEqual([1, 0, 0]);
  });

  it('lets gated Pods in when the last gate is gone, and for no other reason', () => {
    const world = new World();
    const gates = [{ name: 'a.io/x' }];
    const gated = world.add('a', { schedulingGates: gates });
    world.now = 400 * SECOND;
    world.queue.flushUnschedulable();
    world.queue.onEvent(nodeEvent('NodeAdd'), 0);
    expect(world.lengths).toEqual([0, 0, 1]);
    const open = pod('a');
    world.queue.update(open, gated, 0);
    expect(world.lengths).toEqual([1, 0, 0]);
    expect(world.pop().pod).toBe(open);
  });

  it('forgets Pods that are gone, wherever they are', () => {
    const world = new World();
    for (const name of ['a', 'b', 'c']) world.add(name);
    world.fail(world.pop(), wantsNodes);
    const flying = world.pop();
    world.queue.remove('d/a');
    world.queue.remove('d/c');
    world.queue.remove('d/b');
    expect(world.lengths).toEqual([0, 0, 0]);
    world.queue.onEvent(nodeEvent('NodeAdd'), 0);
    expect(flying.missed).toBeNull();
    expect(world.queue.pop()).toBeUndefined();
  });
});
