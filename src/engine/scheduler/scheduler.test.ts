/** The scheduler over a whole API server: several by name, profiles, queue, preemption, promises. */
import { describe, expect, it } from 'vitest';
import type {
  Node as NodeObject,
  Pod as PodObject,
  PriorityClass as PriorityClassObject,
} from '../../api/generated/types.ts';
import { Event } from '../../api/kinds/event.ts';
import { Node } from '../../api/kinds/node.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { PriorityClass } from '../../api/kinds/priority-class.ts';
import type { Input } from '../../api/meta/object.ts';
import { Cluster } from '../cluster.ts';
import type { Client } from '../client/typed-client.ts';
import type { Proc } from '../../kernel/process.ts';
import type { SchedulerSettings } from '../../port/protocol-scheduler.ts';
import { Scheduler, schedulerConfiguration } from './scheduler.ts';

const SECOND = 1_000_000;

class World {
  readonly cluster: Cluster;
  readonly client: Client;

  constructor(scheduler: SchedulerSettings = {}) {
    this.cluster = new Cluster({
      seed: 7,
      epoch: '2026-01-01T00:00:00Z',
      nodes: [],
      stopped: [],
      scheduler,
    });
    const user = { name: 'admin', groups: ['system:masters'] };
    this.client = this.cluster.client({ user, agent: 'test', actor: 'test' });
  }

  do<T>(body: Proc<T>): T {
    const { kernel } = this.cluster;
    const process = kernel.spawn('test', body, { joined: true });
    kernel.runUntil(kernel.now + SECOND / 10);
    if (!process.outcome?.ok) throw process.outcome?.error ?? new Error('not done in time');
    return process.outcome.value;
  }

  pass(seconds: number): void {
    const { kernel } = this.cluster;
    kernel.runUntil(kernel.now + seconds * SECOND);
  }

  node(name: string, cpu = '4'): void {
    const capacity = { cpu, memory: '8Gi', pods: '110' };
    const metadata = { name, labels: { 'kubernetes.io/hostname': name } };
    this.do(this.client.create(Node, { metadata } as Input<NodeObject>));
    const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }];
    const status = { capacity, allocatable: capacity, conditions };
    const options = { type: 'merge', subresource: 'status' } as const;
    this.do(this.client.patch(Node, '', name, { status }, options));
    this.do(this.client.patch(Node, '', name, { spec: { taints: null } }, { type: 'merge' }));
  }

  pod(name: string, cpu: string, spec: object = {}): void {
    const resources = { requests: { cpu } };
    this.do(
      this.client.create(Pod, {
        metadata: { name, namespace: 'default' },
        spec: { containers: [{ name: 'c', image: 'c:1', resources }], ...spec },
      } as unknown as Input<PodObject>),
    );
  }

  see(name: string): PodObject {
    return this.do(this.client.get(Pod, 'default', name));
  }

  priorities(): void {
    const make = (name: string, value: number, preemptionPolicy: string): void => {
      const made = { metadata: { name }, value, preemptionPolicy };
      this.do(this.client.create(PriorityClass, made as Input<PriorityClassObject>));
    };
    make('low', 10, 'PreemptLowerPriority');
    make('high', 1_000, 'PreemptLowerPriority');
    make('meek', 1_000, 'Never');
  }

  events(reason: string): readonly string[] {
    const { items } = this.do(this.client.list(Event, { namespace: 'default' }));
    return items
      .filter((e) => e.reason === reason)
      .map((e) => `${e.involvedObject.name} ${e.reportingComponent ?? ''}: ${e.message ?? ''}`);
  }
}

const KIND = {
  apiVersion: 'kubescheduler.config.k8s.io/v1',
  kind: 'KubeSchedulerConfiguration',
} as const;

describe('schedulers by name', () => {
  it('leave Pods of others alone; another process takes them', () => {
    const world = new World();
    world.node('n1');
    world.pod('other', '1', { schedulerName: 'second' });
    world.pass(30);
    expect(world.see('other').spec.nodeName).toBeUndefined();
    expect(world.see('other').status.conditions).toBeUndefined();
    const second = new Scheduler(world.cluster.server, {
      name: 'second-scheduler',
      configuration: schedulerConfiguration({
        configuration: { ...KIND, profiles: [{ schedulerName: 'second' }] },
      }),
    });
    second.start();
    world.pass(5);
    expect(world.see('other').spec.nodeName).toBe('n1');
    expect(world.events('Scheduled')).toEqual([
      'other second: Successfully assigned default/other to n1',
    ]);
    second.stop();
    world.pod('later', '1', { schedulerName: 'second' });
    world.pass(5);
    expect(world.see('later').spec.nodeName).toBeUndefined();
    second.start();
    world.pass(5);
    expect(world.see('later').spec.nodeName).toBe('n1');
    // Nothing is decided before all that it looks at has been listed.
    expect(world.events('FailedScheduling')).toEqual([]);
  });

  it('look at the whole cluster before they decide, each time they start', () => {
    const world = new World();
    world.node('n1');
    for (let i = 0; i < 5; i++) {
      world.cluster.scheduler.stop();
      world.pod(`p${i}`, '100m');
      world.cluster.scheduler.start();
      world.pass(3);
      expect(world.see(`p${i}`).spec.nodeName).toBe('n1');
    }
    expect(world.events('FailedScheduling')).toEqual([]);
  });

  it('are profiles of one process, each with its plugins', () => {
    const world = new World({
      configuration: {
        ...KIND,
        profiles: [
          { schedulerName: 'default-scheduler' },
          {
            schedulerName: 'packing',
            pluginConfig: [
              {
                name: 'NodeResourcesFit',
                args: { scoringStrategy: { type: 'MostAllocated' } },
              },
            ],
          },
        ],
      },
    });
    world.node('n1');
    world.node('n2');
    world.pod('first', '2');
    world.pass(2);
    const taken = world.see('first').spec.nodeName;
    world.pod('spread', '100m');
    world.pass(2);
    world.pod('packed', '100m', { schedulerName: 'packing' });
    world.pass(2);
    expect(world.see('spread').spec.nodeName).not.toBe(taken);
    expect(world.see('packed').spec.nodeName).toBe(taken);
    expect(world.cluster.scheduler.decision('default/packed')?.profile).toBe('packing');
  });
});

describe('preemption', () => {
  it('evicts the least important Pods, then places the one that needs their room', () => {
    const world = new World();
    world.priorities();
    world.node('n1');
    world.pod('a', '2', { priorityClassName: 'low' });
    world.pod('b', '2', { priorityClassName: 'low', terminationGracePeriodSeconds: 5 });
    world.pass(2);
    world.pod('urgent', '2', { priorityClassName: 'high' });
    world.pass(2);
    const { nominatedNodeName, conditions = [] } = world.see('urgent').status;
    expect(nominatedNodeName).toBe('n1');
    expect(conditions.find((c) => c.type === 'PodScheduled')?.message).toBe(
      '0/1 nodes are available: 1 Insufficient cpu.',
    );
    const decision = world.cluster.scheduler.decision('default/urgent');
    expect(decision?.help).toMatchObject({ nominate: 'n1' });
    const [victim = ''] = (decision?.help?.victims ?? []).map((v) => v.split('/')[1]);
    const evicted = world.see(victim);
    expect(evicted.metadata.deletionTimestamp).toBeDefined();
    expect(evicted.status.conditions?.find((c) => c.type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: 'default-scheduler: preempting to accommodate a higher priority pod',
    });
    expect(world.events('Preempted')).toEqual([
      `${victim} default-scheduler: Preempted by pod ${world.see('urgent').metadata.uid} on node n1`,
    ]);
    // Nothing more is evicted while that one is on its way.
    world.pod('small', '1', { priorityClassName: 'low' });
    world.pass(2);
    expect(world.see('small').spec.nodeName).toBeUndefined();
    world.do(world.client.delete(Pod, 'default', victim, { gracePeriodSeconds: 0 }));
    world.pass(2);
    expect(world.see('urgent').spec.nodeName).toBe('n1');
    expect(world.see('urgent').status.nominatedNodeName).toBeUndefined();
    expect(world.see('small').spec.nodeName).toBeUndefined();
  });

  it('is no help to a Pod that does not want it', () => {
    const world = new World();
    world.priorities();
    world.node('n1');
    world.pod('a', '4', { priorityClassName: 'low' });
    world.pod('meek', '2', { priorityClassName: 'meek' });
    world.pass(2);
    const [condition] = world.see('meek').status.conditions ?? [];
    expect(condition?.message).toBe(
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, ' +
        'preemption: not eligible due to preemptionPolicy=Never.',
    );
  });
});

describe('the queue', () => {
  it('tries Pods again when something helps, and notes why', () => {
    const world = new World();
    world.node('n1', '1');
    world.pod('big', '2');
    world.pass(2);
    world.node('n2', '4');
    world.pass(2);
    expect(world.see('big').spec.nodeName).toBe('n2');
    const events = world.cluster.scheduler
      .queueMoves()
      .filter((m) => m.event !== undefined)
      .map((m) => `${m.event} ${m.queue}`);
    expect(events).toEqual([
      'UnschedulablePodAdd Active',
      'ScheduleAttemptFailure Unschedulable',
      // Its room helps, were it not for the taint of new nodes.
      'NodeUpdateNodeAllocatable Active',
      'ScheduleAttemptFailure Unschedulable',
      'NodeUpdateNodeTaint Backoff',
    ]);
  });

  it('keeps gated Pods out until the last gate is gone', () => {
    const world = new World();
    world.node('n1');
    world.pod('gated', '1', { schedulingGates: [{ name: 'a.io/x' }] });
    world.pass(5);
    expect(world.cluster.scheduler.detail).toEqual({ active: 0, backoff: 0, unschedulable: 1 });
    const open = { spec: { schedulingGates: null } };
    world.do(world.client.patch(Pod, 'default', 'gated', open, { type: 'merge' }));
    world.pass(1);
    expect(world.see('gated').spec.nodeName).toBe('n1');
  });
});
