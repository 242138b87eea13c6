/**
 * `agnhost logs-generator`: lines like those of an API server, evenly over a time.
 *
 * Models: test/images/agnhost/logs-generator/logs_generator.go (v1.36)
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { flag, log } from './program.ts';

const METHODS = ['GET', 'POST', 'PUT'];
const NAMESPACES = ['kube-system', 'default', 'ns'];
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789'; // apimachinery util/rand
const PLACE = 'logs_generator.go:76';
const LEAST_STATUS = 200;
const STATUSES = 400;
const UNITS_US: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1_000,
  s: MICROS_PER_SECOND,
  m: 60 * MICROS_PER_SECOND,
  h: 3_600 * MICROS_PER_SECOND,
};

/** Microseconds of `1m30s`; 0 for what is no duration. */
function durationUs(text: string): number {
  let us = 0;
  for (const [, count = '', unit = ''] of text.matchAll(/([\d.]+)(us|ms|s|m|h)/g)) {
    us += Number(count) * (UNITS_US[unit] ?? 0);
  }
  return Math.floor(us);
}

export function* logsGenerator(context: ProcessContext, args: readonly string[]): Proc<number> {
  const lines = Number(flag(args, 'log-lines-total') ?? flag(args, 't') ?? 0);
  const duration = durationUs(flag(args, 'run-duration') ?? flag(args, 'd') ?? '');
  if (!(lines > 0)) return fatal(context, `Invalid total number of lines: ${lines}`);
  if (duration <= 0) return fatal(context, 'Invalid duration: 0s');
  const random = context.kernel.rng(`logs-generator ${context.hostname}`);
  const pick = (list: readonly string[]): string => list[random.int(list.length)] as string;
  for (let id = 0; id < lines; id++) {
    const method = pick(METHODS);
    const pod = random.text(3 + random.int(2), LETTERS);
    const url = `/api/v1/namespaces/${pick(NAMESPACES)}/pods/${pod}`;
    log(context, `${id} ${method} ${url} ${LEAST_STATUS + random.int(STATUSES)}`, PLACE);
    yield Math.floor(duration / lines);
  }
  return 0;
}

function fatal(context: ProcessContext, message: string): number {
  log(context, message, PLACE);
  return 255;
}
