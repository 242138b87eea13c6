/**
 * `agnhost no-snat-test`: whether others see the Pod's own address.
 *
 * Models: test/images/agnhost/no-snat-test/main.go (v1.36)
 */
import { goQuote } from '../../../api/meta/go-text.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import { FormValues } from '../tools/go-values.ts';
import { fetch, GoError } from '../tools/http-client.ts';
import { flag, listen, splitHostPort, text, waitForEnd } from './program.ts';

const TIMEOUT_US = 30 * MICROS_PER_SECOND;

export function* noSnatTest(context: ProcessContext, args: readonly string[]): Proc<number> {
  const refuse = (message: string): number => {
    context.stderr(`${message}\n`);
    return 1;
  };
  const own: string[] = [];
  for (const name of ['POD_IP', 'NODE_IP']) {
    const value = context.env.get(name);
    if (value === undefined) return refuse(`${name} env var was not present in the environment`);
    if (!/^\d+(\.\d+){3}$/.test(value)) {
      const what = `${name} env var contained ${goQuote(value)}`;
      return refuse(`${what}, which is not an IP address`);
    }
    own.push(value);
  }
  const [pod = '', node = ''] = own;
  const problem = listen(context, Number(flag(args, 'port') ?? '8080'), (request) => {
    const values = new FormValues(request.path);
    if (values.path === '/whoami') {
      return text(200, `${request.remoteAddress ?? ''}:${request.remotePort ?? 0}`);
    }
    if (values.path !== '/checknosnat') return text(404, '404 page not found\n');
    return checkAll(context, values.get('ips').split(','), pod, node);
  });
  if (problem !== null) return refuse(problem);
  return yield* waitForEnd(context);
}

function* checkAll(
  context: ProcessContext,
  targets: readonly string[],
  pod: string,
  node: string,
): Proc<HttpResponse> {
  const errors: string[] = [];
  for (const target of targets) {
    const error = yield* check(context, target, pod, node);
    if (error !== null) errors.push(error);
  }
  return errors.length === 0 ? text(200, '') : text(500, errors.join(', '));
}

function* check(
  context: ProcessContext,
  target: string,
  pod: string,
  node: string,
): Proc<string | null> {
  const parts = splitHostPort(target.includes(':') ? target : `${target}:80`);
  if (typeof parts === 'string') return parts;
  try {
    const answer = yield* fetch(context, { ...parts, path: 'whoami', timeoutUs: TIMEOUT_US });
    const seen = answer.body.split(':')[0] ?? '';
    if (seen === pod) return null;
    const wrong = `Returned ip ${goQuote(seen)} != my Pod ip ${goQuote(pod)}`;
    if (seen === node) return `${wrong}, == my Node ip ${goQuote(node)} - SNAT`;
    const where = 'possible SNAT through unexpected interface on the way into another node';
    return `${wrong} or my Node ip ${goQuote(node)} - SNAT to unexpected ip (${where})`;
  } catch (error) {
    if (!(error instanceof GoError)) throw error;
    return error.message;
  }
}
