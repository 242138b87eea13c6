/**
 * `npm run bench`: what the engine costs. CPU time is the measure; wall time on a busy machine says
 * little. Each case prints one line, or JSON.
 */
import { kinds } from '../api/kinds/index.ts';
import { Session } from '../engine/session.ts';
import { programsFor } from '../kubectl/programs.ts';
import { parseFlags, runMain, UsageError } from './arguments.ts';
import { api, watch } from './bench-api.ts';
import { drain, rolling, zoneLoss } from './bench-changes.ts';
import { idle, shells } from './bench-containers.ts';
import { type Result, resultOf, Stopwatch } from './bench-measure.ts';
import { frame } from './bench-page.ts';
import { schedule } from './bench-schedule.ts';
import { unfinishedWorkloads } from './readiness.ts';
import { DEFAULT_EPOCH, workerNodes } from './run-config.ts';

const USAGE = 'usage: npm run bench -- [--case NAME] [--json]';

const CASES: Readonly<Record<string, (name: string) => Result>> = {
  'pods-1000': (name) => pods(name, 1_000, 100),
  'pods-10000': (name) => pods(name, 10_000, 1_000),
  'pods-150000': (name) => pods(name, 150_000, 5_000),
  schedule,
  shells,
  idle,
  api,
  watch,
  frame: (name) => frame(name, manifest),
  'rolling-1000': (name) => rolling(name, 1_000, 100, manifest),
  'drain-100': (name) => drain(name, [10_000, 1_000, 100], manifest),
  'zone-loss': (name) => zoneLoss(name, 3_000, 300, manifest),
};
/** Run when no case is named: all but the longest. */
const USUAL = Object.keys(CASES).filter((name) => name !== 'pods-150000');

const LIMIT_US = 60 * 60 * 1_000_000;

/** A Deployment from apply to all Ready. */
function pods(name: string, replicas: number, nodes: number): Result {
  const config = { seed: 1, epoch: DEFAULT_EPOCH, nodes: workerNodes(nodes), stopped: [] };
  const booting = new Stopwatch();
  const session = new Session(config, programsFor(kinds), { traceCapacity: 100_000 });
  const boot = booting.cpuSeconds;
  const { kernel, server } = session.cluster;
  const stopwatch = new Stopwatch();
  session.give({ type: 'apply', file: 'bench.yaml', text: manifest(replicas) });
  // Told of what is written, instead of asking after every event.
  let ready = 0;
  server.onCommit = ({ key, kv }) => {
    if (key !== '/registry/deployments/default/web') return;
    const { status } = kv.value.object as unknown as { status: { readyReplicas?: number } };
    ready = status.readyReplicas ?? 0;
  };
  if (!kernel.runUntil(() => ready === replicas, { maxTime: LIMIT_US })) {
    throw new Error(`${name}: not ready: ${unfinishedWorkloads(session.cluster)[0] ?? ''}`);
  }
  return resultOf(name, stopwatch, session.cluster, { boot_cpu_s: boot });
}

function manifest(replicas: number, name = 'web'): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: ${replicas}
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
        - name: nginx
          image: registry.k8s.io/pause:3.10
          resources:
            requests:
              cpu: 100m
              memory: 64Mi
`;
}

function main(): number {
  const flags = parseFlags(process.argv.slice(2), {
    usage: USAGE,
    values: ['case'],
    switches: ['json'],
  });
  const only = flags.one('case');
  if (only !== undefined && !Object.hasOwn(CASES, only)) {
    throw new UsageError(`there is no case "${only}"; cases: ${Object.keys(CASES).join(', ')}`);
  }
  const results: Result[] = [];
  for (const name of only === undefined ? USUAL : [only]) {
    const result = (CASES[name] as (n: string) => Result)(name);
    results.push(result);
    if (!flags.has('json')) {
      const parts = Object.entries(result).map(([k, v]) => `${k}=${v}`);
      process.stdout.write(`${parts.join(' ')}\n`);
    }
  }
  if (flags.has('json')) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  return 0;
}

runMain(USAGE, main);
