/**
 * What running Pods cost: 1,000 shell loops for a virtual minute, and the memory of an idle Pod.
 */
import v8 from 'node:v8';
import vm from 'node:vm';
import { kinds } from '../api/kinds/index.ts';
import { Session } from '../engine/session.ts';
import { programsFor } from '../kubectl/programs.ts';
import { type Result, resultOf, Stopwatch } from './bench-measure.ts';
import { unfinishedWorkloads } from './readiness.ts';
import { DEFAULT_EPOCH, workerNodes } from './run-config.ts';

const SECOND_US = 1_000_000;
const LIMIT_US = 3_600 * SECOND_US;
const PODS = 1_000;
const NODES = 100;
const LOOP_US = 60 * SECOND_US;
const BYTES_PER_KB = 1_000;

/** CPU time of a virtual minute of 1,000 Pods that each write a line a second. */
export function shells(name: string): Result {
  const session = newSession();
  const booting = new Stopwatch();
  deploy(session, name, 'busybox:1.36', "[sh, -c, 'while true; do echo x; sleep 1; done']");
  const start = booting.cpuSeconds;
  const stopwatch = new Stopwatch();
  const { kernel } = session.cluster;
  kernel.runUntil(kernel.now + LOOP_US);
  return resultOf(name, stopwatch, session.cluster, { start_cpu_s: start });
}

/**
 * Heap of an idle Pod by difference between twice as many and the usual number of them, so that what
 * is there once (compiled code, caches) does not count: all in all, and the trace of it.
 */
export function idle(name: string): Result {
  const session = newSession();
  const stopwatch = new Stopwatch();
  deploy(session, name, 'registry.k8s.io/pause:3.10', null);
  const { kernel } = session.cluster;
  kernel.runUntil(kernel.now + LOOP_US);
  const before = heapBytes();
  deploy(session, name, 'registry.k8s.io/pause:3.10', null, 2 * PODS);
  kernel.runUntil(kernel.now + LOOP_US);
  const all = heapBytes();
  kernel.trace.forget();
  const untraced = heapBytes();
  const perPod = (bytes: number): number => bytes / PODS / BYTES_PER_KB;
  return resultOf(name, stopwatch, session.cluster, {
    kb_per_pod: perPod(all - before),
    kb_per_pod_trace: perPod(all - untraced) / 2,
  });
}

function newSession(): Session {
  const config = { seed: 1, epoch: DEFAULT_EPOCH, nodes: workerNodes(NODES), stopped: [] };
  return new Session(config, programsFor(kinds), { traceCapacity: 100_000 });
}

function deploy(
  session: Session,
  name: string,
  image: string,
  command: string | null,
  replicas = PODS,
): void {
  session.give({ type: 'apply', file: 'bench.yaml', text: manifest(image, command, replicas) });
  const { kernel, server } = session.cluster;
  const ready = (): boolean => {
    const object = server.store.get('/registry/deployments/default/web')?.value.object as
      | { status: { readyReplicas?: number } }
      | undefined;
    return object?.status.readyReplicas === replicas;
  };
  if (!kernel.runUntil(ready, { maxTime: LIMIT_US })) {
    throw new Error(`${name}: not ready: ${unfinishedWorkloads(session.cluster)[0] ?? ''}`);
  }
}

function manifest(image: string, command: string | null, replicas: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: ${replicas}
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: c
          image: ${image}
${command === null ? '' : `          command: ${command}\n`}`;
}

let collect: (() => void) | null = null;

function heapBytes(): number {
  if (!collect) {
    v8.setFlagsFromString('--expose-gc');
    collect = vm.runInNewContext('gc') as () => void;
  }
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
