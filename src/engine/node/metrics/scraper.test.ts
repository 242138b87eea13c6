/** What can be told of containers and nodes after how many readings, and what a reading costs. */
import { describe, expect, it } from 'vitest';
import { Kernel } from '../../../kernel/kernel.ts';
import { Cgroup, HostResources } from '../runtime/cgroup.ts';
import type { RuntimeContainer } from '../runtime/runtime-container.ts';
import { MetricsScraper } from './scraper.ts';

const SECOND = 1_000_000;
const MEBIBYTE = 1_048_576;

class World {
  readonly kernel = new Kernel({ seed: 1, epochMs: 0, traceCapacity: 100 });
  readonly host = new HostResources(4, 8_192 * MEBIBYTE);
  readonly kubelet = { running: true };
  readonly containers: RuntimeContainer[] = [];
  readonly scraper = new MetricsScraper(this.kernel, () => [
    {
      name: 'node-1',
      kubelet: this.kubelet,
      runtime: { host: this.host, allContainers: () => this.containers },
    },
  ]);

  constructor() {
    this.scraper.start();
  }

  container(uid: string, name: string): RuntimeContainer {
    const c = {
      pod: { uid },
      config: { name },
      info: { state: 'running', startedAt: this.kernel.now },
      cgroup: new Cgroup({}, this.host),
    } as unknown as RuntimeContainer;
    this.containers.push(c);
    return c;
  }

  /** A process in |c| takes |bytes| of memory, and computes for |us| each second. */
  work(c: RuntimeContainer, us: number, bytes = MEBIBYTE): void {
    c.cgroup.add(this.kernel, { all: () => [] }, bytes);
    const turn = (): void => {
      c.cgroup.spend(this.kernel.now, us);
      this.kernel.after(SECOND, turn, {});
    };
    this.kernel.after(0, turn, {});
  }

  to(seconds: number): void {
    this.kernel.runUntil(seconds * SECOND);
  }
}

describe('readings', () => {
  it('tell of a container from the second on', () => {
    const w = new World();
    const c = w.container('u', 'main');
    w.work(c, 250_000, 3 * MEBIBYTE + 1);
    w.to(16);
    expect(w.scraper.pod('u')).toBeNull();
    expect(w.scraper.node('node-1')).toBeNull();
    w.to(31);
    const usage = { cpuNanoCores: 250_000_000, memoryBytes: 3 * MEBIBYTE + 4_096 };
    const at = { timestamp: '1970-01-01T00:00:30Z', windowUs: 15 * SECOND };
    expect(w.scraper.pod('u')).toEqual({ ...at, containers: [{ name: 'main', ...usage }] });
    expect(w.scraper.node('node-1')).toEqual({
      ...at,
      cpuNanoCores: 250_000_000,
      memoryBytes: 3 * MEBIBYTE + 4_096,
    });
  });

  it('tell of a fresh container from its start on, when it is old enough', () => {
    const w = new World();
    w.to(3);
    w.work(w.container('old-enough', 'main'), 500_000);
    w.to(6);
    w.work(w.container('too-young', 'main'), 500_000);
    w.to(16);
    expect(w.scraper.pod('old-enough')?.windowUs).toBe(12 * SECOND);
    expect(w.scraper.pod('old-enough')?.containers[0]?.cpuNanoCores).toBe(500_000_000);
    expect(w.scraper.pod('too-young')).toBeNull();
  });

  it('tell of a Pod when they can tell of all its containers', () => {
    const w = new World();
    w.container('u', 'a');
    w.to(21);
    const second = w.container('u', 'b');
    w.to(31);
    expect(w.scraper.pod('u')).toBeNull();
    w.to(46);
    expect(w.scraper.pod('u')?.containers.map(({ name }) => name)).toEqual(['a', 'b']);
    // One that has ended counts no more; one that was restarted begins anew.
    second.info = { ...second.info, state: 'exited' };
    w.to(61);
    expect(w.scraper.pod('u')?.containers.map(({ name }) => name)).toEqual(['a']);
    w.containers.pop();
    w.to(70);
    w.container('u', 'b');
    w.to(76);
    expect(w.scraper.pod('u')).toBeNull();
  });

  it('end with the kubelet, and begin again with it', () => {
    const w = new World();
    w.container('u', 'main');
    w.to(31);
    expect(w.scraper.pod('u')).not.toBeNull();
    w.kubelet.running = false;
    w.to(46);
    expect([w.scraper.pod('u'), w.scraper.node('node-1')]).toEqual([null, null]);
    w.kubelet.running = true;
    w.to(61);
    expect(w.scraper.pod('u')).toBeNull();
    w.to(76);
    expect(w.scraper.pod('u')).not.toBeNull();
  });
});
