/**
 * resource-consumer: uses CPU and memory, and shows numbers as metrics, when it is asked to.
 *
 * Models: test/images/resource-consumer (v1.36)
 */
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import type { Proc } from '../../kernel/process.ts';
import { Future } from '../../kernel/wait.ts';
import {
  AddressInUse,
  type HttpRequest,
  type HttpResponse,
  type ImageDefinition,
  type ProcessContext,
  type Program,
} from '../node/runtime/program.ts';
import { buildImage } from './build.ts';
import { burners } from './tools/burner.ts';
import { FormValues } from './tools/go-values.ts';

const PORT = 8_080;
const MEGABYTE = 1_024 ** 2;
const DECIMALS = 6;
const SIGNALLED = 2;
const MISSING = 'not given function argument\n';
const WRONG = 'incorrect function argument\n';

function* consumer(context: ProcessContext): Proc<number> {
  const metrics = new Map<string, number>();
  try {
    context.listen(PORT, (request) => answer(context, metrics, request));
  } catch (error) {
    if (!(error instanceof AddressInUse)) throw error;
    context.stderr(`listen tcp :${PORT}: bind: address already in use\n`);
    return 1;
  }
  const ended = new Future<number>();
  context.onSignal('SIGTERM', () => ended.resolve(SIGNALLED));
  return (yield ended) as number;
}

function text(status: number, body: string): HttpResponse {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
}

function answer(
  context: ProcessContext,
  metrics: Map<string, number>,
  { body, method, path }: HttpRequest,
): HttpResponse {
  const values = new FormValues(path, body);
  if (values.path === '/metrics') return text(200, shown(metrics));
  if (method !== 'POST') return text(400, 'Bad request. Not a POST request\n');
  switch (values.path) {
    case '/ConsumeCPU':
      return numbers(values, ['millicores', 'durationSec'], (millis = 0, seconds = 0) => {
        for (const run of burners(millis, seconds * MICROS_PER_SECOND)) spawn(context, run);
        return 'ConsumeCPU';
      });
    case '/ConsumeMem':
      return numbers(values, ['megabytes', 'durationSec'], (megabytes = 0, seconds = 0) => {
        spawn(context, holder(megabytes * MEGABYTE, seconds * MICROS_PER_SECOND));
        return 'ConsumeMem';
      });
    case '/BumpMetric':
      return bump(context, metrics, values);
    case '/GetCurrentStatus':
      return text(200, 'Warning: not implemented!\nGetCurrentStatus');
    default:
      return text(404, `unknown function: ${values.path}\n`);
  }
}

function shown(metrics: ReadonlyMap<string, number>): string {
  const parts = [...metrics].map(
    ([name, value]) =>
      `# HELP ${name} info message.\n# TYPE ${name} gauge\n${name} ${value.toFixed(DECIMALS)}\n`,
  );
  return parts.join('');
}

/** Reads whole numbers, acts, and repeats them. */
function numbers(
  values: FormValues,
  names: readonly string[],
  act: (...given: readonly number[]) => string,
): HttpResponse {
  const given = names.map((name) => values.get(name));
  if (given.includes('')) return text(400, MISSING);
  if (given.some((value) => !/^[-+]?\d+$/.test(value))) return text(400, WRONG);
  const name = act(...given.map(Number));
  return text(200, `${name}\n${given.map((v, i) => `${Number(v)} ${names[i]}\n`).join('')}`);
}

function bump(
  { kernel }: ProcessContext,
  metrics: Map<string, number>,
  values: FormValues,
): HttpResponse {
  const name = values.get('metric');
  const [delta, seconds] = [values.get('delta'), values.get('durationSec')];
  if (name === '' || delta === '' || seconds === '') return text(400, MISSING);
  if (Number.isNaN(Number(delta)) || !/^[-+]?\d+$/.test(seconds)) return text(400, WRONG);
  const add = (by: number): void => void metrics.set(name, (metrics.get(name) ?? 0) + by);
  add(Number(delta));
  kernel.after(Number(seconds) * MICROS_PER_SECOND, () => add(-Number(delta)));
  return text(200, `BumpMetric\n${name} metric\n${Number(delta)} delta\n${seconds} durationSec\n`);
}

function spawn(context: ProcessContext, run: Program): void {
  const { argv, cwd, env, files } = context;
  context.spawn({ argv, run, env, cwd, files });
}

function holder(bytes: number, us: number): Program {
  return function* (context): Proc<number> {
    context.setMemory(bytes);
    yield us;
    return 0;
  };
}

export const resourceConsumerImage: ImageDefinition = buildImage({
  repository: 'registry.k8s.io/e2e-test-images/resource-consumer',
  sizes: { '1.9': 24_000_000, '1.13': 24_300_000, '1.14': 24_500_000 },
  base: 'debian-bookworm-slim',
  entrypoint: ['/consumer'],
  exposedPorts: [PORT],
  programs: { '/consumer': consumer },
});
