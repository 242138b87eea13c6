/**
 * Calls of programs in Pods from within admission. The pipeline runs at one instant and cannot wait:
 * when an answer is needed, the request stops there, the answer is fetched, and the request is run
 * anew with it, against what is stored by then. Nothing has been written before admission is over.
 *
 * Models:     k8s.io/apiserver pkg/util/webhook client.go (v1.36)
 * Simplified: what was answered once counts for the same question of the same request
 */
import type { ServiceAnswer, ServiceCall } from '../../api/meta/service-call.ts';
import { internalError } from '../../api/meta/status.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Proc } from '../../kernel/process.ts';
import { Future } from '../../kernel/wait.ts';
import type { Answer, Call } from './call.ts';

/** Reaches programs in Pods: takes as long as they do. */
export type Reach = (call: ServiceCall) => Proc<ServiceAnswer>;

/** Thrown where the pipeline cannot go on without an answer. */
export class AnswerNeeded extends Error {
  override readonly name = 'AnswerNeeded';
  readonly key: string;
  readonly call: ServiceCall;

  constructor(key: string, call: ServiceCall) {
    super(`an answer of ${call.to} is needed`);
    this.key = key;
    this.call = call;
  }
}

/** Questions that one request may lead to; more mean that it never comes to rest. */
const MAX_QUESTIONS = 100;

/** Runs |execute| until nothing is left to ask. |reset| undoes what a try has drawn. */
export function* withAnswers(
  kernel: Kernel,
  reach: Reach,
  call: Call,
  execute: (call: Call) => Answer,
  reset: () => void,
): Proc<Answer> {
  const answers = new Map<string, ServiceAnswer>();
  const told = call.warnings?.length ?? 0;
  const asking: Call = { ...call, answers };
  for (;;) {
    try {
      return execute(asking);
    } catch (error) {
      if (!(error instanceof AnswerNeeded)) throw error;
      if (answers.size >= MAX_QUESTIONS) {
        throw internalError(`more than ${MAX_QUESTIONS} webhook calls for one request`);
      }
      reset();
      // It will be warned of again.
      if (call.warnings) call.warnings.length = told;
      answers.set(error.key, yield* fetched(kernel, reach, error.call));
    }
  }
}

function* fetched(kernel: Kernel, reach: Reach, call: ServiceCall): Proc<ServiceAnswer> {
  const span = kernel.begin({
    kind: 'call',
    name: `${call.method} ${call.path.replace(/\?.*$/s, '')}`,
    from: 'kube-apiserver',
    to: call.to,
  });
  const answer = new Future<ServiceAnswer>();
  kernel.spawn('webhook', answered(reach(call), answer));
  const timer = kernel.after(call.timeoutUs, () => answer.resolve({ failure: 'deadline' }));
  const came = (yield answer) as ServiceAnswer;
  kernel.cancel(timer);
  kernel.end(span);
  return came;
}

function* answered(reached: Proc<ServiceAnswer>, answer: Future<ServiceAnswer>): Proc {
  answer.resolve(yield* reached);
}
