/** A time limit for something that is being done: what it has come to, or `deadline`. */
import type { Kernel } from '../../../../kernel/kernel.ts';
import { type Proc, wait } from '../../../../kernel/process.ts';
import { Future } from '../../../../kernel/wait.ts';

export function* within<T>(kernel: Kernel, us: number, body: Proc<T>): Proc<T | 'deadline'> {
  const done = new Future<T | 'deadline'>();
  const process = kernel.spawn('attempt', attempt(body, done));
  const timer = kernel.after(us, () => done.resolve('deadline'));
  try {
    return yield* wait(done);
  } finally {
    kernel.cancel(timer);
    process.cancel();
  }
}

function* attempt<T>(body: Proc<T>, done: Future<T | 'deadline'>): Proc {
  done.resolve(yield* body);
}
